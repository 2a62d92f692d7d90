"""What is printed on a PDF's pages: "iv", "A-3" (ISO 32000-1, 12.4.2)."""

import re
from bisect import bisect_right
from collections.abc import Sequence

_STYLE = re.compile(r"/S\s*/([DrRaA])")
_START = re.compile(r"/St\s+(\d{1,9})")
_PREFIX = re.compile(r"/P\s*(\((?:\\.|[^\\()]|\([^()]*\))*\)|<[0-9A-Fa-f\s]*>)", re.S)
_ESCAPE = re.compile(r"\\([0-7]{1,3}|\r\n|.)", re.S)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "\n": "", "\r": "", "\r\n": ""}
_ROMAN = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)
_MOST_ROMAN = 50_000  # above, a number would be a page of m's


class Labels:
    """The labels of one document's pages."""

    def __init__(self, rules: Sequence[tuple[int, str]]) -> None:
        """Take the document's rules.

        Args:
            rules: each with the page it begins at, from 0, and its dictionary as the file has it.
        """
        self._rules = sorted(rules)
        self._starts = [start for start, _ in self._rules]

    def of(self, number: int) -> str:
        """The label of a page, counted from 1; its number where the file has none for it."""
        index = bisect_right(self._starts, number - 1) - 1
        if index < 0:
            return str(number)
        start, rule = self._rules[index]
        style, first, prefix = _STYLE.search(rule), _START.search(rule), _PREFIX.search(rule)
        value = number - 1 - start + (int(first[1]) if first else 1)
        label = (_string(prefix[1]) if prefix else "") + (_counted(style[1], value) if style else "")
        return " ".join(label.split()) or str(number)


def _counted(style: str, value: int) -> str:
    if style in "rR" and 0 < value <= _MOST_ROMAN:
        return _roman(value) if style == "r" else _roman(value).upper()
    if style in "aA" and value > 0:
        letter = chr(ord(style) + (value - 1) % 26)
        return letter * min(1 + (value - 1) // 26, 20)
    return str(value)


def _roman(value: int) -> str:
    numeral = ""
    for worth, sign in _ROMAN:
        numeral += sign * (value // worth)
        value %= worth
    return numeral


def _string(token: str) -> str:
    """The text of a PDF string: UTF-16 or UTF-8 behind a mark, else Latin-1, which PDFDocEncoding is but for a few."""
    if token.startswith("<"):
        digits = "".join(token[1:-1].split())
        content = bytes.fromhex(digits + "0" * (len(digits) % 2))
    else:
        content = _ESCAPE.sub(_unescaped, token[1:-1]).encode("latin-1", errors="replace")
    if content.startswith(b"\xfe\xff"):
        return content[2:].decode("utf-16-be", errors="replace")
    if content.startswith(b"\xef\xbb\xbf"):
        return content[3:].decode("utf-8", errors="replace")
    return content.decode("latin-1")


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code, 8) & 0xFF) if code[0] in "01234567" else _ESCAPED.get(code, code)
