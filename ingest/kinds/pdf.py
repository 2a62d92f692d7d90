"""PDF, and what else has pages that MuPDF shows: XPS, and comics, which are ZIP files of pictures."""

import re

from ingest.head import Head
from ingest.readers.registry import DocumentReader, Kind, Opening
from ingest.types import Format
from ingest.zips import check_zip

_ZIP = b"PK\x03\x04"
_HEADER_WITHIN = 1024  # readers accept a header this far in (PDF Reference 1.7, implementation note 13)
_HEADER = re.compile(rb"%PDF-\d\.\d")
_OBJECT = re.compile(rb"\d+\s+\d+\s+obj\b")


def open_pages(opening: Opening) -> DocumentReader:
    """With MuPDF, which is imported now."""
    from ingest.readers.pdf import PdfReader

    return PdfReader(
        opening.path,
        format=opening.format,
        name=opening.name,
        limits=opening.limits,
        geometry=opening.geometry,
    )


def _open_zip(opening: Opening) -> DocumentReader:
    check_zip(opening.path, opening.name, opening.limits)
    return open_pages(opening)


def _is_pdf(head: Head) -> bool:
    """Whether there is a PDF header at the start, or further in and followed by a PDF object (not prose about PDF)."""
    header = _HEADER.search(head.start, 0, _HEADER_WITHIN)
    if header is None or head.start.startswith(_ZIP):  # of PDFs that are packed without compression
        return False
    return not head.start[: header.start()].strip() or _OBJECT.search(head.start, header.end()) is not None


def _is_xps(head: Head) -> bool:
    return any(member.endswith(".fdseq") for member in head.members or ())


def _is_comic(head: Head) -> bool:
    if head.members is None:
        return False
    return "ComicInfo.xml" in head.members or (head.suffix == ".cbz" and not _is_xps(head))


KINDS = (
    Kind(Format.PDF, "PDF", (".pdf",), _is_pdf, open_pages, order=2),  # after HTML that quotes one
    Kind(Format("xps"), "XPS", (".xps", ".oxps"), _is_xps, _open_zip),
    Kind(Format("cbz"), "CBZ", (".cbz",), _is_comic, _open_zip, order=1),  # a name counts less than content
)
