"""Quality by Matryoshka size: the counterpart of Table 5 of the jina-clip-v2 paper (arXiv:2412.08802)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from evaluation.figures import by_task, figures
from evaluation.types import Evaluation, Run, Task

_ALL = "all questions"
_PAPER_METRICS: Mapping[str, str] = MappingProxyType(
    {
        Task.TEXT_TO_IMAGE: "recall@5",
        Task.IMAGE_TO_TEXT: "recall@5",
        Task.IMAGE_TO_IMAGE: "recall@5",  # not in the paper
        Task.TEXT_TO_TEXT: "nDCG@10",
    }
)


@dataclass(frozen=True, slots=True)
class SizeRow:
    """One kind of question at every size."""

    task: str
    metric: str
    questions: int
    values: tuple[float, ...]  # %, by size
    relative: tuple[float, ...]  # % of the value at the full size; nan where that is 0


@dataclass(frozen=True, slots=True)
class SizeTable:
    """Sizes as columns, the full one first, as in the paper."""

    sizes: tuple[int, ...]  # falling
    rows: tuple[SizeRow, ...]


def size_table(evaluation: Evaluation) -> SizeTable | None:
    """Table 5 for this library and encoder; None unless at least two runs differ in size.

    Words asking for pages are measured by nDCG@10 and everything with pictures by recall@5, as in the paper;
    the last row holds all questions by nDCG@10.
    """
    runs = sized_runs(evaluation)
    if len(runs) < 2:
        return None
    tasks = [{part.group: part for part in by_task(run, seed=evaluation.seed)} for run in runs]
    rows = [
        _row(task, metric, tasks[0][task].questions, [parts[task].metrics[metric].mean for parts in tasks])
        for task, metric in _PAPER_METRICS.items()
        if task in tasks[0]
    ]
    whole = [figures(run, seed=evaluation.seed).metrics["nDCG@10"].mean for run in runs]
    rows.append(_row(_ALL, "nDCG@10", len(runs[0].outcomes), whole))
    return SizeTable(tuple(run.size or 0 for run in runs), tuple(rows))


def sized_runs(evaluation: Evaluation) -> list[Run]:
    """One run per Matryoshka size, the largest first; of two with one size, the first."""
    by_size: dict[int, Run] = {}
    for run in evaluation.runs:
        if run.size is not None:
            by_size.setdefault(run.size, run)
    return [by_size[size] for size in sorted(by_size, reverse=True)]


def _row(task: str, metric: str, questions: int, values: Sequence[float]) -> SizeRow:
    full = values[0]
    relative = tuple(100 * value / full if full else float("nan") for value in values)
    return SizeRow(str(task), metric, questions, tuple(100 * value for value in values), relative)
