"""A job worked off on the command line, whatever made it: with a bar, and a summary however it ends."""

import time
from contextlib import closing
from dataclasses import asdict

from app.commands.grammar import INTERRUPTED, OK, SOME_FAILED
from app.errors import USER_ERRORS
from app.job_overview import read_job
from app.library import Library
from app.printing.adding import show_added
from app.printing.bars import progress_bar
from app.printing.console import print_json
from app.printing.jobs import tell_stopped
from app.types import AddStatus
from ingest.jobs import JobState


def work_off(library: Library, job_id: int, *, as_json: bool) -> int:
    """Run a job, show what became of its files, and give the exit code; Ctrl-C pauses it.

    Raises:
        LibraryError, EncoderError, RetrievalError: what ended it early, once what was finished is shown.
    """
    started = time.perf_counter()
    fault: Exception | None = None
    pages = 0
    try:
        with progress_bar() as show, closing(library.jobs.run(job_id)) as events:
            for progress in events:
                pages = progress.pages_read
                show(progress)
    except KeyboardInterrupt:
        pass  # it is paused, unless that was its end
    except USER_ERRORS as error:
        fault = error
    seconds = time.perf_counter() - started

    added = library.jobs.results(job_id)
    if as_json:
        shown = [asdict(one) for one in added]
        print_json({"job": job_id, "documents": shown, "seconds": round(seconds, 3)})
    elif added or fault is None:
        show_added(added, seconds, pages_read=pages, job=job_id, encoder=library.status().encoder)
    job = read_job(library.settings.data, job_id)
    if job.state is not JobState.DONE:
        tell_stopped(job)
    if fault is not None:
        raise fault
    if job.state is not JobState.DONE:
        return INTERRUPTED
    return SOME_FAILED if any(one.status is AddStatus.FAILED for one in added) else OK
