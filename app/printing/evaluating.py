"""What an evaluation found."""

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from app.printing.console import OUT, say
from evaluation.export import percent
from evaluation.figures import Figures
from evaluation.summary import Summary, ms, sentences

_METRICS = ("recall@1", "recall@5", "nDCG@10")


def show_summary(summary: Summary) -> None:
    """What an evaluation found: in words, then a line for each setting; the report has all the rest."""
    OUT.print(f"[bold]{escape(summary.title)}")
    for line in sentences(summary):
        say(line)
    for name, groups in (("setting", summary.settings), ("language", summary.languages), ("kind", summary.tasks)):
        if groups:
            OUT.print(_figures_table(name, groups))
    if summary.note:
        OUT.print(Text(summary.note, style="dim"))


def _figures_table(name: str, groups: Sequence[Figures]) -> Table:
    table = Table(caption="% with 95 % intervals; --report tells more", caption_justify="right")
    table.add_column(name)
    table.add_column("asked", justify="right")
    for metric in _METRICS:
        table.add_column(metric, justify="right")
    table.add_column("ms, p50", justify="right")
    for one in groups:
        cells = [percent(one.metrics[metric]) for metric in _METRICS]
        title = f"{one.group}, {one.setting}" if one.group else one.setting
        table.add_row(Text(title), str(one.questions), *cells, ms(one.latency.p50))
    return table
