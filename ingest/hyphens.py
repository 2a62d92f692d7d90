"""Words broken at the end of a line: whether the hyphen belongs to the line or to the word."""

import re
from collections.abc import Sequence

_HYPHENS = ("-", "\u2010")
_BROKEN = re.compile(r"([^\W\d_]{2,})[-\u2010]$")  # two letters and a hyphen at the end of a line
_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
_MOST_WORDS = 50_000  # remembered of one document
_FEW_LINES = 15  # of which one hyphen at the end tells a habit
_OFTEN = 0.05  # share of lines with a hyphen at their end that tells it without proof


class Hyphens:
    """What the pages of one document have shown so far: its words, and whether it breaks any."""

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._lines = 0
        self._hyphens = 0  # at the ends of lines
        self._is_proven = False  # a word was broken that stands whole elsewhere

    def see(self, lines: Sequence[str]) -> None:
        """Learn from the next page's lines, in order."""
        ends: list[tuple[str, str]] = []
        for line, below in zip(lines, [*lines[1:], ""], strict=False):
            words = _WORD.findall(line.lower())
            if line.endswith(_HYPHENS) and (broken := _BROKEN.search(line)):
                after = _WORD.match(below)
                ends.append((broken[1].lower(), after[0].lower() if after else ""))
                words = words[:-1]
            if len(self._words) < _MOST_WORDS:
                self._words.update(words)
        self._lines += len(lines)
        self._hyphens += len(ends)
        self._is_proven = self._is_proven or any(end and start + end in self._words for start, end in ends)

    def is_of_the_line(self, before: str, after: str) -> bool:
        """Whether the hyphen that ends `before` goes when `after` is joined to it.

        It goes from a word that the document writes without it, and stays in one that it writes with it in the middle
        of a line; from a word seen nowhere else it goes where the document is known to break words.
        """
        first, second = _BROKEN.search(before), _WORD.match(after)
        if first is None or second is None or not after[0].islower():
            return False
        start, end = first[1].lower(), second[0].lower()
        if start + end in self._words:
            return True
        if f"{start}-{end}" in self._words:
            return False
        is_often = self._hyphens >= max(3, _OFTEN * self._lines)
        return self._is_proven or is_often or self._lines < _FEW_LINES


def ends_broken(text: str) -> bool:
    """Whether a line ends in a word and a hyphen."""
    return text.endswith(_HYPHENS) and _BROKEN.search(text) is not None
