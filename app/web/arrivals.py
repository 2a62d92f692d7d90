"""Uploaded files under their own names: out of the web server's cache, into a folder that goes when they are in."""

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_MAX_NAME_BYTES = 240  # file systems take 255
_SEPARATORS = re.compile(r"[/\\\x00]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came through the browser."""

    path: Path  # where the web server put it, under a name of its own making
    name: str  # what the user calls it, as the browser told it: not to be trusted


@contextmanager
def arrivals(uploads: Iterable[Upload]) -> Iterator[list[Path]]:
    """Move uploads where they carry their own names, and delete them at the end.

    An upload that is gone (the same file dropped in two windows at once) keeps its place in the list; adding it then
    says that it does not exist.
    """
    with tempfile.TemporaryDirectory(prefix="polyglance-", ignore_cleanup_errors=True) as folder:
        paths = []
        for number, upload in enumerate(uploads):
            path = Path(folder, str(number), safe_name(upload.name))
            path.parent.mkdir()
            with suppress(FileNotFoundError):
                shutil.move(upload.path, path)
            with suppress(OSError):
                upload.path.parent.rmdir()  # the server made one for this file
            paths.append(path)
        yield paths


def safe_name(name: str) -> str:
    """The last part of a name of any system, short enough for a file system, its ending kept."""
    last = _SEPARATORS.split(name)[-1].encode("utf-8", "surrogatepass").decode("utf-8", "replace").strip()
    if last in ("", ".", ".."):
        return "upload"
    if len(last.encode()) <= _MAX_NAME_BYTES:
        return last
    suffix = Path(last).suffix if len(Path(last).suffix.encode()) <= 16 else ""
    stem = last.removesuffix(suffix).encode()[: _MAX_NAME_BYTES - len(suffix.encode())]
    return stem.decode("utf-8", "ignore") + suffix
