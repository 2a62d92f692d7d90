"""A PDF's page tree, walked anew where MuPDF's count of pages slips.

MuPDF leaves out a page that calls itself a page tree, and numbers those behind it one too low; Poppler leaves out one
that is missing from the file. A page's number must not depend on either.
"""

import re
from dataclasses import dataclass

import pymupdf

from ingest.readers.mupdf.faults import FAULTS

_KID = re.compile(r"(\d+) \d+ R|null")
_BROKEN = re.compile(r"page tree|claims to have \d+ pages")  # of MuPDF's warnings
_MOST_NODES = 200_000


@dataclass(frozen=True, slots=True)
class Leaf:
    """One physical page."""

    index: int | None  # as MuPDF counts, from 0; None where it has no such page
    poppler: int | None  # as Poppler counts, from 1; likewise


def read_tree(document: pymupdf.Document) -> list[Leaf] | None:
    """The physical pages in order; None where MuPDF and Poppler count them as the file does, which is nearly always.

    Args:
        document: fresh, no warning read since before it was opened, for a broken tree is noted once.

    Raises:
        Any of MuPDF's errors.
    """
    if not document.is_pdf:
        return None
    is_whole = True
    try:
        document.page_xref(document.page_count - 1)
    except FAULTS:
        is_whole = False
    if is_whole and not _BROKEN.search(pymupdf.TOOLS.mupdf_warnings()):
        return None
    indices = _indices(document)
    leaves: list[Leaf] = []
    known = 0  # to Poppler
    for xref in _walk(document):
        known += xref is not None
        leaves.append(Leaf(None if xref is None else indices.get(xref), None if xref is None else known))
    return leaves or None


def _walk(document: pymupdf.Document) -> list[int | None]:
    """Objects of the pages in order; None for one that is missing."""
    kind, root = document.xref_get_key(document.pdf_catalog(), "Pages")
    pages: list[int | None] = []
    waiting = [int(root.split()[0])] if kind == "xref" else []
    seen = set(waiting)
    while waiting and len(pages) < _MOST_NODES:
        node = waiting.pop()
        kind, kids = document.xref_get_key(node, "Kids") if 0 < node < document.xref_length() else ("null", "")
        if kind == "xref":
            kind, kids = "array", document.xref_object(int(kids.split()[0]), compressed=True)
        if kind == "array":
            found = [int(kid[1] or 0) for kid in _KID.finditer(kids)]
            waiting += reversed([0 if kid in seen else kid for kid in found])
            seen.update(found)
        else:
            is_page = 0 < node < document.xref_length() and document.xref_object(node, compressed=True).startswith("<<")
            pages.append(node if is_page else None)
    return pages


def _indices(document: pymupdf.Document) -> dict[int, int]:
    """Where MuPDF has a page, by object."""
    indices: dict[int, int] = {}
    for index in range(document.page_count):
        try:
            indices.setdefault(document.page_xref(index), index)
        except FAULTS:
            continue
    return indices
