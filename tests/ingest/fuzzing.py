"""Small files of many formats, mutated, and what reading them came to."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seeds import seeds

from ingest.errors import IngestError
from ingest.ocr.options import OcrMode, OcrOptions
from ingest.types import Format, Geometry
from ingest.workers.pool import ReaderPool
from ingest.workers.task import ReadTask

_OBJECT = re.compile(rb"(\d+ 0 obj\b)(.*?)(\bendobj)", re.S)
_NUMBER = re.compile(rb"\d+")
_ODD_NUMBERS = (b"0", b"-1", b"1", b"65535", b"65536", b"2147483647", b"4294967296", b"1e9", b"99999999999999999999")


@dataclass(frozen=True)
class Fuzzed:
    """A mutated file, and how reading it ended."""

    format: Format
    number: int
    outcome: str  # one of `OUTCOMES`
    message: str  # of the error, or of the worst problem


WHOLE, IN_PART, REFUSED = "read", "read in part", "refused"
CRASHED, CRASHED_OPENING, HUNG = "crashed", "crashed on opening", "hung"
GREEDY, CONFUSED = "too much memory", "unknown error"
OUTCOMES = (WHOLE, IN_PART, REFUSED, CRASHED, CRASHED_OPENING, HUNG, GREEDY, CONFUSED)


def read_mutants(folder: Path, pool: ReaderPool, *, count: int, seed: int) -> Iterator[Fuzzed]:
    """Make files of all formats in turn, read each, and tell how it went.

    Args:
        folder: where a file lies while it is read.
        pool: reads them.
        count: files.
        seed: equal ones make equal files.
    """
    originals = seeds()
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")
        format, content = originals[number % len(originals)]
        other = chance.choice([content for other, content in originals if other == format])
        path = folder / f"{number}.{format}"
        path.write_bytes(mutate(content, other, chance))
        yield Fuzzed(format, number, *_read(path, format, pool))
        path.unlink()


def _read(path: Path, format: Format, pool: ReaderPool) -> tuple[str, str]:
    task = ReadTask(path, format, path.name, Geometry.FIT, OcrOptions(mode=OcrMode.OFF))
    try:
        with pool.read(task) as reading:
            problems = [read.page.problem for read in reading.pages() if read.page.problem]
    except IngestError as error:
        return _told(str(error), otherwise=REFUSED), str(error)
    if not problems:
        return WHOLE, ""
    worst = max(problems, key=lambda problem: OUTCOMES.index(_told(problem, otherwise=IN_PART)))
    return _told(worst, otherwise=IN_PART), worst


def _told(message: str, *, otherwise: str) -> str:
    if "the reader crashed" in message:
        return CRASHED_OPENING if "cannot be opened" in message else CRASHED
    if "it took more than" in message:
        return HUNG
    if "too much memory" in message:
        return GREEDY
    return CONFUSED if re.search(r"\w+Error: ", message) else otherwise


def mutate(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """The file with one to three things done to it.

    Args:
        content: the file.
        other: one of the same format, pieces of which may come in.
        chance: decides.
    """
    mutant = content
    for _ in range(chance.choice((1, 1, 2, 3))):
        change = chance.choice((_flip, _flip, _cut, _drop, _repeat, _blank, _renumber, _renumber, _swap, _splice))
        mutant = change(mutant, chance) if change is not _splice else _splice(mutant, chance, other)
        if not mutant:
            return content[:1]
    return mutant


def _flip(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 5)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(1, len(content) + 1)]


def _range(content: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(content))
    return start, min(len(content), start + chance.randint(1, max(2, len(content) // 8)))


def _drop(content: bytes, chance: random.Random) -> bytes:
    start, end = _range(content, chance)
    return content[:start] + content[end:]


def _repeat(content: bytes, chance: random.Random) -> bytes:
    start, end = _range(content, chance)
    return content[:end] + content[start:end] * chance.randint(1, 30) + content[end:]


def _blank(content: bytes, chance: random.Random) -> bytes:
    start, end = _range(content, chance)
    return content[:start] + bytes([chance.choice((0, 0x20, 0xFF))]) * (end - start) + content[end:]


def _renumber(content: bytes, chance: random.Random) -> bytes:
    """Odd numbers where there are numbers: lengths, counts, references, sizes."""
    found = list(_NUMBER.finditer(content))
    for match in sorted(chance.sample(found, min(len(found), 3)), key=re.Match.start, reverse=True):
        content = content[: match.start()] + chance.choice(_ODD_NUMBERS) + content[match.end() :]
    return content


def _swap(content: bytes, chance: random.Random) -> bytes:
    """The bodies of two of a PDF's objects exchanged; of other files, two pieces."""
    found = list(_OBJECT.finditer(content))
    if len(found) < 2:
        (a, b), (c, d) = sorted((_range(content, chance), _range(content, chance)))
        return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[max(b, d) :]
    one, two = sorted(chance.sample(found, 2), key=re.Match.start)
    return (
        content[: one.start(2)] + two[2] + content[one.end(2) : two.start(2)] + one[2] + content[two.end(2) :]
    )  # fmt: skip


def _splice(content: bytes, chance: random.Random, other: bytes) -> bytes:
    start, end = _range(other, chance)
    at = chance.randrange(len(content))
    return content[:at] + other[start:end] + content[at + chance.choice((0, end - start)) :]
