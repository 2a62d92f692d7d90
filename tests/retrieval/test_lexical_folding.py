"""One spelling for what readers take for the same, by script."""

import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.lexical.folding import fold


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Crème BRÛLÉE", "creme brulee"),
        ("Straße Łódź Ærø", "strasse lodz aero"),
        ("Tiếng Việt", "tieng viet"),
        ("İSTANBUL ISPARTA ısparta", "istanbul isparta isparta"),
        ("Ἀθῆναι ΟΔΟΣ", "αθηναι οδοσ"),
        ("ёлка за́мок", "елка замок"),
        ("مُحَمَّد أحمد آية إلى مـــصر", "محمد احمد ايه الي مصر"),
        ("کتاب می\u200cخوانم", "كتاب ميخوانم"),
        ("שָׁלוֹם", "שלום"),
        ("ＡＢＣ１２３ ﾃｷｽﾄ", "abc123 テキスト"),
        ("१२३ ٤٥٦ ๗๘๙", "123 456 789"),
        ("docu\u00admenta\u200btion ﬁle", "documentation file"),
        ("2024‑03—04 ‘it’ “so”", "2024-03-04 'it' \"so\""),
    ],
)
def test_spellings_that_are_the_same_to_readers_become_one(written: str, folded: str) -> None:
    assert fold(written) == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("край", "краи"),
        ("їжа", "іжа"),
        ("बाज", "बाज़"),
        ("की", "कि"),
        ("か", "が"),
        ("ハ", "パ"),
        ("ใกล้", "ใกล"),
        ("سؤال", "سوال"),
        ("体", "體"),
    ],
)
def test_letters_of_their_own_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
@example("\u0345\u1fb3")
@example("\u0958\u093c\u0340")
@example("…" * 40)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    folded = fold(text)

    assert fold(folded) == folded


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_short_way_for_ascii_gives_the_same(text: str) -> None:
    assert fold(text + "é") == fold(text + "e")


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "".join(map(chr, range(sys.maxunicode + 1)))])
def test_any_code_point_is_taken(text: str) -> None:
    assert fold(text).encode()


def test_marks_piled_up_without_end_are_noise() -> None:
    assert fold("a" + "\u0315\u0300" * 50_000 + " b") == "a  b"
