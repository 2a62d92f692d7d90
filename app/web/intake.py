"""Additions to the library, one after another in the background, watched by any number of browser tabs.

The work does not hang on the tab that began it: close the tab, and the files still go in.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from app.errors import USER_ERRORS
from app.types import Added, Progress

Report = Callable[[Progress], None]
Work = Callable[[Report, threading.Event], list[Added]]  # told how to report and when to stop

log = logging.getLogger(__name__)


class Job:
    """One addition, from the moment it is asked for.

    Attributes:
        progress: how far it is; None until its first page.
        added: what became of each file, once it is done.
        error: why nothing could be added, in one line; None if nothing went wrong.
        seconds: since its first page.
    """

    def __init__(self) -> None:
        self.progress: Progress | None = None
        self.added: list[Added] = []
        self.error: str | None = None
        self.stop = threading.Event()
        self._finished = threading.Event()
        self._started = self._ended = 0.0

    @property
    def is_done(self) -> bool:
        """Whether nothing more will happen."""
        return self._finished.is_set()

    @property
    def seconds(self) -> float:
        """How long it has been at work."""
        return (self._ended or time.monotonic()) - self._started if self._started else 0.0

    def watch(self, *, every_s: float) -> Iterator[None]:
        """Come back now, every so often, and once more when it is done."""
        while not self.is_done:
            yield
            self._finished.wait(every_s)
        yield

    def run(self, work: Work) -> None:
        """Do the work; called by the intake."""
        self._started = time.monotonic()
        try:
            if not self.stop.is_set():
                self.added = work(self._report, self.stop)
        except USER_ERRORS as error:
            self.error = str(error)
        except Exception:
            self.error = "Something went wrong inside Polyglance; its log has the details."
            log.exception("an addition failed")
            raise
        finally:
            self._ended = time.monotonic()
            self._finished.set()

    def _report(self, progress: Progress) -> None:
        self.progress = progress


class Intake:
    """A queue of additions with one worker, since a library takes one change at a time."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="intake")
        self._jobs: list[Job] = []
        self._lock = threading.Lock()

    @property
    def current(self) -> Job | None:
        """The addition at work, or the next in line; None where there is none."""
        with self._lock:
            self._jobs = [job for job in self._jobs if not job.is_done]
            return self._jobs[0] if self._jobs else None

    def submit(self, work: Work) -> Job:
        """Put an addition in line."""
        job = Job()
        with self._lock:
            self._jobs.append(job)
        self._worker.submit(job.run, work)
        return job

    def stop(self) -> None:
        """Ask every addition to stop after its page."""
        with self._lock:
            for job in self._jobs:
                job.stop.set()

    def close(self) -> None:
        """Stop and wait until the file under way is taken back."""
        self.stop()
        self._worker.shutdown(wait=True)
