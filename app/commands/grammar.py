"""How commands declare themselves, what their options mean, and how they end."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from app.settings import Settings
from ingest.ocr.options import OcrMode
from ingest.types import Geometry

OK, ERROR, USAGE, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3, 130

Command = Callable[[argparse.Namespace, Settings], int]
T = TypeVar("T")


class Commands:
    """The commands of a parser, and options that all of them take.

    Args:
        parser: whose commands they are.
        title: of their list in its help.
        metavar: stands for any of them there.
        is_required: one has to be named; if not, the parser is a command by itself.
    """

    def __init__(
        self, parser: argparse.ArgumentParser, *, title: str, metavar: str = "COMMAND", is_required: bool = True
    ) -> None:
        self._actions = parser.add_subparsers(title=title, metavar=metavar, required=is_required)
        self._shared = [shared_options()]

    def add(
        self, name: str, command: Command, text: str, *also: argparse.ArgumentParser, as_json: bool = True
    ) -> argparse.ArgumentParser:
        """Declare a command.

        Args:
            name: typed for it.
            command: does it, and gives the exit code.
            text: its help.
            also: parsers whose options it takes too.
            as_json: it can print JSON.
        """
        parser = self._actions.add_parser(name, parents=[*self._shared, *also], help=text, description=text)
        parser.set_defaults(command=command)
        if as_json:
            parser.add_argument(
                "--json",
                action="store_true",
                default=argparse.SUPPRESS,
                help="print JSON and nothing else on stdout",
            )
        return parser


def shared_options() -> argparse.ArgumentParser:
    """What stands before or after any command; nothing of it has a default, which the other place would undo."""
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument("--data", type=Path, metavar="DIR", help="the library's folder")
    shared.add_argument("--encoder", metavar="NAME|PATH", help="auto, starter, jina-clip-v2, or a checkpoint's folder")
    shared.add_argument(
        "--qdrant",
        metavar="URL",
        help="the Qdrant server where the library's vectors are, or go when it is new (default: in its folder)",
    )
    shared.add_argument("--verbose", "-v", action="store_true", help="log what happens")
    return shared


def nothing_named() -> argparse.Namespace:
    """What `shared_options` and ``--json`` say where they are not given."""
    return argparse.Namespace(data=None, encoder=None, qdrant=None, verbose=False, json=False)


def reading_options() -> argparse.ArgumentParser:
    """How documents are read and stored: for all commands that do."""
    reading = argparse.ArgumentParser(add_help=False)
    reading.add_argument(
        "--geometry",
        type=Geometry,
        choices=list(Geometry),
        metavar="fit|crop|tiles",
        help="how pages and pictures become squares: the whole (default), its middle, or the whole and its parts",
    )
    reading.add_argument(
        "--context",
        type=whole,
        metavar="TOKENS",
        help="read passages together with the text around them, that many tokens at once (jina-clip; default 0: alone)",
    )
    reading.add_argument(
        "--sizes",
        type=_sizes,
        dest="store_sizes",
        metavar="D,D,...",
        help="how many numbers of each vector to store, of the encoder's Matryoshka sizes; the full one always is "
        "(default: no other)",
    )
    reading.add_argument(
        "--ocr",
        type=OcrMode,
        choices=list(OcrMode),
        metavar="off|auto|always",
        help="read pages by their picture: none, those whose text has no letters in the file (default), or all",
    )
    reading.add_argument(
        "--ocr-language",
        action="append",
        type=_tag,
        metavar="TAG",
        help="what such pages are written in, the likeliest first: de, en, zh-Hant (default: told from the page)",
    )
    return reading


def override(settings: Settings, options: argparse.Namespace) -> Settings:
    """The settings, with what the options name put in place."""
    return settings.override(
        data=options.data,
        encoder=options.encoder,
        qdrant=options.qdrant,
        geometry=getattr(options, "geometry", None),
        context=getattr(options, "context", None),
        sizes=getattr(options, "store_sizes", None),
        ocr=getattr(options, "ocr", None),
        ocr_languages=tuple(getattr(options, "ocr_language", None) or ()),
    )


def check_ocr(settings: Settings) -> None:
    """Make sure that OCR can be done as it is asked for, before anything is begun.

    Raises:
        OcrUnavailable: it cannot; the message says what to install.
    """
    from ingest.ocr.choice import check
    from ingest.ocr.options import OcrOptions

    check(OcrOptions(settings.ocr, settings.ocr_languages))


def positive(value: str) -> int:
    """A whole number from 1, as argparse reads it."""
    if not value.isdecimal() or int(value) < 1:
        raise argparse.ArgumentTypeError(f"{value!r} is not a whole number from 1")
    return int(value)


def whole(value: str) -> int:
    """A whole number from 0, as argparse reads it."""
    if not value.isdecimal():
        raise argparse.ArgumentTypeError(f"{value!r} is not a whole number")
    return int(value)


def language(value: str) -> str:
    """The language of a BCP 47 tag, as argparse reads it."""
    from ingest.language import parse_language

    return told(parse_language, value)


def told(parse: Callable[[str], T], value: str) -> T:
    """Parse, with the reason of a refusal told to the user."""
    try:
        return parse(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _sizes(value: str) -> tuple[int, ...]:
    return tuple(sorted({positive(size) for size in value.split(",")}))


def _tag(value: str) -> str:
    language(value)
    return value.strip()  # whole: zh-Hant and zh-Hans are read by different models
