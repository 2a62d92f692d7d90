"""Bounds that keep one file from taking the machine down."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a single file may cost; past it the file is refused with `DocumentTooLarge`."""

    max_bytes: int = 1 << 30  # of any file
    max_text_bytes: int = 64 << 20  # of a text or Markdown file, which is held in memory whole
    max_pages: int = 20_000  # of a PDF
    max_frames: int = 2_000  # of a multi-page TIFF
    max_pixels: int = 150_000_000  # of one picture, told by its header before anything is decoded


DEFAULT_LIMITS = Limits()
