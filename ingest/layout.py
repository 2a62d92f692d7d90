"""Lines on a page put together to running text.

Pure geometry and strings: knows no PDF library.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.hyphens import Hyphens, ends_broken

Place = tuple[float, float, float, float]  # x0, y0, x1, y1 in points, y downwards
Span = tuple[int, int]  # start and end, in characters


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
    hang: float | None = None  # where the words behind a list's mark begin: x0, or x1 in lines from the right
    hidden: tuple[Span, ...] = ()  # characters of it that cannot be seen on the page
    is_table_row: bool = False  # one row of a table, as Markdown


@dataclass(frozen=True, slots=True)
class Row:
    """A visual line in the page's text: what stands side by side, joined."""

    start: int  # characters in the page's text
    end: int
    size: float
    place: Place = (0, 0, 0, 0)
    hidden: tuple[Span, ...] = ()  # characters of the page's text that cannot be seen on the page
    is_whole: bool = False  # a line of code or a table's row, which is not to be cut


_BULLET = re.compile(r"\s*([•‣▪◦●○■□–—*·-]|\(?\w{1,3}[.)])\s")
_RIGHT_TO_LEFT = re.compile(r"[\W\d_]*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_ITEM = re.compile(r"\s*([•‣▪◦●○■□–—*·-]\s|[(（［〔]?\w{1,4}[.)）］〕、．])")  # how a list's item begins
_WIDEST_MARK = 4.0  # letter sizes
_MARK = re.compile(r"\W{0,2}\w{0,4}\W{0,2}$")  # alone before the words of a list's item
_LEADER = re.compile(r"(?:\s*[.·]){4,}\s*(\w{1,6})$")
_ENTRY = re.compile(r" … \w{1,6}$")  # of a table of contents
# Scripts written without spaces between words: their lines are joined without one.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)


def compose(lines: Sequence[Line], hyphens: Hyphens | None = None) -> tuple[str, list[Row]]:
    """Join lines to text: paragraphs on one line, apart by an empty line, broken words whole.

    Args:
        lines: of one page, in the order they were set.
        hyphens: what the document's pages have shown, this one too; None where there is no other page.

    Returns:
        The text, and its rows in order.
    """
    pieces: list[str] = []
    rows: list[Row] = []
    length = 0
    above: Line | None = None
    joined = [_without_leader(line) for line in _side_by_side(lines) if line.text]
    if hyphens is None:
        hyphens = Hyphens()
        hyphens.see([line.text for line in joined])
    right_edge = _right_edges(joined)
    for line in joined:
        if above is not None:
            gap = _gap(above, line, right_edge)
            if gap == "" and hyphens.is_of_the_line(above.text, line.text):
                pieces[-1] = pieces[-1][:-1]
                length -= 1
                rows[-1] = replace(rows[-1], end=length)
            pieces.append(gap)
            length += len(gap)
        pieces.append(line.text)
        rows.append(
            Row(
                length,
                length + len(line.text),
                line.size,
                (line.x0, line.y0, line.x1, line.y1),
                _shifted(line.hidden, length),
                line.is_mono or line.is_table_row,
            )
        )
        length += len(line.text)
        above = line
    return "".join(pieces), rows


def _side_by_side(lines: Sequence[Line]) -> list[Line]:
    """Join runs of one block that share a baseline, such as a number and its title."""
    joined: list[Line] = []
    for line in lines:
        last = joined[-1] if joined else None
        if last is not None and last.block == line.block and _share_baseline(last, line):
            is_mirrored = _starts_right(last.text) or _starts_right(line.text)
            mark, words = (line, last) if is_mirrored else (last, line)
            joined[-1] = Line(
                text=f"{mark.text} {words.text}",
                x0=last.x0,
                y0=min(last.y0, line.y0),
                x1=line.x1,
                y1=max(last.y1, line.y1),
                size=max(last.size, line.size),
                is_mono=last.is_mono and line.is_mono,
                block=line.block,
                hang=(words.x1 if is_mirrored else words.x0) if _MARK.match(mark.text) else last.hang,
                hidden=(*mark.hidden, *_shifted(words.hidden, len(mark.text) + 1)),
            )
        else:
            joined.append(line)
    return joined


def _shifted(spans: Sequence[Span], by: int) -> tuple[Span, ...]:
    return tuple((start + by, end + by) for start, end in spans)


def _share_baseline(left: Line, right: Line) -> bool:
    overlap = min(left.y1, right.y1) - max(left.y0, right.y0)
    return overlap > 0.6 * min(left.y1 - left.y0, right.y1 - right.y0) and right.x0 >= left.x1 - 1


def _without_leader(line: Line) -> Line:
    """The line with the dots that lead to a page number, in a table of contents, as one mark."""
    short = _LEADER.sub(r" … \1", line.text)
    return line if short == line.text else replace(line, text=short)


def _right_edges(lines: Sequence[Line]) -> dict[int, float]:
    """Where the longest line ends, for each edge that lines begin at (told apart by 40 points)."""
    edges: dict[int, float] = {}
    for begin, end in map(_reach, lines):
        edges[_column(begin)] = max(edges.get(_column(begin), end), end)
    return edges


def _reach(line: Line) -> tuple[float, float]:
    """Where the line begins and ends in its direction of writing: for Arabic and Hebrew, mirrored."""
    return (-line.x1, -line.x0) if _starts_right(line.text) else (line.x0, line.x1)


def _indent(line: Line) -> float:
    """Where the next line of the same paragraph may begin at the furthest: below the words of a list's item."""
    begin = _reach(line)[0]
    if line.hang is None:
        return begin + _WIDEST_MARK * line.size if _ITEM.match(line.text) else begin
    return max(begin, -line.hang if _starts_right(line.text) else line.hang)


def _column(begin: float) -> int:
    return round(begin / 40)


def _gap(above: Line, below: Line, right_edges: dict[int, float]) -> str:
    """What to put between two rows."""
    if above.is_table_row or below.is_table_row:
        return "\n" if above.is_table_row and below.is_table_row and above.block == below.block else "\n\n"
    same_face = abs(above.size - below.size) <= 0.1 * above.size and above.is_mono == below.is_mono
    if not same_face or (above.block != below.block and not _goes_on(above, below, right_edges)):
        return "\n\n"
    if above.is_mono or _BULLET.match(below.text) or _ENTRY.search(above.text):
        return "\n"
    if ends_broken(above.text) and below.text[0].isalnum():
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
    return is_close and is_full and next_begin <= _indent(above) + 1


def _starts_right(text: str) -> bool:
    """Whether the first letter is Arabic, Hebrew or of their kin."""
    return _RIGHT_TO_LEFT.match(text) is not None
