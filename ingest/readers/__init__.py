"""Readers: from a file to its pages, one module for each family of formats."""
