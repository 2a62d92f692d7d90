"""Lines on a page put together to running text.

Pure geometry and strings: knows no PDF library.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Line:
    """A run of text on one baseline; lengths in points, y downwards."""

    text: str  # clean, without white space around it
    x0: float
    y0: float
    x1: float
    y1: float
    size: float  # of most of its characters
    is_mono: bool  # set in a fixed-width face, as code is
    block: int  # lines of one block belong together


@dataclass(frozen=True, slots=True)
class Row:
    """A visual line in the page's text: what stands side by side, joined."""

    start: int  # characters in the page's text
    end: int
    size: float


_BULLET = re.compile(r"\s*([•‣▪◦●○■□–—*·-]|\(?\w{1,3}[.)])\s")
_RIGHT_TO_LEFT = re.compile(r"[\W\d_]*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_LEADER = re.compile(r"(?:\s*[.·]){4,}\s*(\w{1,6})$")
_ENTRY = re.compile(r" … \w{1,6}$")  # of a table of contents
_HYPHEN = re.compile(r"[^\W\d_]{2}[-\u2010]$")  # two letters and a hyphen at the end of a line
# Scripts written without spaces between words: their lines are joined without one.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)


def compose(lines: Sequence[Line]) -> tuple[str, list[Row]]:
    """Join lines to text: paragraphs on one line, apart by an empty line, broken words whole.

    Returns:
        The text, and its rows in order.
    """
    pieces: list[str] = []
    rows: list[Row] = []
    length = 0
    above: Line | None = None
    joined = [_without_leader(line) for line in _side_by_side(lines) if line.text]
    right_edge = _right_edges(joined)
    for line in joined:
        if above is not None:
            gap = _gap(above, line, right_edge)
            if gap == "" and _is_broken_word(above.text, line.text):
                pieces[-1] = pieces[-1][:-1]
                length -= 1
                rows[-1] = Row(rows[-1].start, length, rows[-1].size)
            pieces.append(gap)
            length += len(gap)
        pieces.append(line.text)
        rows.append(Row(length, length + len(line.text), line.size))
        length += len(line.text)
        above = line
    return "".join(pieces), rows


def _side_by_side(lines: Sequence[Line]) -> list[Line]:
    """Join runs of one block that share a baseline, such as a number and its title."""
    joined: list[Line] = []
    for line in lines:
        last = joined[-1] if joined else None
        if last is not None and last.block == line.block and _share_baseline(last, line):
            joined[-1] = Line(
                text=_in_order(last.text, line.text),
                x0=last.x0,
                y0=min(last.y0, line.y0),
                x1=line.x1,
                y1=max(last.y1, line.y1),
                size=max(last.size, line.size),
                is_mono=last.is_mono and line.is_mono,
                block=line.block,
            )
        else:
            joined.append(line)
    return joined


def _in_order(left: str, right: str) -> str:
    """Both texts in reading order: Arabic and Hebrew are read from the right."""
    is_mirrored = _RIGHT_TO_LEFT.match(left) or _RIGHT_TO_LEFT.match(right)
    return f"{right} {left}" if is_mirrored else f"{left} {right}"


def _share_baseline(left: Line, right: Line) -> bool:
    overlap = min(left.y1, right.y1) - max(left.y0, right.y0)
    return overlap > 0.6 * min(left.y1 - left.y0, right.y1 - right.y0) and right.x0 >= left.x1 - 1


def _without_leader(line: Line) -> Line:
    """The line with the dots that lead to a page number, in a table of contents, as one mark."""
    return replace(line, text=_LEADER.sub(r" … \1", line.text))


def _right_edges(lines: Sequence[Line]) -> dict[int, float]:
    """Where the longest line ends, for each edge that lines begin at (told apart by 40 points)."""
    edges: dict[int, float] = {}
    for begin, end in map(_reach, lines):
        edges[_column(begin)] = max(edges.get(_column(begin), end), end)
    return edges


def _reach(line: Line) -> tuple[float, float]:
    """Where the line begins and ends in its direction of writing: for Arabic and Hebrew, mirrored."""
    return (-line.x1, -line.x0) if _RIGHT_TO_LEFT.match(line.text) else (line.x0, line.x1)


def _column(begin: float) -> int:
    return round(begin / 40)


def _gap(above: Line, below: Line, right_edges: dict[int, float]) -> str:
    """What to put between two rows."""
    same_face = abs(above.size - below.size) <= 0.1 * above.size and above.is_mono == below.is_mono
    if not same_face or (above.block != below.block and not _goes_on(above, below, right_edges)):
        return "\n\n"
    if above.is_mono or _BULLET.match(below.text) or _ENTRY.search(above.text):
        return "\n"
    if _HYPHEN.search(above.text) and below.text[0].isalnum():
        return ""
    return "" if _UNSPACED.match(above.text[-1]) and _UNSPACED.match(below.text[0]) else " "


def _goes_on(above: Line, below: Line, right_edges: dict[int, float]) -> bool:
    """Whether a paragraph runs on although the file sets each of its lines apart.

    The line is close below, begins no further in, and its first word would not have fitted above.
    """
    (begin, end), (next_begin, next_end) = _reach(above), _reach(below)
    first = below.text[:2] if _UNSPACED.match(below.text) else below.text.split(maxsplit=1)[0]
    first_width = (next_end - next_begin) * len(first) / len(below.text)
    is_close = 0 < below.y0 - above.y0 <= 1.8 * above.size
    is_full = end + first_width + 0.5 * above.size > right_edges[_column(begin)]
    return is_close and is_full and next_begin <= begin + 1


def _is_broken_word(before: str, after: str) -> bool:
    """Whether a hyphen at the line's end belongs to the line and not to the word."""
    return before.endswith(("-", "\u2010")) and after[0].islower()
