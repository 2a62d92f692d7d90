"""A hyphen at the end of a line goes with the line, or stays with the word."""

import pytest

from ingest.hyphens import Hyphens

PLAIN = ["nothing to see in this line"] * 40


def seen(*lines: str) -> Hyphens:
    hyphens = Hyphens()
    hyphens.see([*lines, *PLAIN])
    return hyphens


def test_a_word_seen_whole_is_made_whole():
    assert seen("the market was", "open").is_of_the_line("in the mar-", "ket hall")


def test_a_word_seen_with_its_hyphen_keeps_it():
    assert not seen("a well-known thing", "mar-", "ket", "the market").is_of_the_line("it is well-", "known")


def test_where_words_are_broken_an_unknown_one_is_too():
    assert seen("the market", "mar-", "ket").is_of_the_line("the cathe-", "dral")


def test_where_none_is_broken_an_unknown_one_keeps_its_hyphen():
    assert not seen("народов государств-", "членов Организации").is_of_the_line("государств-", "членов Организации")


@pytest.mark.parametrize(
    ("before", "after"), [("Anglo-", "Saxon"), ("pages 3-", "4"), ("dash -", "here"), ("x-", "ray")]
)
def test_what_is_no_broken_word_keeps_its_hyphen(before, after):
    assert not seen("the market", "mar-", "ket").is_of_the_line(before, after)
