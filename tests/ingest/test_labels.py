"""Labels of pages, as ISO 32000 counts them."""

import pytest

from ingest.labels import Labels


@pytest.mark.parametrize(
    ("rule", "number", "label"),
    [
        ("<</S/r>>", 4, "iv"),
        ("<</S/R/St 1990>>", 1, "MCMXC"),
        ("<</S/D/St 7>>", 2, "8"),
        ("<</S/a>>", 26, "z"),
        ("<</S/a>>", 28, "bb"),
        ("<</S/A>>", 53, "AAA"),
        ("<</P(A-)/S/D>>", 3, "A-3"),
        ("<</P<FEFF00E9002D>/S/D>>", 1, "é-1"),
        ("<</P(x\\(y\\) \\351)>>", 1, "x(y) é"),
        ("<</P(cover)>>", 1, "cover"),
        ("<<>>", 3, "3"),
    ],
)
def test_a_rule_gives_its_label(rule, number, label):
    assert Labels([(0, rule)]).of(number) == label


def test_each_rule_holds_from_its_page_and_those_before_the_first_have_their_number():
    labels = Labels([(5, "<</S/D>>"), (2, "<</S/r>>")])

    assert [labels.of(number) for number in range(1, 8)] == ["1", "2", "i", "ii", "iii", "1", "2"]


def test_a_roman_number_beyond_all_reason_is_written_in_digits():
    assert Labels([(0, "<</S/r/St 999999>>")]).of(1) == "999999"
