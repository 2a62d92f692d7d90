"""Recognised lines in the order they are read, as running text."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ingest.cleaning import clean
from ingest.layout import Line, compose
from ingest.ocr.engine import OcrLine
from ingest.types import Box, PrintedRow

_PAGE_POINTS = 842.0  # the long side of A4, which `compose` has its measures for
_MAX_SKEW = 0.06  # 3.4 degrees
_NARROW = 0.18  # of the text's width; a column that is narrower is one of numbers or marks


@dataclass(frozen=True, slots=True)
class _Part:
    """A recognised line in points, the page's tilt taken out, and where it stands on the picture."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    box: Box

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2

    @property
    def height(self) -> float:
        return self.y1 - self.y0


_Row = list[_Part]  # side by side, in reading order


def to_text(lines: Sequence[OcrLine], size: tuple[int, int]) -> tuple[str, tuple[PrintedRow, ...]]:
    """Put lines together: columns one after the other, paragraphs on one line, broken words whole.

    Args:
        lines: of an upright picture, in any order.
        size: of that picture, in pixels.

    Returns:
        The text, and its rows with their boxes as shares of the picture.
    """
    parts = _place(lines, size)
    is_mirrored = _is_mirrored(parts)
    rows: list[_Row] = []
    printed: list[Line] = []
    for column in _columns(parts, is_mirrored=is_mirrored):
        found = _rows(column, is_mirrored=is_mirrored)
        printed += _to_lines(found, first_block=len(rows), is_mirrored=is_mirrored)
        rows += found
    text, spans = compose(printed)
    return text, tuple(
        PrintedRow(span.start, span.end, _hull([part.box for part in row]))
        for span, row in zip(spans, rows, strict=True)
    )


def _place(lines: Sequence[OcrLine], size: tuple[int, int]) -> list[_Part]:
    width, height = size
    scale = _PAGE_POINTS / max(size)
    skew = _skew(lines)
    parts = []
    for line in lines:
        text = " ".join(clean(line.text).split())
        x0, y0, x1, y1 = line.box
        if not text or x1 <= x0 or y1 <= y0:
            continue
        right, down = skew * (y0 + y1) / 2, skew * (x0 + x1) / 2
        parts.append(
            _Part(
                text,
                (x0 + right) * scale,
                (y0 - down) * scale,
                (x1 + right) * scale,
                (y1 - down) * scale,
                (_share(x0, width), _share(y0, height), _share(x1, width), _share(y1, height)),
            )
        )
    return parts


def _share(pixels: float, of: int) -> float:
    return min(1.0, max(0.0, pixels / of))


def _skew(lines: Sequence[OcrLine]) -> float:
    """How far a line sinks for each pixel to the right: by how the edge of the text drifts from line to line."""
    ordered = sorted(lines, key=lambda line: line.box[1] + line.box[3])
    drifts = [
        (below.box[edge] - above.box[edge]) / dy
        for above, below in pairwise(ordered)
        for edge in (0, 2)
        if (dy := (below.box[1] + below.box[3] - above.box[1] - above.box[3]) / 2) > 4
    ]
    small = [drift for drift in drifts if abs(drift) < 2 * _MAX_SKEW]
    if len(small) < 8:
        return 0.0
    return max(-_MAX_SKEW, min(_MAX_SKEW, -median(small)))


def _is_mirrored(parts: Sequence[_Part]) -> bool:
    """Whether most letters are Arabic, Hebrew or their kin, whose columns are read from the right."""
    letters = [letter for part in parts for letter in part.text if letter.isalpha()]
    mirrored = [letter for letter in letters if "\u0590" <= letter <= "\u08ff" or "\ufb1d" <= letter <= "\ufefc"]
    return 2 * len(mirrored) > len(letters)


def _columns(parts: list[_Part], *, is_mirrored: bool) -> list[list[_Part]]:
    """The page cut into columns; what runs across them, such as a title, cuts it into bands first."""
    gutter = _gutter(parts)
    if gutter is None:
        return [parts] if parts else []
    across = sorted((part for part in parts if part.x0 < gutter < part.x1), key=lambda part: part.middle)
    columns: list[list[_Part]] = []
    titles: list[_Part] = []  # lines in a row that run across
    top = float("-inf")
    for title in [*across, None]:
        bottom = title.middle if title is not None else float("inf")
        band = [part for part in parts if top <= part.middle < bottom and part not in across]
        if band:
            columns += [titles] if titles else []
            titles = []
            sides = [[part for part in band if part.x1 <= gutter], [part for part in band if part.x0 >= gutter]]
            for side in reversed(sides) if is_mirrored else sides:
                columns += _columns(side, is_mirrored=is_mirrored)
        if title is not None:
            titles.append(title)
        top = bottom
    return [*columns, titles] if titles else columns


def _gutter(parts: Sequence[_Part]) -> float | None:
    """Where a white stripe parts two columns side by side; a few lines may run across it."""
    if len(parts) < 6:
        return None
    width = _extent(parts)
    best: tuple[int, float] | None = None
    for edge in sorted({round(part.x0, 1) for part in parts}):
        x = edge - 1
        left = [part for part in parts if part.x1 <= x]
        right = [part for part in parts if part.x0 >= x]
        across = len(parts) - len(left) - len(right)
        if min(len(left), len(right)) < 3 or 5 * across > len(parts) or not _are_side_by_side(left, right):
            continue
        if min(_extent(left), _extent(right)) < _NARROW * width:
            continue
        if best is None or across < best[0]:
            best = (across, x)
    return best[1] if best else None


def _extent(parts: Sequence[_Part]) -> float:
    return max(part.x1 for part in parts) - min(part.x0 for part in parts)


def _are_side_by_side(left: Sequence[_Part], right: Sequence[_Part]) -> bool:
    top = max(min(part.y0 for part in side) for side in (left, right))
    bottom = min(max(part.y1 for part in side) for side in (left, right))
    shorter = min(max(part.y1 for part in side) - min(part.y0 for part in side) for side in (left, right))
    return bottom - top > 0.5 * shorter


def _rows(column: Sequence[_Part], *, is_mirrored: bool) -> list[_Row]:
    """The column's parts from top to bottom, those on one baseline together."""
    rows: list[_Row] = []
    for part in sorted(column, key=lambda part: part.middle):
        last = rows[-1] if rows else None
        if last is not None and all(_stand_beside(other, part) for other in last):
            last.append(part)
        else:
            rows.append([part])
    return [sorted(row, key=lambda part: part.x0, reverse=is_mirrored) for row in rows]


def _stand_beside(one: _Part, other: _Part) -> bool:
    overlap = min(one.y1, other.y1) - max(one.y0, other.y0)
    is_apart = one.x1 <= other.x0 + 2 or other.x1 <= one.x0 + 2
    return is_apart and overlap > 0.5 * min(one.height, other.height)


def _to_lines(rows: Sequence[_Row], *, first_block: int, is_mirrored: bool) -> list[Line]:
    """One line for each row, each in a block of its own; edges and sizes that differ by a hair made equal."""
    heights = [max(part.height for part in row) for row in rows]
    usual = median(heights)
    pitches = [pitch for above, below in pairwise(rows) if (pitch := below[0].middle - above[0].middle) < 3 * usual]
    # `compose` takes lines 1.8 sizes apart for one paragraph; engines draw boxes tight, typewriters space wide.
    body = max(usual, median(pitches) / 1.6) if pitches else usual
    lines: list[Line] = []
    for row, height in zip(rows, heights, strict=True):
        is_body = 0.65 * usual < height < 1.45 * usual
        x0, x1 = min(part.x0 for part in row), max(part.x1 for part in row)
        if lines:
            x0, x1 = (_snap(x0, lines[-1].x0, body), x1) if not is_mirrored else (x0, _snap(x1, lines[-1].x1, body))
        lines.append(
            Line(
                text=" ".join(part.text for part in row),
                x0=x0,
                y0=min(part.middle for part in row) - body / 2,
                x1=x1,
                y1=max(part.middle for part in row) + body / 2,
                size=body if is_body else body * height / usual,
                is_mono=False,
                block=first_block + len(lines),
            )
        )
    return lines


def _snap(edge: float, above: float, size: float) -> float:
    return above if abs(edge - above) < 0.5 * size else edge


def _hull(boxes: Sequence[Box]) -> Box:
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)
