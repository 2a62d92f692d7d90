"""The second PDF renderer, for pages MuPDF cannot draw. The only importer of pdf2image, which calls Poppler."""

from pathlib import Path

from pdf2image import convert_from_path
from pdf2image.exceptions import (
    PDFInfoNotInstalledError,
    PDFPageCountError,
    PDFPopplerTimeoutError,
    PDFSyntaxError,
)
from PIL import Image

TIMEOUT_S = 60  # a page that takes Poppler longer is given up


class PopplerError(Exception):
    """Poppler is absent or cannot draw the page; the message fits behind 'MuPDF cannot draw it and'."""


def draw_page(path: Path, number: int, *, max_px: int) -> Image.Image:
    """Draw one page of a PDF: RGB, longest side `max_px`.

    Raises:
        PopplerError: with a reason in words for the user.
    """
    try:
        drawn = convert_from_path(
            path, first_page=number, last_page=number, size=max_px, timeout=TIMEOUT_S, use_cropbox=True
        )
    except PDFInfoNotInstalledError as error:
        raise PopplerError("the second renderer is not installed: install poppler-utils") from error
    except PDFPopplerTimeoutError as error:
        raise PopplerError(f"Poppler gave up after {TIMEOUT_S} s") from error
    except (PDFPageCountError, PDFSyntaxError, OSError, ValueError) as error:
        raise PopplerError("Poppler cannot either") from error
    if not drawn:
        raise PopplerError("Poppler cannot either")
    image: Image.Image = drawn[0]
    return image.convert("RGB")
