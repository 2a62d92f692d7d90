"""Commands that make all vectors anew or move them: reindex, migrate."""

import argparse
from dataclasses import asdict, replace

from app.commands.grammar import OK, Commands, check_ocr, reading_options
from app.printing.console import print_json, say
from app.settings import Settings


def declare(commands: Commands) -> None:
    """Say which commands there are."""
    text = "Encode every document anew, as the options say."
    commands.add("reindex", reindex, text, reading_options(), as_json=False)
    parser = commands.add("migrate", migrate, "Move the vectors to a Qdrant server, or back into the library's folder.")
    parser.add_argument("--to", required=True, metavar="URL|embedded")


def reindex(options: argparse.Namespace, settings: Settings) -> int:
    """Encode every document anew."""
    from app.library import Library
    from app.printing.bars import progress_bar

    check_ocr(settings)
    with Library(settings) as library, progress_bar() as show:
        count = library.reindex(on_progress=show)
        name = library.encoder.name
    say(f"{count} documents are encoded anew with {name}.")
    return OK


def migrate(options: argparse.Namespace, settings: Settings) -> int:
    """Move the vectors."""
    from app.library import Library
    from app.printing.bars import point_bar
    from app.printing.status import show_migrated

    where_they_are = replace(settings, qdrant=None)  # not where --qdrant or the environment would have them
    with Library(where_they_are) as library, point_bar() as show:
        migrated = library.migrate(options.to, on_progress=show)
    if options.json:
        print_json(asdict(migrated))
    else:
        show_migrated(migrated)
    return OK
