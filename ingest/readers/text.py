"""Plain text and Markdown: one page, no picture, the markup left in the text."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest.charset import decode
from ingest.cleaning import clean
from ingest.errors import DocumentTooLarge, UnreadableDocument
from ingest.limits import Limits
from ingest.types import Heading, Page

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#*)?[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")


class TextReader:
    """A text as one page; see `ingest.readers.registry.DocumentReader`.

    Args:
        text: of the page.
        headings: in it, by start.
    """

    page_count = 1
    date = None

    def __init__(self, text: str, headings: Iterable[Heading] = ()) -> None:
        self._text = text
        self._headings = tuple(headings)

    def read_pages(self, *, draw_from: int = 1, skip: frozenset[int] = frozenset()) -> Iterator[Page]:
        """The whole file as page 1."""
        yield Page(number=1, label="1", text=self._text, image=None, headings=self._headings)

    def render_page(self, number: int, *, max_px: int) -> None:
        """None: text has no picture."""

    def close(self) -> None:
        """Nothing to let go of: the file was read whole."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_bytes(path: Path, name: str, limits: Limits) -> bytes:
    """All of a file that is held in memory whole.

    Raises:
        UnreadableDocument: it may not be read.
        DocumentTooLarge: it has more bytes than a text may have.
    """
    size = path.stat().st_size
    if size > limits.max_text_bytes:
        raise DocumentTooLarge(
            f"{name} has {size >> 20} MiB of text, the limit is {limits.max_text_bytes >> 20} MiB: "
            "split it into smaller files"
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableDocument(f"{name} cannot be read ({error.strerror}): check its permissions") from error


def read_text(path: Path, name: str, limits: Limits) -> str:
    """A text file's letters, its lines ended by line feeds.

    Raises:
        UnreadableDocument: it may not be read, or is in an encoding that cannot be told.
        DocumentTooLarge: it has more bytes than a text may have.
    """
    text = decode(read_bytes(path, name, limits))
    if text is None:
        raise UnreadableDocument(f"{name} is in an encoding we cannot tell: save it as UTF-8")
    return clean(text.replace("\r\n", "\n").replace("\r", "\n"))


def markdown_headings(text: str) -> Iterator[Heading]:
    """ATX (`# Title`) and setext (underlined) headings outside fenced code (CommonMark 0.31, 4.2 and 4.3)."""
    start = 0
    fence = ""
    above = ""  # the line before, where it may be a setext title
    for line in text.split("\n"):
        opening = _FENCE.match(line)
        if fence:
            if opening and opening[1].startswith(fence):
                fence = ""
            above = ""
        elif opening:
            fence, above = opening[1], ""
        elif (atx := _ATX.match(line)) and (atx[2] or "").strip():
            yield Heading(start=start, level=len(atx[1]), title=atx[2].strip())
            above = ""
        elif (underline := _SETEXT.match(line)) and above.strip():
            level = 1 if underline[1][0] == "=" else 2
            yield Heading(start=start - len(above) - 1, level=level, title=above.strip())
            above = ""
        else:
            above = "" if line[:1] in "-*+>|" else line
        start += len(line) + 1
