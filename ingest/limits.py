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
    # What follows holds for the processes of `ingest.workers`.
    seconds_to_open: float = 120.0
    seconds_per_page: float = 120.0  # reading, drawing and recognising; the second renderer alone may take 60
    memory_bytes: int = 3 << 30  # address space of a process, where the system bounds it (Linux)
    max_broken_pages: int = 3  # pages of a file that may break the reader and be left out
    # What follows holds for archives, and for Office files and e-books, which are ZIP files too.
    max_members: int = 10_000  # files in one, with those in archives inside it
    max_unpacked_bytes: int = 4 << 30  # of all of them
    max_ratio: int = 250  # bytes of a member for each byte it is packed in
    max_nesting: int = 3  # archives inside one another, the outermost counted
    seconds_to_convert: float = 100.0  # LibreOffice on one file; less than seconds_to_open


DEFAULT_LIMITS = Limits()
