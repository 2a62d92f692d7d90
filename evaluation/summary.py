"""All figures of an evaluation, worked out once, and what they say in plain sentences."""

from dataclasses import dataclass

from evaluation.comparison import Comparison, compare
from evaluation.figures import Figures, by_language, by_task, figures, shown_metrics
from evaluation.matryoshka import SizeTable, size_table
from evaluation.metrics import hit
from evaluation.types import Evaluation, Outcome, Task

FOUND = 10  # places after which a question counts as failed
_SURE = 0.05  # p-value below which a difference is called more than chance
_FEW = 30  # questions


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything a report shows."""

    title: str
    note: str  # what the reader must know about the questions; may be empty
    evaluation: Evaluation
    metrics: tuple[str, ...]  # worth showing
    settings: tuple[Figures, ...]  # one per run
    languages: tuple[Figures, ...]  # by language, then by run; empty unless there are two languages
    tasks: tuple[Figures, ...]  # by task, then by run; empty unless there are two tasks
    sizes: SizeTable | None
    comparisons: tuple[Comparison, ...]  # every other run with the first
    failures: tuple[Outcome, ...]  # of the first run: nothing good among the first FOUND


def summarise(evaluation: Evaluation, *, title: str, note: str = "") -> Summary:
    """Work out every figure of a report; takes a second or so per thousand questions and setting.

    Args:
        evaluation: what was measured.
        title: of the report.
        note: what the reader must know about the questions, such as `known_items.LIMITS`.
    """
    runs, seed = evaluation.runs, evaluation.seed
    return Summary(
        title=title,
        note=note,
        evaluation=evaluation,
        metrics=tuple(shown_metrics(evaluation)),
        settings=tuple(figures(run, seed=seed) for run in runs),
        languages=_interleaved([by_language(run, seed=seed) for run in runs]),
        tasks=_interleaved([by_task(run, seed=seed) for run in runs]),
        sizes=size_table(evaluation),
        comparisons=tuple(compare(runs[0], run, seed=seed) for run in runs[1:]),
        failures=tuple(outcome for outcome in runs[0].outcomes if not hit(outcome.judged, FOUND)),
    )


def sentences(summary: Summary) -> list[str]:
    """What the figures say, for someone who has never heard of recall. The first sentence says most."""
    outcomes = summary.evaluation.runs[0].outcomes
    asked = len(outcomes)
    first = sum(outcome.judged.first == 1 for outcome in outcomes)
    among_five = sum(outcome.judged.first is not None and outcome.judged.first <= 5 for outcome in outcomes)
    whole = summary.settings[0]
    share = whole.metrics["hit@5"]
    said = [
        f"The right {_wanted(outcomes)} was among the first five for {among_five} of {_counted(asked, 'question')}, "
        f"and came first for {first}.",
        f"With other questions of the same kind, expect it among the first five for {100 * share.low:.0f} to "
        f"{100 * share.high:.0f} of 100" + ("; that is wide, because the questions are few." if asked < _FEW else "."),
        f"Half of the searches took less than {ms(whole.latency.p50)} ms, and 95 of 100 less than "
        f"{ms(whole.latency.p95)} ms.",
    ]
    said += [comparison_sentence(comparison) for comparison in summary.comparisons]
    if summary.evaluation.stopped:
        said.append("The evaluation was stopped before its end; these are the questions asked until then.")
    absent = sum(entry.wholly for entry in summary.evaluation.left_out)
    if absent:
        said.append(f"Left out of all figures, because it could not be measured: {_counted(absent, 'question')}.")
    return said


def comparison_sentence(comparison: Comparison) -> str:
    """The verdict on a setting against the first one, by nDCG@10."""
    difference = comparison.differences["nDCG@10"]
    interval = difference.interval
    if difference.p_value >= _SURE:
        verdict = "no more than chance could do"
    else:
        verdict = "better" if interval.mean > 0 else "worse"
    return (
        f"“{comparison.after}” against “{comparison.before}”: {verdict}. nDCG@10 changes by "
        f"{100 * interval.mean:+.1f} points ({100 * interval.low:+.1f} to {100 * interval.high:+.1f}, "
        f"{p_value(difference.p_value)}): {_counted(len(comparison.wins), 'question')} better, "
        f"{len(comparison.losses)} worse, {comparison.unchanged} the same."
    )


def p_value(value: float) -> str:
    """As it is written: p = 0.042, or p < 0.001."""
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def ms(value: float) -> str:
    """Milliseconds, as precisely as they mean anything: 0.52, 29.8, 1510."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _interleaved(parts: list[list[Figures]]) -> tuple[Figures, ...]:
    if len(parts[0]) < 2:
        return ()
    return tuple(figures for group in zip(*parts, strict=True) for figures in group)


def _wanted(outcomes: tuple[Outcome, ...]) -> str:
    pictures = [outcome.question.task in (Task.TEXT_TO_IMAGE, Task.IMAGE_TO_IMAGE) for outcome in outcomes]
    if all(pictures):
        return "picture"
    if any(pictures):
        return "page or picture"
    return "document" if all(outcome.question.wants_documents for outcome in outcomes) else "page"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
