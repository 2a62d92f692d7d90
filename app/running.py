"""Threads that work through a run, and its progress told on the thread that asked for it."""

import queue
import threading
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from app.types import Progress

_EVENTS = 16  # that may wait for the caller before the run does
_LOOK_S = 0.3  # how often other processes' wishes are looked at
_PUT_S = 0.2

Work = Callable[[], bool]  # does the next piece; False where none is left


class Run:
    """Works through pieces on several threads; stopped by `halt`, by a failure, or by the caller going away.

    Attributes:
        halt: once set, whoever works comes back as soon as nothing is lost by it.
    """

    def __init__(self) -> None:
        self.halt = threading.Event()
        self._events: queue.Queue[Progress | None] = queue.Queue(_EVENTS)
        self._error: BaseException | None = None

    def tell(self, progress: Progress) -> None:
        """Pass progress on; waits while the caller is busy with what came before."""
        while True:
            try:
                self._events.put(progress, timeout=_PUT_S)
                return
            except queue.Full:
                if self.halt.is_set():
                    return

    def events(
        self,
        work: Work,
        *,
        threads: int,
        finish: Callable[[BaseException | None], None],
        should_halt: Callable[[], bool],
    ) -> Generator[Progress]:
        """Do the work, and yield its progress.

        Args:
            work: called on every thread until it says that nothing is left.
            threads: how many.
            finish: called when all threads are back, with what ended them early.
            should_halt: looked at a few times a second.

        Raises:
            Exception: what ``work`` or ``finish`` raised, once everything stands still.
        """
        crew = threading.Thread(target=self._manage, args=(work, threads, finish, should_halt), name="run")
        crew.start()
        try:
            while (event := self._events.get()) is not None:
                yield event
        finally:
            self.halt.set()  # the caller may have gone away
            while crew.is_alive():
                self._drain()
                crew.join(_PUT_S)
        if self._error is not None:
            raise self._error

    def _manage(
        self, work: Work, threads: int, finish: Callable[[BaseException | None], None], should_halt: Callable[[], bool]
    ) -> None:
        try:
            with ThreadPoolExecutor(threads, thread_name_prefix="reading") as pool:
                waiting: set[Future[None]] = {pool.submit(self._work, work) for _ in range(threads)}
                while waiting:
                    done, waiting = wait(waiting, timeout=_LOOK_S, return_when=FIRST_EXCEPTION)
                    for one in done:
                        self._error = self._error or one.exception()
                    if self._error is not None or should_halt():
                        self.halt.set()
        finally:
            try:
                finish(self._error)
            except BaseException as error:
                self._error = self._error or error
            self._put_end()

    def _work(self, work: Work) -> None:
        while not self.halt.is_set() and work():
            pass

    def _put_end(self) -> None:
        while True:
            try:
                self._events.put(None, timeout=_PUT_S)
                return
            except queue.Full:
                if self.halt.is_set():
                    self._drain()

    def _drain(self) -> None:
        while not self._events.empty():
            self._events.get_nowait()
