"""Keeps a library in step with folders, until it is stopped. The only importer of watchfiles."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import watchfiles

from app.library import Library, OnProgress
from app.syncing import FolderGone, Synced

SETTLE_S = 1.0  # a file that has not changed for so long is whole

_TICK_MS = 250


class _Seen(NamedTuple):
    state: tuple[int, int] | None  # bytes, and when they were written; None where there is nothing
    since: float  # it is so


_Identity = tuple[int, int] | None  # of a folder; another once its disk is mounted


class Watching:
    """One watch over folders.

    Args:
        library: that follows them.
        folders: that are followed.
        on_synced: told of whatever changed in the library.
        on_trouble: told once of a folder that is gone; it is waited for.
        on_progress: called after every page and every file.
        settle_s: seconds that a file has to stay as it is before it is read.
    """

    def __init__(
        self,
        library: Library,
        folders: Sequence[Path],
        *,
        on_synced: Callable[[Synced], None],
        on_trouble: Callable[[str], None],
        on_progress: OnProgress | None = None,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._library = library
        self._folders = [folder.absolute() for folder in folders]
        self._real = {folder: folder.resolve() for folder in self._folders}
        self._on_synced = on_synced
        self._on_trouble = on_trouble
        self._on_progress = on_progress
        self._settle_s = settle_s
        self._waiting: dict[Path, dict[Path, _Seen]] = {folder: {} for folder in self._folders}
        self._behind = set(self._folders)  # those to be compared as a whole
        self._told: dict[Path, str] = {}  # trouble

    def run(self, stop: threading.Event) -> None:
        """Bring the library in step, and follow what changes until ``stop`` is set, or Ctrl-C.

        Raises:
            LibraryError: the disk is full, or the library lies in one of the folders.
            EncoderError: the encoder cannot be loaded.
            RetrievalError: the store fails.
        """
        while not stop.is_set():
            known = {folder: _identity(folder) for folder in self._folders}
            there = [folder for folder, identity in known.items() if identity is not None]
            if not there:
                self._step(stop)
                stop.wait(_TICK_MS / 1000)
                continue
            for changes in watchfiles.watch(
                *there,
                watch_filter=self._concerns,
                debounce=_TICK_MS,
                rust_timeout=_TICK_MS,
                yield_on_timeout=True,
                stop_event=stop,
                ignore_permission_denied=True,
            ):
                self._note([Path(path) for _, path in changes])
                self._step(stop)
                moved = {folder for folder in self._folders if _identity(folder) != known[folder]}
                if moved:  # what was watched is not what is there now
                    self._behind |= moved
                    break

    def _concerns(self, change: watchfiles.Change, path: str) -> bool:
        """Whether a path is not hidden, as when a folder is searched."""
        place = self._place(Path(path))
        return place is not None and not any(part.startswith(".") for part in place[1].parts)

    def _place(self, path: Path) -> tuple[Path, Path] | None:
        """The folder that a path is in, and the path in there; some systems tell the real path."""
        for folder, real in self._real.items():
            for root in (folder, real):
                if path.is_relative_to(root):
                    return folder, path.relative_to(root)
        return None

    def _note(self, paths: Sequence[Path]) -> None:
        for path in paths:
            place = self._place(path)
            if place is not None and place[1].parts:
                folder, changed = place[0], place[0] / place[1]
                self._waiting[folder][changed] = _Seen(_state(changed), time.monotonic())

    def _step(self, stop: threading.Event) -> None:
        for folder in self._folders:
            settled = self._settled(folder)
            try:
                if folder in self._behind:
                    self._sync(folder, None, stop)
                    self._behind.discard(folder)
                elif settled:
                    self._sync(folder, settled, stop)
            except FolderGone as gone:
                self._behind.add(folder)
                if self._told.get(folder) != str(gone):
                    self._told[folder] = str(gone)
                    self._on_trouble(str(gone))
            else:
                self._told.pop(folder, None)

    def _sync(self, folder: Path, changed: Sequence[Path] | None, stop: threading.Event) -> None:
        synced = self._library.sync(folder, changed, on_progress=self._on_progress, stop=stop)
        if not synced.is_nothing:
            self._on_synced(synced)

    def _settled(self, folder: Path) -> list[Path]:
        """Take the paths that are as they were for a while."""
        waiting, now = self._waiting[folder], time.monotonic()
        settled = []
        for path, seen in list(waiting.items()):
            state = _state(path)
            if state != seen.state:
                waiting[path] = _Seen(state, now)
            elif now - seen.since >= self._settle_s:
                settled.append(path)
                del waiting[path]
        return settled


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _identity(folder: Path) -> _Identity:
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
