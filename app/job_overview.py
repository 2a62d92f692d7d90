"""What can be said and asked of jobs without opening the library: works while another process has it open."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.errors import LibraryError, LibraryInUse
from app.lock import LibraryLock
from app.overview import MANIFEST
from ingest.jobs import UNFINISHED, FileState, Job, JobFile, Jobs, JobState, Wanted

_SHOWN = 100  # jobs at most; older ones that are over are forgotten anyway


@dataclass(frozen=True, slots=True)
class JobOverview:
    """A job at a glance."""

    id: int
    created_at: float  # seconds since the epoch
    state: JobState  # as it is, whatever a process that died left noted
    wanted: Wanted  # of the process that runs it
    files: int
    done: int  # failed ones among them
    failed: int
    current: tuple[str, ...]  # names of the files that are being read

    @property
    def is_unfinished(self) -> bool:
        """Whether there is something left to do, or being done."""
        return self.state in UNFINISHED


def read_jobs(data: Path) -> list[JobOverview]:
    """The jobs of a library, the latest first; none where there is no library.

    Raises:
        IngestError: another version of Polyglance made it.
    """
    if not (data / MANIFEST).exists():
        return []
    with _open(data) as jobs:
        return [_overview(data, jobs, job) for job in jobs.recent(_SHOWN)]


def read_unfinished(data: Path) -> list[JobOverview]:
    """The jobs that are not over, the oldest first; none where there is no library."""
    if not (data / MANIFEST).exists():
        return []
    with _open(data) as jobs:
        return [_overview(data, jobs, job) for job in jobs.unfinished()]


def read_job(data: Path, job_id: int) -> JobOverview:
    """One job.

    Raises:
        LibraryError: there is no such job.
    """
    with _open(data) as jobs:
        return _overview(data, jobs, _find(jobs, job_id))


def read_files(data: Path, job_id: int) -> list[JobFile]:
    """The files of a job, in the order they were given.

    Raises:
        LibraryError: there is no such job.
    """
    with _open(data) as jobs:
        return jobs.files(_find(jobs, job_id).id)


def find_unfinished(data: Path, job_id: int | None = None) -> JobOverview:
    """The unfinished job of this number; without one, the latest.

    Raises:
        LibraryError: there is none, or it is over.
    """
    if job_id is None:
        unfinished = read_unfinished(data)
        if not unfinished:
            raise LibraryError("No job is unfinished. `polyglance jobs` lists them all.")
        return unfinished[-1]
    job = read_job(data, job_id)
    if not job.is_unfinished:
        raise LibraryError(
            f"Job {job.id} is over ({job.state}): `polyglance jobs show {job.id}` tells what became of its files, "
            f"`polyglance jobs retry {job.id}` tries those that failed again."
        )
    return job


def ask(data: Path, job: JobOverview, wanted: Wanted) -> JobOverview:
    """Ask the process that has the library open to pause or cancel a job.

    One that is not running needs nobody for that: it is paused as it is; and of one that is cancelled, what is half
    done is hidden, and goes when the library is next opened.

    Returns:
        The job as it is now; one that runs stops soon.
    """
    with _open(data, is_read_only=False) as jobs:
        if job.state is JobState.RUNNING:
            jobs.want(job.id, wanted)
        elif wanted is Wanted.CANCEL:
            jobs.cancel(job.id)
    return read_job(data, job.id)


def is_open(data: Path) -> bool:
    """Whether a process has the library open."""
    try:
        LibraryLock(data).release()
    except LibraryInUse:
        return True
    except OSError:  # a folder that cannot be written: nobody can tell
        return True
    return False


@contextmanager
def _open(data: Path, *, is_read_only: bool = True) -> Iterator[Jobs]:
    path = data / MANIFEST
    if not path.exists():
        raise LibraryError(f"{data} holds no library, and no jobs. Name another folder with --data.")
    jobs = Jobs(path, is_read_only=is_read_only)
    try:
        yield jobs
    finally:
        jobs.close()


def _find(jobs: Jobs, job_id: int) -> Job:
    job = jobs.get(job_id)
    if job is None:
        raise LibraryError(f"There is no job {job_id}. `polyglance jobs` lists them all.")
    return job


def _overview(data: Path, jobs: Jobs, job: Job) -> JobOverview:
    counts = jobs.summary(job.id)
    left = counts[FileState.WAITING] + counts[FileState.READING] + counts[FileState.CANCELLED]
    state = job.state
    if state is JobState.RUNNING and not is_open(data):
        state = JobState.INTERRUPTED  # its process died; the next that opens the library will note that
    reading = jobs.files(job.id, [FileState.READING]) if state is JobState.RUNNING else []
    files = sum(counts.values())
    return JobOverview(
        job.id,
        job.created_at,
        state,
        job.wanted,
        files=files,
        done=files - left,
        failed=counts[FileState.FAILED],
        current=tuple(file.name for file in reading),
    )
