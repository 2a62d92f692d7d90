"""Where text may be cut: sentences, then soft boundaries, never inside a character as readers see it.

The only importer of icu4py, whose ICU knows every script's sentence marks and has dictionaries for the scripts that
write no spaces (Thai, Lao, Khmer, Burmese, Chinese, Japanese).
"""

import re
import unicodedata
from itertools import pairwise

import numpy as np
from icu4py.breakers import BaseBreaker, CharacterBreaker, LineBreaker, SentenceBreaker

Span = tuple[int, int]  # start and end, in characters

# English only for its suppressions ("Mr.", "Dr."): the marks that end a sentence are the same for every locale.
_LOCALE = "en@ss=standard"
_WRAP = re.compile(r"(?<=\S)\n(?=[^\W\d_])")
_WIDE = re.compile(r"[\U00010000-\U0010ffff]")
_CLINGING = "\u0e33\u0eb3\u200d"  # vowels of Thai and Lao that are no marks, and the joiner
_CLAUSE_END = re.compile(r"[,;:，、；：،؛።፣]\s*$")


def split_sentences(text: str) -> list[Span]:
    """Sentences in order, without the white space around them; a line that wraps does not end one."""
    unwrapped = _WRAP.sub(lambda match: " " if _goes_on(text[match.end()]) else "\n", text)
    return [span for span in (strip(text, *cut) for cut in pairwise(_cuts(SentenceBreaker, unwrapped))) if span]


def halve(text: str) -> tuple[Span, Span] | None:
    """Cut a long text in two near its middle, at the strongest boundary there is.

    In order: a line end, the end of a clause, a space, a place where a line may break (between words, also where they
    are written without spaces), and last between two characters. A stronger boundary is taken in the middle half only.

    Returns:
        Both parts without the white space around them; None if the text is one character.
    """
    breaks = _cuts(LineBreaker, text)[1:-1]
    middle = [cut for cut in breaks if len(text) <= 4 * cut <= 3 * len(text)]
    strengths = (
        [cut for cut in middle if text[cut - 1] == "\n"],
        [cut for cut in middle if _CLAUSE_END.search(text, max(0, cut - 8), cut)],
        [cut for cut in middle if text[cut - 1].isspace()],
        middle,
        breaks,
        _cuts(CharacterBreaker, text)[1:-1],
    )
    for cuts in strengths:
        for cut in sorted(cuts, key=lambda place: abs(2 * place - len(text))):
            left, right = strip(text, 0, cut), strip(text, cut, len(text))
            if left and right:
                return left, right
    return None


def _goes_on(letter: str) -> bool:
    """Whether a line that begins with this letter may continue the one before: all but capitals."""
    return letter == letter.lower()


def strip(text: str, start: int, end: int) -> Span | None:
    """The range without the white space around it; None if nothing is left."""
    part = text[start:end]
    blanks = len(part) - len(part.lstrip())
    start += blanks
    if blanks and start < end and _clings(text[start]):
        start -= 1  # a mark that stands on a blank
    end -= len(part) - len(part.rstrip())
    return (start, end) if start < end else None


def _cuts(breaker: type[BaseBreaker], text: str) -> list[int]:
    """Boundaries of `text` with both ends, in characters (ICU counts UTF-16 units)."""
    units = [0, *(end for _, end in breaker(text, _LOCALE).segments())]
    if not _WIDE.search(text):
        return _between_characters(text, units)
    widths = 1 + (np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32) > 0xFFFF)
    ends = np.concatenate(([0], np.cumsum(widths)))  # where each character begins, in units
    return _between_characters(text, [int(cut) for cut in np.searchsorted(ends, units)])


def _between_characters(text: str, cuts: list[int]) -> list[int]:
    """Cuts before which no mark stands: the rules of sentences and lines part some from what carries them."""
    return [cut for cut in cuts if not 0 < cut < len(text) or not _clings(text[cut])]


def _clings(letter: str) -> bool:
    """Whether a letter is part of the character before it."""
    return unicodedata.category(letter).startswith("M") or letter in _CLINGING
