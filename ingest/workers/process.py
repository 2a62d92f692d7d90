"""One reader process, as its parent sees it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, cast

from ingest.launch import python_command
from ingest.limits import Limits
from ingest.workers.task import Cause
from ingest.workers.wire import Message, receive, send

_PIPE_BYTES = 1 << 20  # holds a page, so that the process reads the next one meanwhile
_TICK_S = 0.2  # how late a hang may be noticed
_PATIENCE_S = 5.0  # for the system to see a process end


class ProcessEnded(Exception):
    """The process is gone; the message tells how, in words for the user."""

    def __init__(self, cause: Cause, how: str) -> None:
        super().__init__(how)
        self.cause = cause


class Watchdog:
    """Ends processes that do not answer in time. One thread; closed with `close`."""

    def __init__(self) -> None:
        self._due: dict[ReaderProcess, float] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="reader watchdog", daemon=True)
        self._thread.start()

    @contextmanager
    def over(self, process: "ReaderProcess", seconds: float) -> Iterator[None]:
        """Have the process killed if the block takes longer."""
        with self._lock:
            self._due[process] = time.monotonic() + seconds
        try:
            yield
        finally:
            with self._lock:
                del self._due[process]

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()
        self._thread.join()

    def _watch(self) -> None:
        woke = time.monotonic()
        while not self._closed.wait(_TICK_S):
            now = time.monotonic()
            delay, woke = now - woke - _TICK_S, now
            with self._lock:
                for process in self._due:
                    self._due[process] += delay  # time in which this process was stopped is not the reader's
                for process in [process for process, due in self._due.items() if due < now]:
                    process.has_hung = True
                    process.kill()


class ReaderProcess:
    """A Python that reads files for us, one at a time, and lives no longer than this process."""

    def __init__(self, limits: Limits, watchdog: Watchdog) -> None:
        self.files = 0  # given to it so far
        self.has_hung = False
        self._watchdog = watchdog
        self._process = subprocess.Popen(
            python_command("ingest.workers.worker", str(limits.memory_bytes)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # C libraries complain there about every broken file
            start_new_session=True,  # Ctrl-C is for the parent; and a group of its own, to be killed with its children
        )
        self._requests = cast(BinaryIO, self._process.stdin)
        self._replies = cast(BinaryIO, self._process.stdout)
        _widen(self._replies)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def ask(self, request: Message) -> None:
        """Send a request; if the process is gone, `receive` tells."""
        with suppress(BrokenPipeError):
            send(self._requests, request)

    def receive(self, *, within: float) -> tuple[Message, bytes]:
        """Wait for the next message, at most that many seconds.

        Raises:
            ProcessEnded: it crashed, hung and was killed, or talks nonsense.
        """
        try:
            with self._watchdog.over(self, within):
                return receive(self._replies)
        except EOFError:
            code = self._wait()
        except ValueError:
            self.kill()
            code = self._wait()
        if self.has_hung:
            raise ProcessEnded(Cause.HANG, f"it took more than {within:g} s")
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        raise ProcessEnded(Cause.CRASH, f"the reader crashed, {how}")

    def kill(self) -> None:
        """End it at once, with what it started; `close` must follow."""
        if self._process.returncode is not None:
            return
        with suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it and let go of its pipes; closing again does nothing."""
        self.kill()
        self._wait()
        for pipe in (self._requests, self._replies):
            with suppress(OSError):  # what a dead process never took is still buffered
                pipe.close()

    def _wait(self) -> int:
        """How it ended; its children end with it."""
        try:
            code = self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:  # it closed its end and lives on
            self.kill()
            code = self._process.wait()
        return code


def _widen(pipe: BinaryIO) -> None:
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # the user's pipes may hold too much already
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
