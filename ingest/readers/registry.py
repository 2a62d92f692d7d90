"""Finds the kinds of file that are read, and opens a document with the reader for its format.

A new format is one new module in `ingest.kinds`.
"""

import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from PIL import Image

import ingest.kinds
from ingest.errors import DocumentTooLarge, UnreadableDocument, UnsupportedFormat
from ingest.head import Head
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.types import Format, Geometry, Page


class DocumentReader(Protocol):
    """An open document. A context manager; may be used from any thread, one call at a time."""

    @property
    def page_count(self) -> int:
        """Pages, counting blank and damaged ones."""
        ...

    @property
    def date(self) -> date | None:
        """The day the document was made, as it says itself; None where it does not."""
        ...

    def read_pages(self, *, draw_from: int = 1, skip: frozenset[int] = frozenset()) -> Iterator[Page]:
        """Yield every page once, numbered 1 to `page_count`, holding few of them in memory.

        Args:
            draw_from: pages before this one come without image and views, which is quicker; their text is the same.
            skip: pages that are not touched; they come empty, with a problem.

        Raises:
            UnreadableDocument: no page at all can be read.
            DocumentTooLarge: a page is past a limit.
        """
        ...

    def render_page(self, number: int, *, max_px: int) -> Image.Image | None:
        """Draw one page large: RGB, longest side `max_px`, aspect kept; None where a document has no pictures.

        Raises:
            UnreadableDocument: there is no such page, or it cannot be drawn.
        """
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Opening:
    """A document that is to be opened; see `open_reader`."""

    path: Path
    format: Format
    name: str
    limits: Limits
    geometry: Geometry
    rendition: Path | None


class Shows(StrEnum):
    """What a document looks like."""

    PAGES = "pages"
    PICTURE = "picture"  # one, or several frames of one, without text
    TEXT = "text"  # one page that has no image
    MEMBERS = "members"  # nothing: it is an archive, which is unpacked before anything is read


@dataclass(frozen=True, slots=True)
class Kind:
    """A format that is read."""

    format: Format
    words: str  # what messages call it: "EPUB"
    suffixes: tuple[str, ...]  # that such a file's name has, lower case: ".epub"
    recognise: Callable[[Head], bool]
    open: Callable[[Opening], DocumentReader]  # raises IngestError
    shows: Shows = Shows.PAGES
    order: int = 0  # those with a low one are asked first; of equal ones at most one recognises a file


@cache
def kinds() -> tuple[Kind, ...]:
    """Every kind that is declared in `ingest.kinds`, in the order in which they are asked."""
    modules = [
        import_module(f"{ingest.kinds.__name__}.{one.name}") for one in pkgutil.iter_modules(ingest.kinds.__path__)
    ]
    return tuple(sorted((kind for module in modules for kind in module.KINDS), key=lambda kind: kind.order))


def kind_of(format: Format) -> Kind | None:
    """How that format is read; None where it is not, as in a library that a newer Polyglance filled."""
    return next((kind for kind in kinds() if kind.format == format), None)


def shows(format: Format) -> Shows:
    """What a document of that format looks like."""
    kind = kind_of(format)
    return kind.shows if kind else Shows.PAGES


def readable(what: Shows | None = None) -> str:
    """What is read, all or only what looks like that, in words: "PDF, EPUB and PNG"."""
    words = sorted({kind.words for kind in kinds() if what in (None, kind.shows)}, key=str.lower)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def open_reader(
    path: Path,
    *,
    format: Format,
    name: str,
    limits: Limits = DEFAULT_LIMITS,
    geometry: Geometry = Geometry.FIT,
    rendition: Path | None = None,
) -> DocumentReader:
    """Open a file for reading; close it with `with`.

    Args:
        path: where the bytes are; its name does not matter.
        format: as told by `formats.sniff`.
        name: what messages call the document.
        limits: bounds on its cost.
        geometry: which views its pages have.
        rendition: where the PDF is kept that an Office file is converted to; read if it is there, else written, whole
            or not at all. None: it is converted each time it is opened.

    Raises:
        UnreadableDocument: damaged, empty, encrypted, not permitted, or in need of a program that is not there.
        UnsupportedFormat: documents of that format are not read.
        DocumentTooLarge: past a limit on bytes, pages, pixels or time.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise UnreadableDocument(
            f"{name} cannot be read ({error.strerror}): check the path and its permissions"
        ) from error
    if size > limits.max_bytes:
        raise DocumentTooLarge(
            f"{name} has {size >> 20} MiB, the limit is {limits.max_bytes >> 20} MiB: split it into smaller files"
        )
    kind = kind_of(format)
    if kind is None:
        raise UnsupportedFormat(f"{name} is {format.upper()}, which is not read: Polyglance reads {readable()}")
    return kind.open(Opening(path, format, name, limits, geometry, rendition))
