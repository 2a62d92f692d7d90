"""Which of a store folder's engine files count: a rebuilt index comes in by one rename.

The first files lie in `edge`, those that a rebuild made in `edge-1`, `edge-2` and so on. The highest number
counts; a rebuild is whole and on disk before it gets one, so a process may be killed at any moment.
"""

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

FIRST = "edge"
_DRAFT = "edge-build-"
_LOG = "wal"
_GENERATION = re.compile(rf"{FIRST}(?:-(\d+))?")


def newest(folder: Path) -> Path:
    """The engine's files in ``folder``: those that count, or where the first would go."""
    return max(_generations(folder), key=_number, default=folder / FIRST)


def draft(folder: Path) -> Path:
    """Where a rebuild may make a store beside the one in ``folder``; of this process, and it counts for nothing."""
    return folder / f"{_DRAFT}{os.getpid()}"


def publish(built: Path, folder: Path) -> None:
    """Make ``built``, which is on disk and closed, the engine's files of ``folder``."""
    built.rename(folder / f"{FIRST}-{_number(newest(folder)) + 1}")
    sync(folder)


def remove_others(folder: Path) -> None:
    """Remove drafts and what a rebuild replaced. Only for the process that has the store open."""
    kept = newest(folder)
    for path in folder.glob(f"{FIRST}*"):
        if path != kept:
            shutil.rmtree(path, ignore_errors=True)  # what stays is tried again at the next opening


def sync_log(files: Path) -> None:
    """Bring the log of engine files to the disk: by it, the engine does again what a power cut took."""
    log = files / _LOG
    for path in [*log.iterdir(), log]:
        with suppress(FileNotFoundError):  # the engine makes its next, empty file ready under another name
            sync(path)


def sync(path: Path) -> None:
    """Make a file's bytes, or a folder's names, last through a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _generations(folder: Path) -> list[Path]:
    return [path for path in folder.glob(f"{FIRST}*") if _GENERATION.fullmatch(path.name)]


def _number(path: Path) -> int:
    found = _GENERATION.fullmatch(path.name)
    return int(found[1] or 0) if found else 0
