"""Citations: only to sources there are, also while an answer comes in; and which sentence rests on what."""

import pytest

from app.answering.citations import CitationFilter, check_citations, find_claims, without_citations


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("In the safe [1].", "In the safe [1]."),
        ("In the safe [9].", "In the safe."),  # no such source
        ("In the safe [9] and [1] here.", "In the safe and [1] here."),
        ("safe [9][1].", "safe [1]."),
        ("safe [1, 2], [1;9]", "safe [1][2], [1]"),
        ("safe [1-3]", "safe [1][2]"),
        ("safe [1–2]", "safe [1][2]"),
        ("安全【1】。鍵［２］", "安全[1]。鍵[2]"),
        ("آمن [١].", "آمن [1]."),
        ("[0] [00] [12345]", " [12345]"),
        ("see [note] and x[i] and [ 1 ]", "see [note] and x[i] and [1]"),
        ("a [9]\n\nb", "a \nb"),
        ("not closed [1", "not closed [1"),
        ("two [[1]]", "two [[1]]"),
        ("no brackets\n", "no brackets"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_unknown_numbers_are_taken_out_however_the_answer_comes_in(said: str, shown: str, size: int) -> None:
    checked = CitationFilter([1, 2])

    pieces = [checked.feed(said[at : at + size]) for at in range(0, len(said), size)]

    assert "".join(pieces) + checked.finish() == shown


def test_what_is_certain_is_passed_on_at_once() -> None:
    checked = CitationFilter([1])

    assert checked.feed("In the safe") == "In the safe"
    assert checked.feed(" [1") == ""
    assert checked.feed("]") == " [1]"


def test_a_bracket_that_never_closes_is_not_waited_for() -> None:
    checked = CitationFilter([1])

    assert len(checked.feed("[" + "1, " * 100)) > 200


def test_all_citations_can_be_taken_out() -> None:
    assert without_citations("In the safe [1][2], they say [3].") == "In the safe, they say."
    assert check_citations("Safe [1] [2]", [2]) == "Safe [2]"


def claims(text: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(text[claim.start : claim.end], claim.sources) for claim in find_claims(text)]


def test_each_sentence_rests_on_what_it_cites() -> None:
    assert claims("Keys are in the safe [2][1]. I think so. The safe is red [1].") == [
        ("Keys are in the safe [2][1].", (2, 1)),
        ("I think so.", ()),
        ("The safe is red [1].", (1,)),
    ]


def test_a_citation_behind_the_full_stop_belongs_to_the_sentence_before() -> None:
    assert claims("Keys are in the safe. [1] [2] The safe is red.[1]") == [
        ("Keys are in the safe. [1] [2]", (1, 2)),
        ("The safe is red.[1]", (1,)),
    ]


def test_sentences_of_other_scripts_are_told_apart() -> None:
    assert claims("鍵は金庫の中です[1]。金庫は赤いです[2]。") == [
        ("鍵は金庫の中です[1]。", (1,)),
        ("金庫は赤いです[2]。", (2,)),
    ]
    assert claims("") == []
