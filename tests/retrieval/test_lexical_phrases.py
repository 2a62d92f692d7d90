"""Quoted phrases: read from a query, and looked for in a passage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.lexical.phrases import contains, phrases


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('the "right to work" and “equal pay”', ["right to work", "equal pay"]),
        ("„Würde des Menschen“ »Recht« ”rätt”", ["Würde des Menschen", "Recht", "rätt"]),
        ("« droits de l’homme »", ["droits de l’homme"]),
        ("「世界人権」と『宣言』", ["世界人権", "宣言"]),
        ('"a" twice "a"', ["a"]),
        ('a 5" pipe of צה"ל', []),
        ('"" "  " „“', []),
        ('never "closed', []),
        ("don't 'single' quotes", []),
    ],
)
def test_phrases_stand_in_quotes_of_any_kind(query: str, found: list[str]) -> None:
    assert phrases(query) == found


@pytest.mark.parametrize(
    ("passage", "phrase"),
    [
        ("the Right to\n  WORK, freely", "right to work"),
        ("Crème brûlée", "creme brulee"),
        ("creme brulee", "crème brûlée"),
        ("all docu-\nmentation here", "documentation"),
        ("a well-\nknown fact", "well-known"),
        ("docu\u00admentation", "documentation"),
        ("an e-mail address", "mail address"),
        ("society - bearing this", "bearing this"),
        ("see CVE-2024-\n3094 now", "cve‑2024–3094"),
        ("war—or peace", "war — or peace"),
        ("世界人\n権宣言", "人権"),
        ("ที่อยู่\nอาศัย", "อยู่อาศัย"),
        ("학교에서 왔다", "학교"),
        ("인간의 존\n엄성", "인간의 존엄성"),
        ("ＡＢＣ 株式会社", "abc株式"),
        ("أحمدُ هنا", "احمد"),
        ("“quoted” ‘so’", "\"quoted\" 'so'"),
        ("anything", ""),
    ],
)
def test_a_passage_has_a_phrase_however_it_is_spelled_and_broken(passage: str, phrase: str) -> None:
    assert contains(passage, phrase)


@pytest.mark.parametrize(
    ("passage", "phrase"),
    [
        ("concatenate", "cat"),
        ("a bobcat", "cat"),
        ("the cats", "the cat"),
        ("CVE-2024-3095", "CVE-2024-3094"),
        ("version 3.11.20", "3.11.2"),
        ("right to the work", "right to work"),
        ("हिन्दी", "हिन"),
        ("край", "краи"),
        ("", "a"),
    ],
)
def test_a_part_of_a_word_or_other_words_are_not_the_phrase(passage: str, phrase: str) -> None:
    assert not contains(passage, phrase)


WORDS = st.lists(st.text(st.characters(categories=("L", "N")), min_size=1), min_size=1)


@given(before=WORDS, phrase=WORDS, after=WORDS)
def test_words_of_a_passage_are_found_across_line_breaks(
    before: list[str], phrase: list[str], after: list[str]
) -> None:
    assert contains("\n".join([*before, *phrase, *after]), " ".join(phrase))


@given(passage=st.text(), phrase=st.text())
def test_a_phrase_put_between_spaces_is_found(passage: str, phrase: str) -> None:
    assert contains(f"{passage} . {phrase} . {passage}", phrase)


@pytest.mark.parametrize(
    "text", [" " * 100_000, '"' * 100_000, "„« " * 30_000, "a-" * 50_000, "\ud800" * 100_000, "ก\n" * 50_000]
)
def test_hostile_text_is_read_and_not_found(text: str) -> None:
    phrases(text)

    assert not contains(text, "other")
