"""The report of an evaluation: one HTML file that needs nothing else."""

import base64
import io
import os
import re
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from evaluation.comparison import Change
from evaluation.errors import EvaluationError
from evaluation.export import Table, comparison_table, group_table, setting_table, sizes_table
from evaluation.figures import figures
from evaluation.markup import Markup, element, join
from evaluation.matryoshka import sized_runs
from evaluation.style import STYLE
from evaluation.summary import FOUND, Summary, comparison_sentence, sentences
from evaluation.types import Outcome, Question, Ranked

_FAILURES, _CHANGES, _LEFT_OUT = 100, 10, 100  # listed at most
_INSTEAD = 3  # results shown for a failed question
_SNIPPET = 140  # letters
_THUMBNAIL_PX = 72

_WITH_INTERVAL = re.compile(r"([-+]?[\d.]+) \((.*)\)(.*)")

_GLOSSARY = (
    ("recall@5", "share of all right answers that were among the first five results"),
    ("hit@5", "share of the questions with at least one right answer among the first five"),
    ("MRR@10", "1 if the first result is right, 1/2 if the second is the first right one, and so on; 0 past ten"),
    ("nDCG@10", "how close the first ten results come to the best order; answers of a higher grade count more"),
    ("ms, p50 and p95", "milliseconds that half, and 95 of 100, of the searches stayed under"),
    (
        "86.1 to 96.0",
        "where the figure would fall in 95 of 100 such tests with other questions of the same kind (bootstrap)",
    ),
    (
        "p",
        "how often chance alone makes a difference as large as the one seen; compare many settings, and some p will "
        "be small by chance",
    ),
)


def write_report(summary: Summary, path: Path) -> None:
    """Write the report, in place of an older one only when it is complete.

    Args:
        summary: what to report.
        path: of the HTML file; its folder must exist.

    Raises:
        EvaluationError: the file cannot be written.
    """
    page = report_html(summary)
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(page, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        raise EvaluationError(
            f"The report {path} cannot be written ({error.strerror}); choose another place."
        ) from error


def report_html(summary: Summary) -> str:
    """The report as one HTML page: sentences for everybody first, then tables, plots and the failed questions."""
    body = join(
        [
            element("h1", summary.title),
            _verdict(summary),
            _section("All questions", "Shares in %, with 95 % intervals.", _table(setting_table(summary))),
            _against(summary),
            _sizes(summary),
            _speed(summary),
            _languages(summary),
            _kinds(summary),
            _failures(summary),
            _changes(summary),
            _left_out(summary),
            _glossary(),
        ]
    )
    head = join(
        [
            Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
            Markup(
                '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
                "style-src 'unsafe-inline'\">"
            ),
            element("title", summary.title),
            element("style", Markup(STYLE)),
        ]
    )
    return "<!doctype html>\n" + element(
        "html", element("head", head), element("body", element("main", body)), lang="en"
    )


def _verdict(summary: Summary) -> Markup:
    first, *others = sentences(summary)
    parts = [element("p", first, class_="first"), *(element("p", sentence) for sentence in others)]
    if summary.note:
        parts.append(element("p", summary.note, class_="note"))
    return element("div", *parts, class_="verdict")


def _against(summary: Summary) -> Markup:
    if not summary.comparisons:
        return Markup()
    said = "Points of difference on the same questions, with 95 % intervals; above 0 the other setting is better."
    return _section(f"Against {summary.settings[0].setting}", said, _table(comparison_table(summary)))


def _sizes(summary: Summary) -> Markup:
    if summary.sizes is None:
        return Markup()
    from evaluation.plots import size_plot  # matplotlib takes half a second to load

    runs = [figures(run, seed=summary.evaluation.seed) for run in sized_runs(summary.evaluation)]
    said = (
        "What is left when vectors are cut short, in % and as a share of the full size: this library's counterpart "
        "of Table 5 of the jina-clip-v2 paper."
    )
    plot = Markup(size_plot(summary.sizes.sizes, runs))
    return _section("By Matryoshka size", said, element("figure", plot), _table(sizes_table(summary)))


def _speed(summary: Summary) -> Markup:
    if len(summary.settings) < 2:
        return Markup()
    from evaluation.plots import speed_plot

    return _section(
        "Quality against speed",
        "Each point is a setting; up and to the left is better.",
        element("figure", Markup(speed_plot(summary.settings))),
    )


def _languages(summary: Summary) -> Markup:
    if not summary.languages:
        return Markup()
    from evaluation.plots import language_plot

    plot = element("figure", Markup(language_plot(summary.languages)))
    said = "By the language of the question. Few questions in a language make a wide interval."
    return _section("By language", said, plot, _table(group_table(summary.languages, "language")))


def _kinds(summary: Summary) -> Markup:
    if not summary.tasks:
        return Markup()
    return _section("By kind of question", "Asked with what, for what.", _table(group_table(summary.tasks, "kind")))


def _failures(summary: Summary) -> Markup:
    if not summary.failures:
        return _section("Failed questions", f"None: each found its answer among the first {FOUND}.")
    shown = summary.failures[:_FAILURES]
    said = f"{len(summary.failures)} found no right answer among the first {FOUND}"
    said += "." if len(shown) == len(summary.failures) else f"; the first {len(shown)} of them are listed."
    rows = [[_asked(outcome.question), _wanted(outcome.question), _came(outcome.ranked)] for outcome in shown]
    return _section("Failed questions", said, _cells(["asked", "wanted", "came instead"], rows, class_="questions"))


def _changes(summary: Summary) -> Markup:
    parts = []
    for comparison in summary.comparisons:
        for changes, verb in ((comparison.wins, "better"), (comparison.losses, "worse")):
            if changes:
                title = element("h3", f"Most {verb} under {comparison.after}")
                parts.append(join([title, _change_table(changes[:_CHANGES])]))
    if not parts:
        return Markup()
    said = " ".join(comparison_sentence(comparison) for comparison in summary.comparisons)
    return _section("Questions that changed most", said, *parts)


def _change_table(changes: Sequence[Change]) -> Markup:
    rows = [
        [
            _asked(change.after.question),
            _wanted(change.after.question),
            Markup(_place(change.before)),
            Markup(_place(change.after)),
            Markup(f"{100 * change.ndcg:+.1f}"),
        ]
        for change in changes
    ]
    return _cells(["asked", "wanted", "place before", "place after", "nDCG@10"], rows, class_="questions")


def _left_out(summary: Summary) -> Markup:
    entries = summary.evaluation.left_out
    if not entries:
        return Markup()
    shown = [
        [_asked(entry.question), join([entry.reason, "" if entry.wholly else " (measured on its other answers)"])]
        for entry in entries[:_LEFT_OUT]
    ]
    wholly = sum(entry.wholly for entry in entries)
    said = (
        f"{wholly} left out of all figures, {len(entries) - wholly} measured on a part of the answers. "
        "Add the missing documents, or correct their names in the file."
    )
    return _section("Not measured, or only in part", said, _cells(["asked", "why"], shown, class_="questions"))


def _glossary() -> Markup:
    terms = [join([element("dt", term), element("dd", meaning)]) for term, meaning in _GLOSSARY]
    return _section("How to read this", "", element("dl", *terms))


def _section(title: str, said: str, *parts: Markup) -> Markup:
    return element("section", element("h2", title), element("p", said) if said else Markup(), *parts)


def _table(table: Table) -> Markup:
    header, rows = table
    return _cells(header, [[_figure(cell) for cell in row] for row in rows], class_="figures")


def _figure(cell: str) -> Markup:
    """A figure above its interval; other text as it is."""
    parts = _WITH_INTERVAL.fullmatch(cell)
    return join([parts[1], element("small", parts[2] + parts[3])]) if parts else element("span", cell)


def _cells(header: Sequence[str], rows: Sequence[Sequence[Markup]], *, class_: str) -> Markup:
    head = element("thead", element("tr", *(element("th", cell, scope="col") for cell in header)))
    lines = [
        element("tr", element("th", row[0], scope="row"), *(element("td", cell) for cell in row[1:])) for row in rows
    ]
    return element(
        "div", element("table", head, element("tbody", *lines), class_=class_), class_="scroll", tabindex="0"
    )


def _asked(question: Question) -> Markup:
    parts = []
    if question.image is not None:
        parts.append(_thumbnail(question.image))
    if question.text:
        parts.append(element("span", _cut(question.text), dir="auto"))
    if question.language:
        parts.append(element("small", question.language))
    return join(parts)


def _wanted(question: Question) -> Markup:
    targets = [str(target) for target in question.relevant]
    shown = [element("div", _cut(target), dir="auto") for target in targets[:_INSTEAD]]
    if len(targets) > _INSTEAD:
        shown.append(element("small", f"and {len(targets) - _INSTEAD} more"))
    return join(shown)


def _came(ranked: Sequence[Ranked]) -> Markup:
    if not ranked:
        return element("em", "nothing")
    return element("ol", *(_result(result) for result in ranked[:_INSTEAD]))


def _result(result: Ranked) -> Markup:
    where = element("span", f"{result.document}, page {result.page}", dir="auto")
    how = element("small", f"{result.modality.value}, {result.score:.2f}")
    snippet = element("div", _cut(result.text), class_="snippet", dir="auto") if result.text else Markup()
    return element("li", where, " ", how, snippet)


def _place(outcome: Outcome) -> str:
    return "not found" if outcome.judged.first is None else str(outcome.judged.first)


def _thumbnail(path: Path) -> Markup:
    """The picture itself, small, in the page; its name where it can no longer be opened."""
    try:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
    except OSError:
        return element("span", path.name)
    picture.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=80)
    data = base64.b64encode(written.getvalue()).decode()
    return Markup(f'<img alt="" src="data:image/jpeg;base64,{data}">')


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SNIPPET else line[: _SNIPPET - 1].rstrip() + "…"
