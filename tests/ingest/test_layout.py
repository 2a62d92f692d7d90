"""Lines on a page become text as it is read, from the left or from the right."""

from dataclasses import replace

from ingest.layout import Line, compose

WIDE, EM = 460, 10  # points


def line(text: str, *, x: float = 72, y: float = 100, width: float | None = None, block: int = 0) -> Line:
    width = 5 * len(text) if width is None else width
    return Line(text=text, x0=x, y0=y, x1=x + width, y1=y + EM, size=EM, is_mono=False, block=block)


def text_of(*lines: Line) -> str:
    return compose(lines)[0]


def test_rows_know_where_they_stand_in_the_text():
    text, rows = compose([line("One", width=WIDE), line("two-", y=112, width=WIDE), line("fold.", y=124)])

    assert text == "One twofold."
    assert [text[row.start : row.end] for row in rows] == ["One", "two", "fold."]


def test_what_stands_side_by_side_is_one_row():
    assert text_of(line("2.7"), line("Archive situation", x=110)) == "2.7 Archive situation"


def test_arabic_side_by_side_is_read_from_the_right():
    assert text_of(line("1", x=400), line("المادة", x=420)) == "المادة 1"


def test_lines_set_apart_are_joined_where_the_next_word_would_not_have_fitted():
    full = [line("A full line,", width=WIDE, block=0), line("and more of it", y=112, block=1)]
    short = [line("Dear Sir,", width=60, block=0), line("we regret", y=112, width=WIDE, block=1)]

    assert text_of(*full) == "A full line, and more of it"
    assert text_of(*short) == "Dear Sir,\n\nwe regret"


def test_hebrew_lines_set_apart_are_joined_by_their_left_end():
    full = [line("שורה מלאה", x=72, width=WIDE, block=0), line("והמשך", x=432, y=112, width=100, block=1)]
    short = [line("שורה", x=432, width=100, block=0), line("שורה אחרת", x=72, y=112, width=WIDE, block=1)]

    assert text_of(*full) == "שורה מלאה והמשך"
    assert text_of(*short) == "שורה\n\nשורה אחרת"


def test_lines_far_apart_stay_apart():
    assert text_of(line("One", width=WIDE), line("two", y=160, block=1)) == "One\n\ntwo"


def test_a_list_item_goes_on_below_its_words():
    item = [line("1.", x=72, width=10), line("A full line of an item,", x=95, width=437)]
    marked = [line("（一）一行很長的文字，", width=WIDE, block=0), line("在此繼續。", x=93, y=112, block=1)]

    assert text_of(*item, line("and more of it", x=95, y=112, block=1)) == "1. A full line of an item, and more of it"
    assert text_of(*marked) == "（一）一行很長的文字，在此繼續。"


def test_a_block_set_further_in_stays_apart():
    full = line("A full line of a paragraph,", width=WIDE, block=0)

    assert text_of(full, line("and a quotation", x=110, y=112, block=1)) == f"{full.text}\n\nand a quotation"


def test_hidden_letters_keep_their_place_where_lines_are_joined():
    seen, unseen = line("One", x=72), replace(line("two", x=100), hidden=((0, 3),))

    text, rows = compose([line("Zero", y=80, block=1), seen, unseen])

    assert [text[start:end] for row in rows for start, end in row.hidden] == ["two"]


def test_a_row_stands_where_its_lines_do():
    _, (row,) = compose([line("2.7", x=72, width=20), line("Archive", x=110, width=50)])

    assert row.place == (72, 100, 160, 110)
