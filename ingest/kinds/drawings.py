"""SVG, drawn by MuPDF, which fetches nothing that a drawing refers to."""

from ingest.head import Head
from ingest.kinds.pdf import open_pages
from ingest.readers.registry import DocumentReader, Kind, Opening
from ingest.readers.text import read_bytes
from ingest.types import Format
from ingest.xml import check_xml


def _is_svg(head: Head) -> bool:
    return head.root in ("svg", "svg:svg")


def _open_svg(opening: Opening) -> DocumentReader:
    check_xml(read_bytes(opening.path, opening.name, opening.limits), opening.name)
    return open_pages(opening)


KINDS = (Kind(Format("svg"), "SVG", (".svg",), _is_svg, _open_svg),)
