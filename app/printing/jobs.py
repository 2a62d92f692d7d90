"""Jobs and what is to be done with them."""

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from app.job_overview import JobOverview
from app.printing.console import OUT, count, say, say_aside
from ingest.jobs import FileState, JobFile, JobState

_STATES = {
    JobState.RUNNING: "cyan",
    JobState.PAUSED: "yellow",
    JobState.INTERRUPTED: "yellow",
    JobState.DONE: "green",
    JobState.CANCELLED: "dim",
}
_FILE_STATES = {FileState.ADDED: "green", FileState.REPLACED: "green", FileState.FAILED: "red"}


def show_jobs(jobs: Sequence[JobOverview]) -> None:
    """The jobs as a table."""
    if not jobs:
        say("Nothing was added yet. Add something: polyglance add FOLDER")
        return
    table = Table()
    table.add_column("job", justify="right")
    for title in ("when", "state"):
        table.add_column(title, no_wrap=True)
    for title in ("files", "failed"):
        table.add_column(title, justify="right")
    table.add_column("reading", overflow="fold")
    for job in jobs:
        table.add_row(
            str(job.id),
            datetime.fromtimestamp(job.created_at).strftime("%Y-%m-%d %H:%M"),
            Text(job.state, style=_STATES[job.state]),
            f"{job.done:,}/{job.files:,}",
            f"{job.failed:,}",
            Text(", ".join(job.current)),
        )
    OUT.print(table)


def show_files(job: JobOverview, files: Sequence[JobFile]) -> None:
    """A job and what became of each of its files."""
    say(f"Job {job.id}, {job.state}: {job.done:,} of {count(job.files, 'file')} done, {job.failed:,} failed.")
    table = Table(box=None, pad_edge=False)
    table.add_column("state", no_wrap=True)
    table.add_column("file", overflow="fold")
    for title in ("pages", "chunks"):
        table.add_column(title, justify="right")
    table.add_column("reason", overflow="fold")
    for file in files:
        reason = " ".join((file.error or "; ".join(file.problems)).split())
        state = Text(file.state, style=_FILE_STATES.get(file.state, "dim"))
        table.add_row(state, Text(file.name), str(file.pages or ""), str(file.chunks or ""), Text(reason))
    OUT.print(table)


def tell_stopped(job: JobOverview) -> None:
    """In a line, what to do with a job that ended before it was done."""
    done = f"{job.done:,} of {count(job.files, 'file')} done"
    if job.state is JobState.CANCELLED:
        say_aside(f"Cancelled: what was half done is taken back (job {job.id}, {done}).")
        return
    how = "Stopped" if job.state is JobState.INTERRUPTED else "Paused"
    say_aside(
        f"{how}: `polyglance jobs resume {job.id}` goes on; `polyglance jobs cancel {job.id}` takes back what is half "
        f"done ({done})."
    )


def tell_unfinished(unfinished: Sequence[JobOverview]) -> None:
    """In a line, that jobs are not done, and what to do about it; nothing where there are none."""
    if len(unfinished) > 1:
        numbers = ", ".join(str(job.id) for job in unfinished)
        say_aside(f"Jobs {numbers} are unfinished: `polyglance jobs` lists them, `polyglance jobs resume N` goes on.")
        return
    for job in unfinished:
        state = f"Job {job.id} is {job.state} at {job.done:,} of {count(job.files, 'file')}"
        if job.state is JobState.RUNNING:
            say_aside(f"{state}: `polyglance jobs` shows how far it is, `polyglance jobs pause {job.id}` stops it.")
        else:
            say_aside(
                f"{state}: `polyglance jobs resume {job.id}` goes on; `polyglance jobs cancel {job.id}` takes back "
                "what is half done."
            )
