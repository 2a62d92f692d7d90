"""Two settings on the same questions: what changed, by how much, and whether chance would do as much."""

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.bootstrap import Difference, differences
from evaluation.figures import values_of
from evaluation.metrics import METRICS, ndcg
from evaluation.types import Outcome, Run

_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Change:
    """A question that fared differently."""

    before: Outcome
    after: Outcome
    ndcg: float  # nDCG@10 after less before; above 0 is a win


@dataclass(frozen=True, slots=True)
class Comparison:
    """A setting against the one that all are compared with."""

    before: str  # name of the setting
    after: str
    differences: Mapping[str, Difference]  # by metric
    wins: tuple[Change, ...]  # largest first
    losses: tuple[Change, ...]  # largest first
    unchanged: int  # questions


def compare(before: Run, after: Run, *, seed: int) -> Comparison:
    """Paired comparison of two runs of one evaluation.

    Args:
        before: the setting compared with.
        after: the other one, on the same questions in the same order.
        seed: of the bootstrap.
    """
    changes = [
        Change(old, new, ndcg(new.judged, _DEPTH) - ndcg(old.judged, _DEPTH))
        for old, new in zip(before.outcomes, after.outcomes, strict=True)
    ]
    wins = sorted((change for change in changes if change.ndcg > 0), key=lambda change: -change.ndcg)
    losses = sorted((change for change in changes if change.ndcg < 0), key=lambda change: change.ndcg)
    found = differences(values_of(before.outcomes), values_of(after.outcomes), seed=seed)
    return Comparison(
        before.name,
        after.name,
        dict(zip(METRICS, found, strict=True)),
        tuple(wins),
        tuple(losses),
        len(changes) - len(wins) - len(losses),
    )
