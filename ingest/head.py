"""The beginning of a file, by which its format is told."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ingest.charset import decode
from ingest.errors import UnreadableDocument
from ingest.names import display_name
from ingest.zips import open_zip

HEAD_BYTES = 16 << 10  # enough for every signature and for telling an encoding

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second: an empty archive
_MIMETYPE = re.compile(rb"mimetype(application/[\w.+-]+?)(?=PK|[^\w.+-]|$)")  # first in an e-book or OpenDocument
# What is before a document's first element. Nothing in it matches in two ways, so that no file makes it slow.
_REMARKS = r"(?>(?:(?:<!--.*?-->|<\?[^>]*+>)\s*+)*)"
_BEFORE = rf"\s*+{_REMARKS}"
_DOCTYPE = re.compile(rf"{_BEFORE}<!doctype\s++([\w:-]++)", re.I | re.S)
_ROOT = re.compile(rf"{_BEFORE}(?:<!doctype\s[^>\[]*+(?:\[[^\]]*+\]\s*+)?+>\s*+)?+{_REMARKS}<([\w:-]++)", re.I | re.S)

# What no reader knows, and people add all the same.
_FOREIGN = (
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


@dataclass(frozen=True)
class Head:
    """What is asked of a file to tell its format."""

    path: Path
    start: bytes  # its first HEAD_BYTES

    @property
    def suffix(self) -> str:
        """Of its name, in lower case: ".md". Tells formats apart that have equal content, and nothing else."""
        return self.path.suffix.lower()

    @cached_property
    def foreign(self) -> str | None:
        """What it is where no reader knows it, in words."""
        return next((words for magic, words in _FOREIGN if self.start.startswith(magic)), None)

    @cached_property
    def text(self) -> str | None:
        """Its beginning in letters; None where it is no text."""
        if self.foreign is not None:
            return None
        return decode(self.start, is_head=len(self.start) == HEAD_BYTES)

    @cached_property
    def root(self) -> str | None:
        """The first element's name, or what the document type says it is, in lower case, where this is markup."""
        if self.start.startswith((b"\xff\xfe", b"\xfe\xff")):
            markup = self.start.decode("utf-16", errors="replace")
        else:
            markup = self.start.removeprefix(b"\xef\xbb\xbf").decode(
                "latin-1"
            )  # tags are ASCII in every other encoding
        match = _ROOT.match(markup) or _DOCTYPE.match(markup)
        return match[1].lower() if match else None

    @cached_property
    def mimetype(self) -> str | None:
        """What an e-book or OpenDocument file says it is; None for any other file."""
        match = _MIMETYPE.search(self.start, 30, 256) if self.start.startswith(_ZIP) else None
        return match[1].decode("ascii") if match else None

    @cached_property
    def members(self) -> frozenset[str] | None:
        """Names in a ZIP file; None where this is none.

        Raises:
            UnreadableDocument: it is a damaged one.
            DocumentTooLarge: it has too many.
        """
        if not self.start.startswith(_ZIP):
            return None
        with open_zip(self.path, display_name(self.path)) as archive:
            return frozenset(archive.namelist())

    def has_folder(self, name: str) -> bool:
        """Whether this is a ZIP file with something in that folder."""
        return any(member.startswith(f"{name}/") for member in self.members or ())

    def read_at(self, offset: int, size: int) -> bytes:
        """Bytes from further in; fewer at the end of the file."""
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                return file.read(size)
        except (OSError, ValueError):
            return b""


def read_head(path: Path) -> Head:
    """The beginning of a file.

    Raises:
        UnreadableDocument: it is empty, is no regular file, or may not be read.
    """
    name = display_name(path)
    try:
        if not path.is_file():  # opening a pipe or a device could block for ever
            raise UnreadableDocument(f"{name} is not a regular file: check the path")
        with path.open("rb") as file:
            start = file.read(HEAD_BYTES)
    except PermissionError as error:
        raise UnreadableDocument(f"{name} may not be read: give yourself read permission on it") from error
    except (OSError, ValueError) as error:
        raise UnreadableDocument(f"{name} cannot be read ({error}): check the path and the disk") from error
    if not start:
        raise UnreadableDocument(f"{name} is empty: replace it with the whole file")
    return Head(path, start)
