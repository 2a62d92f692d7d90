"""Cosines and limits, as every store reports them."""

import pytest

from retrieval.vectors import check_limit, round_cosine


@pytest.mark.parametrize(
    ("cosine", "rounded"), [(1.0000002, 1.0), (-1.1, -1.0), (0.12345649, 0.123456), (0.12345651, 0.123457)]
)
def test_a_cosine_is_rounded_below_float32_noise_and_kept_in_range(cosine: float, rounded: float) -> None:
    assert round_cosine(cosine) == rounded


def test_a_limit_of_one_is_enough() -> None:
    check_limit(1)
