"""PDF and what else MuPDF opens: text, raster and headings of every page.

MuPDF is not thread-safe: one lock. E-books have no pages of their own: they are laid out at one size, so that a page
keeps its number.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

import pymupdf
from PIL import Image

from ingest.dates import parse_pdf_date
from ingest.errors import UnreadableDocument
from ingest.furniture import Furniture
from ingest.hyphens import Hyphens
from ingest.layout import Line, Place, Row, compose
from ingest.limits import Limits
from ingest.outline import Letters, Trail, headings_by_size, place_outline
from ingest.quality import as_hidden, has_few_letters, is_drawn_text, is_garbled, is_scan, mark_hidden
from ingest.raster import drawing_px, views
from ingest.readers.mupdf.faults import FAULTS, reason
from ingest.readers.mupdf.opening import open_document, read_labels, read_outline, read_pages
from ingest.readers.mupdf.sheet import Sheet
from ingest.readers.poppler import PopplerError, draw_page
from ingest.tables import Character, find_grids, insert_tables
from ingest.types import RASTER_PX, SKIPPED, Format, Geometry, Heading, Page, PrintedRow

_logger = logging.getLogger(__name__)

_lock = threading.RLock()
_DAMAGED = "a part of it is damaged, and may be missing"


@dataclass(slots=True)
class _Reading:
    """What one page gave, before its lines are put together."""

    lines: list[Line]
    strokes: Sequence[Place] = ()
    sheet: Sheet | None = None  # None where MuPDF cannot read it
    drawing: Image.Image | None = None
    is_shown: bool = True  # there is a drawing, or none was asked for
    problems: tuple[str | None, ...] = ()

    def characters(self) -> list[Character]:
        """Every character with its place."""
        with _lock:
            return self.sheet.characters() if self.sheet else []


@dataclass(slots=True)
class _Context:
    """What the pages before tell about a page."""

    furniture: Furniture
    letters: Letters
    hyphens: Hyphens
    trail: Trail


class PdfReader:
    """A PDF, e-book, XPS, comic or SVG as pages; see `ingest.readers.registry.DocumentReader`."""

    def __init__(self, path: Path, *, format: Format, name: str, limits: Limits, geometry: Geometry) -> None:
        self._path = path
        self._name = name
        self._geometry = geometry
        with _lock:
            self._document = open_document(path, name, format)
            try:
                self.page_count, self._leaves = read_pages(self._document, name, limits)
                self._outline = read_outline(self._document, name, self.page_count, self._leaves)
                self._labels = read_labels(self._document)
            except BaseException:
                self._document.close()
                raise

    @property
    def date(self) -> date | None:
        """The day it was made, else last changed, as its metadata say."""
        metadata = self._document.metadata or {}
        return parse_pdf_date(metadata.get("creationDate") or "") or parse_pdf_date(metadata.get("modDate") or "")

    def read_pages(self, *, draw_from: int = 1, skip: frozenset[int] = frozenset()) -> Iterator[Page]:
        """Every physical page; one that cannot be read keeps its number and says why it is incomplete.

        Which letters cannot be seen is told of drawn pages only.
        """
        context = _Context(Furniture(), Letters(), Hyphens(), Trail())
        is_readable = False
        for number in range(1, self.page_count + 1):
            if number in skip:
                yield Page(number, self._labels.of(number), "", None, path=context.trail.path, problem=SKIPPED)
                context.trail.pass_by(Heading(0, entry.level, entry.title) for entry in self._outline.get(number, ()))
                continue
            reading = self._read(number, is_drawn=number >= draw_from)
            is_readable |= number < draw_from or reading.drawing is not None or bool(reading.lines)
            if number == self.page_count and not is_readable:
                raise UnreadableDocument(f"{self._name} is damaged and no page can be read: get a whole copy")
            page = self._put_together(number, reading, context)
            yield page
            context.trail.pass_by(page.headings)

    def render_page(self, number: int, *, max_px: int) -> Image.Image:
        """The page, rotation respected: RGB, longest side `max_px`."""
        if not 1 <= number <= self.page_count:
            raise UnreadableDocument(f"{self._name} has no page {number}: it has {self.page_count}")
        image, problem = None, None
        with _lock:
            try:
                sheet = self._open(number)
                image = sheet.draw(max_px=max_px)
                if not sheet.is_damaged() or not _is_blank(image):
                    return image
            except FAULTS as error:
                problem = reason(error)
        drawn, failure = self._draw_again(number, max_px, problem)
        if drawn is None and image is None:
            raise UnreadableDocument(f"page {number} of {self._name}: {failure}")
        return drawn or image  # type: ignore[return-value]  # not both are None

    def close(self) -> None:
        """Close the file."""
        with _lock:
            if not self._document.is_closed:
                self._document.close()
                pymupdf.TOOLS.store_shrink(100)  # decoded pictures and fonts, up to 256 MiB

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, number: int) -> Sheet:
        """The page, for MuPDF to read; its lock is needed.

        Raises:
            Any of MuPDF's errors.
        """
        index = self._leaves[number - 1].index if self._leaves else number - 1
        if index is None:
            raise ValueError("its place in the file's list of pages is damaged")
        return Sheet(self._document.load_page(index))

    def _read(self, number: int, *, is_drawn: bool) -> _Reading:
        """One page's lines, strokes and drawing, and what went wrong with them."""
        reading = _Reading([])
        unread, undrawn, is_damaged = None, None, False
        max_px = RASTER_PX if self._geometry is Geometry.FIT else 2 * RASTER_PX  # of a page of unknown shape
        with _lock:
            try:
                sheet = self._open(number)
                reading.lines, reading.strokes, reading.sheet = sheet.lines(), sheet.strokes(), sheet
            except FAULTS as error:
                unread = undrawn = reason(error)
            else:
                max_px = drawing_px(sheet.width, sheet.height, self._geometry)
                try:
                    reading.drawing = sheet.draw(max_px=max_px) if is_drawn else None
                except FAULTS as error:
                    undrawn = reason(error)
                is_damaged = self._document.is_pdf and sheet.is_damaged()  # of others, it notes each slip of style
        failure = None
        if is_drawn and (reading.drawing is None or (is_damaged and _is_blank(reading.drawing))):
            drawn, failure = self._draw_again(number, max_px, undrawn)
            if drawn is not None and not (reading.drawing and _is_blank(drawn)):
                reading.drawing = drawn
            elif reading.drawing is not None:
                failure = None
        reading.is_shown = reading.drawing is not None or (not is_drawn and self._document.is_pdf)
        reading.problems = (
            self._repaired(number),
            f"its text cannot be read: {unread}" if unread else None,
            _DAMAGED if is_damaged else None,
            failure,
        )
        if reading.drawing is None or is_damaged:
            reading.lines = [as_hidden(line, False) if line.hidden else line for line in reading.lines]
        elif reading.sheet:
            reading.lines = mark_hidden(reading.lines, reading.drawing, reading.sheet.width)
        return reading

    def _put_together(self, number: int, reading: _Reading, context: _Context) -> Page:
        label = self._labels.of(number)
        sheet = reading.sheet
        width, height = (sheet.width, sheet.height) if sheet else (0.0, 0.0)
        context.letters.see(reading.lines)
        lines = context.furniture.drop(reading.lines, number=number, label=label, height=height)
        needs_ocr = self._needs_ocr(lines, reading)
        context.hyphens.see([line.text for line in lines])
        lines = insert_tables(lines, find_grids(reading.strokes), context.hyphens, reading.characters)
        text, rows = compose(lines, context.hyphens)
        headings: tuple[Heading, ...]
        if self._outline:
            headings = place_outline(self._outline.get(number, []), text, rows, context.letters)
        else:
            headings = headings_by_size(text, rows, context.letters)
        image, squares = views(reading.drawing, self._geometry) if reading.drawing is not None else (None, ())
        return Page(
            number=number,
            label=label,
            text=text,
            image=image,
            headings=headings,
            path=context.trail.path,
            problem="; ".join(filter(None, reading.problems)) or None,
            views=squares,
            rows=tuple(_printed(row, width, height) for row in rows),
            hidden=tuple(span for row in rows for span in row.hidden),
            needs_ocr=needs_ocr,
        )

    def _needs_ocr(self, lines: Sequence[Line], reading: _Reading) -> bool:
        """Whether the page shows text that the file has no usable letters for."""
        sheet = reading.sheet
        if sheet is None:
            return reading.is_shown
        if is_garbled(sheet.letters):
            return True
        seen = [line for line in lines if not line.hidden]
        if not has_few_letters(seen):
            return False
        if is_drawn_text(seen, reading.strokes):
            return True
        with _lock:
            try:
                return is_scan(sheet.pictures(), sheet.width, sheet.height)
            except FAULTS:
                return False

    def _draw_again(self, number: int, max_px: int, failure: str | None) -> tuple[Image.Image | None, str | None]:
        """The page as Poppler draws it, or why there is none."""
        if not self._document.is_pdf:
            return None, f"it cannot be drawn: {failure}"
        _logger.info("%s: MuPDF cannot draw page %d (%s), trying Poppler", self._name, number, failure)
        place = self._leaves[number - 1].poppler if self._leaves else number
        if place is None:
            return None, "it is missing from the file"
        try:
            return draw_page(self._path, place, max_px=max_px), None
        except PopplerError as error:
            return None, f"MuPDF cannot draw it and {error}"

    def _repaired(self, number: int) -> str | None:
        """A note on the first page of a file that MuPDF had to rebuild: what was lost cannot be known."""
        if number == 1 and self._document.is_repaired:
            return "the file is damaged and was read as far as it goes: pages or words may be missing"
        return None


def _is_blank(image: Image.Image) -> bool:
    """Whether it is of one colour."""
    return len(image.getcolors(1) or ()) == 1


def _printed(row: Row, width: float, height: float) -> PrintedRow:
    x0, y0, x1, y1 = row.place
    box = (_share(x0, width), _share(y0, height), _share(x1, width), _share(y1, height))
    return PrintedRow(row.start, row.end, box, row.is_whole)


def _share(length: float, of: float) -> float:
    share = length / of if of > 0 else 0.0
    return 0.0 if share < 0 else 1.0 if share > 1 else share
