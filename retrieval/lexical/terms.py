"""The terms a text is found by: words, neighbours, identifiers.

A word is a run of letters, marks and digits, by Unicode's rules (UAX #29); the parts of an identifier are words, and so
is an emoji or a section sign. Where words run together, each two characters are one. A dictionary's words have edges
that depend on what stands around: of Thai substrings, pairs of characters found 98 % first, dictionary words 79 %.
Hangul is read so as well, because its nouns carry particles.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from icu4py.breakers import CharacterBreaker, WordBreaker

from retrieval.lexical.folding import fold

# Scripts written without spaces, and Hangul: their letters and marks, for a regular expression's brackets.
RUNNING = (
    "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"  # Hangul
    "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3105-\u312f\ua000-\ua4cf"  # kana, Bopomofo, Yi
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc-\u0edf"  # Thai, Lao
    "\u1000-\u103f\u1050-\u109f\uaa60-\uaa7f\u1780-\u17d3\u17d7\u17dc\u17dd"  # Burmese, Khmer
    "\u1950-\u19df\u1a20-\u1aad\ua980-\ua9c0"  # Tai Le, New Tai Lue, Tai Tham, Javanese
)
# At a line's end, between letters: part of the word, or not.
HYPHENATION = re.compile(r"-(?<=[^\W\d_]-)[^\S\n]*\n\s*(?=[^\W\d_])")
_RUN = re.compile(f"[{RUNNING}]+")
_RUN_WRAPS = re.compile(rf"(?<=[{RUNNING}])[^\S\n]*\n\s*(?=[{RUNNING}])")
_WORD = re.compile("[^\\W_]|[§\u2600-\u27bf\U0001f000-\U0001faff]")  # a segment with one of these is a word
_GLUE = re.compile(r"[!-/:-@\[-`{-~]{1,3}")  # ASCII punctuation that holds an identifier together
_INSIDE = re.compile(r"([!-/:-@\[-`{-~·‧]+)")
_SUFFIX = re.compile(r"\+{1,2}|#")  # C++, C#
# What ICU would find to be one word (Latin, Greek, Cyrillic, Arabic, digits), or each one character; told without it.
_PLAIN = re.compile("[\"'(\\[]*([a-z0-9\u03b1-\u03c9\u0430-\u045f\u0621-\u064a]+)[\"')\\].,:;!?]*")
_SINGLE = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uac00-\ud7a3]+")
_REMEMBERED, _SHORT = 4_096, 32  # strings between spaces; longer ones seldom come again


@dataclass(slots=True)
class Terms:
    """Terms of a text, as often as they stand there, in order."""

    words: list[str] = field(default_factory=list)  # also two characters of a run
    identifiers: list[str] = field(default_factory=list)  # whole: "cve-2024-3094", "a.b@c.de", "12(3", "c++"
    characters: list[str] = field(default_factory=list)  # single ones, where words are two: for queries of one
    length: float = 0.0  # in words, two characters of a run making one, as they do in Chinese

    @property
    def pairs(self) -> list[str]:
        """Each two words that follow one another, whatever stands between them."""
        return [f"{left} {right}" for left, right in pairwise(self.words)]


def read_terms(text: str) -> Terms:
    """Find the terms of a text; any text, in time linear in its length."""
    folded = HYPHENATION.sub("-", fold(text))
    terms = Terms()
    end = 0
    if not folded.isascii():
        folded = _RUN_WRAPS.sub("", folded)
        for run in _RUN.finditer(folded):
            _read_spaced(folded[end : run.start()], terms)
            _read_run(run[0], terms)
            end = run.end()
    _read_spaced(folded[end:], terms)
    return terms


def _read_run(run: str, terms: Terms) -> None:
    # As readers see them: letters with their marks.
    characters = list(run if _SINGLE.fullmatch(run) else CharacterBreaker(run, "root"))
    terms.length += len(characters) / 2
    if len(characters) == 1:
        terms.words.append(run)
    else:
        terms.words += [left + right for left, right in pairwise(characters)]
        terms.characters.extend(characters)


def _read_spaced(text: str, terms: Terms) -> None:
    all_words, all_identifiers = terms.words, terms.identifiers
    before = len(all_words)
    for piece in text.split():  # no word and no identifier goes on across a space
        words, identifiers = _read_again(piece) if len(piece) <= _SHORT else _read_piece(piece)
        all_words += words
        if identifiers:
            all_identifiers += identifiers
    terms.length += len(all_words) - before


def _read_piece(piece: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Words and identifiers of what stands between two spaces."""
    if plain := _PLAIN.fullmatch(piece):
        return (plain[1],), ()
    words: list[str] = []
    identifiers: list[str] = []
    for token in _tokens(piece):
        parts = _INSIDE.split(token)  # words at even places, what joins them at odd ones
        words += [word for word in parts[::2] if word]
        if len(parts) > 1:
            identifiers.append(_join(parts))
    return tuple(words), tuple(identifiers)


_read_again = lru_cache(_REMEMBERED)(_read_piece)


def _tokens(text: str) -> Iterator[str]:
    """Words, and as one those with only punctuation between them."""
    token: list[str] = []  # a word, what glues the next one to it, the next one ...
    between = ""
    for segment in WordBreaker(text, "root"):
        if not _WORD.search(segment):
            between += segment
            continue
        if token and _GLUE.fullmatch(between):
            token += between, segment
        else:
            if token:
                yield _close(token, between)
            token = [segment]
        between = ""
    if token:
        yield _close(token, between)


def _close(token: list[str], after: str) -> str:
    suffix = _SUFFIX.match(after)
    return "".join(token) + (suffix[0] if suffix else "")


def _join(parts: list[str]) -> str:
    """The identifier in one; a hyphen or apostrophe between letters is left out, so that "e-mail" is "email"."""
    joined = parts[:]
    for place in range(1, len(parts) - 1, 2):
        if parts[place] in ("-", "'") and not re.search(r"\d", parts[place - 1] + parts[place + 1]):
            joined[place] = ""
    return "".join(joined)
