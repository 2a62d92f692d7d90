"""Characters that files hold and no reader typed: undone without changing what the text says."""

import re
import unicodedata

# Latin ligatures, Arabic presentation forms and Kangxi radicals are glyphs, not letters: a query has none of them.
_GLYPHS = re.compile(r"[\u2e80-\u2fdf\ufb00-\ufdcf\ufe70-\ufefc]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\xad\ud800-\udfff\ufeff]")  # tab, line and page breaks stay


def clean(text: str) -> str:
    """Undo ligatures and presentation forms, compose accents (NFC), drop controls, soft hyphens and lone surrogates."""
    text = _CONTROLS.sub("", text)
    if text.isascii():
        return text
    text = _GLYPHS.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    return unicodedata.normalize("NFC", text)
