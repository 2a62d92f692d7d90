"""What the library tab does when something is clicked: asks the library, gives back HTML. Knows nothing of Gradio."""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from app.adding import added_of
from app.errors import LibraryError
from app.job_overview import JobOverview, read_files, read_job, read_jobs
from app.library import Library
from app.web import job_view, works
from app.web.arrivals import Upload, arrivals
from app.web.catalogue import Catalogue
from app.web.intake import Intake, Kind, Task
from app.web.previews import Previews
from ingest.jobs import FileState, JobState, Wanted

_EVERY_S = 0.4  # how often a running task is shown anew
_TABLE_EVERY_S = 2.0  # and the table of documents while it runs
_OUTCOME_S = 600  # that what came of the last task is shown to whoever opens the page
_JOBS = 20  # that are listed


@dataclass(frozen=True, slots=True)
class Shelved:
    """The upper half of the library tab: what is under way. None: as it was."""

    card: str | None
    controls: str | None
    past: str | None = None
    stamp: str | None = None  # changes with the documents


class Shelving:
    """The library tab's actions on one library.

    Attributes:
        catalogue: its documents, as the table shows them.

    Args:
        library: open, and kept open by the caller.
        previews: pictures that go when their document does.
    """

    def __init__(self, library: Library, previews: Previews) -> None:
        self._library = library
        self._previews = previews
        self._intake = Intake()
        self.catalogue = Catalogue(library)
        self._stamps = itertools.count(int(time.time()))  # a page that is older than this server sees a new one

    def add_uploads(self, uploads: Sequence[Upload]) -> Iterator[Shelved]:
        """Add what was dropped, showing how far it is."""
        if not uploads:
            yield from self.look()
            return
        yield Shelved(job_view.looking(), "")
        with arrivals(uploads) as paths:
            job = self._library.jobs.create(paths, are_copies=True)
        yield from self._watch(self._submit(job.id))

    def add_folder(self, folder: str) -> Iterator[Shelved]:
        """Add a folder or file of the machine the server runs on, showing how far it is."""
        if not folder.strip():
            yield from self.look()
            return
        yield Shelved(job_view.looking(), "")
        job = self._library.jobs.create([Path(folder.strip()).expanduser().absolute()])
        yield from self._watch(self._submit(job.id))

    def look(self) -> Iterator[Shelved]:
        """What is under way, until nothing is; else what came of the last task, or the job that rests."""
        while (task := self._intake.current) is not None:
            yield from self._watch(task)
        yield self._at_rest()

    def look_on(self) -> Iterator[Shelved]:
        """As `look`, where something is under way; else all stays as it was."""
        yield Shelved(None, None)
        if self._intake.current is not None:
            yield from self.look()

    def jobs(self) -> list[dict[str, Any]]:
        """The jobs that are kept, the latest first, for programs."""
        return [
            {"job": one.id, "state": str(one.state), "files": one.files, "done": one.done, "failed": one.failed}
            for one in read_jobs(self._library.settings.data)
        ]

    def pause(self, job_id: int) -> None:
        """Let a job stop after its page, to be resumed later.

        Raises:
            LibraryError: there is no such job, or it is over.
        """
        self._check_unfinished(job_id)
        self._library.jobs.pause(job_id)
        if (task := self._intake.of_job(job_id)) is not None:
            task.is_stopping = True

    def resume(self, job_id: int) -> Task:
        """Go on with a job.

        Raises:
            LibraryError: likewise.
        """
        self._check_unfinished(job_id)
        self._library.jobs.resume(job_id)
        return self._submit(job_id)

    def retry(self, job_id: int) -> Task:
        """Try the failed files of a job again, and go on with it.

        Raises:
            LibraryError: there is no such job, or it is at work.
        """
        if self._intake.of_job(job_id) is not None:
            raise LibraryError(f"Job {job_id} is at work: pause it, or wait until it is done, then retry.")
        self._library.jobs.retry(job_id)
        return self._submit(job_id)

    def cancel(self, job_id: int) -> Task | None:
        """End a job, or with 0 what is at work and is no job; what went in stays.

        Raises:
            LibraryError: there is no such job, or it is over.
        """
        if job_id == 0:
            task = self._intake.current
            if task is not None and task.job_id is None:
                task.is_stopping = True
                task.stop.set()
            return task
        self._check_unfinished(job_id)
        task = self._intake.of_job(job_id)
        if task is not None and self._job(job_id).state is JobState.RUNNING:
            task.is_stopping = True
            self._library.jobs.cancel(job_id)
            return task
        if task is not None:  # it waits to go on
            self._intake.withdraw(task)
        work = partial(works.cancel, self._library, job_id)
        return self._intake.submit(Task(Kind.CANCEL, work, is_urgent=True))

    def act(self, act: str, job_id: int) -> Iterator[Shelved]:
        """Do what a job's button says, and show what comes of it.

        Raises:
            LibraryError: there is no such job, or that cannot be done with it now.
        """
        acts: dict[str, Callable[[int], Task | None]] = {
            "resume": self.resume,
            "retry": self.retry,
            "cancel": self.cancel,
        }
        if act == "pause":
            self.pause(job_id)
        elif act in acts:
            acts[act](job_id)
        yield from self.look()

    def reindex(self) -> Iterator[Shelved]:
        """Read and encode every document anew, showing how far it is.

        Raises:
            LibraryError: there is none.
        """
        _ = self._library.collection  # says what to do where there is none
        current = self._intake.current
        if current is None or current.kind is not Kind.REINDEX:
            self._intake.submit(Task(Kind.REINDEX, partial(works.reindex, self._library)))
        yield from self.look()

    def remove(self, document_ids: Sequence[str]) -> Iterator[Shelved]:
        """Remove documents with every trace, an addition under way stepping aside meanwhile.

        Raises:
            LibraryError: one of them is not there; none was removed.
        """
        known = {document.id: document.name for document in self._library.documents()}
        for document_id in document_ids:
            if document_id not in known:
                self._library.find(document_id)  # says what to do; a name finds, but only ids remove
                raise LibraryError(f"{document_id} is no document's id: `polyglance list` shows them.")
        wanted = [(document_id, known[document_id]) for document_id in document_ids]
        if wanted:
            work = partial(works.remove, self._library, self._previews, wanted)
            yield from self._watch(self._intake.submit(Task(Kind.REMOVE, work, is_urgent=True)))
        else:
            yield from self.look()

    def start(self) -> None:
        """Go on with what an earlier process was adding when it ended or died."""
        for job in self._library.jobs.unfinished():
            if job.state is JobState.INTERRUPTED:
                self._library.jobs.resume(job.id)
                self._submit(job.id)

    def close(self) -> None:
        """Stop what is under way and wait for it; `start` goes on with it in the next process."""
        jobs = [job.id for job in self._library.jobs.unfinished() if self._intake.of_job(job.id) is not None]
        self._intake.close()
        for job_id in jobs:
            if self._job(job_id).wanted is Wanted.RUN:
                self._library.jobs.count_as_interrupted(job_id)

    def _submit(self, job_id: int) -> Task:
        task = self._intake.of_job(job_id)
        if task is not None:
            task.is_stopping = False
            return task
        return self._intake.submit(Task(Kind.ADD, partial(works.add, self._library, job_id), job_id=job_id))

    def _watch(self, task: Task) -> Iterator[Shelved]:
        """What is at work, until a task is done, and what came of that; each part only where it changed."""
        before = Shelved(None, None)
        stamped = 0.0
        is_told = False
        while not is_told:
            is_told = task.is_done
            now = self._ended(task) if is_told else self._under_way(task)
            if is_told or time.monotonic() - stamped > _TABLE_EVERY_S:
                stamped = time.monotonic()
                now = replace(now, stamp=self._stamp(task))
            if now.past is None and before.past is None:
                now = replace(now, past=self._past())
            changed = _changes(before, now)
            before = _newest(before, now)
            if any(part is not None for part in _parts(changed)):
                yield changed
            if not is_told:
                self._intake.wait(_EVERY_S, task=task)

    def _under_way(self, task: Task) -> Shelved:
        shown = self._intake.current or task
        job = self._job(shown.job_id) if shown.job_id is not None else None
        can_act = not shown.is_stopping and shown.kind is not Kind.CANCEL
        return Shelved(
            job_view.running(shown, waiting=self._intake.waiting),
            job_view.controls(job, is_at_work=True) if can_act else "",
        )

    def _ended(self, task: Task) -> Shelved:
        if task.job_id is None:
            return replace(self._at_rest(), card=job_view.ended(task))
        return replace(self._of_job(task.job_id, error=task.error, seconds=task.seconds), past=self._past())

    def _at_rest(self) -> Shelved:
        past = self._past()
        last = self._intake.last
        unfinished = self._library.jobs.unfinished()
        stamp = self._stamp(None)
        if last is not None and last.ended_at is not None and time.time() - last.ended_at < _OUTCOME_S:
            if last.job_id is None:
                return Shelved(job_view.ended(last), "", past, stamp)
            shown = self._of_job(last.job_id, error=last.error, seconds=last.seconds)
        elif unfinished:
            shown = self._of_job(unfinished[-1].id)
        else:
            shown = Shelved("", "")
        return replace(shown, past=past, stamp=stamp)

    def _of_job(self, job_id: int, *, error: str | None = None, seconds: float = 0.0) -> Shelved:
        job = self._job(job_id)
        results = self._library.jobs.results(job_id)
        can_retry = job.failed > 0 and self._can_retry(job_id)
        return Shelved(
            job_view.outcome(job, results, error=error, seconds=seconds),
            job_view.controls(job, is_at_work=False, can_retry=can_retry),
        )

    def _past(self) -> str:
        past = []
        for job in read_jobs(self._library.settings.data)[:_JOBS]:
            if self._intake.of_job(job.id) is not None:
                continue
            files = read_files(self._library.settings.data, job.id) if job.failed else []
            failed = [file for file in files if file.state is FileState.FAILED]
            failures = tuple(added for file in failed if (added := added_of(file)) is not None)
            past.append(job_view.Past(job, failures, any(file.path.exists() for file in failed)))
        return job_view.history(past)

    def _can_retry(self, job_id: int) -> bool:
        """Whether a failed file is still there: uploads go when their job is over."""
        files = read_files(self._library.settings.data, job_id)
        return any(file.state is FileState.FAILED and file.path.exists() for file in files)

    def _stamp(self, task: Task | None) -> str:
        if task is not None and not task.is_done:
            progress = task.progress
            return f"{id(task)} {progress.files_done if progress else 0}"
        return str(next(self._stamps))

    def _job(self, job_id: int) -> JobOverview:
        return read_job(self._library.settings.data, job_id)

    def _check_unfinished(self, job_id: int) -> None:
        job = self._job(job_id)
        if not job.is_unfinished:
            raise LibraryError(f"Job {job_id} is over ({job.state}): add its files again, or retry what failed.")


def _parts(shelved: Shelved) -> tuple[str | None, ...]:
    return shelved.card, shelved.controls, shelved.past, shelved.stamp


def _newest(before: Shelved, now: Shelved) -> Shelved:
    return Shelved(*(old if new is None else new for new, old in zip(_parts(now), _parts(before), strict=True)))


def _changes(before: Shelved, now: Shelved) -> Shelved:
    return Shelved(*(new if new != old else None for new, old in zip(_parts(now), _parts(before), strict=True)))
