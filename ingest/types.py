"""A document's stages of life: file, page, chunk."""

import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from PIL import Image

RASTER_PX = 512  # side of every square raster: the whole page or picture letterboxed on white, and its views

SKIPPED = "it took too long or broke the reader, and was left out"  # problem of a page that was not touched

_NAMESPACE = uuid.UUID("6f1c6f0e-6c55-4d2a-9d4e-9a4b5ad0c1c2")  # ours, made once


class Format(str):
    """What a file is, told by its content: "pdf", "docx".

    The readers say which there are, see `ingest.readers.registry`; those that are spoken of elsewhere have a name here.
    """

    __slots__ = ()

    PDF: ClassVar["Format"]
    PNG: ClassVar["Format"]
    JPEG: ClassVar["Format"]
    WEBP: ClassVar["Format"]
    TIFF: ClassVar["Format"]
    GIF: ClassVar["Format"]
    BMP: ClassVar["Format"]
    TEXT: ClassVar["Format"]
    MARKDOWN: ClassVar["Format"]


for _name in ("PDF", "PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "TEXT", "MARKDOWN"):
    setattr(Format, _name, Format(_name.lower()))


class Modality(StrEnum):
    """What a chunk is made of."""

    TEXT = "text"
    IMAGE = "image"


class Geometry(StrEnum):
    """How a page or picture of any shape becomes squares of RASTER_PX for the encoder."""

    FIT = "fit"  # the whole, letterboxed on white
    CROP = "crop"  # the middle square of the short side, as jina-clip's own preprocessing does
    TILES = "tiles"  # the whole, and overlapping squares along the long side


Box = tuple[float, float, float, float]  # x0, y0, x1, y1 as shares of the page as it is shown, 0..1, y downwards


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """Where a piece of a page's text stands on the page."""

    start: int  # characters in the page's text
    end: int
    box: Box
    is_whole: bool = False  # a line of code or a table's row, which no chunk cuts


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading on a page."""

    start: int  # character in the page's text where it begins
    level: int  # 1 is the highest
    title: str


@dataclass(frozen=True, slots=True)
class Page:
    """One physical page, one frame of a picture, or a whole text file."""

    number: int  # physical, from 1
    label: str  # what is printed on it ("iv", "A-1"); the number where the file has no labels
    text: str  # in reading order; empty where there is none
    image: Image.Image | None  # (RASTER_PX, RASTER_PX) RGB; None for text files and undrawable pages
    headings: tuple[Heading, ...] = ()  # those that begin on this page, by start
    path: tuple[str, ...] = ()  # headings in force before the page's first character, highest first
    problem: str | None = None  # why the page is incomplete, in words for the user
    views: tuple[Image.Image, ...] = ()  # what is encoded, (RASTER_PX, RASTER_PX) RGB each; see Geometry
    rows: tuple[PrintedRow, ...] = ()  # by start; empty where a page has no shape, as in text files
    hidden: tuple[tuple[int, int], ...] = ()  # character ranges of the text that cannot be seen on the page
    needs_ocr: bool = False  # it shows text that the file has no usable letters for
    confidence: float | None = None  # of recognised text, 0..1; None where the letters are the file's own


@dataclass(frozen=True, slots=True)
class TextChunk:
    """A passage of one page, ending at a sentence where it can."""

    id: str  # uuid5
    document_id: str
    page_number: int
    page_label: str
    text: str  # equal to page.text[start:end]
    start: int
    end: int
    path: tuple[str, ...]  # headings above the passage, highest first
    language: str = ""  # BCP 47; empty where unknown
    boxes: tuple[Box, ...] = ()  # where it stands on the page, one for each printed row
    is_hidden: bool = False  # most of it cannot be seen on the page

    @property
    def modality(self) -> Modality:
        """Text."""
        return Modality.TEXT


@dataclass(frozen=True, slots=True)
class ImageChunk:
    """One view of a page or picture."""

    id: str  # uuid5
    document_id: str
    page_number: int
    page_label: str
    image: Image.Image  # (RASTER_PX, RASTER_PX) RGB
    language: str = ""  # of the page's text, BCP 47; empty where unknown

    @property
    def modality(self) -> Modality:
        """Image."""
        return Modality.IMAGE


Chunk = TextChunk | ImageChunk


def chunk_id(document_id: str, page_number: int, modality: Modality, position: int) -> str:
    """Point id of a chunk: uuid5 of where it stands, so that adding a file again overwrites.

    Args:
        document_id: sha256 of the file's bytes, in hex.
        page_number: physical page, from 1.
        modality: text and image chunks of a page are counted apart.
        position: the chunk's place on its page, from 0.
    """
    return str(uuid.uuid5(_NAMESPACE, f"{document_id}/{page_number}/{modality}/{position}"))
