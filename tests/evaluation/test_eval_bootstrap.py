import numpy as np
import pytest

from evaluation.bootstrap import differences, intervals


def column(values: list[float]) -> np.ndarray:
    return np.array(values, dtype=np.float64)[:, None]


def test_an_interval_holds_its_mean_and_is_as_wide_as_the_normal_one() -> None:
    values = column([1.0] * 60 + [0.0] * 40)

    (interval,) = intervals(values, seed=0)

    assert interval.mean == pytest.approx(0.6)
    normal = 1.96 * np.sqrt(0.6 * 0.4 / 100)
    assert interval.low == pytest.approx(0.6 - normal, abs=0.02)  # two draws' steps
    assert interval.high == pytest.approx(0.6 + normal, abs=0.02)


def test_95_of_100_intervals_hold_the_truth() -> None:
    tests = np.random.default_rng(1).random((60, 2_000))

    held = [interval.low <= 0.5 <= interval.high for interval in intervals(tests, seed=0, samples=1_000)]

    assert 0.92 <= np.mean(held) <= 0.96  # percentile intervals of 60 are a little narrow


def test_a_hundred_of_a_hundred_is_not_certainty() -> None:
    (interval,) = intervals(column([1.0] * 100), seed=0)

    assert interval.low == pytest.approx(0.9638, abs=1e-4)  # Clopper and Pearson, 100 of 100
    assert (interval.mean, interval.high) == (1.0, 1.0)


def test_none_of_ten_may_still_be_a_third() -> None:
    (interval,) = intervals(column([0.0] * 10), seed=0)

    assert (interval.mean, interval.low) == (0.0, 0.0)
    assert interval.high == pytest.approx(0.3085, abs=1e-4)  # Clopper and Pearson, 0 of 10


def test_equal_seeds_give_equal_intervals() -> None:
    values = np.random.default_rng(0).random((50, 3))

    assert intervals(values, seed=3) == intervals(values, seed=3)
    assert intervals(values, seed=3) != intervals(values, seed=4)


def test_many_questions_are_drawn_in_blocks() -> None:
    values = np.random.default_rng(0).random((5_000, 1))

    (interval,) = intervals(values, seed=0, samples=1_000)

    assert interval.high - interval.low == pytest.approx(2 * 1.96 * np.sqrt(1 / 12 / 5_000), rel=0.1)


def test_no_difference_is_no_more_than_chance() -> None:
    values = column([1.0, 0.0, 0.5])

    (difference,) = differences(values, values, seed=0)

    assert difference.interval.mean == 0
    assert difference.p_value == 1


def test_a_small_steady_difference_is_seen_through_large_common_noise() -> None:
    before = np.random.default_rng(0).random((100, 1))
    after = before + column([0.04, 0.06] * 50)

    (difference,) = differences(before, after, seed=0)

    assert difference.interval.low > 0.045
    assert difference.interval.high < 0.055
    assert difference.p_value < 0.001


def test_p_values_of_mere_chance_are_even() -> None:
    chance = np.random.default_rng(2)
    p_values = [
        differences(chance.random((40, 1)), chance.random((40, 1)), seed=seed, samples=300)[0].p_value
        for seed in range(200)
    ]

    assert 0.01 <= np.mean(np.array(p_values) < 0.05) <= 0.10
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.07)


def test_swapping_the_settings_turns_the_sign() -> None:
    before, after = np.random.default_rng(0).random((2, 30, 1))

    (there,) = differences(before, after, seed=0)
    (back,) = differences(after, before, seed=0)

    assert back.interval.mean == -there.interval.mean
    assert back.interval.low == pytest.approx(-there.interval.high)
    assert back.p_value == pytest.approx(there.p_value)
