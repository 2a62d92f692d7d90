"""Jobs: what is to be added, noted before the first file is read, so that nothing that can happen loses it."""

import logging
import os
import shutil
import threading
import uuid
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from pathlib import Path

from app.adding import Adding, Prepare, added_of, cancel
from app.errors import LibraryError
from app.shelf import Shelf
from app.types import Added, Progress
from ingest.archives import expand_archives
from ingest.collect import collect
from ingest.jobs import FileState, Job, Jobs, JobState, NewFile, Wanted
from ingest.limits import Limits
from ingest.names import display_name
from ingest.ocr.options import OcrOptions
from ingest.workers.pool import ReaderPool

_REMEMBERED = 1_000  # jobs; far more than are kept
INCOMING = "incoming"  # what is unpacked or uploaded, until its job is done

log = logging.getLogger(__name__)


class JobRunner:
    """Makes jobs and works them off, one after another.

    Args:
        shelf: where files go.
        jobs: where jobs are noted.
        limits: what a file may cost.
        ocr: how pictures of text are read.
        readers: files that are read at once.
        prepare: gives the encoder and the collection it makes.
        changing: held while a job runs, as by whatever else changes the library.
    """

    def __init__(
        self,
        shelf: Shelf,
        jobs: Jobs,
        *,
        limits: Limits,
        ocr: OcrOptions,
        readers: int,
        prepare: Prepare,
        changing: threading.Lock,
    ) -> None:
        self._shelf = shelf
        self._jobs = jobs
        self._limits = limits
        self._ocr = ocr
        self._readers = readers
        self._prepare = prepare
        self._changing = changing
        self._incoming = shelf.files.root / INCOMING
        self._sweep()

    def create(self, paths: Sequence[Path], *, are_copies: bool = False) -> Job:
        """Note a job: files, folders searched for files, archives unpacked.

        Args:
            paths: they need not exist; what cannot be added is a failed file of the job.
            are_copies: the files soon go, as uploads do: the job keeps them by itself, and no path is remembered.
        """
        folder = self._incoming / uuid.uuid4().hex
        if are_copies:
            paths = [_take(path, folder / "uploads" / str(place)) for place, path in enumerate(paths)]
        found, unpacked = expand_archives(collect(paths), folder / "unpacked", self._limits)
        files = [_new_file(path, display_name(path), source=None if are_copies else path) for path in found.files]
        for member in unpacked.members:
            inside = None if are_copies else member.archive.parent / member.name  # as if the archive were a folder
            files.append(_new_file(member.path, member.name, source=inside))
        job = self._jobs.create(files)
        refused = [(display_name(failure.path), failure.path, failure.error) for failure in found.failures]
        refused += [(one.name, one.archive, one.error) for one in unpacked.rejected]
        for name, path, error in refused:
            self._jobs.add_failed(job.id, path, name=name, error=str(error))
        self._jobs.take_over(job.id)
        return job

    def run(self, job_id: int, *, stop: threading.Event | None = None) -> Generator[Progress]:
        """Work a job off, and yield its progress; what it did before is not done again.

        Args:
            job_id: it.
            stop: once set, the job is paused.

        Raises:
            LibraryError: the disk is full.
            EncoderError: the encoder cannot be loaded.
            RetrievalError: the store fails. The job can be resumed, as after all of these.
        """
        with self._changing, ReaderPool(workers=self._readers, limits=self._limits) as pool:
            adding = Adding(
                self._shelf, self._jobs, self._job(job_id), pool=pool, ocr=self._ocr, prepare=self._prepare, stop=stop
            )
            with closing(adding.events(threads=self._readers)) as events:
                yield from events
        self._sweep()

    def results(self, job_id: int) -> list[Added]:
        """What became of the files of a job, in its order; of those that are done."""
        return [added for file in self._jobs.files(job_id) if (added := added_of(file)) is not None]

    def unfinished(self) -> list[Job]:
        """Jobs that are not over, oldest first."""
        return self._jobs.unfinished()

    def resume(self, job_id: int | None = None) -> Job:
        """Let a job go on, to be run; without a number, the latest that is unfinished.

        Raises:
            LibraryError: there is none.
        """
        if job_id is None:
            unfinished = self.unfinished()
            if not unfinished:
                raise LibraryError("No job is unfinished. `polyglance jobs` lists them all.")
            job_id = unfinished[-1].id
        self._jobs.want(self._job(job_id).id, Wanted.RUN)
        return self._job(job_id)

    def retry(self, job_id: int) -> Job:
        """Let the failed files of a job be tried again, when it is run.

        Raises:
            LibraryError: there is no such job.
        """
        job = self.resume(job_id)
        self._jobs.requeue(job.id, FileState.FAILED)
        return self._job(job.id)

    def pause(self, job_id: int) -> None:
        """Let a job stop after its page, to be resumed later."""
        self._jobs.want(self._job(job_id).id, Wanted.PAUSE)

    def count_as_interrupted(self, job_id: int) -> None:
        """Of a paused job: nobody asked for that, so the next server goes on with it."""
        if self._job(job_id).state is JobState.PAUSED:
            self._jobs.set_state(job_id, JobState.INTERRUPTED)

    def cancel(self, job_id: int) -> None:
        """End a job; what went in stays, what is half done is taken back."""
        job = self._job(job_id)
        self._jobs.want(job.id, Wanted.CANCEL)
        if job.state is not JobState.RUNNING:
            with self._changing:
                cancel(self._shelf, self._jobs, job.id)
            self._sweep()

    def _job(self, job_id: int) -> Job:
        job = self._jobs.get(job_id)
        if job is None:
            raise LibraryError(f"There is no job {job_id}. `polyglance jobs` lists them all.")
        return job

    def _sweep(self) -> None:
        """Remove what was unpacked or uploaded, and is neither waiting nor to be tried again."""
        for path in stray_files(self._incoming, self._jobs):
            path.unlink(missing_ok=True)
        for folder, _, _ in os.walk(self._incoming, topdown=False):
            with suppress(OSError):  # not empty
                os.rmdir(folder)


def stray_files(incoming: Path, jobs: Jobs) -> list[Path]:
    """Files below a folder of unpacked and uploaded ones that no job needs."""
    found = [Path(folder, name) for folder, _, names in os.walk(incoming) for name in names]
    if not found:
        return []
    states = [FileState.WAITING, FileState.READING, FileState.FAILED]  # those may be run, or tried again
    needed = {file.path for job in jobs.recent(_REMEMBERED) for file in jobs.files(job.id, states)}
    return sorted(path for path in found if path not in needed)


def _take(path: Path, folder: Path) -> Path:
    """A file where it stays until its job is done, whatever becomes of the one given; what is gone is told later."""
    if not path.exists():
        return path
    folder.mkdir(parents=True)
    target = folder / path.name
    try:
        os.link(path, target)
    except OSError:  # on another disk, or one without links
        shutil.copy2(path, target)
    return target


def _new_file(path: Path, name: str, *, source: Path | None) -> NewFile:
    size, mtime_ns = 0, 0
    with suppress(OSError):
        found = path.stat()
        size, mtime_ns = found.st_size, found.st_mtime_ns
    return NewFile(path, name, size, mtime_ns, source=source)
