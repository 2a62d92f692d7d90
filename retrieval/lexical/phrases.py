"""Phrases in quotes: read from a query, and looked for in a passage."""

import re
import unicodedata

from retrieval.lexical.folding import fold
from retrieval.lexical.terms import HYPHENATION, RUNNING

_QUOTED = re.compile(
    r'(?<!\w)["＂]([^"＂]+)["＂](?!\w)'
    "|„([^“”„]+)[“”]|[“”]([^“”]+)”|«([^«»]+)»|»([^«»]+)«|「([^「」]+)」|『([^『』]+)』"
)
_RUNNING = re.compile(f"[{RUNNING}]")
_SPACES = re.compile(r"\s+")
_SPACE_AT_RUNNING = re.compile(rf"(?<=[{RUNNING}]) | (?=[{RUNNING}])")
_HYPHEN = re.compile(r"(?<=[^\W\d_]) ?- ?(?=[^\W\d_])")
_DASH = re.compile(" ?- ?")


def phrases(text: str) -> list[str]:
    """What stands in quotes of any kind in a query, in order, each once."""
    found = (next(filter(None, match.groups())).strip() for match in _QUOTED.finditer(text))
    return [phrase for phrase in dict.fromkeys(found) if phrase]


def contains(passage: str, phrase: str) -> bool:
    """Whether the passage has the phrase, however it is spelled and broken into lines.

    Case, width, marks that do not matter in the script, kinds of dashes and quotes, and runs of white space are the
    same. A hyphen between letters is as good as a space, and one at a line's end as good as none. White space does not
    count beside letters of scripts without it, and of Korean. A phrase begins and ends at a word's edge, where words
    have edges.
    """
    folded, wanted = fold(passage), _simplify(fold(phrase))
    return any(_has(_simplify(text), wanted) for text in dict.fromkeys((folded, HYPHENATION.sub("", folded))))


def _has(text: str, wanted: str) -> bool:
    start = text.find(wanted)
    while start >= 0:
        if _is_edge(text, start) and _is_edge(text, start + len(wanted)):
            return True
        start = text.find(wanted, start + 1)
    return False


def _is_edge(text: str, place: int) -> bool:
    """Whether no word goes on across this place."""
    around = text[max(0, place - 1) : place + 1]
    return len(around) < 2 or bool(_RUNNING.search(around)) or not all(map(_is_of_a_word, around))


def _is_of_a_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _simplify(folded: str) -> str:
    """One spelling for texts that are the same phrase."""
    text = _SPACE_AT_RUNNING.sub("", _SPACES.sub(" ", folded).strip())
    return _DASH.sub("-", _HYPHEN.sub(" ", text))
