"""The command line: parses, calls the library, prints. Results go to stdout, everything else to stderr."""

import argparse
import logging
import sys
from collections.abc import Sequence

from app.commands import adding, asking, documents, encoders, evaluating, jobs, searching, serving, upkeep, vectors
from app.commands.grammar import (
    ERROR,
    INTERRUPTED,
    OK,
    SOME_FAILED,
    USAGE,
    Command,
    Commands,
    nothing_named,
    override,
    shared_options,
)
from app.printing.console import say_error
from app.settings import Settings

__all__ = ["ERROR", "INTERRUPTED", "OK", "SOME_FAILED", "USAGE", "build_parser", "main", "run"]

# In the order of the help.
_GROUPS = (adding, jobs, searching, asking, documents, upkeep, vectors, encoders, evaluating, serving)


def run() -> None:
    """Entry point of the ``polyglance`` script."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run one command.

    Returns:
        0 done; 1 an error, told in one line on stderr; 2 wrong usage; 3 some files failed; 130 interrupted.
    """
    options = build_parser().parse_args(argv, nothing_named())
    logging.basicConfig(
        level=logging.INFO if options.verbose else logging.ERROR,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    from app.errors import USER_ERRORS  # here: `--help` need not pay for it

    command: Command = options.command
    try:
        return command(options, override(Settings.from_env(), options))
    except USER_ERRORS as error:
        say_error(str(error))
        return ERROR
    except KeyboardInterrupt:
        say_error("Stopped. What was finished is kept; run the same command again to go on.")
        return INTERRUPTED
    except BrokenPipeError:  # `polyglance list | head`
        sys.stderr.close()
        return OK


def build_parser() -> argparse.ArgumentParser:
    """The whole grammar of the command line."""
    parser = argparse.ArgumentParser(
        prog="polyglance",
        parents=[shared_options()],
        description="Find anything in your documents, in any language, by text or by picture.",
    )
    commands = Commands(parser, title="commands")
    for group in _GROUPS:
        group.declare(commands)
    return parser
