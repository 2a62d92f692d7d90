"""Commands that keep a library right: verify, duplicates, watch."""

import argparse
import signal
import threading
from dataclasses import asdict
from pathlib import Path

from app.commands.grammar import OK, SOME_FAILED, Commands, check_ocr, reading_options
from app.printing.console import print_json, say, say_error
from app.settings import Settings


def declare(commands: Commands) -> None:
    """Say which commands there are."""
    parser = commands.add("verify", verify, "Prove that originals, pictures, ledger, documents and vectors agree.")
    parser.add_argument("--repair", action="store_true", help="put right what does not")
    commands.add("duplicates", duplicates, "Find pages that are much alike, and files that lie in several places.")
    parser = commands.add(
        "watch",
        watch,
        "Bring the library in step with folders, and follow what changes there until Ctrl-C.",
        reading_options(),
        as_json=False,
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")


def verify(options: argparse.Namespace, settings: Settings) -> int:
    """Verify, and repair where that is asked for; 3 where problems are left."""
    from app.library import Library
    from app.printing.bars import progress_bar
    from app.printing.upkeep import show_verified

    with Library(settings) as library, progress_bar() as show:
        verified = library.verify(repair=options.repair, on_progress=show)
    if options.json:
        print_json(asdict(verified) | {"left": verified.left})
    else:
        show_verified(verified)
    return SOME_FAILED if verified.left else OK


def duplicates(options: argparse.Namespace, settings: Settings) -> int:
    """Show what is there more than once."""
    from app.library import Library
    from app.printing.upkeep import show_duplicates

    with Library(settings) as library:
        found = library.duplicates()
    if options.json:
        print_json(asdict(found))
    else:
        show_duplicates(found)
    return OK


def watch(options: argparse.Namespace, settings: Settings) -> int:
    """Follow folders; Ctrl-C is how it ends."""
    from app.library import Library
    from app.printing.upkeep import ChangeLines
    from app.watching import Watching

    check_ocr(settings)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # let go of the library on `kill` too
    with Library(settings) as library:
        lines = ChangeLines()
        watching = Watching(
            library,
            options.folders,
            on_synced=lines.show_synced,
            on_trouble=say_error,
            on_progress=lines.show_progress,
        )
        say(f"Following {', '.join(map(str, options.folders))}; Ctrl-C ends it.")
        try:
            watching.run(threading.Event())
        except KeyboardInterrupt:
            say("Stopped. What was finished is kept.")
    return OK
