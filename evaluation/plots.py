"""Plots of a report as SVG that takes its colours from the page around it. The only importer of matplotlib."""

import io
import re
import warnings
from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evaluation.bootstrap import Interval
from evaluation.figures import Figures

# matplotlib wants colours by value: each stands for a variable of the page's style sheet
_INK, _GRID, _FIRST, _SECOND = "#010203", "#010204", "#010205", "#010206"
_VARIABLES = {_INK: "--ink", _GRID: "--line", _FIRST: "--first", _SECOND: "--second"}
_SERIES = (_FIRST, _SECOND)
_WIDTH_INCHES = 7.2
_LONGEST = 28  # letters of a label

_STYLE: dict[Any, Any] = {  # matplotlib types the keys one by one
    "svg.fonttype": "none",
    "svg.hashsalt": "polyglance",
    "text.parse_math": False,
    "text.color": _INK,
    "axes.edgecolor": _GRID,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _GRID,
    "grid.linewidth": 0.6,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "font.size": 10,
    "legend.frameon": False,
}


@matplotlib.rc_context(_STYLE)
def size_plot(sizes: Sequence[int], runs: Sequence[Figures]) -> str:
    """Quality against Matryoshka size, with intervals.

    Args:
        sizes: one per run.
        runs: figures of all questions.
    """
    figure, axes = _figure(3.4)
    for metric, colour, marker in zip(("nDCG@10", "recall@5"), _SERIES, "os", strict=True):
        points = [run.metrics[metric] for run in runs]
        axes.errorbar(
            sizes,
            [100 * point.mean for point in points],
            yerr=_errors(points),
            color=colour,
            marker=marker,
            capsize=3,
            label=metric,
        )
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(sizes), [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("numbers per vector")
    axes.set_ylabel("%")
    axes.legend(loc="lower right")
    return _to_svg(figure, "Quality by Matryoshka size")


@matplotlib.rc_context(_STYLE)
def speed_plot(runs: Sequence[Figures]) -> str:
    """Quality against the median milliseconds of a search: up and to the left is better."""
    figure, axes = _figure(3.4)
    for index, run in enumerate(runs):
        point = run.metrics["nDCG@10"]
        colour = _SERIES[min(index, 1)]
        axes.errorbar([run.latency.p50], [100 * point.mean], yerr=_errors([point]), color=colour, fmt="o", capsize=3)
        axes.annotate(
            _short(run.setting),
            (run.latency.p50, 100 * point.mean),
            xytext=(7, -14 if index % 2 else 6),
            textcoords="offset points",
            color=_INK,
        )
    axes.set_xlim(left=0, right=1.25 * max(run.latency.p50 for run in runs))
    axes.set_xlabel("milliseconds per search, median")
    axes.set_ylabel("nDCG@10, %")
    return _to_svg(figure, "Quality against speed")


@matplotlib.rc_context(_STYLE)
def language_plot(parts: Sequence[Figures]) -> str:
    """Recall@5 by language, as bars, for the first two settings.

    Args:
        parts: figures by language, then by setting.
    """
    settings = list(dict.fromkeys(part.setting for part in parts))[: len(_SERIES)]
    languages = list(dict.fromkeys(part.group for part in parts))
    figure, axes = _figure(1.1 + 0.3 * len(languages) * max(1.0, 0.7 * len(settings)))
    thickness = 0.75 / len(settings)
    for index, (setting, colour) in enumerate(zip(settings, _SERIES, strict=False)):
        points = [part.metrics["recall@5"] for part in parts if part.setting == setting]
        axes.barh(
            [place + (index - (len(settings) - 1) / 2) * thickness for place in range(len(languages))],
            [100 * point.mean for point in points],
            height=thickness * 0.92,
            xerr=_errors(points),
            color=colour,
            ecolor=_INK,
            capsize=2,
            error_kw={"linewidth": 1},
            label=_short(setting),
        )
    axes.set_yticks(range(len(languages)), [_short(language) for language in languages])
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("recall@5, %")
    axes.grid(visible=False, axis="y")
    if len(settings) > 1:
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return _to_svg(figure, "Quality by language")


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"


def _figure(height_inches: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_WIDTH_INCHES, height_inches), layout="constrained")
    return figure, figure.add_subplot()


def _errors(points: Sequence[Interval]) -> tuple[list[float], list[float]]:
    """Lengths of the bars below and above the means."""
    below = [max(0.0, 100 * (point.mean - point.low)) for point in points]
    return below, [max(0.0, 100 * (point.high - point.mean)) for point in points]


def _to_svg(figure: Figure, label: str) -> str:
    written = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # the browser's fonts have it
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = written.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', rf'\1 role="img" aria-label="{label}"', svg, count=1)
    svg = re.sub(
        r' id="(?:figure|axes|patch|matplotlib\.axis|xtick|ytick|text|line2d|legend|LineCollection)[^"]*"', "", svg
    )
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var({variable})")
    return svg
