"""How far a page's text can be trusted: letters without meaning, letters nobody sees, text that is only a picture.

Pure letters, boxes and pixels: knows no PDF library.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from ingest.layout import Line, Place

_FEW = 60  # letters; a page with fewer shows its text, if it has any, as a picture
_COVERED = 0.6  # share of a page under pictures that makes it a scan
_MANY_STROKES = 200  # on a page without letters: text drawn as curves
_LEAST = 50  # characters; fewer do not tell whether they make sense
_UNMAPPED_SHARE = 0.1
_MOJIBAKE_SHARE = 0.05
# Shares of Latin letters. The declaration of human rights in 500 languages, 2,500 characters at a time, has vowels of
# 0.31 to 0.65 and letters that are common in English of at least 0.39; English turned by 1 to 25 letters has
# 0.19 to 0.44.
_VOWELS_LEAST, _VOWELS_MOST = 0.22, 0.75
_COMMON_LEAST = 0.33
_LATIN_LEAST = 200  # letters
_LATIN_SHARE = 0.6  # of a page's characters

# Glyphs that the file gives no character for: replacement, private use, control characters, "(cid:17)".
_UNMAPPED = re.compile(r"\(cid:\d+\)|[\ufffd\ue000-\uf8ff\x01-\x08\x0e-\x1f\x80-\x9f\U000f0000-\U0010fffd]")
# UTF-8 read as Latin-1 or Windows-1252: "Ã©", "Ð¿Ñ€".
_MOJIBAKE = re.compile("[ÃÂÐÑØÙÎÏâà][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
_ALPHABET, _VOWELS, _COMMON = "abcdefghijklmnopqrstuvwxyz", "aeiouy", "etaoinsr"

_CONTRAST = 8  # of 255 in any colour; less cannot be seen
_SHRUNK = 0.25  # of a line's height, at top and bottom, that may hold its neighbours
_LEAST_SCALE = 0.1  # pixels per point; below, a drawing does not show letters


def is_garbled(letters: str) -> bool:
    """Whether what a file gives as text is no text: most likely its fonts do not say what their glyphs stand for.

    Args:
        letters: every character of a page, before it is cleaned.
    """
    printed = "".join(letters.split())
    if len(printed) < _LEAST:
        return bool(printed) and 2 * sum(map(len, _UNMAPPED.findall(printed))) > len(printed)
    if sum(map(len, _UNMAPPED.findall(printed))) > _UNMAPPED_SHARE * len(printed):
        return True
    if printed.isascii():
        return _is_cipher(printed)
    if 2 * len(_MOJIBAKE.findall(printed)) > _MOJIBAKE_SHARE * len(printed):
        return True
    return _is_cipher(unicodedata.normalize("NFD", printed))


def _is_cipher(printed: str) -> bool:
    """Whether Latin letters make up a page, and they are not those of any language."""
    lower = printed.lower()
    latin = sum(map(lower.count, _ALPHABET))
    if latin < max(_LATIN_LEAST, _LATIN_SHARE * len(printed)):
        return False
    vowels, common = (sum(map(lower.count, letters)) / latin for letters in (_VOWELS, _COMMON))
    return not _VOWELS_LEAST <= vowels <= _VOWELS_MOST or common < _COMMON_LEAST


def has_few_letters(lines: Sequence[Line]) -> bool:
    """Whether a page's text, if it has any, is likely to be in its pictures."""
    count = 0
    for line in lines:
        count += sum(map(str.isalnum, line.text))
        if count >= _FEW:
            return False
    return True


def is_scan(pictures: Sequence[Place], width: float, height: float) -> bool:
    """Whether pictures cover most of a page.

    Args:
        pictures: boxes around them.
        width: of the page, as the boxes are measured.
        height: likewise.
    """
    grid = np.zeros((32, 32), dtype=bool)
    for x0, y0, x1, y1 in pictures:
        left, right = (np.clip(round(32 * x / max(width, 1)), 0, 32) for x in (x0, x1))
        top, bottom = (np.clip(round(32 * y / max(height, 1)), 0, 32) for y in (y0, y1))
        grid[top:bottom, left:right] = True
    return bool(grid.mean() >= _COVERED)


def is_drawn_text(lines: Sequence[Line], strokes: Sequence[Place]) -> bool:
    """Whether a page has no letter, and so many strokes that its text may be drawn as curves."""
    return not lines and len(strokes) >= _MANY_STROKES


def mark_hidden(lines: Sequence[Line], drawing: Image.Image, width: float) -> list[Line]:
    """The lines, those hidden that leave no mark on the page: white on white, without ink, or covered up.

    Letters that the file calls invisible but that lie over a picture are a scan's recognised text, and seen there.

    Args:
        lines: of the page, each whole one that the file calls invisible marked as hidden.
        drawing: the whole page, RGB.
        width: of the page in points.
    """
    scale = drawing.width / max(width, 1)
    if scale < _LEAST_SCALE:
        return list(lines)
    green = drawing.getchannel("G").tobytes()
    marked: list[Line] = []
    for line in lines:
        is_hidden = (bool(line.hidden) and line.size < 1) or not _shows(line, drawing, green, scale)
        marked.append(line if is_hidden == bool(line.hidden) else as_hidden(line, is_hidden))
    return marked


def as_hidden(line: Line, is_hidden: bool) -> Line:
    """The line, all of it hidden or none."""
    return replace(line, hidden=((0, len(line.text)),) if is_hidden else ())


def _shows(line: Line, drawing: Image.Image, green: bytes, scale: float) -> bool:
    """Whether there is any contrast where a line stands: along its middle, which is quick, or else anywhere."""
    left, right = max(0, int(line.x0 * scale)), min(drawing.width, int(line.x1 * scale) + 1)
    row = int((line.y0 + line.y1) / 2 * scale) * drawing.width
    middle = green[row + left : row + right] if row >= 0 else b""
    if middle and max(middle) - min(middle) >= _CONTRAST:
        return True
    margin = _SHRUNK * (line.y1 - line.y0)
    top = max(0, int((line.y0 + margin) * scale))
    bottom = min(drawing.height, int((line.y1 - margin) * scale) + 1)
    if left >= right or top >= bottom:
        return False
    return any(high - low >= _CONTRAST for low, high in drawing.crop((left, top, right, bottom)).getextrema())  # type: ignore[misc]  # RGB: a pair for each colour
