"""Text of documents made plain: without what a reader of the page cannot see."""

import re
import unicodedata

_KEPT_CONTROLS = frozenset("\n\t")
_JOINERS = "\u200c\u200d"  # Arabic, Indic scripts and emoji are spelled with them
_LINE_ENDS = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
_RUNS = re.compile(f"[{_JOINERS}]{{2,}}")  # one is spelling, many are a hidden message
# Letters and marks that draw nothing; their categories do not tell.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\U000e0100-\U000e01ef]")


def clean(text: str) -> str:
    """Drop control, invisible and direction-overriding characters; line ends become line feeds."""
    text = _BLANK.sub("", _RUNS.sub("", _LINE_ENDS.sub("\n", text)))
    return "".join(character for character in text if _is_kept(character))


def one_line(text: str) -> str:
    """`clean`, without line ends."""
    return " ".join(clean(text).split())


def _is_kept(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cc":
        return character in _KEPT_CONTROLS
    if category in ("Cf", "Cs", "Co", "Cn"):
        return character in _JOINERS
    return True
