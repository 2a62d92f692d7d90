"""What tasks of the intake do to the library. Each tells how far it is, and whether something is left of it."""

from collections.abc import Sequence

from app.job_overview import read_job
from app.library import Library
from app.types import Progress
from app.web.intake import Task
from app.web.previews import Previews
from ingest.jobs import JobState, Wanted


def add(library: Library, job_id: int, task: Task) -> bool:
    """Work a job off."""
    job = read_job(library.settings.data, job_id)
    if job.state is JobState.CANCELLED and job.wanted is Wanted.CANCEL:  # while it stepped aside
        return False
    library.finish_job(job_id, on_progress=task.report, stop=task.stop)
    job = read_job(library.settings.data, job_id)
    return job.state is JobState.PAUSED and job.wanted is Wanted.RUN  # it stepped aside, or was told to go on


def cancel(library: Library, job_id: int, task: Task) -> bool:
    """End a job that is not at work."""
    library.jobs.cancel(job_id)
    task.outcome = "Cancelled. What was added stays."
    return False


def remove(library: Library, previews: Previews, wanted: Sequence[tuple[str, str]], task: Task) -> bool:
    """Remove documents, given by id and name."""
    done = 0
    for done, (document_id, name) in enumerate(wanted):
        if task.stop.is_set():
            break
        task.report(Progress(name, done, len(wanted), 0, 0, 0, done / len(wanted)))
        library.remove(document_id)
        previews.forget(document_id)
    else:
        done = len(wanted)
    task.outcome = f"{done:,} of {len(wanted):,} documents removed" if done < len(wanted) else _removed(wanted)
    return False


def _removed(wanted: Sequence[tuple[str, str]]) -> str:
    return f"{wanted[0][1]} is removed" if len(wanted) == 1 else f"{len(wanted):,} documents removed"


class _SteppedAside(Exception):
    """A re-indexing was stopped; what it did is kept."""


def reindex(library: Library, task: Task) -> bool:
    """Encode every document anew."""

    def report(progress: Progress) -> None:
        task.report(progress)
        if task.stop.is_set():
            raise _SteppedAside

    try:
        count = library.reindex(on_progress=report)
    except _SteppedAside:
        task.outcome = "Re-indexing was cancelled; the old vectors stay. Run again, it goes on where it was."
        return not task.is_stopping
    task.outcome = f"{count:,} {'document' if count == 1 else 'documents'} re-indexed"
    return False
