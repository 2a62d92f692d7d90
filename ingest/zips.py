"""ZIP files, which archives, Office files and e-books are, opened so that a hostile one costs no memory or disk."""

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import DocumentTooLarge, UnreadableDocument
from ingest.limits import Limits

# What zipfile raises on damaged files, found by feeding it such files; NotImplementedError: an unknown compression.
DAMAGE = (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError, zlib.error, lzma.LZMAError)

_DIRECTORY_BYTES = 4 << 20  # of the list of members, of which Python makes objects ten times that
_ENCRYPTED = 0x1
_UTF8 = 0x800
_CHECKED_BYTES = 16 << 20  # a member that unpacks to less harms nobody, however small it was packed


class _Bounded(io.FileIO):
    """A file of which no more than `_DIRECTORY_BYTES` are ever read at once."""

    def read(self, size: int | None = -1) -> bytes:
        content = super().read(_DIRECTORY_BYTES + 1 if size is None or size < 0 else min(size, _DIRECTORY_BYTES + 1))
        if len(content) > _DIRECTORY_BYTES:
            raise OverflowError
        return content


@contextmanager
def open_zip(path: Path, name: str) -> Iterator[zipfile.ZipFile]:
    """A ZIP file, open for reading.

    Raises:
        UnreadableDocument: it is damaged, or may not be read.
        DocumentTooLarge: its list of members is too long.
    """
    try:
        file = _Bounded(path, "r")
    except OSError as error:
        raise UnreadableDocument(f"{name} cannot be read ({error.strerror}): check its permissions") from error
    with file:
        try:
            archive = zipfile.ZipFile(file)
        except OverflowError as error:
            raise DocumentTooLarge(f"{name} lists too many files: unpack it and add what you need") from error
        except DAMAGE as error:
            raise UnreadableDocument(f"{name} is damaged and cannot be unpacked: get a whole copy") from error
        with archive:
            yield archive


def check_zip(path: Path, name: str, limits: Limits) -> None:
    """See that a file that another library unpacks is whole, unlocked, and no bomb.

    Raises:
        UnreadableDocument: it is damaged, or has a member that needs a password.
        DocumentTooLarge: it unpacks to more than the limits.
    """
    with open_zip(path, name) as archive:
        members = archive.infolist()
    if len(members) > limits.max_members:
        raise DocumentTooLarge(
            f"{name} holds {len(members)} files, the limit is {limits.max_members}: split it into smaller ones"
        )
    unpacked = sum(member.file_size for member in members)
    if unpacked > limits.max_unpacked_bytes or any(is_bomb(member, limits) for member in members):
        raise DocumentTooLarge(f"{name} unpacks to {unpacked >> 20} MiB, more than is sound: save it anew, smaller")
    if any(is_locked(member) for member in members):
        raise UnreadableDocument(f"{name} needs a password: save a copy without one and add that")


def is_bomb(member: zipfile.ZipInfo, limits: Limits) -> bool:
    """Whether it unpacks to far more than it has bytes."""
    return member.file_size > _CHECKED_BYTES and member.file_size > limits.max_ratio * member.compress_size


def is_locked(member: zipfile.ZipInfo) -> bool:
    """Whether it needs a password."""
    return bool(member.flag_bits & _ENCRYPTED)


def member_name(member: zipfile.ZipInfo) -> str:
    """Its name as it was meant: many programs write UTF-8 without saying so, for which ZIP has IBM's code page 437."""
    if member.flag_bits & _UTF8:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.filename
