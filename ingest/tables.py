"""Tables told by their ruling lines, as Markdown in the place of their text.

Pure geometry and strings: knows no PDF library.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.cleaning import clean
from ingest.hyphens import Hyphens
from ingest.layout import Line, Place, compose

Character = tuple[str, Place]

_THIN = 3.0  # points; a thicker stroke is an area
_SAME = 3.0  # points between places that are meant to be one
_LEAST_SIDE = 8.0  # points, of a cell and of a rule
_MOST_STROKES, _MOST_PAIRS = 5_000, 20_000  # of strokes, and of level and upright rules; more is a drawing
_LEAST_FILLED = 0.25  # share of a table's cells that hold text; a chart's grid has less


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line, level or upright."""

    at: float  # y of a level one, x of an upright one
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Grid:
    """Level and upright rules that meet, and the edges between which its cells lie."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    level: tuple[Rule, ...]
    upright: tuple[Rule, ...]

    @property
    def place(self) -> Place:
        """The box around it."""
        return self.xs[0], self.ys[0], self.xs[-1], self.ys[-1]

    def cell_count(self) -> int:
        """Cells, those that no rule parts counted once."""
        middles = ((x, y) for x in _middles(self.xs) for y in _middles(self.ys))
        return len({self.cell(x, y) for x, y in middles})

    def cell(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column of the cell that a point lies in, from 0; None outside.

        Cells that no rule parts are one, and called by the first of them.
        """
        row, column = bisect_right(self.ys, y) - 1, bisect_right(self.xs, x) - 1
        if not (0 <= row < len(self.ys) - 1 and 0 <= column < len(self.xs) - 1):
            return None
        while column and not _is_ruled(self.upright, self.xs[column], (self.ys[row] + self.ys[row + 1]) / 2):
            column -= 1
        while row and not _is_ruled(self.level, self.ys[row], (self.xs[column] + self.xs[column + 1]) / 2):
            row -= 1
        return row, column


def find_grids(strokes: Sequence[Place]) -> list[Grid]:
    """Grids of at least two rows and two columns.

    Args:
        strokes: boxes around everything drawn on a page, in points.
    """
    if not 4 <= len(strokes) <= _MOST_STROKES:
        return []
    level, upright = [], []
    for x0, y0, x1, y1 in strokes:
        if y1 - y0 <= _THIN and x1 - x0 >= _LEAST_SIDE:
            level.append(Rule((y0 + y1) / 2, x0, x1))
        elif x1 - x0 <= _THIN and y1 - y0 >= _LEAST_SIDE:
            upright.append(Rule((x0 + x1) / 2, y0, y1))
        elif x1 - x0 >= _LEAST_SIDE and y1 - y0 >= _LEAST_SIDE:  # a frame, or the ground of a cell
            level += [Rule(y0, x0, x1), Rule(y1, x0, x1)]
            upright += [Rule(x0, y0, y1), Rule(x1, y0, y1)]
    across = [*(rule.at for rule in upright), *(end for rule in level for end in (rule.start, rule.end))]
    if not upright or len(_distinct(across, _LEAST_SIDE)) < 3:  # frames above each other, as around code
        return []
    level, upright = _joined(level), _joined(upright)
    if len(level) * len(upright) > _MOST_PAIRS:
        return []
    return [grid for group in _touching(level, upright) for grid in _grid(*group)]


def insert_tables(
    lines: Sequence[Line], grids: Sequence[Grid], hyphens: Hyphens, characters: Callable[[], Sequence[Character]]
) -> list[Line]:
    """The lines, those inside a grid replaced by the rows of its table where the first of them stood.

    Args:
        lines: of a page, in the order they were set.
        grids: on that page.
        hyphens: what the document's pages have shown so far.
        characters: gives every character with its place; called only where a line runs through several cells.
    """
    kept = list(lines)
    for grid in grids:
        inside = [line for line in kept if _is_inside(line, grid)]
        parts = [part for line in inside for part in _by_cell(line, grid, characters)]
        rows = _rows(parts, grid, hyphens)
        if rows is None:
            continue
        at = min(index for index, line in enumerate(kept) if line in inside)
        before = [line for line in kept[:at] if line not in inside]
        kept = [*before, *rows, *(line for line in kept[at:] if line not in inside)]
    return kept


def _middles(edges: Sequence[float]) -> list[float]:
    return [(start + end) / 2 for start, end in pairwise(edges)]


def _joined(rules: Sequence[Rule]) -> list[Rule]:
    """Rules in one line that touch, as one."""
    joined: list[Rule] = []
    places = _distinct([rule.at for rule in rules])
    keyed = sorted((places[bisect_right(places, rule.at + _SAME) - 1], rule.start, rule.end) for rule in rules)
    for at, start, end in keyed:
        last = joined[-1] if joined else None
        if last is not None and last.at == at and start <= last.end + _SAME:
            joined[-1] = Rule(at, last.start, max(last.end, end))
        else:
            joined.append(Rule(at, start, end))
    return joined


def _touching(level: Sequence[Rule], upright: Sequence[Rule]) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """Rules in groups in which each meets another."""
    group = list(range(len(level) + len(upright)))  # of a rule, upright ones behind

    def head(index: int) -> int:
        while group[index] != index:
            group[index] = group[group[index]]
            index = group[index]
        return index

    for i, across in enumerate(level):
        for j, down in enumerate(upright, start=len(level)):
            if _meets(across.start, across.end, down.at) and _meets(down.start, down.end, across.at):
                group[head(i)] = head(j)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for index, rule in enumerate((*level, *upright)):
        groups.setdefault(head(index), ([], []))[index >= len(level)].append(rule)
    yield from groups.values()


def _meets(start: float, end: float, at: float) -> bool:
    return start - _SAME <= at <= end + _SAME


def _grid(level: list[Rule], upright: list[Rule]) -> Iterator[Grid]:
    """The grid that rules make, if they make one; open sides count as ruled."""
    if len(level) < 2 or not upright:
        return
    across = [*(rule.at for rule in upright), *(end for rule in level for end in (rule.start, rule.end))]
    down = [*(rule.at for rule in level), *(end for rule in upright for end in (rule.start, rule.end))]
    xs, ys = _distinct(across, _LEAST_SIDE), _distinct(down, _LEAST_SIDE)
    if len(xs) >= 3 and len(ys) >= 3:
        yield Grid(tuple(xs), tuple(ys), tuple(level), tuple(upright))


def _distinct(places: Sequence[float], apart: float = _SAME) -> list[float]:
    """Places in order, those that are meant to be one as one."""
    distinct: list[float] = []
    for place in sorted(places):
        if not distinct or place - distinct[-1] > apart:
            distinct.append(place)
    return distinct


def _is_ruled(rules: Sequence[Rule], at: float, across: float) -> bool:
    return any(abs(rule.at - at) <= _SAME and rule.start <= across <= rule.end for rule in rules)


def _is_inside(line: Line, grid: Grid) -> bool:
    x0, y0, x1, y1 = grid.place
    return x0 <= (line.x0 + line.x1) / 2 <= x1 and y0 <= (line.y0 + line.y1) / 2 <= y1


@dataclass(frozen=True, slots=True)
class _Part:
    """What one line has in one cell."""

    row: int
    column: int
    line: Line


def _by_cell(line: Line, grid: Grid, characters: Callable[[], Sequence[Character]]) -> Iterator[_Part]:
    middle = (line.y0 + line.y1) / 2
    cells = {grid.cell(x, middle) for x in (line.x0 + 1, (line.x0 + line.x1) / 2, line.x1 - 1)} - {None}
    if len(cells) == 1:
        ((row, column),) = (cell for cell in cells if cell)
        yield _Part(row, column, line)
        return
    texts: dict[tuple[int, int], list[Character]] = {}
    cell: tuple[int, int] | None = None
    for letter, (x0, y0, x1, y1) in characters():
        if line.y0 - 1 <= (y0 + y1) / 2 <= line.y1 + 1 and line.x0 - 1 <= (x0 + x1) / 2 <= line.x1 + 1:
            cell = grid.cell((x0 + x1) / 2, middle) or cell
            if cell is not None:
                texts.setdefault(cell, []).append((letter, (x0, y0, x1, y1)))
    for (row, column), own in texts.items():
        text = clean("".join(letter for letter, _ in own)).strip()
        if text:
            x0, x1 = min(place[0] for _, place in own), max(place[2] for _, place in own)
            yield _Part(row, column, replace(line, text=text, x0=x0, x1=x1, hang=None))


def _rows(parts: Sequence[_Part], grid: Grid, hyphens: Hyphens) -> list[Line] | None:
    """The table's rows as lines of Markdown; None where text is too thin for a table."""
    cells: dict[tuple[int, int], list[Line]] = {}
    for part in _split_by_baseline(parts) if len(grid.ys) == 3 else parts:
        cells.setdefault((part.row, part.column), []).append(part.line)
    columns = sorted({column for _, column in cells})
    rows = sorted({row for row, _ in cells})
    if len(columns) < 2 or len(rows) < 2 or len(cells) < _LEAST_FILLED * grid.cell_count():
        return None
    block = -1 - round(grid.ys[0])  # of its own: MuPDF's are counted from 0
    lines: list[Line] = []
    for row in rows:
        own = [cells.get((row, column), []) for column in columns]
        printed = [line for cell in own for line in cell]
        text = f"| {' | '.join(_cell_text(cell, hyphens) for cell in own)} |"
        if row == rows[0]:
            text += "\n|" + "---|" * len(columns)
        lines.append(
            Line(
                text=text,
                x0=min(line.x0 for line in printed),
                y0=min(line.y0 for line in printed),
                x1=max(line.x1 for line in printed),
                y1=max(line.y1 for line in printed),
                size=min(line.size for line in printed),
                is_mono=False,
                block=block,
                hidden=((0, len(text)),) if all(line.hidden for line in printed) else (),
                is_table_row=True,
            )
        )
    return lines


def _split_by_baseline(parts: Sequence[_Part]) -> list[_Part]:
    """Parts with rows counted by baseline, where rules part a table's head from its rows and not the rows.

    They are rows where each line of one cell has its like in every other; else a cell's text runs over several lines.
    """
    baselines = _distinct([part.line.y1 for part in parts])
    split = [replace(part, row=bisect_right(baselines, part.line.y1) - 1) for part in parts]
    columns = {part.column for part in parts}
    is_even = all({part.column for part in split if part.row == row} == columns for row in range(len(baselines)))
    return split if is_even else list(parts)


def _cell_text(lines: Sequence[Line], hyphens: Hyphens) -> str:
    ordered = sorted(lines, key=lambda line: (round(line.y1 / _SAME), line.x0))
    text, _ = compose([replace(line, block=0, hang=None) for line in ordered], hyphens)
    return " ".join(text.replace("|", r"\|").split())
