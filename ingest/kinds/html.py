"""HTML pages, as Markdown without a picture."""

from ingest.head import Head
from ingest.readers.registry import DocumentReader, Kind, Opening, Shows
from ingest.readers.text import TextReader, read_bytes
from ingest.types import Format

_SUFFIXES = (".html", ".htm", ".xhtml")
_ROOTS = ("html", "head", "body")


def _is_html(head: Head) -> bool:
    if head.root in _ROOTS:
        return True
    return head.suffix in _SUFFIXES and head.root is not None and head.text is not None  # a piece of a page


def _open(opening: Opening) -> DocumentReader:
    from ingest.readers.html import to_markdown

    content = read_bytes(opening.path, opening.name, opening.limits)
    return TextReader(*to_markdown(content, opening.name))


KINDS = (Kind(Format("html"), "HTML", _SUFFIXES, _is_html, _open, shows=Shows.TEXT, order=1),)
