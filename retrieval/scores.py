"""What a hit's surplus is worth: a score near the chance that it is right, and the score in words.

The best of many unrelated points is better by chance than the best of few. The tail of the deviations falls like an
exponential, so the best of n rises with log n; and so does the surplus at which a hit is as likely right as not.
Measured by benchmarks/fusion.py and benchmarks/relevance.py; docs/benchmarks/fusion.md has the figures.
"""

import math

from retrieval.query import Strength

EVEN = 9.0  # surplus at which a first hit is as likely right as not, in a library of the size measured
RISE = 0.76  # of that with the logarithm of the number of points
WIDTH = 1.6  # of the logistic curve around it
STRONG, FAIR, RELEVANT = 0.8, 0.25, 0.13  # least scores; nothing is relevant where the best hit is below the last

AS_MEASURED = 1_300  # points
_FEWEST = 100  # below, chance is not told any better


def score(surplus: float, *, compared: int) -> float:
    """How likely a first hit of this surplus is right, about: 0..1.

    Args:
        surplus: deviations above chance.
        compared: points among which it was found.
    """
    even = EVEN + RISE * math.log(max(compared, _FEWEST) / AS_MEASURED)
    return 1 / (1 + math.exp(-(surplus - even) / WIDTH))


def strength(score: float) -> Strength:
    """The score in words."""
    return Strength.STRONG if score >= STRONG else Strength.FAIR if score >= FAIR else Strength.WEAK
