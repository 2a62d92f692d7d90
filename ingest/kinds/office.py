"""Office files, old and new, which LibreOffice converts to PDF."""

from collections.abc import Callable

from ingest.errors import UnreadableDocument
from ingest.head import Head
from ingest.readers.registry import DocumentReader, Kind, Opening
from ingest.types import Format
from ingest.zips import check_zip

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # a compound file, which the Office of 1997 wrote ([MS-CFB])
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."


def _open(opening: Opening) -> DocumentReader:
    from ingest.readers.office import OfficeReader

    return OfficeReader(
        opening.path,
        format=opening.format,
        name=opening.name,
        limits=opening.limits,
        geometry=opening.geometry,
        rendition=opening.rendition,
    )


def _open_zip(opening: Opening) -> DocumentReader:
    with opening.path.open("rb") as file:
        is_locked = file.read(len(_OLE)) == _OLE
    if is_locked:
        raise UnreadableDocument(f"{opening.name} needs a password: save a copy without one and add that")
    check_zip(opening.path, opening.name, opening.limits)
    return _open(opening)


def _has_folder(name: str) -> Callable[[Head], bool]:
    return lambda head: head.has_folder(name) and "[Content_Types].xml" in (head.members or ())


def _is_open_document(what: str) -> Callable[[Head], bool]:
    return lambda head: (head.mimetype or "").startswith(_OPEN_DOCUMENT + what)


def _has_stream(*names: str) -> Callable[[Head], bool]:
    """Whether a compound file's first directory sector lists one of these streams."""
    entries = [name.encode("utf-16-le") + b"\x00\x00" for name in names]

    def recognise(head: Head) -> bool:
        if not head.start.startswith(_OLE):
            return False
        sector_bytes = 1 << min(int.from_bytes(head.start[30:32], "little"), 12)
        first = int.from_bytes(head.start[48:52], "little")
        directory = head.read_at((first + 1) * sector_bytes, 4096)
        return any(directory[at:].startswith(tuple(entries)) for at in range(0, len(directory), 128))

    return recognise


def _is_docx(head: Head) -> bool:
    """Whether it is one, or an Office file under a password, which does not tell what it is."""
    return _has_folder("word")(head) or _has_stream("EncryptedPackage")(head)


def _is_rtf(head: Head) -> bool:
    return head.start.startswith(b"{\\rtf")


KINDS = (
    Kind(Format("docx"), "DOCX", (".docx", ".docm", ".dotx"), _is_docx, _open_zip),
    Kind(Format("pptx"), "PPTX", (".pptx", ".pptm", ".ppsx"), _has_folder("ppt"), _open_zip),
    Kind(Format("xlsx"), "XLSX", (".xlsx", ".xlsm", ".xlsb"), _has_folder("xl"), _open_zip),
    Kind(Format("odt"), "ODT", (".odt", ".ott"), _is_open_document("text"), _open_zip),
    Kind(Format("odp"), "ODP", (".odp", ".otp"), _is_open_document("presentation"), _open_zip),
    Kind(Format("ods"), "ODS", (".ods", ".ots"), _is_open_document("spreadsheet"), _open_zip),
    Kind(Format("doc"), "DOC", (".doc",), _has_stream("WordDocument"), _open),
    Kind(Format("ppt"), "PPT", (".ppt", ".pps"), _has_stream("PowerPoint Document"), _open),
    Kind(Format("xls"), "XLS", (".xls",), _has_stream("Workbook", "Book"), _open),
    Kind(Format("rtf"), "RTF", (".rtf",), _is_rtf, _open),
)
