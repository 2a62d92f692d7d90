"""Recognised lines become text in the order it is read."""

import math

import pytest

from ingest.ocr.engine import OcrLine
from ingest.ocr.order import to_text

SIZE = (1600, 2400)


def line(text: str, x: float, y: float, width: float = 600, height: float = 30) -> OcrLine:
    return OcrLine(text, (x, y, x + width, y + height), 0.9)


def column(name: str, x: float, count: int = 6) -> list[OcrLine]:
    return [line(f"{name}{number} and so on and on.", x, 300 + 45 * number) for number in range(count)]


def text_of(lines: list[OcrLine]) -> str:
    return to_text(lines, SIZE)[0]


def test_nothing_is_no_text():
    assert to_text([], SIZE) == ("", ())


def test_columns_follow_each_other_and_a_title_across_comes_first():
    lines = [line("The title of both", 300, 200, 1000), *column("a", 100), *column("b", 850)]

    found = text_of(lines[::-1])

    assert [found.index(word) for word in ("title", "a0", "a5", "b0", "b5")] == sorted(
        found.index(word) for word in ("title", "a0", "a5", "b0", "b5")
    )


def test_columns_of_hebrew_are_read_from_the_right():
    lines = [*column("שלום לכל העולם הגדול היפה והטוב א", 100), *column("להתראות לכל העולם הגדול היפה והטוב ב", 850)]

    found = text_of(lines)

    assert found.index("ב0") < found.index("ב5") < found.index("א0")


def test_a_column_of_numbers_stays_with_its_lines():
    lines = [line(f"Chapter {number}", 100, 300 + 60 * number, 900) for number in range(6)]
    lines += [line(f"{number}7", 1400, 300 + 60 * number, 40) for number in range(6)]

    assert "Chapter 3 37" in text_of(lines)


def test_lines_of_a_paragraph_are_joined_and_a_broken_word_is_whole():
    lines = [line("A paragraph that goes on to some ex-", 100, 300), line("tent and ends here.", 100, 345, 300)]
    lines += [line("Another begins after a gap.", 100, 480)]

    assert text_of(lines) == "A paragraph that goes on to some extent and ends here.\n\nAnother begins after a gap."


@pytest.mark.parametrize("degrees", [-1.5, 1.5])
def test_a_tilted_page_keeps_its_paragraphs(degrees):
    tilt = math.tan(math.radians(degrees))
    lines = [line(f"line {number} goes from edge to edge", 100, 100 + 45 * number, 1300) for number in range(40)]
    turned = [
        OcrLine(one.text, (x0 - tilt * y0, y0 + tilt * 750, x1 - tilt * y0, y1 + tilt * 750), 0.9)
        for one in lines
        for x0, y0, x1, y1 in [one.box]
    ]

    assert "\n" not in text_of(turned)


def test_rows_say_where_each_stands_as_shares_of_the_picture():
    text, rows = to_text([line("One row.", 160, 240, 800, 48), line("Far below.", 160, 1200, 800, 48)], SIZE)

    assert [text[row.start : row.end] for row in rows] == ["One row.", "Far below."]
    assert rows[0].box == pytest.approx((0.1, 0.1, 0.6, 0.12))
    assert rows[1].box == pytest.approx((0.1, 0.5, 0.6, 0.52))
