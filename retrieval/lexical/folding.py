"""One spelling for what readers take for the same: case, width, marks, digits, dashes and quotes.

Which marks go depends on the script, because in some they are decoration and in others letters:

| script | dropped | kept |
|---|---|---|
| Latin | all marks (é ế ş å); ø ł đ ħ ı æ œ ð þ become plain letters | |
| Greek | tonos, dialytika, breathings | |
| Cyrillic | stress marks; ё becomes е | й ў ї ќ ѓ: letters of their own |
| Arabic | vowel marks, tatweel; one alef, yeh, kaf and heh of each | hamza on waw and yeh |
| Hebrew | points and accents | |
| all others | | Indic vowel signs, virama and nukta, Thai vowels and tones, kana voicing marks |

Traditional and simplified Chinese stay apart: telling them into one takes a dictionary.
"""

import re
import unicodedata

_SURROGATE = re.compile(r"[\ud800-\udfff]")
# Longer runs without a letter are dotted lines, or marks piled up to make normalisation slow (it sorts them in
# quadratic time); UAX #15 calls text with at most 30 marks in a row stream-safe.
_NOISE = re.compile(r"[^\w\s]{31,}")
_INVISIBLE = re.compile(  # soft hyphens, joiners, direction and variation marks, skin tones
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]"
)
_DIGIT = re.compile(r"(?![0-9])\d")
_LATIN_OR_GREEK = re.compile("([a-z\u00df-\u02af\u0370-\u03ff])[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff]+")
_CYRILLIC = re.compile("([аиоуыэюяіє])[\u0300\u0301]+|(е)[\u0300\u0301\u0308]+")
_ALEF = re.compile("ا[\u0653-\u0655]+")

_LETTERS = {
    **dict(zip("øłđħıæœðþ", ("o", "l", "d", "h", "i", "ae", "oe", "d", "th"), strict=True)),
    **dict(zip("ٱىیکةہ", "اييكهه", strict=True)),
}
_DASHES = "‐‑‒–—―−⁃﹘－\u05be"
_APOSTROPHES = "‘’‚‛ʼʹ′`´\u05f3"
_QUOTES = "“”„‟«»″\u05f4"
_ARABIC_MARKS = [*range(0x610, 0x61B), 0x640, *range(0x64B, 0x653), *range(0x656, 0x660), 0x670, *range(0x6D6, 0x6DD)]
_QURANIC_MARKS = [*range(0x6DF, 0x6E5), 0x6E7, 0x6E8, *range(0x6EA, 0x6EE)]
_HEBREW_POINTS = [*range(0x591, 0x5BE), 0x5BF, 0x5C1, 0x5C2, 0x5C4, 0x5C5, 0x5C7]
_SPELLINGS = {
    **_LETTERS,
    **dict.fromkeys(_DASHES, "-"),
    **dict.fromkeys(_APOSTROPHES, "'"),
    **dict.fromkeys(_QUOTES, '"'),
    **dict.fromkeys("⁄∕", "/"),
    **{chr(mark): "" for mark in (*_ARABIC_MARKS, *_QURANIC_MARKS, *_HEBREW_POINTS)},
}
_SPELLED = re.compile(f"[{re.escape(''.join(_SPELLINGS))}]")


def fold(text: str) -> str:
    """The text with one spelling for each word; white space stays. Folding twice changes nothing more."""
    if text.isascii():
        return _NOISE.sub(" ", text.lower().replace("`", "'"))
    text = _NOISE.sub(" ", _SURROGATE.sub("\ufffd", text))
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    text = _INVISIBLE.sub("", text)
    text = _SPELLED.sub(lambda found: _SPELLINGS[found[0]], text)
    text = _LATIN_OR_GREEK.sub(r"\1", text)
    if not text.isascii():
        text = _CYRILLIC.sub(r"\1\2", text)
        text = _ALEF.sub("ا", text)
        text = _DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)
        text = unicodedata.normalize("NFC", text)
    return _NOISE.sub(" ", text)
