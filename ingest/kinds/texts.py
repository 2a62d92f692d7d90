"""Plain text, and Markdown, which only its name tells from it."""

from ingest.head import Head
from ingest.readers.registry import DocumentReader, Kind, Opening, Shows
from ingest.readers.text import TextReader, markdown_headings, read_text
from ingest.types import Format

_MARKDOWN = (".md", ".markdown")


def _is_markdown(head: Head) -> bool:
    return head.suffix in _MARKDOWN and head.text is not None


def _is_text(head: Head) -> bool:
    return head.suffix not in _MARKDOWN and head.text is not None


def _open_markdown(opening: Opening) -> DocumentReader:
    text = read_text(opening.path, opening.name, opening.limits)
    return TextReader(text, markdown_headings(text))


def _open_text(opening: Opening) -> DocumentReader:
    return TextReader(read_text(opening.path, opening.name, opening.limits))


_LAST = 9  # what is written in letters may be of any other kind first

KINDS = (
    Kind(Format.MARKDOWN, "Markdown", _MARKDOWN, _is_markdown, _open_markdown, shows=Shows.TEXT, order=_LAST),
    Kind(Format.TEXT, "plain text", (".txt",), _is_text, _open_text, shows=Shows.TEXT, order=_LAST),
)
