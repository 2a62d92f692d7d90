"""How far a run is, measured in bytes so that one big file does not hide behind many small ones."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.types import Added, AddStatus, Progress

_RATE_S = 20.0  # pages a second and the time left are told from this much of the immediate past


@dataclass(frozen=True, slots=True)
class Piece:
    """Something to work through: a file, or a document."""

    key: str
    name: str  # shown to people
    bytes: int


class Meter:
    """Counts files, pages and chunks of a run. Safe to call from several threads.

    Args:
        job: number of the job; None where there is none.
        pieces: those to come.
        files: all of the job, those that were done before among them.
        failed: files of the job that failed before.
    """

    def __init__(self, job: int | None, pieces: Sequence[Piece], *, files: int | None = None, failed: int = 0) -> None:
        self._job = job
        self._lock = threading.Lock()
        self._files = len(pieces) if files is None else files
        self._files_done = self._files - len(pieces)
        self._failed = failed
        self._bytes = sum(piece.bytes for piece in pieces)
        self._bytes_done = 0
        self._open: dict[str, _Open] = {}
        self._current: _Open | None = None
        self._pages = self._chunks = 0
        self._added: list[Added] = []
        self._marks: deque[tuple[float, float, int]] = deque()  # when, bytes, pages; from the first page on

    def begin(self, piece: Piece) -> Progress:
        """A piece is begun."""
        with self._lock:
            self._open[piece.key] = self._current = _Open(piece)
            return self._tell()

    def page(self, key: str, done: int, pages: int, chunks: int) -> Progress:
        """Another page of a piece was read, which had so many chunks."""
        with self._lock:
            current = self._current = self._open[key]
            current.done, current.pages = done, pages
            self._pages += 1
            self._chunks += chunks
            return self._tell()

    def end(self, key: str, added: Added | None = None) -> Progress:
        """A piece is done, or failed."""
        with self._lock:
            current = self._open.pop(key)
            self._bytes_done += current.piece.bytes
            self._files_done += 1
            if self._current is None or self._current is current:
                self._current = next(iter(self._open.values()), None)
            if added is not None:
                self._failed += added.status is AddStatus.FAILED
                self._added.append(added)
            return self._tell(current)

    def _tell(self, ended: "_Open | None" = None) -> Progress:
        shown = ended or self._current
        done = self._bytes_done + sum(one.bytes_done for one in self._open.values())
        fraction = min(1.0, done / self._bytes) if self._bytes else 1.0
        rate, left = self._rate(done)
        added, self._added = tuple(self._added), []
        return Progress(
            job=self._job,
            file=shown.piece.name if shown else "",
            files_done=self._files_done,
            files=self._files,
            pages_done=shown.done if shown else 0,
            pages=shown.pages if shown else 0,
            failed=self._failed,
            fraction=fraction,
            pages_read=self._pages,
            chunks_read=self._chunks,
            pages_per_second=rate,
            seconds_left=left,
            finished=added,
        )

    def _rate(self, done: float) -> tuple[float, float | None]:
        now = time.monotonic()
        if not self._marks:
            if self._pages:  # before it the encoder was loaded
                self._marks.append((now, done, self._pages))
            return 0.0, None
        while len(self._marks) > 1 and now - self._marks[1][0] > _RATE_S:
            self._marks.popleft()
        if now - self._marks[-1][0] > _RATE_S / 20:
            self._marks.append((now, done, self._pages))
        then, bytes_then, pages_then = self._marks[0]
        seconds = now - then
        if seconds < 1 or done <= bytes_then:
            return 0.0, None
        return (self._pages - pages_then) / seconds, (self._bytes - done) * seconds / (done - bytes_then)


@dataclass(slots=True)
class _Open:
    piece: Piece
    done: int = 0
    pages: int = field(default=1)

    @property
    def bytes_done(self) -> float:
        return self.piece.bytes * min(1.0, self.done / max(self.pages, 1))
