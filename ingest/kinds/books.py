"""E-books: EPUB, MOBI and FictionBook, laid out by MuPDF."""

from ingest.errors import UnreadableDocument
from ingest.head import Head
from ingest.kinds.pdf import open_pages
from ingest.readers.registry import DocumentReader, Kind, Opening
from ingest.readers.text import read_bytes
from ingest.types import Format
from ingest.xml import check_xml
from ingest.zips import DAMAGE, check_zip, open_zip

_ENCRYPTION = "META-INF/encryption.xml"
_RIGHTS = ("META-INF/rights.xml", "META-INF/sinf.xml", "META-INF/license.lcpl")  # Adobe's, Apple's, Readium's
# Ways to scramble embedded fonts, which many free books do: EPUB 3.3, 4.3.7, and Adobe's.
_FONT_ONLY = (b"http://www.idpf.org/2008/embedding", b"http://ns.adobe.com/pdf/enc#RC")
_ALGORITHM = b"Algorithm="
_MOBI = (b"BOOKMOBI", b"TEXtREAd")  # at byte 60: type and creator of a Palm database


def _is_epub(head: Head) -> bool:
    if head.mimetype is not None:
        return head.mimetype == "application/epub+zip"
    return "META-INF/container.xml" in (head.members or ())


def _is_mobi(head: Head) -> bool:
    return head.start[60:68] in _MOBI


def _is_fb2(head: Head) -> bool:
    return head.root == "fictionbook"


def _open_epub(opening: Opening) -> DocumentReader:
    check_zip(opening.path, opening.name, opening.limits)
    with open_zip(opening.path, opening.name) as archive:
        members = set(archive.namelist())
        try:
            encryption = archive.read(_ENCRYPTION) if _ENCRYPTION in members else b""
        except (*DAMAGE, OverflowError) as error:
            raise UnreadableDocument(f"{opening.name} is damaged: get a whole copy") from error
    algorithms = [part[1:].split(b'"')[0] for part in encryption.replace(b"'", b'"').split(_ALGORITHM)[1:]]
    if not members.isdisjoint(_RIGHTS) or any(algorithm not in _FONT_ONLY for algorithm in algorithms):
        raise _locked(opening.name)
    return open_pages(opening)


def _open_mobi(opening: Opening) -> DocumentReader:
    with opening.path.open("rb") as file:
        head = file.read(86)
        file.seek(int.from_bytes(head[78:82], "big"))  # of the first record
        record = file.read(14)
    if int.from_bytes(record[12:14], "big"):  # 1 and 2: kinds of encryption
        raise _locked(opening.name)
    if int.from_bytes(record[:2], "big") == 17480:
        raise UnreadableDocument(f"{opening.name} is packed in a way that is not read (HUFF/CDIC): convert it to EPUB")
    return open_pages(opening)


def _open_fb2(opening: Opening) -> DocumentReader:
    check_xml(read_bytes(opening.path, opening.name, opening.limits), opening.name)
    return open_pages(opening)


def _locked(name: str) -> UnreadableDocument:
    return UnreadableDocument(f"{name} is locked by its seller (DRM): get a copy without the lock and add that")


KINDS = (
    Kind(Format("epub"), "EPUB", (".epub",), _is_epub, _open_epub),
    Kind(Format("mobi"), "MOBI", (".mobi", ".azw", ".prc"), _is_mobi, _open_mobi),
    Kind(Format("fb2"), "FB2", (".fb2",), _is_fb2, _open_fb2),
)
