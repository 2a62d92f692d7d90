"""Opens a document with MuPDF, and reads what it says of itself: pages, outline, labels."""

import logging
import os
from collections import defaultdict
from pathlib import Path

import pymupdf

from ingest.cleaning import clean
from ingest.errors import DocumentTooLarge, UnreadableDocument
from ingest.labels import Labels
from ingest.limits import Limits
from ingest.outline import OutlineEntry
from ingest.readers.mupdf.faults import FAULTS
from ingest.readers.mupdf.tree import Leaf, read_tree
from ingest.types import Format

_logger = logging.getLogger(__name__)

_BOOK_PAGE = {"width": 450, "height": 600, "fontsize": 12}  # points; page numbers in stored libraries depend on it


def open_document(path: Path, name: str, format: Format) -> pymupdf.Document:
    """Open a file.

    Raises:
        UnreadableDocument: damaged, or not permitted.
    """
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        if os.fsencode(path).decode("utf-8", errors="ignore") != str(path):  # MuPDF opens only UTF-8 names
            document = pymupdf.open(stream=path.read_bytes(), filetype=format)
        else:
            document = pymupdf.open(path, filetype=format)
        if document.is_reflowable:
            document.layout(**_BOOK_PAGE)
        return document
    except PermissionError as error:
        raise UnreadableDocument(f"{name} may not be read: give yourself read permission on it") from error
    except (*FAULTS, OSError) as error:
        raise UnreadableDocument(
            f"{name} is damaged and cannot be opened as {format.upper()}: get a whole copy"
        ) from error


def read_pages(document: pymupdf.Document, name: str, limits: Limits) -> tuple[int, list[Leaf] | None]:
    """How many pages a document has, and where MuPDF has them if not in that order; see `read_tree`.

    Raises:
        UnreadableDocument: it needs a password, is damaged, or has none.
        DocumentTooLarge: it has too many.
    """
    if document.needs_pass:
        raise UnreadableDocument(
            f"{name} needs a password to open: save a copy without one "
            "(qpdf --decrypt --password=SECRET in.pdf out.pdf) and add that"
        )
    try:
        count = int(document.page_count)
        leaves = read_tree(document) if count > 0 else None
    except FAULTS as error:
        raise UnreadableDocument(f"{name} is damaged: get a whole copy") from error
    count = len(leaves) if leaves else count
    if count < 1:
        raise UnreadableDocument(f"{name} has no pages: it is damaged or empty, get a whole copy")
    if count > limits.max_pages:
        raise DocumentTooLarge(
            f"{name} has {count} pages, the limit is {limits.max_pages}: split it into smaller files"
        )
    return count, leaves


def read_outline(
    document: pymupdf.Document, name: str, count: int, leaves: list[Leaf] | None
) -> dict[int, list[OutlineEntry]]:
    """Entries by physical page; empty where there is no outline, or a broken one."""
    try:
        entries = document.get_toc(simple=True)
    except FAULTS as error:
        _logger.warning("%s: its outline is damaged and left out (%s)", name, error)
        return {}
    numbers = {leaf.index + 1: number for number, leaf in enumerate(leaves or [], start=1) if leaf.index is not None}
    outline: dict[int, list[OutlineEntry]] = defaultdict(list)
    for level, title, target in entries:
        page_number = numbers.get(target, 0) if leaves else target
        if 1 <= page_number <= count and title.strip():
            outline[page_number].append(OutlineEntry(page_number, level, " ".join(clean(title).split())))
    return dict(outline)


def read_labels(document: pymupdf.Document) -> Labels:
    """What is printed on the pages, as far as the file says."""
    try:
        return Labels(document._get_page_labels() if document.is_pdf else [])
    except FAULTS:
        return Labels([])
