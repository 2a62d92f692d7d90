"""The web page: its server, its parts and what they do. `app.ui` starts it."""
