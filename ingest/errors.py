"""What can go wrong with a file.

IngestError
├── NothingToAdd         a path holds no file we can read
├── UnsupportedFormat    content is of no type we read
├── UnreadableDocument   damaged, empty, encrypted, or not permitted
└── DocumentTooLarge     past a limit on bytes, pages or pixels
"""


class IngestError(Exception):
    """A file cannot be added; the message names it and says what to do."""


class NothingToAdd(IngestError):
    """A path does not exist or holds no supported file."""


class UnsupportedFormat(IngestError):
    """The content is of no type we read."""


class UnreadableDocument(IngestError):
    """The file is damaged, empty, encrypted or may not be read."""


class DocumentTooLarge(IngestError):
    """The file is past a limit that protects the machine."""
