"""What a reader process is asked for, and what comes back."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ingest.ocr.options import OcrOptions
from ingest.types import Format, Geometry, Page


@dataclass(frozen=True, slots=True)
class ReadTask:
    """One file to read."""

    path: Path  # where the bytes are; its name does not matter
    format: Format
    name: str  # what messages call the document
    geometry: Geometry  # which views its pages have
    ocr: OcrOptions
    draw_from: int = 1  # pages before this one come without image, views and JPEG
    rendition: Path | None = None  # where the PDF of an Office file is kept, see `open_reader`


@dataclass(frozen=True, slots=True)
class ReadPage:
    """One page as it came out of the process."""

    page: Page
    jpeg: bytes | None  # `page.image` as it is to be stored


class Cause(StrEnum):
    """Why a page was not read."""

    CRASH = "crash"  # the process is gone
    HANG = "hang"  # it did not answer in time, and is gone
    MEMORY = "memory"  # it ran into its bound and said so
    ERROR = "error"  # an exception the reader does not know of
