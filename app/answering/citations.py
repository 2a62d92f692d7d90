"""Citations in an answer: only to sources that were given, even while it comes in; and what each sentence rests on."""

import re
from collections.abc import Sequence

from app.answering.types import Claim
from ingest.boundaries import split_sentences

_OPEN, _CLOSE = "[［【", "]］】"
_LONGEST = 40  # characters that a citation may have: more is no citation
_BETWEEN = r"[\s,;、，；&\-–—]"
_INSIDE = re.compile(rf"\s*\d{{1,4}}(?:{_BETWEEN}+\d{{1,4}})*\s*")
_BEGINS = re.compile(rf"(?:\d|{_BETWEEN})*")
_NUMBER = re.compile(r"(\d{1,4})(?:\s*[-–—]\s*(\d{1,4}))?")
_CITED = re.compile(r"\[(\d{1,4})\]")
_MOST_IN_RANGE = 20


class CitationFilter:
    """Passes an answer on as it comes in, its citations checked.

    ``[1, 2]``, ``[1-3]`` and 【1】 become ``[1][2]``; numbers of no source are taken out. Other brackets stay.

    Args:
        known: the numbers of the sources.
    """

    def __init__(self, known: Sequence[int]) -> None:
        self._known = frozenset(known)
        self._held = ""  # blanks, and what may become a citation after them
        self._has_removed = False  # a citation behind those blanks

    def feed(self, piece: str) -> str:
        """What is certain once this piece has come."""
        return "".join(map(self._take, piece))

    def finish(self) -> str:
        """What was held back, once nothing more comes."""
        held, self._held = self._held, ""
        return held.rstrip()

    def _take(self, character: str) -> str:
        bracket = self._held.lstrip()
        if not bracket:
            return self._take_plain(character)
        if character in _CLOSE and _INSIDE.fullmatch(bracket[1:]):
            blanks, self._held = self._held[: len(self._held) - len(bracket)], ""
            cited = self._check(bracket[1:])
            if cited:
                self._has_removed = False
                return blanks + cited
            self._held, self._has_removed = blanks, True
            return ""
        if _BEGINS.fullmatch(bracket[1:] + character) and len(bracket) < _LONGEST:
            self._held += character
            return ""
        held, self._held, self._has_removed = self._held, "", False
        return held + self._take(character)

    def _take_plain(self, character: str) -> str:
        if character in _OPEN:
            self._held += character
            return ""
        if character.isspace():
            if not (self._has_removed and self._held.endswith(character)):
                self._held += character
            return ""
        is_apart = character.isalnum() or not self._has_removed
        held, self._held, self._has_removed = self._held, "", False
        return (held if is_apart else "") + character  # no blank is left before a full stop

    def _check(self, inside: str) -> str:
        numbers: list[int] = []
        for first, last in _NUMBER.findall(inside):
            start, end = int(first), int(last or first)
            numbers.extend(range(start, end + 1) if start <= end < start + _MOST_IN_RANGE else (start, end))
        return "".join(f"[{number}]" for number in dict.fromkeys(numbers) if number in self._known)


def check_citations(text: str, known: Sequence[int]) -> str:
    """A whole answer, its citations checked as `CitationFilter` does."""
    filtering = CitationFilter(known)
    return filtering.feed(text) + filtering.finish()


def without_citations(text: str) -> str:
    """An answer without its citations."""
    return check_citations(text, ())


def find_claims(text: str) -> tuple[Claim, ...]:
    """The sentences of an answer, in order, each with what it cites.

    Args:
        text: with checked citations; those behind a full stop belong to the sentence before it.
    """
    blanked = _CITED.sub(lambda found: " " * len(found[0]), text)  # else "red.[1]" is taken for two sentences
    spans = split_sentences(blanked)
    starts = [0, *(start for start, _ in spans[1:]), len(text)]
    claims: list[Claim] = []
    for number, (start, end) in enumerate(spans):
        cited = list(_CITED.finditer(text, starts[number], starts[number + 1]))
        reach = max([end, *(found.end() for found in cited)])
        first = min([start, *(found.start() for found in cited)])
        claims.append(Claim(first, reach, tuple(dict.fromkeys(int(found[1]) for found in cited))))
    return tuple(claims)
