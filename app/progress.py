"""How far an `add` is, measured in bytes so that one big file does not hide behind many small ones."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.types import Progress


class Stopped(Exception):
    """The caller asked to stop; the file under way is taken back."""


class Meter:
    """Counts files and pages, tells whoever wants to know, and passes on a request to stop.

    Args:
        files: those to come.
        failed: files that failed before they could be counted.
        tell: called after every page and every file.
        stop: once set, the next page raises `Stopped`.
    """

    def __init__(
        self,
        files: Sequence[Path],
        *,
        failed: int = 0,
        tell: Callable[[Progress], None] | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self.failed = failed
        self._tell = tell
        self._stop = stop
        self._files = len(files)
        self._files_done = 0
        self._bytes = sum(map(_size_bytes, files))
        self._bytes_done = 0
        self._file = ""
        self._file_bytes = 0

    @contextmanager
    def file(self, path: Path) -> Iterator[None]:
        """Count a file while it is worked on."""
        self._file, self._file_bytes = path.name, _size_bytes(path)
        self.page(0, 1)
        yield
        self._files_done += 1
        self._bytes_done += self._file_bytes
        self._file_bytes = 0
        self._report(1, 1)

    def page(self, done: int, pages: int) -> None:
        """Count a page of the file.

        Raises:
            Stopped: the caller asked for it.
        """
        self._report(done, pages)
        if self._stop is not None and self._stop.is_set():
            raise Stopped(self._file)

    def _report(self, done: int, pages: int) -> None:
        if self._tell is None:
            return
        share = min(1.0, done / max(pages, 1))
        fraction = (self._bytes_done + self._file_bytes * share) / self._bytes if self._bytes else 1.0
        self._tell(
            Progress(
                file=self._file,
                files_done=self._files_done,
                files=self._files,
                pages_done=done,
                pages=pages,
                failed=self.failed,
                fraction=min(1.0, fraction),
            )
        )


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
