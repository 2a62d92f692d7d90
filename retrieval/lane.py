"""A thread that works batches off in order, with a bounded queue before it."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

LINGER_S = 0.1  # how long a batch that is not full waits for more
_BATCHES_WAITING = 3  # that fit into the queue


class OfDocument(Protocol):
    """Anything that belongs to a document."""

    @property
    def document_id(self) -> str:
        """The document's id."""
        ...


I = TypeVar("I", bound=OfDocument)  # noqa: E741


class Lane(Generic[I]):
    """Takes groups of items and hands them on in batches.

    Args:
        work: handles a batch; what it raises is raised by `put` and `check`, and ends the lane.
        size: items in a full batch; a group is never parted, and a batch never waits for long to be full.
        name: of the thread.
    """

    def __init__(self, work: Callable[[Sequence[I]], None], *, size: int, name: str) -> None:
        self._work = work
        self._size = size
        self._groups: deque[list[I]] = deque()
        self._count = 0  # items waiting
        self._busy: frozenset[str] = frozenset()  # documents of the batch under way
        self._refused: set[str] = set()
        self._is_closing = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, groups: Sequence[list[I]]) -> None:
        """Take groups; blocks while the queue is full, and raises what ended the lane."""
        for group in groups:
            with self._changed:
                self._changed.wait_for(lambda: self._error or self._count < _BATCHES_WAITING * self._size)
                self.check()
                if group[0].document_id not in self._refused:
                    self._groups.append(group)
                    self._count += len(group)
                    self._changed.notify_all()

    def refuse(self, document_id: str) -> None:
        """Let nothing more of a document through."""
        with self._changed:
            self._refused.add(document_id)
            self._groups = deque(group for group in self._groups if group[0].document_id != document_id)
            self._count = sum(map(len, self._groups))
            self._changed.notify_all()

    def drop(self, document_id: str) -> None:
        """`refuse` it, and wait until nothing of it is being worked on; it may come again after that."""
        self.refuse(document_id)
        with self._changed:
            self._changed.wait_for(lambda: document_id not in self._busy)
            self._refused.discard(document_id)

    def check(self) -> None:
        """Raise what ended the lane, if anything did."""
        if self._error is not None:
            raise self._error

    def close(self, *, discard: bool = False) -> None:
        """Work off what waits, or leave it where ``discard``, and end the thread."""
        with self._changed:
            self._is_closing = True
            if discard:
                self._groups.clear()
                self._count = 0
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while batch := self._take():
            try:
                self._work(batch)
            except BaseException as error:  # handed to the threads that wait
                with self._changed:
                    self._error = error
                    self._groups.clear()
                    self._count = 0
            finally:
                with self._changed:
                    self._busy = frozenset()
                    self._changed.notify_all()
            if self._error is not None:
                return

    def _take(self) -> list[I]:
        """The next batch; empty once the lane is closed and worked off."""
        batch: list[I] = []
        with self._changed:
            while not batch and not (self._is_closing and not self._groups):
                self._changed.wait_for(lambda: self._groups or self._is_closing)
                self._linger()
                while self._groups and len(batch) < self._size:  # fewer than before, if a document was refused
                    batch += self._groups.popleft()
            self._count -= len(batch)
            self._busy = frozenset(item.document_id for item in batch)
            self._changed.notify_all()
        return batch

    def _linger(self) -> None:
        deadline = time.monotonic() + LINGER_S
        while self._count < self._size and not self._is_closing:
            left = deadline - time.monotonic()
            if left <= 0 or not self._changed.wait(left):
                return
