"""Opens a document with the reader for its format.

A new format is one new module with a `DocumentReader` and one line in `_READERS`.
"""

from collections.abc import Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, cast

from PIL import Image

from ingest.errors import DocumentTooLarge, UnreadableDocument
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


class _Opener(Protocol):
    def __call__(
        self, path: Path, *, format: Format, name: str, limits: Limits, geometry: Geometry
    ) -> DocumentReader: ...


# By name, so that a program which reads no PDF never loads MuPDF.
_READERS = {
    Format.PDF: ("ingest.readers.pdf", "PdfReader"),
    Format.PNG: ("ingest.readers.picture", "PictureReader"),
    Format.JPEG: ("ingest.readers.picture", "PictureReader"),
    Format.WEBP: ("ingest.readers.picture", "PictureReader"),
    Format.TIFF: ("ingest.readers.picture", "PictureReader"),
    Format.GIF: ("ingest.readers.picture", "PictureReader"),
    Format.BMP: ("ingest.readers.picture", "PictureReader"),
    Format.TEXT: ("ingest.readers.text", "TextReader"),
    Format.MARKDOWN: ("ingest.readers.text", "TextReader"),
}


def open_reader(
    path: Path,
    *,
    format: Format,
    name: str,
    limits: Limits = DEFAULT_LIMITS,
    geometry: Geometry = Geometry.FIT,
) -> DocumentReader:
    """Open a file for reading; close it with `with`.

    Args:
        path: where the bytes are; its name does not matter.
        format: as told by `formats.sniff`.
        name: what messages call the document.
        limits: bounds on its cost.
        geometry: which views its pages have.

    Raises:
        UnreadableDocument: damaged, empty, encrypted, or not permitted.
        DocumentTooLarge: past a limit on bytes, pages or pixels.
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
    module, reader = _READERS[format]
    opener = cast(_Opener, getattr(import_module(module), reader))
    return opener(path, format=format, name=name, limits=limits, geometry=geometry)
