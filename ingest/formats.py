"""What a file is, told by its content and hardly ever by its name."""

from pathlib import Path

from ingest.errors import UnsupportedFormat
from ingest.head import read_head
from ingest.names import display_name
from ingest.readers.registry import kinds, readable
from ingest.types import Format


def sniff(path: Path) -> Format:
    """Tell a file's format from its first bytes and, of a ZIP file, from what lies in it.

    The name only tells apart what has equal content: Markdown from plain text, a comic from a ZIP file of pictures.

    Raises:
        UnsupportedFormat: the content is of no type we read; the message says what it is.
        UnreadableDocument: the file is empty, is no regular file, may not be read, or is a damaged ZIP file.
        DocumentTooLarge: it is a ZIP file with too many members.
    """
    head = read_head(path)
    known = next((kind for kind in kinds() if kind.recognise(head)), None)
    if known is not None:
        return known.format
    what = head.foreign or "of no known type"
    raise UnsupportedFormat(
        f"{display_name(path)} is {what}: Polyglance reads {readable()}; convert it to one of these"
    )
