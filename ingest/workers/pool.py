"""A pool of reader processes. A file that crashes or hangs its reader loses that page, or fails by itself."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date
from types import TracebackType
from typing import Self

from ingest import errors
from ingest.errors import DocumentTooLarge, IngestError, UnreadableDocument
from ingest.limits import Limits
from ingest.workers.process import ProcessEnded, ReaderProcess, Watchdog
from ingest.workers.task import Cause, ReadPage, ReadTask
from ingest.workers.wire import Message, message_to_page, task_to_message, to_date

_ERRORS = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, IngestError)
}


class PoolClosed(Exception):
    """The pool was closed while a file was read or waited for: the file is not at fault."""


class ReaderPool:
    """Reads files in processes of their own, each within its limits. Thread-safe; a context manager.

    The processes start when they are first needed and serve many files. They isolate faults, not intruders: they run
    with this user's rights.

    Args:
        workers: processes at most, and so files at once.
        limits: of every file.
    """

    def __init__(self, *, workers: int, limits: Limits) -> None:
        self._limits = limits
        self._watchdog = Watchdog()
        self._free = threading.Semaphore(workers)
        self._lock = threading.Lock()
        self._idle: list[ReaderProcess] = []
        self._busy: set[ReaderProcess] = set()
        self._closed = False

    @contextmanager
    def read(self, task: ReadTask) -> Iterator["Reading"]:
        """Open a file, once a process is idle.

        Leaving the block before the last page has come ends the process: nothing waits for a page nobody wants.

        Raises:
            IngestError: the file cannot be read; also raised by `Reading.pages`.
            PoolClosed: likewise.
        """
        with self._free:
            reading = Reading(task, self._limits, self)
            try:
                reading.open()
                yield reading
            finally:
                reading.close()

    def take(self, *, fresh: bool = False) -> ReaderProcess:
        """A process for a reading; a new one where none is idle, or where one without a past is wanted.

        Raises:
            PoolClosed: there are none any more.
        """
        with self._lock:
            if self._closed:
                raise PoolClosed("the readers were stopped")
            while self._idle and not fresh:
                process = self._idle.pop()
                if process.is_alive():
                    self._busy.add(process)
                    return process
                process.close()
            process = ReaderProcess(self._limits, self._watchdog)
            self._busy.add(process)
            return process

    def give_back(self, process: ReaderProcess, *, is_whole: bool) -> None:
        """Take a process back: to read again if it is whole, else to be ended."""
        with self._lock:
            self._busy.discard(process)
            if is_whole and not self._closed:
                self._idle.append(process)
                return
        process.close()

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """End all processes; readings under way raise `PoolClosed`. Closing again does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            idle, self._idle = self._idle, []
            for process in self._busy:
                process.kill()  # its reading closes it
        for process in idle:
            process.close()
        self._watchdog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Reading:
    """A file being read. Made by `ReaderPool.read`; for one thread at a time."""

    page_count: int
    date: date | None  # the day the document was made, as it says itself

    def __init__(self, task: ReadTask, limits: Limits, pool: ReaderPool) -> None:
        self._task = task
        self._limits = limits
        self._pool = pool
        self._process: ReaderProcess | None = None
        self._problems: dict[int, str] = {}  # pages left out, and why
        self._next = 1  # the page to come

    def open(self) -> None:
        """Have a process open the file."""
        self._start()
        while True:
            try:
                self._await_opened()
                return
            except _Broken as broken:
                if not self._is_doubtful(broken):
                    raise broken.as_error(
                        f"{self._task.name} cannot be opened ({broken}): save it anew, or get another copy"
                    ) from broken
                self._start(fresh=True)

    def pages(self) -> Iterator[ReadPage]:
        """Every page that has not come yet, in order."""
        while True:
            try:
                while (page := self._receive_page()) is not None:
                    yield page
                return
            except _Broken as broken:
                if self._next > self.page_count:  # it had nothing left to tell
                    return
                self._go_on_after(broken)

    def close(self) -> None:
        """Let go of the process, which ends if it was not done."""
        if self._process is not None:
            self._pool.give_back(self._process, is_whole=False)
            self._process = None

    def _go_on_after(self, broken: "_Broken") -> None:
        """Start again at the page that broke: without it, or with it where the process may have been at fault."""
        while True:
            if not self._is_doubtful(broken):
                self._leave_out(broken)
            try:
                self._start(fresh=broken.cause is not Cause.ERROR)
                self._await_opened()
                return
            except _Broken as again:
                broken = again

    def _is_doubtful(self, broken: "_Broken") -> bool:
        """Whether an earlier file may have done the damage that this one showed."""
        return broken.cause in (Cause.CRASH, Cause.MEMORY) and broken.files > 1

    def _leave_out(self, broken: "_Broken") -> None:
        known = self._next in self._problems  # then leaving it out did not help
        self._problems[self._next] = f"{broken}, and was left out"
        count = len(self._problems)
        if known or count > self._limits.max_broken_pages or count == self.page_count:
            others = f"; pages before it failed too: {count - 1}" if count > 1 else ""
            raise broken.as_error(
                f"{self._task.name} cannot be read past page {self._next} ({broken}{others}): "
                "print it to a new PDF, or get another copy"
            ) from broken

    def _start(self, *, fresh: bool = False) -> None:
        self.close()
        self._process = self._pool.take(fresh=fresh)
        self._process.files += 1
        skipped = sorted(self._problems)
        draw_from = max(self._task.draw_from, self._next)
        self._process.ask(
            {
                "task": task_to_message(replace(self._task, draw_from=draw_from)),
                "limits": asdict(self._limits),
                "skip": skipped,
                "send_from": self._next,
            }
        )

    def _await_opened(self) -> None:
        message, _ = self._receive(within=self._limits.seconds_to_open)
        with self._understanding():
            self.page_count = int(message["pages"])
            self.date = to_date(message["date"])

    def _receive_page(self) -> ReadPage | None:
        """The next page; None after the last."""
        if self._process is None:
            return None
        while True:
            message, behind = self._receive(within=self._limits.seconds_per_page)
            if message.get("kind") == "end":
                return None
            if message.get("kind") != "passed":
                break
        with self._understanding():
            read = message_to_page(message, behind)
            if read.page.number != self._next:
                raise ValueError(f"page {read.page.number} where {self._next} was to come")
        if self._next in self._problems:
            read = replace(read, page=replace(read.page, problem=self._problems[self._next]))
        self._next += 1
        return read

    @contextmanager
    def _understanding(self) -> Iterator[None]:
        """A process that sends what is no answer has lost its mind, as after a crash."""
        try:
            yield
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            assert self._process is not None
            raise _Broken(f"the reader answers nonsense: {error}", Cause.CRASH, self._process.files) from error

    def _receive(self, *, within: float) -> tuple[Message, bytes]:
        """The next answer; after the last one the process is given back."""
        assert self._process is not None
        try:
            message, behind = self._process.receive(within=within)
        except ProcessEnded as ended:
            if self._pool.is_closed:
                raise PoolClosed("the readers were stopped") from ended
            raise _Broken(str(ended), ended.cause, self._process.files) from ended
        if "stays" not in message:
            return message, behind
        files = self._process.files
        with self._understanding():
            cause = Cause(message["cause"]) if message["kind"] == "broken" else None
            kind = _ERRORS.get(message["error"], UnreadableDocument) if message["kind"] == "failed" else None
            error = kind(message["message"]) if kind is not None else None
        self._pool.give_back(self._process, is_whole=bool(message["stays"]) and cause is not Cause.MEMORY)
        self._process = None
        if error is not None:
            raise error
        if cause is not None:
            raise _Broken(str(message["how"]), cause, files)
        return message, behind


class _Broken(Exception):
    """The reader did not survive what it read; the message fits into brackets.

    Args:
        how: in words.
        cause: as far as it is known.
        files: that the process was given, with this one.
    """

    def __init__(self, how: str, cause: Cause, files: int) -> None:
        super().__init__(how)
        self.cause = cause
        self.files = files

    def as_error(self, message: str) -> IngestError:
        """The error of a file that is given up for it."""
        is_cost = self.cause in (Cause.HANG, Cause.MEMORY)
        return DocumentTooLarge(message) if is_cost else UnreadableDocument(message)
