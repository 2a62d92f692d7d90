"""`polyglance serve`: the web page, on this machine."""

import argparse
import signal

from app.commands.grammar import OK, Commands, check_ocr, positive, reading_options
from app.printing.console import say
from app.settings import Settings


def declare(commands: Commands) -> None:
    """Say which commands there are."""
    parser = commands.add("serve", serve, "Serve the web page on this machine.", reading_options(), as_json=False)
    parser.add_argument("--port", type=positive, default=7860)


def serve(options: argparse.Namespace, settings: Settings) -> int:
    """Serve the web page until Ctrl-C."""
    from app import ui
    from app.library import Library

    check_ocr(settings)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # let go of the library on `kill` too
    with Library(settings, own_process=True) as library:
        ui.serve(library, port=options.port, announce=say)
    return OK
