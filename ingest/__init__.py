"""Files into pages and chunks."""
