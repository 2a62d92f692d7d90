"""ZIP archives: unpacked before anything is read, within limits, each file under a name that is ours."""

import os
import re
import stat
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ingest.collect import Collected, Failure, is_promising
from ingest.errors import DocumentTooLarge, IngestError, NothingToAdd, UnreadableDocument, UnsupportedFormat
from ingest.formats import sniff
from ingest.limits import Limits
from ingest.names import display_name
from ingest.readers.registry import Shows, readable, shows
from ingest.zips import DAMAGE, is_bomb, is_locked, member_name, open_zip

_BLOCK = 1 << 20
_DRIVE = re.compile(r"[A-Za-z]:")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,10}")
_HIDDEN = (".", "__MACOSX")  # what starts so is some program's own


@dataclass(frozen=True, slots=True)
class Member:
    """A file that was in an archive, and now lies by itself."""

    name: str  # for people: "papers.zip/2019/a.pdf"
    path: Path  # where its bytes are; the name says nothing but the suffix
    archive: Path  # the outermost one


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file in an archive that cannot be added, and why."""

    name: str
    archive: Path
    error: IngestError


@dataclass(frozen=True, slots=True)
class Expanded:
    """What an archive comes to."""

    members: tuple[Member, ...]  # in the archive's order
    skipped: tuple[str, ...]  # names of those that are of no format we read
    rejected: tuple[Rejected, ...]


def expand_archives(collected: Collected, into: Path, limits: Limits) -> tuple[Collected, Expanded]:
    """Unpack the archives among collected files.

    Args:
        collected: by `collect.collect`.
        into: a folder for what is unpacked; made where it is missing. The same archives unpack to the same paths.
        limits: bounds on each archive.

    Returns:
        The files that are no archives, with a failure for each archive that cannot be unpacked at all; and what was in
        the others.
    """
    files: list[Path] = []
    failures = list(collected.failures)
    parts: list[Expanded] = []
    for path in collected.files:
        if not _is_archive(path):
            files.append(path)
            continue
        try:
            parts.append(expand(path, into / f"{len(parts):05d}", limits))
        except IngestError as error:
            failures.append(Failure(path, error))
    return Collected(tuple(files), collected.skipped, tuple(failures)), Expanded(
        tuple(member for part in parts for member in part.members),
        tuple(name for part in parts for name in part.skipped),
        tuple(one for part in parts for one in part.rejected),
    )


def expand(path: Path, into: Path, limits: Limits) -> Expanded:
    """Unpack an archive, and the archives in it.

    One bad member never stops the others: it comes back with a reason. Hidden files are passed over.

    Args:
        path: of the archive.
        into: a folder for its files; made where it is missing. The same archive unpacks to the same paths.
        limits: bounds on all of it, archives inside it counted.

    Raises:
        UnreadableDocument: it is damaged, or may not be read.
        DocumentTooLarge: it holds too many files.
        NothingToAdd: it holds no file we read, and none that could have been one.
        OSError: the disk is full, or the like.
    """
    into.mkdir(parents=True, exist_ok=True)
    unpacking = _Unpacking(path, into, limits)
    unpacking.unpack(path, display_name(path), depth=1)
    if not unpacking.members and not unpacking.rejected:
        raise NothingToAdd(
            f"{display_name(path)} holds no file Polyglance reads ({len(unpacking.skipped)} of other kinds): it reads "
            f"{readable()}"
        )
    return Expanded(tuple(unpacking.members), tuple(unpacking.skipped), tuple(unpacking.rejected))


def _is_archive(path: Path) -> bool:
    try:
        return shows(sniff(path)) is Shows.MEMBERS
    except IngestError:
        return False  # who adds it says what it is


@dataclass(slots=True)
class _Unpacking:
    """One archive and those in it: what has come of it so far."""

    archive: Path
    into: Path
    limits: Limits
    members: list[Member] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    count: int = 0
    unpacked_bytes: int = 0

    def unpack(self, path: Path, name: str, *, depth: int) -> None:
        if depth > self.limits.max_nesting:
            raise DocumentTooLarge(
                f"{name} lies in {depth - 1} archives inside one another, which is too deep: unpack it and add that"
            )
        with open_zip(path, name) as archive:
            members = [member for member in archive.infolist() if not member.filename.endswith("/")]
            if self.count + len(members) > self.limits.max_members:
                raise DocumentTooLarge(
                    f"{name} holds more than {self.limits.max_members} files: unpack it and add the folder"
                )
            latest = {member_name(member): member for member in members}
            for member in members:
                inside = member_name(member)
                shown = "/".join([name, *(display_name(Path(part)) for part in _parts(inside))])
                self.count += 1
                if latest[inside] is not member:
                    error = UnreadableDocument(f"{shown} is in its archive twice: the later one was taken")
                    self.rejected.append(Rejected(shown, self.archive, error))
                elif not any(part.startswith(_HIDDEN) and part != ".." for part in _parts(inside)):
                    self._take(archive, member, shown, depth)

    def _take(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, shown: str, depth: int) -> None:
        inside = member_name(member)
        suffix = PurePosixPath(inside).suffix.lower()
        path = self.into / f"{self.count:05d}{suffix if _SUFFIX.fullmatch(suffix) else ''}"
        try:
            self._check(member, inside, shown)
            self._write(archive, member, path, shown)
            if shows(sniff(path)) is not Shows.MEMBERS:
                self.members.append(Member(shown, path, self.archive))
                return
            self.unpack(path, shown, depth=depth + 1)
        except IngestError as error:
            reason = type(error)(_said_of(error, path, shown))
            if isinstance(error, UnsupportedFormat) and not is_promising(suffix):
                self.skipped.append(shown)
            else:
                self.rejected.append(Rejected(shown, self.archive, reason))
        path.unlink(missing_ok=True)

    def _check(self, member: zipfile.ZipInfo, inside: str, shown: str) -> None:
        mode = member.external_attr >> 16
        if inside.startswith(("/", "\\")) or _DRIVE.match(inside) or ".." in _parts(inside):
            raise UnreadableDocument(f"{shown} has a path that leads out of its archive: unpack it by hand and add it")
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise UnreadableDocument(f"{shown} is a link or device, which is not followed: add what it leads to")
        if is_locked(member):
            raise UnreadableDocument(f"{shown} needs a password: unpack it by hand and add it")
        if is_bomb(member, self.limits):
            raise DocumentTooLarge(
                f"{shown} unpacks to more than {self.limits.max_ratio} times its size, as bombs do: unpack it by hand "
                "if you trust it"
            )
        if self.unpacked_bytes + member.file_size > self.limits.max_unpacked_bytes:
            raise DocumentTooLarge(
                f"{shown} is past the {self.limits.max_unpacked_bytes >> 20} MiB that an archive may unpack to: unpack "
                "it and add the folder"
            )

    def _write(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, shown: str) -> None:
        with path.open("wb") as file:
            for block in _read(archive, member, shown):
                self.unpacked_bytes += len(block)
                file.write(block)
        with suppress(ValueError, OverflowError, OSError):  # a day that no calendar has
            seconds = time.mktime((*member.date_time, 0, 0, -1))
            os.utime(path, (seconds, seconds))  # the date of documents that tell none


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, shown: str) -> Iterator[bytes]:
    """A member's bytes, at most as many as it says it has."""
    try:
        with archive.open(member) as content:
            while block := content.read(_BLOCK):
                yield block
    except (*DAMAGE, RuntimeError, OverflowError) as error:
        raise UnreadableDocument(f"{shown} is damaged in its archive ({error}): get a whole copy") from error


def _parts(inside: str) -> list[str]:
    """The folders and the name; some programs for Windows part them by backslashes."""
    return [part for part in re.split(r"[/\\]", inside) if part not in ("", ".")]


def _said_of(error: IngestError, path: Path, shown: str) -> str:
    """What went wrong, with the member's own name in place of the one it is unpacked under."""
    return str(error).replace(path.name, shown, 1)
