"""What Polyglance reads: one module for each family of formats, found by `ingest.readers.registry`.

Such a module names its formats in `KINDS`: how a file of each is told, and how it is opened. It is imported whenever
any file is looked at, so what is slow to import is imported where a file is opened.
"""
