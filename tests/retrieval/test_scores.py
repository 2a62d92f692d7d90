"""What a surplus is worth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.query import Strength
from retrieval.scores import RELEVANT, score, strength

SURPLUSES = st.floats(-500, 500)
POINTS = st.integers(0, 10**9)


@given(SURPLUSES, SURPLUSES, POINTS)
def test_more_is_never_worth_less(one: float, other: float, points: int) -> None:
    assert 0 <= score(min(one, other), compared=points) <= score(max(one, other), compared=points) <= 1


@given(SURPLUSES, POINTS, POINTS)
def test_the_same_is_never_worth_more_among_more_points(surplus: float, one: int, other: int) -> None:
    assert score(surplus, compared=max(one, other)) <= score(surplus, compared=min(one, other))


@pytest.mark.parametrize(("points", "surplus"), [(1_000, 5.8), (10_000, 7.5), (50_000, 8.7)])  # as measured
def test_what_one_in_fifty_unrelated_queries_finds_by_chance_is_the_limit_of_relevance(
    points: int, surplus: float
) -> None:
    assert score(surplus - 0.1, compared=points) < RELEVANT < score(surplus + 0.1, compared=points)


@pytest.mark.parametrize(
    ("points", "surplus", "expected"),
    [
        (1_000, 7.3, Strength.FAIR),
        (50_000, 7.3, Strength.WEAK),
        (1_000, 12.0, Strength.STRONG),
        (50_000, 12.0, Strength.FAIR),
        (50_000, 16.0, Strength.STRONG),
    ],
)
def test_the_words_mean_the_same_in_small_and_in_large_libraries(
    points: int, surplus: float, expected: Strength
) -> None:
    assert strength(score(surplus, compared=points)) is expected
