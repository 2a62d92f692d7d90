"""Where a passage stands on its page, from the page's printed rows."""

from bisect import bisect_right
from collections.abc import Iterator

from ingest.bidi import has_right_to_left, reads_from_right
from ingest.types import Box, Page, PrintedRow


def boxes_of(page: Page, start: int, end: int) -> tuple[Box, ...]:
    """The boxes of the rows that a range of the page's text lies in, in order; a row partly inside is cut.

    Characters count as equally wide, so a cut is off by a few of them.
    """
    return tuple(_boxes(page, start, end))


def _boxes(page: Page, start: int, end: int) -> Iterator[Box]:
    rows = page.rows
    for index in range(max(0, bisect_right(rows, start, key=_row_start) - 1), len(rows)):
        row = rows[index]
        if row.start >= end:
            return
        first, last = max(start, row.start), min(end, row.end)
        if first >= last:
            continue
        if row.is_whole or (first, last) == (row.start, row.end):
            yield row.box
            continue
        length = row.end - row.start
        yield _cut(
            row.box,
            (first - row.start) / length,
            (last - row.start) / length,
            page.text[row.start : row.end],
        )


def _row_start(row: PrintedRow) -> int:
    return row.start


def _cut(box: Box, first: float, last: float, text: str) -> Box:
    """The part of a row between two shares of its characters, along its longer side."""
    x0, y0, x1, y1 = box
    if y1 - y0 > x1 - x0 and len(text) > 1:  # letters below each other, or turned
        return x0, y0 + first * (y1 - y0), x1, y0 + last * (y1 - y0)
    if has_right_to_left(text) and reads_from_right(text):
        first, last = 1 - last, 1 - first
    return x0 + first * (x1 - x0), y0, x0 + last * (x1 - x0), y1
