"""What changes the library from the page, one thing after another in the background.

Nothing hangs on the tab that asked for it: close the tab, and the files still go in. Additions are the library's own
jobs, so they outlive this process too; see `app.jobs`.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum

from app.errors import USER_ERRORS
from app.types import Added, Progress

FAILURES_SHOWN = 3  # the latest, while a task runs

log = logging.getLogger(__name__)


class Kind(StrEnum):
    """What a task does, in a word that its view begins with."""

    ADD = "Adding"
    REMOVE = "Removing"
    REINDEX = "Re-indexing"
    CANCEL = "Cancelling"


class Task:
    """Something asked for, from the moment it is.

    Args:
        kind: what it does.
        work: does it, reporting to the task, and comes back soon once its `stop` is set; whether something is left.
        job_id: of the job that it runs; None where it runs none.
        is_urgent: a person waits for it: it goes before what waits, and what is at work steps aside for it.

    Attributes:
        progress: how far it is; None until its first page.
        failures: of its files, the latest few.
        error: why it ended early, in one line; None if nothing went wrong.
        outcome: what came of it, in one line; empty for jobs, of which the library knows more.
        seconds: that it has been at work.
        ended_at: since the epoch; None until it is over.
        is_stopping: it was asked to pause or end.
    """

    def __init__(
        self,
        kind: Kind,
        work: "Callable[[Task], bool]",
        *,
        job_id: int | None = None,
        is_urgent: bool = False,
    ) -> None:
        self.kind = kind
        self.job_id = job_id
        self.is_urgent = is_urgent
        self.stop = threading.Event()
        self.progress: Progress | None = None
        self.failures: deque[Added] = deque(maxlen=FAILURES_SHOWN)
        self.error: str | None = None
        self.outcome = ""
        self.seconds = 0.0
        self.ended_at: float | None = None
        self.is_stopping = False
        self._work = work

    @property
    def is_done(self) -> bool:
        """Whether nothing more will happen."""
        return self.ended_at is not None

    def report(self, progress: Progress) -> None:
        """Note how far it is."""
        self.progress = progress
        self.failures.extend(added for added in progress.finished if added.error)

    def run(self) -> bool:
        """Do the work; whether something is left of it."""
        started = time.monotonic()
        try:
            return self._work(self)
        except USER_ERRORS as error:
            self.error = str(error)
        except Exception:
            self.error = "Something went wrong inside Polyglance; its log has the details."
            log.exception("%s failed", self.kind)
        finally:
            self.seconds += time.monotonic() - started
        return False


class Intake:
    """A queue of tasks with one worker, since a library takes one change at a time."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: deque[Task] = deque()
        self._current: Task | None = None
        self._last: Task | None = None
        self._is_closing = False
        self._worker: threading.Thread | None = None

    @property
    def current(self) -> Task | None:
        """The task at work, or the next in line; None where there is none."""
        with self._changed:
            return self._current or next(iter(self._queue), None)

    @property
    def last(self) -> Task | None:
        """The task that ended last."""
        return self._last

    @property
    def waiting(self) -> int:
        """How many tasks wait for the one at work."""
        with self._changed:
            return len(self._queue) - (self._current is None and bool(self._queue))

    def of_job(self, job_id: int) -> Task | None:
        """The task that runs a job, at work or in line."""
        with self._changed:
            tasks = [*self._queue, *([self._current] if self._current else [])]
            return next((task for task in tasks if task.job_id == job_id), None)

    def submit(self, task: Task) -> Task:
        """Put a task in line."""
        with self._changed:
            if self._is_closing:
                task.ended_at = time.time()
                return task
            if self._worker is None:
                self._worker = threading.Thread(target=self._run, name="intake", daemon=True)
                self._worker.start()
            self._put(task)
            if task.is_urgent and self._current is not None and not self._current.is_urgent:
                self._current.stop.set()
            self._changed.notify_all()
        return task

    def withdraw(self, task: Task) -> None:
        """Take a task out of the line; one that is at work stays."""
        with self._changed:
            if task in self._queue:
                self._queue.remove(task)
                self._end(task)
                self._changed.notify_all()

    def wait(self, seconds: float, *, task: Task | None = None) -> None:
        """Come back after so long, or sooner when a task, else any task, begins or ends."""
        with self._changed:
            if task is None or not task.is_done:
                self._changed.wait(seconds)

    def close(self) -> None:
        """Stop what is at work and wait until it stands still; what waits in line is left undone."""
        with self._changed:
            self._is_closing = True
            if self._current is not None:
                self._current.stop.set()
            self._changed.notify_all()
        if self._worker is not None:
            self._worker.join()

    def _run(self) -> None:
        while (task := self._next()) is not None:
            is_left = task.run()
            with self._changed:
                self._current = None
                if is_left and not self._is_closing:
                    task.stop.clear()
                    self._put(task, is_first=True)  # it stepped aside
                else:
                    self._end(task)

    def _next(self) -> Task | None:
        with self._changed:
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._queue or self._is_closing)
            if self._is_closing:
                for task in self._queue:
                    self._end(task)
                self._queue.clear()
                self._changed.notify_all()
                return None
            self._current = self._queue.popleft()
            return self._current

    def _put(self, task: Task, *, is_first: bool = False) -> None:
        place = sum(one.is_urgent for one in self._queue) if task.is_urgent or is_first else len(self._queue)
        self._queue.insert(place, task)

    def _end(self, task: Task) -> None:
        task.ended_at = time.time()
        self._last = task
