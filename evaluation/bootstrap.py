"""How far a mean over questions can be trusted: percentile bootstrap, questions drawn with replacement.

B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, chapters 13 and 16.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]  # (N, M): one row per question, one column per metric

SAMPLES = 2_000
_LEVEL = 0.95
_BLOCK = 2_000_000  # draws held at a time


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and where 95 % of the bootstrap's means lie."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean difference, its interval, and how easily chance alone makes one as large."""

    interval: Interval
    p_value: float  # two-sided


def intervals(values: Values, *, seed: int, samples: int = SAMPLES) -> list[Interval]:
    """Mean of each column with its 95 % interval.

    Where all questions agree the bootstrap would claim certainty. The interval then is what the next
    questions may still do: with 0.025 ** (1 / N) as the share of them that must go the same way
    (Clopper and Pearson's bound at the edge), the others being as different as they can.

    Args:
        values: (N, M) between 0 and 1, N at least 1.
        seed: of the draws; equal seeds give equal intervals.
        samples: bootstrap samples.
    """
    means = _resampled_means(values, seed=seed, samples=samples)
    low, high = np.quantile(means, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2], axis=0)
    sure = ((1 - _LEVEL) / 2) ** (1 / len(values))
    result = []
    for column in range(values.shape[1]):
        mean = float(values[:, column].mean())
        if np.ptp(values[:, column]) == 0:
            result.append(Interval(mean, mean * sure, mean + (1 - mean) * (1 - sure)))
        else:
            result.append(Interval(mean, float(low[column]), float(high[column])))
    return result


def differences(before: Values, after: Values, *, seed: int, samples: int = SAMPLES) -> list[Difference]:
    """Mean of each column of `after - before` over the same questions, with interval and p-value.

    The p-value is the share of bootstrap samples, moved to a mean of zero, that lie at least as far out as
    the difference seen.

    Args:
        before: (N, M), N at least 1.
        after: (N, M), the same questions in the same order.
        seed: of the draws.
        samples: bootstrap samples; no p-value is below 1 / (samples + 1).
    """
    change = after - before
    seen = change.mean(axis=0)
    means = _resampled_means(change, seed=seed, samples=samples)
    low, high = np.quantile(means, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2], axis=0)
    rounding = 1e-12  # equal sums in another order
    further = (np.abs(means - seen) >= np.abs(seen) - rounding).sum(axis=0)
    p_values = (1 + further) / (samples + 1)
    return [
        Difference(Interval(float(seen[column]), float(low[column]), float(high[column])), float(p_values[column]))
        for column in range(change.shape[1])
    ]


def _resampled_means(values: Values, *, seed: int, samples: int) -> Values:
    """(samples, M)."""
    random = np.random.default_rng(seed)
    count = len(values)
    block = max(1, _BLOCK // count)
    means = []
    for start in range(0, samples, block):
        rows = min(block, samples - start)
        draws = random.integers(count, size=(rows, count)) + np.arange(rows)[:, None] * count
        times = np.bincount(draws.ravel(), minlength=rows * count).reshape(rows, count)  # each question was drawn
        means.append(times @ values / count)
    return np.concatenate(means)
