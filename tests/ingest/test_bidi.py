"""Lines written from the right are read from the right, with numbers and Latin words in them as they are read."""

import pytest

from ingest.bidi import is_mixed, to_reading_order


def drawn(visual: str) -> list[tuple[str, float]]:
    """Characters as they stand on paper, from left to right, ten points apart."""
    return [(character, 10.0 * index) for index, character in enumerate(visual)]


@pytest.mark.parametrize(
    ("read", "visual"),
    [
        ("המאה 20", "20 האמה"),
        ("בשנת 1948, בפריז", "זירפב ,1948 תנשב"),
        ("3.14 פאי", "יאפ 3.14"),
        ("עם Qdrant Edge כאן", "ןאכ Qdrant Edge םע"),
        ("סעיף 2 3 סוף", "ףוס 3 2 ףיעס"),
    ],
)
def test_a_mixed_line_is_put_in_reading_order(read, visual):
    assert to_reading_order(drawn(visual)) == read


def test_the_order_they_come_in_does_not_matter_and_marks_stay_on_their_letter():
    characters = [("1", 10.0), (" ", 20.0), ("ا", 50.0), ("ل", 40.0), ("ّ", 44.0), ("م", 30.0)]

    assert to_reading_order(characters) == "الّم 1"


def test_only_lines_of_both_directions_are_mixed():
    assert is_mixed("المادة 1")
    assert is_mixed("عם Qdrant")
    assert not is_mixed("المادة")
    assert not is_mixed("Article 1")
    assert not is_mixed("第1条")
