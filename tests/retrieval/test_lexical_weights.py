"""Passages ranked by BM25 over the sparse vectors, as the store does it."""

from collections.abc import Sequence
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.lexical import index_terms, query_terms
from retrieval.lexical.weights import QUERY_TERMS, Bm25, term_id
from retrieval.types import SparseVector


def scores(query: SparseVector, passages: Sequence[SparseVector]) -> list[float]:
    """What Qdrant gives for sparse vectors with the IDF modifier."""
    rows = [dict(zip(passage.indices, passage.weights, strict=True)) for passage in passages]

    def idf(index: int) -> float:
        having = sum(index in row for row in rows)
        return log((len(rows) - having + 0.5) / (having + 0.5) + 1)

    asked = [(index, weight * idf(index)) for index, weight in zip(query.indices, query.weights, strict=True)]
    return [sum(weight * row.get(index, 0.0) for index, weight in asked) for row in rows]


def best(query: str, passages: Sequence[str]) -> str:
    found = scores(query_terms(query), [index_terms(passage) for passage in passages])
    assert found.count(max(found)) == 1
    return passages[found.index(max(found))]


@pytest.mark.parametrize(
    ("identifier", "near"),
    [
        ("CVE-2024-3094", ["CVE-2024-3095", "CVE-2023-3094", "CVE 3094, 2024", "CVE-2024-30940"]),
        ("§ 12(3)", ["§ 12(4)", "§ 13(3)", "§ 3, 12 pages", "12(3"]),
        ("AB-1234/56", ["AB-1234/57", "AC-1234/56", "AB-56/1234"]),
        ("libfoo1-dev", ["libfoo2-dev", "libfoo1", "libfoo1-doc", "dev of libfoo1"]),
        ("jo.li@example.org", ["li.jo@example.org", "jo.li@example.com", "jo.lu@example.org"]),
        ("https://example.org/a/b", ["https://example.org/b/a", "https://example.org/a", "http://example.org/a/c"]),
        ("report_2024-final.pdf", ["report_2023-final.pdf", "report_2024-draft.pdf", "final report 2024, pdf"]),
        ("3.11.2", ["3.11.3", "3.12.2", "2.11.3", "3.11"]),
        ("192.168.0.17", ["192.168.17.0", "192.168.0.71", "192.168.0.1"]),
        ("C++", ["C", "C#"]),
    ],
)
def test_the_exact_identifier_comes_before_near_ones(identifier: str, near: list[str]) -> None:
    around = "It was noted that {} applies to all parts of this, and then some more."
    repeated = [f"{around.format(other)} {other} {other}" for other in near]

    assert best(identifier, [*repeated, around.format(identifier)]) == around.format(identifier)


@pytest.mark.parametrize(
    ("query", "passage", "other"),
    [
        ("equal pay", "Everyone has the right to equal pay.", "Pay the equal sum, and equal the pay."),
        ("email", "Write an e-mail.", "Write a letter."),
        ("documentation", "Read the docu-\nmentation first.", "Read the manual first."),
        ("école", "L’ECOLE est gratuite.", "La salle est gratuite."),
        ("猫", "吾輩は猫である。", "吾輩は犬である。"),
        ("人権宣言", "世界人\n権宣言", "人の宣言と権利"),
        ("학교", "학교에서 왔다", "집에서 왔다"),
        ("2024", "سنة ٢٠٢٤", "سنة ٢٠٢٣"),
        ("👍", "done 👍🏽", "done 👎"),
        ("debian.org", "see https://www.debian.org/doc", "see https://www.example.org/debian"),
    ],
)
def test_the_passage_that_has_the_words_comes_first(query: str, passage: str, other: str) -> None:
    assert best(query, [other, passage]) == passage


def test_headings_and_the_file_name_are_found_and_count_less_than_the_text() -> None:
    passages = [
        index_terms("about budgets", name="other.txt"),
        index_terms("about sums", headings=["All budgets"], name="other.txt"),
        index_terms("about money", name="budgets_2024-final.pdf"),
        index_terms("about nothing", name="other.txt"),
    ]

    text, heading, name, nothing = scores(query_terms("budgets"), passages)
    by_name = scores(query_terms("budgets_2024-final.pdf"), passages)

    assert text > heading > name > nothing == 0
    assert by_name.index(max(by_name)) == 2


def test_repetition_counts_less_each_time_and_length_takes_away() -> None:
    def weight(text: str) -> float:
        vector = index_terms(text)
        return vector.weights[vector.indices.index(term_id("a"))]

    assert weight("a") < weight("a a") < weight("a " * 1000) < Bm25().k1 + 1
    assert weight("a a") - weight("a") > weight("a a a") - weight("a a")
    assert weight("a and much more about it") < weight("a")


@given(text=st.text(), heading=st.text(), name=st.text())
def test_vectors_are_ascending_32_bit_indices_with_positive_weights(text: str, heading: str, name: str) -> None:
    for vector in (index_terms(text, headings=[heading], name=name), query_terms(text)):
        assert list(vector.indices) == sorted(set(vector.indices))
        assert all(0 <= index < 2**32 for index in vector.indices)
        assert len(vector.weights) == len(vector.indices)
        assert all(weight > 0 for weight in vector.weights)


@given(st.text(max_size=80))
def test_a_passage_has_every_term_of_itself_as_a_query(text: str) -> None:
    assert set(query_terms(text).indices) <= set(index_terms(text).indices)


@given(st.sets(st.text(st.characters(categories=("Ll", "Lo")), min_size=1), min_size=1), st.data())
def test_a_passage_comes_before_an_unrelated_one_for_its_own_words(words: set[str], data: st.DataObject) -> None:
    asked = data.draw(st.sampled_from(sorted(words)))
    own, unrelated = scores(query_terms(asked), [index_terms(" ".join(words)), index_terms("1 2 3 4 5 6 7 8 9")])

    assert own > unrelated or not query_terms(asked).indices


@pytest.mark.parametrize(
    ("term", "number"),
    [("right", 3716076592), ("人権", 4166014382), ("cve-2024-3094", 4260933290), ("human rights", 1961002660)],
)
def test_term_ids_stay_the_same_for_ever(term: str, number: int) -> None:
    assert term_id(term) == number


def test_a_very_long_query_keeps_its_most_telling_terms() -> None:
    filler = " ".join(f"w{number}" for number in range(20_000))

    vector = query_terms(f"{filler} constitutional {filler} CVE-2024-3094")

    assert len(vector.indices) == QUERY_TERMS
    assert {term_id("constitutional"), term_id("cve-2024-3094")} <= set(vector.indices)


@pytest.mark.parametrize("text", ["", " \n", "...", "\u0301", "\u200b"])
def test_text_without_words_has_no_terms(text: str) -> None:
    assert index_terms(text) == query_terms(text) == SparseVector((), ())


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "\ud800" * 100_000, "👨‍👩‍👧" * 20_000, "\U00013000𐎀ꦲ" * 30_000, "a-" * 50_000]
)
def test_very_long_and_odd_text_is_taken(text: str) -> None:
    assert len(index_terms(text).indices) < 10
    assert len(query_terms(text).indices) <= len(index_terms(text).indices)
