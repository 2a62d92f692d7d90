"""Text and images into one vector space. Import the module you need; this file stays empty of work."""
