"""Tables are told by their ruling lines and become Markdown where they stand."""

from ingest.hyphens import Hyphens
from ingest.layout import Line, Place, compose
from ingest.tables import Character, find_grids, insert_tables

LEFT, TOP, WIDTH, HEIGHT = 100.0, 200.0, 80.0, 20.0  # of a cell


def ruled(rows: int, columns: int, *, left: float = LEFT, top: float = TOP) -> list[Place]:
    """The strokes of a grid."""
    right, bottom = left + columns * WIDTH, top + rows * HEIGHT
    level = [(left, top + at * HEIGHT - 0.5, right, top + at * HEIGHT + 0.5) for at in range(rows + 1)]
    upright = [(left + at * WIDTH - 0.5, top, left + at * WIDTH + 0.5, bottom) for at in range(columns + 1)]
    return [*level, *upright]


def cell(row: int, column: int, text: str, *, line: float = 0.0) -> Line:
    """A line of text in a cell, as its own block."""
    x0, y0 = LEFT + column * WIDTH + 4, TOP + row * HEIGHT + 4 + line
    return Line(text=text, x0=x0, y0=y0, x1=x0 + 5 * len(text), y1=y0 + 10, size=10, is_mono=False, block=9)


def body(text: str, y: float) -> Line:
    return Line(text=text, x0=72, y0=y, x1=72 + 5 * len(text), y1=y + 10, size=10, is_mono=False, block=round(y))


def text_of(lines: list[Line], strokes: list[Place], characters: list[Character] | None = None) -> str:
    def all_characters() -> list[Character]:
        assert characters is not None, "no line runs through several cells"
        return characters

    return compose(insert_tables(lines, find_grids(strokes), Hyphens(), all_characters))[0]


PRICES = [cell(0, 0, "Fruit"), cell(0, 1, "Price"), cell(1, 0, "Fig"), cell(1, 1, "2"), cell(2, 0, "Kiwi")]


def test_a_table_stands_between_its_neighbours_and_no_text_is_doubled_or_lost():
    text = text_of([body("Above.", 150), *PRICES, body("Below.", 300)], ruled(3, 2))

    assert text == "Above.\n\n| Fruit | Price |\n|---|---|\n| Fig | 2 |\n| Kiwi |  |\n\nBelow."


def test_each_row_knows_where_it_stands():
    text, rows = compose(insert_tables(PRICES, find_grids(ruled(3, 2)), Hyphens(), list))

    assert [text[row.start : row.end].splitlines()[0] for row in rows] == [
        "| Fruit | Price |",
        "| Fig | 2 |",
        "| Kiwi |  |",
    ]
    assert all(row.is_whole for row in rows)
    for index, row in enumerate(rows):
        x0, y0, x1, y1 = row.place
        assert LEFT <= x0 < x1 <= LEFT + 2 * WIDTH
        assert TOP + index * HEIGHT <= y0 < y1 <= TOP + (index + 1) * HEIGHT


def test_lines_of_one_cell_are_joined_and_bars_are_escaped():
    wrapped = [cell(0, 0, "a|b"), cell(0, 1, "Head"), cell(1, 0, "one"), cell(1, 1, "two", line=-3)]
    wrapped += [cell(1, 1, "three", line=6), cell(2, 0, "x"), cell(2, 1, "y")]

    assert text_of(wrapped, ruled(3, 2)) == "| a\\|b | Head |\n|---|---|\n| one | two three |\n| x | y |"


def test_a_line_that_runs_through_cells_is_parted_at_the_rules():
    line = cell(0, 0, "Fruit            Price")
    letters = [
        *((letter, (104 + 5 * at, 204, 109 + 5 * at, 214)) for at, letter in enumerate("Fruit ")),
        *((letter, (184 + 5 * at, 204, 189 + 5 * at, 214)) for at, letter in enumerate("Price")),
    ]
    line = Line(line.text, 104, 204, 209, 214, 10, False, 9)

    assert text_of([line, cell(1, 0, "Fig"), cell(1, 1, "2")], ruled(2, 2), letters).startswith("| Fruit | Price |")


def test_a_cell_over_two_columns_counts_for_the_first():
    strokes = ruled(2, 2)
    strokes[4] = (LEFT + WIDTH - 0.5, TOP + HEIGHT, LEFT + WIDTH + 0.5, TOP + 2 * HEIGHT)  # no rule in the first row

    strokes = [stroke for stroke in strokes if stroke[0] != LEFT + WIDTH - 0.5] + [strokes[4]]
    wide = Line("A title over both", LEFT + 20, TOP + 4, LEFT + 140, TOP + 14, 10, False, 9)
    text = text_of([wide, cell(1, 0, "a"), cell(1, 1, "b")], strokes)

    assert text == "| A title over both |  |\n|---|---|\n| a | b |"


def test_rows_without_rules_between_them_are_told_by_their_lines():
    strokes = [stroke for stroke in ruled(3, 2) if not TOP + 2 * HEIGHT - 1 <= stroke[1] <= TOP + 2 * HEIGHT]

    lines = [cell(0, 0, "A"), cell(0, 1, "B"), cell(1, 0, "1"), cell(1, 1, "2"), cell(2, 0, "3"), cell(2, 1, "4")]

    assert text_of(lines, strokes) == "| A | B |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"


def test_frames_charts_and_underlines_are_no_tables():
    frame = [(90.0, 190.0, 400.0, 300.0)]
    underlines = [(72.0, 100.0 + 20 * at, 300.0, 101.0 + 20 * at) for at in range(8)]
    lines = [cell(0, 0, "Words"), cell(2, 1, "and words")]

    assert find_grids(frame) == []
    assert find_grids(underlines) == []
    assert text_of(lines, ruled(8, 8)) == "Words and words"  # a grid with next to nothing in it


def test_two_tables_on_a_page_stay_two():
    below = [cell(0, 0, "C"), cell(0, 1, "D"), cell(1, 0, "3"), cell(1, 1, "4")]
    moved = [Line(line.text, line.x0, line.y0 + 200, line.x1, line.y1 + 200, 10, False, 10) for line in below]

    text = text_of([*PRICES, *moved], [*ruled(3, 2), *ruled(2, 2, top=TOP + 200)])

    assert text.split("\n\n")[1] == "| C | D |\n|---|---|\n| 3 | 4 |"


def test_a_drawing_of_many_strokes_is_no_table():
    assert find_grids(ruled(200, 200)) == []
    assert find_grids(ruled(60, 20)) != []
