"""PDF: text, raster and headings of every page. The only importer of MuPDF, which is not thread-safe: one lock."""

import logging
import os
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pymupdf
from PIL import Image

from ingest.bidi import is_mixed, to_reading_order
from ingest.cleaning import clean
from ingest.dates import parse_pdf_date
from ingest.errors import DocumentTooLarge, UnreadableDocument
from ingest.furniture import Furniture
from ingest.layout import Line, compose
from ingest.limits import Limits
from ingest.outline import Letters, OutlineEntry, Trail, headings_by_size, place_outline
from ingest.raster import drawing_px, fit, views
from ingest.readers.poppler import PopplerError, draw_page
from ingest.types import RASTER_PX, SKIPPED, Format, Geometry, Heading, Page

_logger = logging.getLogger(__name__)

_lock = threading.RLock()
_FAULTS = (RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase)  # what MuPDF raises on broken files
_TEXT_FLAGS = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP  # no ligatures, no pictures
_SOFT_HYPHEN = "\u00ad"
_MONO = re.compile(r"mono|courier|consol|typewriter|code", re.I)  # in the name of a face


class PdfReader:
    """A PDF as pages; see `ingest.readers.registry.DocumentReader`."""

    def __init__(self, path: Path, *, format: Format, name: str, limits: Limits, geometry: Geometry) -> None:
        self._path = path
        self._name = name
        self._geometry = geometry
        with _lock:
            self._document = _open(path, name)
            try:
                self.page_count = self._count_pages(limits)
                self._outline = self._read_outline()
            except BaseException:
                self._document.close()
                raise

    @property
    def date(self) -> date | None:
        """The day it was made, else last changed, as its metadata say."""
        metadata = self._document.metadata or {}
        return parse_pdf_date(metadata.get("creationDate") or "") or parse_pdf_date(metadata.get("modDate") or "")

    def read_pages(self, *, draw_from: int = 1, skip: frozenset[int] = frozenset()) -> Iterator[Page]:
        """Every physical page; one that cannot be read keeps its number and says why it is incomplete."""
        furniture, letters, trail = Furniture(), Letters(), Trail()
        is_readable = False
        for number in range(1, self.page_count + 1):
            if number in skip:
                yield Page(number, str(number), "", None, path=trail.path, problem=SKIPPED)
                continue
            lines, height, problem = self._read_lines(number)
            drawing, undrawn = None, None
            if number >= draw_from:
                drawing, undrawn = self._draw(number, max_px=self._drawing_px(number))
            is_readable |= number < draw_from
            is_readable |= drawing is not None or bool(lines)
            if number == self.page_count and not is_readable:
                raise UnreadableDocument(f"{self._name} is damaged and no page can be read: get a whole copy")
            label = self._label(number)
            letters.see(lines)
            lines = furniture.drop(lines, number=number, label=label, height=height)
            text, rows = compose(lines)
            headings: tuple[Heading, ...]
            if self._outline:
                headings = place_outline(self._outline.get(number, []), text, rows, letters)
            else:
                headings = headings_by_size(text, rows, letters)
            image, squares = views(drawing, self._geometry) if drawing is not None else (None, ())
            yield Page(
                number=number,
                label=label,
                text=text,
                image=image,
                headings=headings,
                path=trail.path,
                problem="; ".join(filter(None, (self._repaired(number), problem, undrawn))) or None,
                views=squares,
            )
            trail.pass_by(headings)

    def render_page(self, number: int, *, max_px: int) -> Image.Image:
        """The page, rotation respected: RGB, longest side `max_px`."""
        if not 1 <= number <= self.page_count:
            raise UnreadableDocument(f"{self._name} has no page {number}: it has {self.page_count}")
        image, problem = self._draw(number, max_px=max_px)
        if image is None:
            raise UnreadableDocument(f"page {number} of {self._name}: {problem}")
        return image

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

    def _count_pages(self, limits: Limits) -> int:
        if self._document.needs_pass:
            raise UnreadableDocument(
                f"{self._name} needs a password to open: save a copy without one "
                "(qpdf --decrypt --password=SECRET in.pdf out.pdf) and add that"
            )
        try:
            count = int(self._document.page_count)
        except _FAULTS as error:
            raise UnreadableDocument(f"{self._name} is damaged: get a whole copy") from error
        if count < 1:
            raise UnreadableDocument(f"{self._name} has no pages: it is damaged or empty, get a whole copy")
        if count > limits.max_pages:
            raise DocumentTooLarge(
                f"{self._name} has {count} pages, the limit is {limits.max_pages}: split it into smaller files"
            )
        return count

    def _read_outline(self) -> dict[int, list[OutlineEntry]]:
        """Entries by page; empty where there is no outline, or a broken one."""
        try:
            entries = self._document.get_toc(simple=True)
        except _FAULTS as error:
            _logger.warning("%s: its outline is damaged and left out (%s)", self._name, error)
            return {}
        outline: dict[int, list[OutlineEntry]] = defaultdict(list)
        for level, title, page_number in entries:
            if 1 <= page_number <= self.page_count and title.strip():
                outline[page_number].append(OutlineEntry(page_number, level, " ".join(clean(title).split())))
        return dict(outline)

    def _repaired(self, number: int) -> str | None:
        """A note on the first page of a file that MuPDF had to rebuild: what was lost cannot be known."""
        if number == 1 and self._document.is_repaired:
            return "the file is damaged and was read as far as it goes: pages or words may be missing"
        return None

    def _label(self, number: int) -> str:
        with _lock:
            try:
                return str(self._document.load_page(number - 1).get_label()).strip() or str(number)
            except _FAULTS:
                return str(number)

    def _read_lines(self, number: int) -> tuple[list[Line], float, str | None]:
        """Lines in the order they were set, the page's height in points, and why the page has none."""
        with _lock:
            try:
                page = self._document.load_page(number - 1)
                text_page = page.get_textpage(flags=_TEXT_FLAGS)
                content = text_page.extractDICT()
                if any(is_mixed(_line_text(line)) for line in _lines(content)):
                    content = text_page.extractRAWDICT()
            except _FAULTS as error:
                return [], 0.0, f"its text cannot be read: {_reason(error)}"
        lines = [
            _to_line(line, index)
            for index, block in enumerate(content["blocks"])
            for line in block.get("lines", ())
            if line["spans"]
        ]
        return lines, float(content["height"]), None

    def _drawing_px(self, number: int) -> int:
        """Longest side at which the page is drawn for its views."""
        if self._geometry is Geometry.FIT:
            return RASTER_PX
        with _lock:
            try:
                rect = self._document.load_page(number - 1).rect
            except _FAULTS:
                return 2 * RASTER_PX  # for Poppler, its shape unknown: enough for a page twice as long as wide
        return drawing_px(rect.width, rect.height, self._geometry)

    def _draw(self, number: int, *, max_px: int) -> tuple[Image.Image | None, str | None]:
        """The page's image, or why there is none."""
        with _lock:
            try:
                return _draw(self._document.load_page(number - 1), max_px=max_px), None
            except _FAULTS as error:
                _logger.info("%s: MuPDF cannot draw page %d (%s), trying Poppler", self._name, number, error)
        try:
            return draw_page(self._path, number, max_px=max_px), None
        except PopplerError as error:
            return None, f"MuPDF cannot draw it and {error}"


def _open(path: Path, name: str) -> pymupdf.Document:
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        if os.fsencode(path).decode("utf-8", errors="ignore") != str(path):  # MuPDF opens only UTF-8 names
            return pymupdf.open(stream=path.read_bytes(), filetype="pdf")
        return pymupdf.open(path, filetype="pdf")
    except PermissionError as error:
        raise UnreadableDocument(f"{name} may not be read: give yourself read permission on it") from error
    except (*_FAULTS, OSError) as error:
        raise UnreadableDocument(f"{name} is damaged and cannot be opened as a PDF: get a whole copy") from error


def _draw(page: pymupdf.Page, *, max_px: int) -> Image.Image:
    """Draw at the wanted size at once, which is what makes it fast."""
    rect = page.rect
    width, height = fit(rect.width, rect.height, max_px=max_px)
    matrix = pymupdf.Matrix(width / rect.width, height / rect.height)
    pixels = page.get_pixmap(matrix=matrix, colorspace=pymupdf.csRGB, alpha=False)
    image = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)
    return image.crop((0, 0, width, height)) if image.size != (width, height) else image


def _to_line(line: dict[str, Any], block: int) -> Line:
    spans = line["spans"]
    longest = max(spans, key=lambda span: len(_span_text(span)))
    x0, y0, x1, y1 = line["bbox"]
    return Line(
        text=_text(spans),
        x0=x0,
        y0=y0,
        x1=x1,
        y1=y1,
        size=longest["size"],
        is_mono=all(_is_mono(span) for span in spans),
        block=block,
    )


def _lines(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for block in content["blocks"]:
        yield from block.get("lines", ())


def _line_text(line: dict[str, Any]) -> str:
    return "".join(_span_text(span) for span in line["spans"])


def _text(spans: list[dict[str, Any]]) -> str:
    text = "".join(_span_text(span) for span in spans)
    if is_mixed(text) and all("chars" in span for span in spans):
        text = to_reading_order([(char["c"], char["bbox"][0]) for span in spans for char in span["chars"]])
    text = text.replace("\n", " ").strip()
    if text.endswith(_SOFT_HYPHEN):
        text = text[:-1] + "-"  # it is drawn, and the word goes on
    return clean(text)


def _span_text(span: dict[str, Any]) -> str:
    """A span's text; where characters come one by one, of those."""
    return str(span["text"]) if "text" in span else "".join(char["c"] for char in span["chars"])


def _is_mono(span: dict[str, Any]) -> bool:
    return bool(span["flags"] & pymupdf.TEXT_FONT_MONOSPACED) or _MONO.search(span["font"]) is not None


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
