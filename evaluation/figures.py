"""Means with their intervals and latencies, of a run and of its parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.bootstrap import Interval, Values, intervals
from evaluation.metrics import METRICS
from evaluation.types import Evaluation, Outcome, Run

UNKNOWN_LANGUAGE = "not told"


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds that half of the questions, and 95 % of them, stay under."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What is said about one setting on one group of questions."""

    setting: str
    group: str  # a language or a task; empty: all questions
    questions: int
    metrics: Mapping[str, Interval]
    latency: Latency
    stages: Mapping[str, Latency]  # by stage, over the questions that had it


def figures(run: Run, *, seed: int) -> Figures:
    """All questions of a run."""
    return _figures(run.name, "", run.outcomes, seed=seed)


def by_language(run: Run, *, seed: int) -> list[Figures]:
    """One per language, in alphabetical order; questions that do not tell theirs come last."""
    groups = _grouped(run, [outcome.question.language or UNKNOWN_LANGUAGE for outcome in run.outcomes])
    names = sorted(groups, key=lambda name: (name == UNKNOWN_LANGUAGE, name))
    return [_figures(run.name, name, groups[name], seed=seed) for name in names]


def by_task(run: Run, *, seed: int) -> list[Figures]:
    """One per kind of question: words or a picture, asking for a page or a picture."""
    groups = _grouped(run, [outcome.question.task.value for outcome in run.outcomes])
    return [_figures(run.name, name, groups[name], seed=seed) for name in sorted(groups, reverse=True)]


def values_of(outcomes: Sequence[Outcome]) -> Values:
    """(N, M), every metric of every outcome, in the order of METRICS."""
    return np.array([[metric(outcome.judged) for metric in METRICS.values()] for outcome in outcomes], dtype=np.float64)


def shown_metrics(evaluation: Evaluation) -> list[str]:
    """All metrics, less hit@k where every question has one target and it equals recall@k."""
    outcomes = evaluation.runs[0].outcomes
    same = all(len(outcome.judged.grades) == 1 for outcome in outcomes)
    return [name for name in METRICS if not (same and name.startswith("hit@"))]


def _figures(setting: str, group: str, outcomes: Sequence[Outcome], *, seed: int) -> Figures:
    stages: dict[str, list[float]] = {}
    for outcome in outcomes:
        for stage, ms in outcome.stages_ms.items():
            stages.setdefault(stage, []).append(ms)
    return Figures(
        setting,
        group,
        len(outcomes),
        dict(zip(METRICS, intervals(values_of(outcomes), seed=seed), strict=True)),
        _latency([outcome.ms for outcome in outcomes]),
        {stage: _latency(times) for stage, times in stages.items()},
    )


def _grouped(run: Run, names: Sequence[str]) -> dict[str, list[Outcome]]:
    groups: dict[str, list[Outcome]] = {}
    for name, outcome in zip(names, run.outcomes, strict=True):
        groups.setdefault(name, []).append(outcome)
    return groups


def _latency(ms: Sequence[float]) -> Latency:
    p50, p95 = np.quantile(ms, [0.5, 0.95])
    return Latency(float(p50), float(p95))
