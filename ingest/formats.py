"""What a file is, told by its content and never by its name."""

import re
from pathlib import Path

from ingest.charset import decode
from ingest.errors import UnreadableDocument, UnsupportedFormat
from ingest.names import display_name
from ingest.types import Format

HEAD_BYTES = 16 << 10  # enough for every signature and for telling an encoding

_READABLE = "Polyglance reads PDF, PNG, JPEG, WebP, TIFF, GIF, BMP, plain text and Markdown"
_MARKDOWN_SUFFIXES = {".md", ".markdown"}
_PDF_WITHIN = 1024  # readers accept a header this far in (PDF Reference 1.7, implementation note 13)
_PDF_HEADER = re.compile(rb"%PDF-\d\.\d")
_PDF_OBJECT = re.compile(rb"\d+\s+\d+\s+obj\b")
_HTML = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", re.I | re.S)
_SVG = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!doctype\s+svg[^>]*>\s*)?<svg\b", re.I | re.S)
_BMP_HEADER_BYTES = {12, 16, 40, 52, 56, 64, 108, 124}

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"\xff\xd8\xff", Format.JPEG),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"II*\x00", Format.TIFF),
    (b"MM\x00*", Format.TIFF),
    (b"II+\x00", Format.TIFF),  # BigTIFF
    (b"MM\x00+", Format.TIFF),
)
_FOREIGN = (
    (b"PK\x03\x04", "a ZIP archive or Office file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file"),
    (b"{\\rtf", "an RTF file"),
    (b"%!PS", "a PostScript file"),
    (b"AT&TFORM", "a DjVu file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"OggS", "an Ogg recording"),
    (b"ID3", "an MP3 recording"),
)


def sniff(path: Path) -> Format:
    """Tell a file's format from its first bytes; the name only tells Markdown from plain text.

    Raises:
        UnsupportedFormat: the content is of no type we read; the message says what it is.
        UnreadableDocument: the file is empty, is no regular file, or may not be read.
    """
    name = display_name(path)
    head = _read_head(path, name)
    if not head:
        raise UnreadableDocument(f"{name} is empty: replace it with the whole file")
    known = _signature(head)
    if known is not None:
        return known
    foreign = next((kind for magic, kind in _FOREIGN if head.startswith(magic)), None)
    text = decode(head, is_head=len(head) == HEAD_BYTES) if foreign is None else None
    if text is not None and _HTML.match(text):
        raise UnsupportedFormat(f"{name} is an HTML page: open it in a browser, print it to PDF and add that")
    if text is not None and _SVG.match(text):
        raise UnsupportedFormat(f"{name} is an SVG drawing: export it to PNG or PDF and add that")
    if _is_pdf(head):
        return Format.PDF
    if text is not None:
        return Format.MARKDOWN if path.suffix.lower() in _MARKDOWN_SUFFIXES else Format.TEXT
    what = foreign or "of no known type"
    raise UnsupportedFormat(f"{name} is {what}: {_READABLE}; convert it to one of these")


def _read_head(path: Path, name: str) -> bytes:
    try:
        if not path.is_file():  # opening a pipe or a device could block for ever
            raise UnreadableDocument(f"{name} is not a regular file: check the path")
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except PermissionError as error:
        raise UnreadableDocument(f"{name} may not be read: give yourself read permission on it") from error
    except (OSError, ValueError) as error:
        raise UnreadableDocument(f"{name} cannot be read ({error}): check the path and the disk") from error


def _signature(head: bytes) -> Format | None:
    for magic, known in _SIGNATURES:
        if head.startswith(magic):
            return known
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Format.WEBP
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADER_BYTES:
        return Format.BMP
    return None


def _is_pdf(head: bytes) -> bool:
    """Whether there is a PDF header at the start, or further in and followed by a PDF object (not prose about PDF)."""
    header = _PDF_HEADER.search(head, 0, _PDF_WITHIN)
    if header is None:
        return False
    return not head[: header.start()].strip() or _PDF_OBJECT.search(head, header.end()) is not None
