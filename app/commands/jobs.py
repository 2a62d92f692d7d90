"""`polyglance jobs`: what was asked to be added, how far it is, and what is to be done with it."""

import argparse
from dataclasses import asdict

from app.commands.grammar import OK, Commands, positive
from app.printing.console import pick, print_json, say
from app.settings import Settings


def declare(commands: Commands) -> None:
    """Say which commands there are."""
    parser = commands.add("jobs", show_all, "List what was asked to be added, the latest first, and go on with it.")
    actions = Commands(parser, title="actions", metavar="ACTION", is_required=False)
    parser = actions.add("show", show, "Show what became of each file of a job.")
    parser.add_argument("number", type=positive, metavar="N")
    parser = actions.add("resume", resume, "Go on with a job, the latest unfinished one where none is named.")
    parser.add_argument("number", type=positive, nargs="?", metavar="N")
    parser = actions.add("retry", retry, "Try the failed files of a job again.")
    parser.add_argument("number", type=positive, metavar="N")
    parser = actions.add("pause", pause, "Let a job stop after its page, wherever it runs.")
    parser.add_argument("number", type=positive, nargs="?", metavar="N")
    parser = actions.add("cancel", cancel, "End a job: what went in stays, what is half done is taken back.")
    parser.add_argument("number", type=positive, nargs="?", metavar="N")


def show_all(options: argparse.Namespace, settings: Settings) -> int:
    """List the jobs."""
    from app.job_overview import read_jobs
    from app.printing.jobs import show_jobs

    jobs = read_jobs(settings.data)
    if options.json:
        print_json({"jobs": [asdict(job) for job in jobs]})
    else:
        show_jobs(jobs)
    return OK


def show(options: argparse.Namespace, settings: Settings) -> int:
    """Show the files of a job."""
    from app.job_overview import read_files, read_job
    from app.printing.jobs import show_files

    job, files = read_job(settings.data, options.number), read_files(settings.data, options.number)
    if options.json:
        fields = ("name", "path", "state", "document_id", "pages", "chunks", "error", "problems")
        print_json({"job": asdict(job), "files": [pick(file, fields) for file in files]})
    else:
        show_files(job, files)
    return OK


def resume(options: argparse.Namespace, settings: Settings) -> int:
    """Go on with a job."""
    from app.commands.working import work_off
    from app.job_overview import find_unfinished
    from app.library import Library

    job_id = find_unfinished(settings.data, options.number).id
    with Library(settings) as library:
        return work_off(library, library.jobs.resume(job_id).id, as_json=options.json)


def retry(options: argparse.Namespace, settings: Settings) -> int:
    """Try failed files again."""
    from app.commands.working import work_off
    from app.job_overview import read_job
    from app.library import Library

    job_id = read_job(settings.data, options.number).id
    with Library(settings) as library:
        return work_off(library, library.jobs.retry(job_id).id, as_json=options.json)


def pause(options: argparse.Namespace, settings: Settings) -> int:
    """Ask whoever runs a job to pause it."""
    from app.job_overview import ask, find_unfinished
    from ingest.jobs import JobState, Wanted

    job = ask(settings.data, find_unfinished(settings.data, options.number), Wanted.PAUSE)
    if options.json:
        print_json({"job": asdict(job)})
    elif job.state is JobState.RUNNING:
        say(f"Job {job.id} pauses after its page; `polyglance jobs resume {job.id}` goes on.")
    else:
        say(f"Job {job.id} is {job.state}; `polyglance jobs resume {job.id}` goes on.")
    return OK


def cancel(options: argparse.Namespace, settings: Settings) -> int:
    """End a job, here or wherever it runs."""
    from app.job_overview import ask, find_unfinished, is_open, read_job
    from app.library import Library
    from ingest.jobs import JobState, Wanted

    job = find_unfinished(settings.data, options.number)
    if is_open(settings.data):
        job = ask(settings.data, job, Wanted.CANCEL)
    else:
        with Library(settings) as library:
            library.jobs.cancel(job.id)
        job = read_job(settings.data, job.id)
    if options.json:
        print_json({"job": asdict(job)})
    elif job.state is JobState.RUNNING:
        say(f"Job {job.id} stops after its page; what went in stays, what is half done is taken back.")
    else:
        say(f"Job {job.id} is cancelled: {job.done} of {job.files} files are done and stay as they are.")
    return OK
