"""Running headers, footers and page numbers: on every page, about none of them."""

from collections import deque
from collections.abc import Sequence

from ingest.layout import Line

_MARGIN = 0.12  # of the page's height, at top and at bottom
_SAME_HEIGHT = 3.0  # points
_CLOSE = 3.0  # letter sizes between a list's mark and its words
_LOOK_BACK = 2  # pages: left and right pages may differ


class Furniture:
    """Drops lines in the margin that stood at the same height a page or two before.

    The first appearance stays, so whatever is printed can be searched; a bare page number goes always.
    """

    def __init__(self) -> None:
        self._before: deque[list[tuple[str, float]]] = deque(maxlen=_LOOK_BACK)

    def drop(self, lines: Sequence[Line], *, number: int, label: str, height: float) -> list[Line]:
        """The lines of one page without its furniture; call once for each page, in order."""
        kept: list[Line] = []
        bare: list[Line] = []  # furniture without a letter, which may be the mark of a list's item
        margin: list[tuple[str, float]] = []
        for line in lines:
            if _MARGIN * height < line.y0 and line.y1 < (1 - _MARGIN) * height:
                kept.append(line)
                continue
            key = _without_number(line.text, label, number)
            margin.append((key, line.y0))
            if key and not self._stood_before(key, line.y0):
                kept.append(line)
            elif not any(map(str.isalpha, line.text)):
                bare.append(line)
        self._before.append(margin)
        marks = {id(line) for line in bare if any(_stands_close(line, other) for other in kept)}
        if marks:
            stay = marks | {id(line) for line in kept}
            return [line for line in lines if id(line) in stay]
        return kept

    def _stood_before(self, key: str, y0: float) -> bool:
        return any(key == other and abs(y0 - height) <= _SAME_HEIGHT for page in self._before for other, height in page)


def _stands_close(mark: Line, words: Line) -> bool:
    """Whether a mark stands directly beside words, on one baseline."""
    overlap = min(mark.y1, words.y1) - max(mark.y0, words.y0)
    gap = max(words.x0 - mark.x1, mark.x0 - words.x1)
    return overlap > 0.6 * (mark.y1 - mark.y0) and gap < _CLOSE * words.size


def _without_number(text: str, label: str, number: int) -> str:
    """The line's words without the page's own number, in any script's digits; empty for a bare one."""
    words = ((word, word.strip("-–—·[]()|")) for word in text.split())
    return " ".join(
        word for word, core in words if core not in {"", label} and not (core.isdecimal() and int(core) == number)
    )
