"""Headings of a page: from the document's outline where it has one, from the size of its letters where not."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from ingest.layout import Line, Row
from ingest.types import Heading

_MAX_TITLE = 200  # characters; longer large print is no heading
_MIN_RATIO = 1.15  # of a heading's letters to the body's
_NUMBERING = re.compile(r"(\d[\d.]*|[ivxlc]+|[a-z]|\w{0,10}\d+\w?)?", re.I)  # what may stand before a title, squeezed
_LETTERS = re.compile(r"[0-9A-Za-z]+|[^\x00-\x7f]")  # those of ASCII in runs, which is quick
_MAX_LEAD = 24  # characters of a line such as "Chapter 4" above a title


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A line of the document's own table of contents."""

    page_number: int  # physical, from 1
    level: int  # 1 is the highest
    title: str  # clean, on one line


class Trail:
    """The headings in force, while pages go by in order."""

    def __init__(self) -> None:
        self._open: list[Heading] = []

    @classmethod
    def of(cls, path: Sequence[str]) -> Self:
        """The trail at the start of a page with this path."""
        trail = cls()
        trail._open = [Heading(0, depth, title) for depth, title in enumerate(path, start=1)]
        return trail

    @property
    def path(self) -> tuple[str, ...]:
        """Titles in force, highest first."""
        return tuple(heading.title for heading in self._open)

    def pass_by(self, headings: Iterable[Heading]) -> None:
        """Go past these headings."""
        for heading in headings:
            while self._open and self._open[-1].level >= heading.level:
                self._open.pop()
            self._open.append(heading)


class Letters:
    """Sizes of the letters seen so far: most are the body's, larger ones are headings, and the larger the higher."""

    def __init__(self) -> None:
        self._count: Counter[float] = Counter()
        self._open: list[float] = []

    def see(self, lines: Iterable[Line]) -> None:
        """Count a page's letters."""
        for line in lines:
            self._count[round(line.size, 1)] += len(line.text)

    def is_large(self, size: float) -> bool:
        """Whether letters of `size` stand out from the body's."""
        body = max(self._count, key=lambda seen: (self._count[seen], -seen), default=size)
        return size >= _MIN_RATIO * body

    def level(self, size: float) -> int:
        """Depth of the next heading below the larger ones before it, from 1."""
        while self._open and self._open[-1] < size + 0.5:
            self._open.pop()
        self._open.append(size)
        return len(self._open)


def headings_by_size(text: str, rows: Sequence[Row], letters: Letters) -> tuple[Heading, ...]:
    """Rows in clearly larger letters than the body; rows of one size that touch are one heading."""
    spans: list[Row] = []
    for row in rows:
        if not letters.is_large(row.size):
            continue
        last = spans[-1] if spans else None
        if last is not None and abs(last.size - row.size) < 0.5 and row.start - last.end <= 1:
            spans[-1] = Row(last.start, row.end, last.size)
        else:
            spans.append(row)
    titles = ((span, " ".join(text[span.start : span.end].split())) for span in spans)
    return tuple(
        Heading(span.start, letters.level(span.size), title)
        for span, title in titles
        if len(title) <= _MAX_TITLE and any(character.isalpha() for character in title)
    )


def place_outline(
    entries: Sequence[OutlineEntry], text: str, rows: Sequence[Row], letters: Letters
) -> tuple[Heading, ...]:
    """Find one page's outline entries in its text.

    A title that is not found (on a scan, or in other words) counts from the heading before it, or from the top.
    """
    if not entries:
        return ()
    printed = _Squeezed(text)
    placed: list[Heading] = []
    done = 0  # titles come in order
    for entry in entries:
        wanted = _Squeezed(entry.title).letters
        start = placed[-1].start if placed else 0
        candidates = printed.find(wanted)
        if candidates:
            best = min(candidates, key=lambda at: (*_doubt(at, printed, rows), at < done, at))
            done = best + len(wanted)
            start = _heading_start(printed.offsets[best], rows, letters)
        placed.append(Heading(start, entry.level, entry.title))
    return tuple(sorted(placed, key=lambda heading: heading.start))


class _Squeezed:
    """Letters and digits of a text alone, caseless, each with its place."""

    def __init__(self, text: str) -> None:
        letters: list[str] = []
        self.offsets: list[int] = []
        for match in _LETTERS.finditer(text):
            run, start = match[0], match.start()
            if run.isascii():
                letters.append(run.lower())
                self.offsets.extend(range(start, match.end()))
                continue
            for letter in unicodedata.normalize("NFKD", run).casefold():
                if letter.isalnum():
                    letters.append(letter)
                    self.offsets.append(start)
        self.letters = "".join(letters)

    def find(self, wanted: str) -> list[int]:
        return [match.start() for match in re.finditer(re.escape(wanted), self.letters)] if wanted else []


def _doubt(at: int, printed: _Squeezed, rows: Sequence[Row]) -> tuple[bool, float]:
    """How unlike a heading an occurrence is: one begins its row, maybe behind a number, in the largest letters."""
    row = _row_at(printed.offsets[at], rows)
    before = printed.letters[bisect_left(printed.offsets, row.start) : at]
    return _NUMBERING.fullmatch(before) is None, -row.size


def _heading_start(offset: int, rows: Sequence[Row], letters: Letters) -> int:
    """Where the heading begins: with its number, and with a line such as "Chapter 4" above it."""
    index = rows.index(_row_at(offset, rows))
    while index and letters.is_large(rows[index - 1].size):
        if rows[index - 1].end - rows[index - 1].start > _MAX_LEAD:
            break
        index -= 1
    return rows[index].start


def _row_at(offset: int, rows: Sequence[Row]) -> Row:
    return rows[bisect_right(rows, offset, key=lambda row: row.start) - 1]
