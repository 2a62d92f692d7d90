"""Words, neighbours and identifiers of a text."""

import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.lexical.terms import read_terms


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Everyone has the right", ["everyone", "has", "the", "right"]),
        ("l'homme don’t", ["l", "homme", "don", "t"]),
        ("क्षत्रिय जाति।", ["क्षत्रिय", "जाति"]),
        ("世界人权", ["世界", "界人", "人权"]),
        ("日本\n語", ["日本", "本語"]),
        ("猫", ["猫"]),
        ("ที่นี่", ["ที่นี่"]),
        ("학교에서 왔다", ["학교", "교에", "에서", "왔다"]),
        ("Python入門", ["python", "入門"]),
        ("report_2024-final.pdf", ["report", "2024", "final", "pdf"]),
        ("§ 12(3)", ["§", "12", "3"]),
        ("well done 👍🏽!", ["well", "done", "👍"]),
        (" \n ... ---", []),
        ("", []),
    ],
)
def test_words_by_script(text: str, words: list[str]) -> None:
    assert read_terms(text).words == words


@pytest.mark.parametrize(
    ("text", "identifiers"),
    [
        ("see CVE-2024-3094.", ["cve-2024-3094"]),
        ("(AB-1234/56), libfoo1-dev", ["ab-1234/56", "libfoo1-dev"]),
        ("mail me.too@example.org", ["me.too@example.org"]),
        ("https://www.debian.org/doc/", ["https://www.debian.org/doc"]),
        ("report_2024-final.pdf", ["report_2024-final.pdf"]),
        ("3.11.2 at 192.168.0.1", ["3.11.2", "192.168.0.1"]),
        ("§ 12(3)", ["12(3"]),
        ("C++ and C#", ["c++", "c#"]),
        ("e-mail", ["email"]),
        ("docu-\nmentation", ["documentation"]),
        ("and - or", []),
        ("plain words", []),
    ],
)
def test_identifiers_are_read_whole(text: str, identifiers: list[str]) -> None:
    assert read_terms(text).identifiers == identifiers


def test_pairs_are_words_that_follow_one_another() -> None:
    assert read_terms("human rights, AB-12").pairs == ["human rights", "rights ab", "ab 12"]


def test_two_characters_of_a_run_are_as_long_as_a_word() -> None:
    assert read_terms("two-words").length == read_terms("世界人权").length == 2


def test_characters_of_a_run_are_kept_for_queries_of_one() -> None:
    assert read_terms("世界 a").characters == ["世", "界"]


@given(st.text())
def test_any_text_has_terms_without_white_space_but_in_pairs(text: str) -> None:
    terms = read_terms(text)

    assert not any(" " in term or not term for term in (*terms.words, *terms.identifiers, *terms.characters))


@given(st.text(), st.text())
def test_words_do_not_depend_on_what_stands_beyond_a_space(left: str, right: str) -> None:
    both, one, other = map(read_terms, (f"{left} {right}", left, right))

    assert both.words == one.words + other.words
    assert both.identifiers == one.identifiers + other.identifiers


@pytest.mark.parametrize("word", ["house", "2024", "b2b", "λόγος", "слово", "كلمة", "東京", "서울"])
@pytest.mark.parametrize("around", ["{}", "({})", '"{}",', "['{}']:", "{}?!"])
def test_punctuation_around_a_word_is_no_part_of_it(word: str, around: str) -> None:
    alone, wrapped = read_terms(word), read_terms(around.format(word))

    assert (wrapped.words, wrapped.identifiers) == (alone.words, [])


@pytest.mark.parametrize(
    "text",
    [
        "word ",
        "a-",
        "a.",
        "中",
        "中\n",
        "ภาษาไทย",
        "한국어 ",
        "é̂",
        "👍",
        "- ",
        '"',
        "\n",
        "a\u0301\u0315",
        "\ud800",
        "\U0010ffff",
    ],
)
def test_the_work_grows_with_the_length(text: str) -> None:
    short, long = (text * (length // len(text)) for length in (10_000, 100_000))

    assert calls(short) * 11 + 100 >= calls(long)


def calls(text: str) -> int:
    """How many functions run to read a text."""
    count = 0

    def see(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(see)
    try:
        read_terms(text)
    finally:
        sys.setprofile(None)
    return count
