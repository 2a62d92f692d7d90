"""The figures of merit of one ranking. All lie between 0 and 1; higher is better.

Grades count linearly in nDCG, as in trec_eval: a page of grade 2 is worth two of grade 1 at the same place.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from evaluation.types import Judged, Question, Ranked, Target

DEPTH = 20  # results looked at


def judge(question: Question, ranked: Sequence[Ranked]) -> Judged:
    """Read a ranking against what the question asks for.

    A page that was given back already takes no place; where the question asks for documents, neither does a
    document. A target counts at the first of its pages; its later pages take a place and gain nothing.

    Args:
        question: with at least one relevant target.
        ranked: best first.
    """
    open_targets = dict(sorted(question.relevant.items(), key=lambda entry: -entry[1]))
    gains = []
    for result in _distinct(ranked, by_document=question.wants_documents):
        found = _first_held(open_targets, result)
        gains.append(open_targets.pop(found) if found else 0)
    return Judged(tuple(gains), tuple(sorted(question.relevant.values(), reverse=True)))


def recall(judged: Judged, k: int) -> float:
    """Share of the targets among the first k places."""
    return sum(gain > 0 for gain in judged.gains[:k]) / len(judged.grades)


def hit(judged: Judged, k: int) -> float:
    """1 if any target is among the first k places."""
    return float(any(judged.gains[:k]))


def reciprocal_rank(judged: Judged, k: int) -> float:
    """1 over the place of the first target; 0 if it is past the first k."""
    return 1 / judged.first if judged.first is not None and judged.first <= k else 0.0


def ndcg(judged: Judged, k: int) -> float:
    """Discounted gain of the first k places over that of the best ranking there could be."""
    return _discounted(judged.gains[:k]) / _discounted(judged.grades[:k])


METRICS: Mapping[str, Callable[[Judged], float]] = MappingProxyType(
    {
        "recall@1": lambda judged: recall(judged, 1),
        "recall@5": lambda judged: recall(judged, 5),
        "recall@10": lambda judged: recall(judged, 10),
        "recall@20": lambda judged: recall(judged, 20),
        "hit@1": lambda judged: hit(judged, 1),
        "hit@5": lambda judged: hit(judged, 5),
        "hit@10": lambda judged: hit(judged, 10),
        "hit@20": lambda judged: hit(judged, 20),
        "MRR@10": lambda judged: reciprocal_rank(judged, 10),
        "nDCG@10": lambda judged: ndcg(judged, 10),
    }
)


def _distinct(ranked: Sequence[Ranked], *, by_document: bool) -> list[Ranked]:
    first: dict[tuple[str, int], Ranked] = {}
    for result in ranked:
        first.setdefault((result.document_id, 0 if by_document else result.page), result)
    return list(first.values())


def _first_held(targets: Mapping[Target, int], result: Ranked) -> Target | None:
    return next((target for target in targets if target.holds(result)), None)


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, start=1))
