"""Lines written from the right are read from the right, with numbers and Latin words in them as they are read."""

import pytest

from ingest.bidi import has_right_to_left, reads_from_right, to_reading_order


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


def test_a_mark_that_comes_late_goes_to_the_letter_whose_edge_it_shares():
    characters = [("ا", 30.0), ("ف", 40.0), (".", 20.0), ("ً", 30.0)]

    assert to_reading_order(characters) == "فاً."


@pytest.mark.parametrize("text", ["المادة", "עם Qdrant Edge", "Qdrant \U0001e900"])
def test_letters_from_the_right_are_known(text):
    assert has_right_to_left(text)


@pytest.mark.parametrize("text", ["", "Article 1", "第1条", "«»"])
def test_others_are_not(text):
    assert not has_right_to_left(text)


def test_a_line_is_read_the_way_most_of_its_letters_are():
    assert reads_from_right("המילה word כאן")
    assert not reads_from_right("the word שלום means peace")
    assert not reads_from_right("1948")
