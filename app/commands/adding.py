"""`polyglance add`: files and folders go into the library."""

import argparse
from pathlib import Path

from app.commands.grammar import Commands, check_ocr, reading_options
from app.settings import Settings


def declare(commands: Commands) -> None:
    """Say which commands there are."""
    parser = commands.add("add", add, "Add files and folders to the library.", reading_options())
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")


def add(options: argparse.Namespace, settings: Settings) -> int:
    """Add files and folders, as a job that can be paused and resumed."""
    from app.commands.working import work_off  # here, as in all commands: `--help` need not pay for it
    from app.job_overview import read_unfinished
    from app.library import Library
    from app.printing.jobs import tell_unfinished

    check_ocr(settings)
    with Library(settings) as library:
        tell_unfinished(read_unfinished(settings.data))
        job = library.jobs.create([path.absolute() for path in options.paths])
        return work_off(library, job.id, as_json=options.json)
