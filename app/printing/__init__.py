"""Tables, bars and lines of the command line. The only importer of rich."""
