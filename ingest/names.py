"""How a file's name is shown: in full Unicode, on one line, with nothing that misleads a reader."""

import unicodedata
from pathlib import Path

_MISLEADING = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, bidi overrides, undecodable bytes, line breaks
_JOINERS = "\u200c\u200d"  # emoji, Persian and Indic words need them


def display_name(path: Path) -> str:
    r"""The last part of `path`, fit for a terminal, JSON and HTML text.

    Bytes that are no UTF-8, control characters and bidi overrides appear as `\xNN` or `\uNNNN`. For display only: a
    document's identity is its content.
    """
    return "".join(_shown(character) for character in path.name or str(path))


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _MISLEADING or character in _JOINERS:
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # how Python holds a byte it could not decode (PEP 383)
        code -= 0xDC00
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"
