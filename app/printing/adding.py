"""What an `add` did."""

from collections import Counter
from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from app.printing.console import ERR, OUT, count, pace, say_aside
from app.types import Added, AddStatus

_MARKS = {
    AddStatus.ADDED: "[green]added",
    AddStatus.REPLACED: "[green]replaced",
    AddStatus.UNCHANGED: "[dim]unchanged",
}


def show_added(added: Sequence[Added], seconds: float, *, pages_read: int, job: int, encoder: str | None) -> None:
    """What became of each file, the sum, which encoder made the vectors, and at the end what failed and why.

    Args:
        added: the files that are done.
        seconds: that the run took.
        pages_read: in it.
        job: its number.
        encoder: of the library; None while it is empty.
    """
    _show_files(added)
    new = [one for one in added if one.status in (AddStatus.ADDED, AddStatus.REPLACED)]
    pages = count(sum(one.pages for one in new), "page")
    rate = f", {pace(pages_read / seconds)}" if pages_read and seconds > 0 else ""
    counts = Counter(one.status for one in added)
    unchanged, failed = counts[AddStatus.UNCHANGED], counts[AddStatus.FAILED]
    OUT.print(f"{len(new)} added ({pages}), {unchanged} unchanged, {failed} failed in {seconds:.1f} s{rate}")
    if encoder:
        OUT.print(f"[dim]Encoder {escape(encoder)}; `polyglance encoders` says why, and what a better one needs.")
    for one in added:
        if one.error:
            ERR.print(Text.assemble(("failed ", "red"), " ".join(one.error.split())), soft_wrap=True)
    if failed:
        say_aside(f"Try the failed ones again once they are mended: polyglance jobs retry {job}")


def _show_files(added: Sequence[Added]) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("status", "document"):
        table.add_column(title)
    for title in ("pages", "chunks"):
        table.add_column(title, justify="right")
    for one in added:
        if one.status in _MARKS:
            table.add_row(_MARKS[one.status], escape(one.name), str(one.pages), str(one.chunks))
    if table.row_count:
        OUT.print(table)
    for one in added:
        for problem in one.problems:
            OUT.print(Text.assemble(("note ", "yellow"), f"{one.name}, {problem}"), soft_wrap=True)
