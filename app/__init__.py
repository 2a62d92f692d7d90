"""Polyglance's faces: command line, web page and Python library."""
