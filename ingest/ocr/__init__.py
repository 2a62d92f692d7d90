"""Pictures of text to text."""
