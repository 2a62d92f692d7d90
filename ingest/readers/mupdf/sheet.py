"""One page, interpreted once for its text, its strokes and its drawing."""

import re
from functools import cached_property
from typing import Any

import pymupdf
from PIL import Image

from ingest.bidi import has_right_to_left
from ingest.layout import Line, Place
from ingest.raster import fit
from ingest.readers.mupdf.lines import all_letters, to_characters, to_lines, to_strokes

_TEXT_FLAGS = (
    pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP | pymupdf.TEXT_COLLECT_VECTORS
)  # no ligatures, no pictures
_DAMAGE = re.compile(
    r"syntax error|zlib error|premature end|damaged|corrupt|truncat|is not a stream|ignoring (?:error|zlib)"
    r"|cannot (?:load|find|draw|decode|open)|invalid (?:code|data)|stack (?:over|under)flow",
    re.I,
)  # of what MuPDF notes while it goes on: that which costs text or drawing


class Sheet:
    """A page as it is shown, turned and cropped; lengths in points. Every call needs MuPDF's lock.

    Raises:
        Any of MuPDF's errors.
    """

    def __init__(self, page: pymupdf.Page) -> None:
        pymupdf.TOOLS.mupdf_warnings(reset=True)
        self._list = page.get_displaylist()
        rect = page.rect
        self.width: float = rect.width
        self.height: float = rect.height

    @cached_property
    def _text(self) -> pymupdf.TextPage:
        return pymupdf.TextPage(self._list.get_textpage(_TEXT_FLAGS))

    @cached_property
    def _content(self) -> dict[str, Any]:
        return self._text.extractDICT()

    @cached_property
    def _raw(self) -> dict[str, Any]:
        return self._text.extractRAWDICT()

    def lines(self) -> list[Line]:
        """Lines of text in the order they were set."""
        return to_lines(self._raw if has_right_to_left(self.letters) else self._content, self.letters)

    @cached_property
    def letters(self) -> str:
        """Every character in the file, as it is."""
        return all_letters(self._content)

    def strokes(self) -> list[Place]:
        """Boxes around what is drawn in lines and areas."""
        return to_strokes(self._content)

    def characters(self) -> list[tuple[str, Place]]:
        """Every character with its place; slow."""
        return to_characters(self._raw)

    def pictures(self) -> list[Place]:
        """Boxes around pictures; slow."""
        text = pymupdf.TextPage(self._list.get_textpage(pymupdf.TEXT_PRESERVE_IMAGES))
        return [picture["bbox"] for picture in text.extractIMGINFO()]

    def draw(self, *, max_px: int) -> Image.Image:
        """Draw at the wanted size at once, which is what makes it fast: RGB, longest side `max_px`."""
        width, height = fit(self.width, self.height, max_px=max_px)
        matrix = pymupdf.Matrix(width / self.width, height / self.height)
        pixels = self._list.get_pixmap(matrix=matrix, colorspace=pymupdf.csRGB, alpha=0)
        image = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)
        return image.crop((0, 0, width, height)) if image.size != (width, height) else image

    def is_damaged(self) -> bool:
        """Whether MuPDF noted, since the page was opened, that it could not read or draw a part of it."""
        return _DAMAGE.search(pymupdf.TOOLS.mupdf_warnings(reset=False)) is not None
