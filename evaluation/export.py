"""An evaluation as Markdown, which also reads well on a terminal, and as JSON."""

import math
from collections.abc import Sequence
from typing import Any

from evaluation.bootstrap import Interval
from evaluation.figures import Figures, Latency
from evaluation.metrics import METRICS
from evaluation.summary import Summary, ms, p_value, sentences
from evaluation.types import Outcome, Run

GROUP_METRICS = ("recall@1", "recall@5", "recall@10", "MRR@10", "nDCG@10")  # shown per language and task

Table = tuple[list[str], list[list[str]]]  # header, rows


def setting_table(summary: Summary) -> Table:
    """Metrics as rows, settings as columns."""
    header = ["", *(figures.setting for figures in summary.settings)]
    rows = [[name, *(percent(figures.metrics[name]) for figures in summary.settings)] for name in summary.metrics]
    rows.append(["ms, p50", *(ms(figures.latency.p50) for figures in summary.settings)])
    rows.append(["ms, p95", *(ms(figures.latency.p95) for figures in summary.settings)])
    for stage in dict.fromkeys(stage for figures in summary.settings for stage in figures.stages):
        cells = [_both(figures.stages.get(stage)) for figures in summary.settings]
        rows.append([f"ms in {stage}, p50 / p95", *cells])
    return header, rows


def group_table(groups: Sequence[Figures], name: str) -> Table:
    """One row per group and setting; the setting is named only where there are several."""
    several = len({figures.setting for figures in groups}) > 1
    header = [name, *(["setting"] if several else []), "questions", *GROUP_METRICS, "ms, p50"]
    rows = [
        [
            figures.group,
            *([figures.setting] if several else []),
            str(figures.questions),
            *(percent(figures.metrics[metric]) for metric in GROUP_METRICS),
            ms(figures.latency.p50),
        ]
        for figures in groups
    ]
    return header, rows


def comparison_table(summary: Summary) -> Table:
    """Points of difference to the first setting, with interval and p-value."""
    header = ["", *(comparison.after for comparison in summary.comparisons)]
    rows = []
    for name in summary.metrics:
        cells = []
        for comparison in summary.comparisons:
            found = comparison.differences[name]
            interval = found.interval
            cells.append(
                f"{100 * interval.mean:+.1f} ({100 * interval.low:+.1f} to {100 * interval.high:+.1f}), "
                f"{p_value(found.p_value)}"
            )
        rows.append([name, *cells])
    return header, rows


def sizes_table(summary: Summary) -> Table:
    """Matryoshka sizes as columns: the value in %, and in brackets the share of the full size's value."""
    if summary.sizes is None:
        return [], []
    header = ["", "questions", *(str(size) for size in summary.sizes.sizes)]
    rows = [
        [
            f"{row.task}, {row.metric}",
            str(row.questions),
            *(
                f"{value:.1f}" + ("" if math.isnan(relative) else f" ({relative:.1f} %)")
                for value, relative in zip(row.values, row.relative, strict=True)
            ),
        ]
        for row in summary.sizes.rows
    ]
    return header, rows


def to_markdown(summary: Summary) -> str:
    """Sentences first, then the tables; percentages with 95 % intervals."""
    parts = [f"# {summary.title}", *sentences(summary)]
    if summary.note:
        parts.append(f"> {summary.note}")
    parts.append(_markdown_table(setting_table(summary)))
    if summary.comparisons:
        parts += [f"## Against {summary.settings[0].setting}", _markdown_table(comparison_table(summary))]
    if summary.sizes:
        parts += ["## By Matryoshka size", _markdown_table(sizes_table(summary))]
    if summary.languages:
        parts += ["## By language", _markdown_table(group_table(summary.languages, "language"))]
    if summary.tasks:
        parts += ["## By kind of question", _markdown_table(group_table(summary.tasks, "kind"))]
    if summary.evaluation.left_out:
        lines = [f"- {entry.question.id}: {entry.reason}" for entry in summary.evaluation.left_out]
        parts += ["## Not measured, or only in part", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def to_json(summary: Summary) -> dict[str, Any]:
    """Everything as plain values; shares between 0 and 1, intervals as [low, high], times in milliseconds."""
    evaluation = summary.evaluation
    return {
        "title": summary.title,
        "note": summary.note,
        "summary": sentences(summary),
        "stopped": evaluation.stopped,
        "seed": evaluation.seed,
        "settings": [_figures_json(figures) for figures in summary.settings],
        "languages": [_figures_json(figures) for figures in summary.languages],
        "kinds": [_figures_json(figures) for figures in summary.tasks],
        "sizes": _sizes_json(summary),
        "comparisons": [
            {
                "before": comparison.before,
                "after": comparison.after,
                "differences": {
                    name: _interval_json(found.interval) | {"p_value": found.p_value}
                    for name, found in comparison.differences.items()
                },
                "better": [change.after.question.id for change in comparison.wins],
                "worse": [change.after.question.id for change in comparison.losses],
                "unchanged": comparison.unchanged,
            }
            for comparison in summary.comparisons
        ],
        "left_out": [
            {"id": entry.question.id, "reason": entry.reason, "wholly": entry.wholly} for entry in evaluation.left_out
        ],
        "runs": [_run_json(run) for run in evaluation.runs],
    }


def percent(interval: Interval) -> str:
    """A share in % with its interval: 92.0 (86.1 to 96.0)."""
    return f"{100 * interval.mean:.1f} ({100 * interval.low:.1f} to {100 * interval.high:.1f})"


def _both(latency: Latency | None) -> str:
    return f"{ms(latency.p50)} / {ms(latency.p95)}" if latency else "–"


def _markdown_table(table: Table) -> str:
    header, rows = table
    lines = [[_cell(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    texts = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([texts[0], rule, *texts[1:]])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _figures_json(figures: Figures) -> dict[str, Any]:
    return {
        "setting": figures.setting,
        "group": figures.group,
        "questions": figures.questions,
        "metrics": {name: _interval_json(interval) for name, interval in figures.metrics.items()},
        "ms": {"p50": figures.latency.p50, "p95": figures.latency.p95},
        "stages_ms": {stage: {"p50": times.p50, "p95": times.p95} for stage, times in figures.stages.items()},
    }


def _interval_json(interval: Interval) -> dict[str, Any]:
    return {"mean": interval.mean, "interval": [interval.low, interval.high]}


def _sizes_json(summary: Summary) -> dict[str, Any] | None:
    if summary.sizes is None:
        return None
    return {
        "sizes": list(summary.sizes.sizes),
        "rows": [
            {
                "kind": row.task,
                "metric": row.metric,
                "questions": row.questions,
                "percent": list(row.values),
                "percent_of_full_size": [None if math.isnan(value) else value for value in row.relative],
            }
            for row in summary.sizes.rows
        ],
    }


def _run_json(run: Run) -> dict[str, Any]:
    return {"setting": run.name, "size": run.size, "questions": [_outcome_json(outcome) for outcome in run.outcomes]}


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    question = outcome.question
    return {
        "id": question.id,
        "query": question.text,
        "image": str(question.image) if question.image else None,
        "language": question.language,
        "kind": question.task.value,
        "wanted": [{"target": str(target), "grade": grade} for target, grade in question.relevant.items()],
        "first": outcome.judged.first,
        "metrics": {name: metric(outcome.judged) for name, metric in METRICS.items()},
        "ms": outcome.ms,
        "found": [
            {
                "document": result.document,
                "document_id": result.document_id,
                "page": result.page,
                "modality": result.modality.value,
                "score": result.score,
            }
            for result in outcome.ranked
        ],
    }
