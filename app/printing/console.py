"""Lines for people and JSON for programs: results on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.filesize import decimal
from rich.text import Text

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)


def say(line: str) -> None:
    """One line for people, on stdout."""
    OUT.print(Text(line), soft_wrap=True)


def say_aside(line: str) -> None:
    """One line for people that is no result, on stderr."""
    ERR.print(Text(line, style="yellow"), soft_wrap=True)


def say_error(line: str) -> None:
    """One line that says what failed and what to do, on stderr."""
    ERR.print(Text.assemble(("Error: ", "bold red"), " ".join(line.split())), soft_wrap=True)


def say_numbers(numbers: Iterable[float]) -> None:
    """Numbers in a line, on stdout."""
    sys.stdout.write(" ".join(map(str, numbers)) + "\n")


def print_json(value: object, *, indent: int | None = 2) -> None:
    """A value as JSON, on stdout; what JSON does not know becomes its text."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=indent, default=str) + "\n")


def pick(value: object, fields: Sequence[str]) -> dict[str, object]:
    """Some fields of an object, by name."""
    return {field: getattr(value, field) for field in fields}


def confirm(question: str) -> bool:
    """Ask; no answer, or no terminal to ask on, is a no."""
    if not sys.stdin.isatty():
        say_error("Nobody is there to ask; say --yes to accept.")
        return False
    return OUT.input(f"{question} \\[y/N] ").strip().lower() in ("y", "yes")


def size_in_words(size_bytes: int) -> str:
    """Bytes as people read them."""
    return decimal(size_bytes)


def shorten(text: str, length: int) -> str:
    """The text, or its beginning."""
    return text if len(text) <= length else text[: length - 1] + "…"


def pace(pages_per_second: float) -> str:
    """Pages a second as people read them."""
    return f"{pages_per_second:.{0 if pages_per_second >= 10 else 1}f} pages/s"


def count(number: int, noun: str) -> str:
    """So many of something: "1 page", "1,200 pages"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
