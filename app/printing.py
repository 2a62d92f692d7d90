"""Tables, bars and lines of the command line. The only importer of rich."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from langchain_core.messages import BaseMessage
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.panel import Panel
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import (
    Progress as Bar,
)
from rich.table import Table
from rich.text import Text

from app.types import Added, AddStatus, Copying, Match, Migrated, Progress, Removed, Status, StoredVector
from encoders.registry import EncoderStatus
from evaluation.export import percent
from evaluation.figures import Figures
from evaluation.run import EvaluationProgress
from evaluation.summary import Summary, ms, sentences
from ingest.manifest import Document
from ingest.types import Geometry
from retrieval.query import Results, Route

_OUT = Console(highlight=False)
_ERR = Console(stderr=True, highlight=False)
_SNIPPET = 220  # characters
_METRICS = ("recall@1", "recall@5", "nDCG@10")
_MARKS = {
    AddStatus.ADDED: "[green]added",
    AddStatus.REPLACED: "[green]replaced",
    AddStatus.UNCHANGED: "[dim]unchanged",
    AddStatus.FAILED: "[red]failed",
}
_ROUTES = {
    Route.MEANING: "meaning (cosine of the passage)",
    Route.WORDS: "words (BM25)",
    Route.LOOK: "look (cosine of the picture)",
}
_ENGINES = {
    "edge": "embedded in this folder (Qdrant Edge)",
    "local": "embedded in this folder (qdrant-client's local mode)",
}
_GEOMETRIES = {
    Geometry.FIT: "seen whole (fit)",
    Geometry.CROP: "seen by their middle square (crop)",
    Geometry.TILES: "seen whole and in overlapping squares (tiles)",
}


def say(line: str) -> None:
    """One line for people, on stdout."""
    _OUT.print(Text(line), soft_wrap=True)


def say_error(line: str) -> None:
    """One line that says what failed and what to do, on stderr."""
    _ERR.print(Text.assemble(("Error: ", "bold red"), " ".join(line.split())), soft_wrap=True)


def confirm(question: str) -> bool:
    """Ask; no answer, or no terminal to ask on, is a no."""
    if not sys.stdin.isatty():
        say_error("Nobody is there to ask; say --yes to accept.")
        return False
    return _OUT.input(f"{question} \\[y/N] ").strip().lower() in ("y", "yes")


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
    """A bar with file, pages, pages a second, time left and failures, on stderr."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[counts]}", markup=False),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    pages_before = pages_of_file = files_done = 0
    with Bar(*columns, console=_ERR, transient=True) as bar:
        task = bar.add_task("Reading", total=1.0, counts="")

        def show(progress: Progress) -> None:
            nonlocal pages_before, pages_of_file, files_done
            if progress.files_done > files_done:
                pages_before, pages_of_file, files_done = pages_before + pages_of_file, 0, progress.files_done
            else:
                pages_of_file = progress.pages_done
            elapsed = bar.tasks[0].elapsed or 0.0
            rate = f", {(pages_before + pages_of_file) / elapsed:.0f} pages/s" if elapsed > 1 else ""
            failed = f", {progress.failed} failed" if progress.failed else ""
            counts = (
                f"{progress.files_done}/{progress.files} files, "
                f"page {progress.pages_done}/{progress.pages}{rate}{failed}"
            )
            bar.update(task, completed=progress.fraction, description=_shorten(progress.file, 32), counts=counts)

        yield show


@contextmanager
def byte_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for a download, on stderr."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=_ERR, transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(file: str, done: int, total: int) -> None:
            bar.update(task, description=file, completed=done, total=total)

        yield show


@contextmanager
def count_bar() -> Iterator[Callable[[EvaluationProgress], None]]:
    """A bar for questions asked one after the other, on stderr."""
    columns = (SpinnerColumn(), TextColumn("Asking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=_ERR, transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(progress: EvaluationProgress) -> None:
            bar.update(task, completed=progress.done, total=progress.questions)

        yield show


@contextmanager
def point_bar() -> Iterator[Callable[[Copying], None]]:
    """A bar for vectors copied from store to store, on stderr."""
    columns = (SpinnerColumn(), TextColumn("Copying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=_ERR, transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(progress: Copying) -> None:
            bar.update(task, completed=progress.done, total=progress.points)

        yield show


def show_migrated(migrated: Migrated) -> None:
    """What was moved, and what was left."""
    say(f"{migrated.points} points are moved: {migrated.source} → {migrated.target}.")
    say(f"Texts and pictures were counted on both sides and {migrated.compared} points compared: they are the same.")
    if migrated.left:
        say_error(migrated.left)
    else:
        say("The old ones are removed.")


def show_summary(summary: Summary) -> None:
    """What an evaluation found: in words, then a line for each setting; the report has all the rest."""
    _OUT.print(f"[bold]{escape(summary.title)}")
    for line in sentences(summary):
        say(line)
    for name, groups in (("setting", summary.settings), ("language", summary.languages), ("kind", summary.tasks)):
        if groups:
            _OUT.print(_figures_table(name, groups))
    if summary.note:
        _OUT.print(Text(summary.note, style="dim"))


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


def show_added(added: Sequence[Added], seconds: float, *, encoder: str | None) -> None:
    """What became of each file, the sum, and which encoder made the vectors."""
    table = Table(box=None, pad_edge=False)
    for title in ("status", "document"):
        table.add_column(title)
    for title in ("pages", "chunks"):
        table.add_column(title, justify="right")
    for one in added:
        if one.status is not AddStatus.FAILED:
            table.add_row(_MARKS[one.status], escape(one.name), str(one.pages), str(one.chunks))
    if table.row_count:
        _OUT.print(table)
    for one in added:
        for problem in one.problems:
            _OUT.print(Text.assemble(("note ", "yellow"), f"{one.name}, {problem}"), soft_wrap=True)
        if one.error:
            _ERR.print(Text.assemble(("failed ", "red"), " ".join(one.error.split())), soft_wrap=True)
    new = [one for one in added if one.status in (AddStatus.ADDED, AddStatus.REPLACED)]
    pages = sum(one.pages for one in new)
    rate = f", {pages / seconds:.0f} pages/s" if pages and seconds > 0 else ""
    unchanged = sum(one.status is AddStatus.UNCHANGED for one in added)
    failed = sum(one.status is AddStatus.FAILED for one in added)
    _OUT.print(f"{len(new)} added ({pages} pages), {unchanged} unchanged, {failed} failed in {seconds:.1f} s{rate}")
    if encoder:
        _OUT.print(f"[dim]Encoder {escape(encoder)}; `polyglance encoders` says why, and what a better one needs.")


def show_matches(
    query: str, matches: Sequence[Match], *, seconds: float, encoder: str, is_empty: bool, is_relevant: bool
) -> None:
    """Search results as a table: rank, score, document, page, snippet."""
    if is_empty:
        _OUT.print("The library is empty. Add something: polyglance add FOLDER")
        return
    table = Table(
        title=Text(query, style="bold"),
        title_justify="left",
        caption=f"{encoder}, {seconds * 1000:.0f} ms",
        caption_justify="right",
    )
    table.add_column("#", justify="right")
    table.add_column("score", justify="right")
    table.add_column("document", overflow="fold", max_width=34)
    table.add_column("page", justify="right")
    table.add_column("snippet", overflow="fold", ratio=1)
    for match in matches:
        page = str(match.page) if match.page_label in ("", str(match.page)) else f"{match.page} ({match.page_label})"
        snippet = _shorten(" ".join(match.text.split()), _SNIPPET) if match.text else "(by its look)"
        table.add_row(str(match.rank), f"{match.score:.2f}", Text(match.document), page, Text(snippet))
    _OUT.print(table if matches else "Nothing found.")
    if matches and not is_relevant:
        _OUT.print("Nothing here seems to be about that; these are the nearest.")


def show_explanation(results: Results, matches: Sequence[Match]) -> None:
    """What each hit was found by, in measures of its own and in what it adds, and how long the search took."""
    ranks = {match.id: match.rank for match in matches}
    table = Table(caption="adds: deviations above what chance gives", caption_justify="right")
    for title in ("#", "value", "adds", "in all"):
        table.add_column(title, justify="right")
    table.add_column("found by")
    for hit in results.hits:
        for row, evidence in enumerate(hit.evidence):
            rank, total = (str(ranks.get(hit.point.id, "")), f"{hit.surplus:.2f}") if row == 0 else ("", "")
            table.add_row(rank, f"{evidence.value:.3f}", f"{evidence.surplus:+.2f}", total, _ROUTES[evidence.route])
    if results.hits:
        _OUT.print(table)
    say(", ".join(f"{stage.name} {stage.seconds * 1000:.1f} ms" for stage in results.stages))


def show_prompt(messages: Sequence[BaseMessage], reply: str | None) -> None:
    """The chat messages, and the answer if there is one."""
    for message in messages:
        _OUT.print(Panel(Text(str(message.text)), title=message.type, title_align="left"))
    if reply is not None:
        _OUT.print(Panel(Text(reply), title="answer", title_align="left", border_style="green"))
    else:
        _OUT.print("No chat model is set (POLYGLANCE_CHAT_URL); paste this prompt into any chat.")


def show_documents(documents: Sequence[Document]) -> None:
    """The library's documents as a table."""
    if not documents:
        _OUT.print("The library is empty. Add something: polyglance add FOLDER")
        return
    table = Table()
    for title in ("id", "document", "type"):
        table.add_column(title, overflow="fold")
    for title in ("pages", "chunks", "size"):
        table.add_column(title, justify="right")
    table.add_column("added")
    for one in documents:
        when = datetime.fromtimestamp(one.added_at).strftime("%Y-%m-%d %H:%M")
        table.add_row(
            one.id[:8],
            Text(one.name),
            one.format.value,
            str(one.pages),
            str(one.chunks),
            size_in_words(one.bytes),
            when,
        )
    _OUT.print(table)


def show_removed(removed: Sequence[Removed]) -> None:
    """What is gone, counted."""
    for one in removed:
        say(f"Removed {one.name}: {one.points} vectors and {one.files} files.")


def show_status(status: Status) -> None:
    """The library at a glance."""
    rows = {
        "library": str(status.data),
        "encoder": status.encoder or "none yet (the library is empty)",
        "vector sizes": ", ".join(map(str, status.sizes)) or "none yet",
        "pages and pictures": _GEOMETRIES[status.geometry] if status.geometry else "none yet",
        "passages": f"read within {status.context:,} tokens" if status.context else "each read by itself",
        "documents": f"{status.documents} ({status.pages} pages, {status.chunks} chunks)",
        "originals and rasters": size_in_words(status.files_bytes),
        "vectors": _place(status),
    }
    if status.server is None:
        rows["vectors on disk"] = f"{size_in_words(status.vectors_bytes)}, all files of the engine"
    if status.server_state:
        rows["the server says"] = status.server_state
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in rows.items():
        table.add_row(f"[dim]{name}", Text(value, overflow="fold"))
    _OUT.print(table)
    if status.vectors:
        _OUT.print(_vectors_table(status.vectors))


def _place(status: Status) -> str:
    if status.server:
        return f"on the Qdrant server {status.server}, as {status.name}"
    return _ENGINES.get(status.engine or "", "none yet")


def _vectors_table(vectors: Sequence[StoredVector]) -> Table:
    table = Table(caption="estimates: points × numbers × 4 bytes, and the graph", caption_justify="right")
    table.add_column("vector", justify="right")
    table.add_column("for")
    table.add_column("disk", justify="right")
    table.add_column("memory", justify="right")
    for one in vectors:
        cells = ("?" if size is None else size_in_words(size) for size in (one.disk_bytes, one.memory_bytes))
        table.add_row(one.name, one.purpose, *cells)
    return table


def show_encoders(encoders: Sequence[EncoderStatus]) -> None:
    """The encoders, the active one first in sight, with what they can and cannot do."""
    for encoder in encoders:
        mark = (
            "[green]● active[/]" if encoder.active else ("○ available" if encoder.available else "[dim]○ not here[/]")
        )
        _OUT.print(f"[bold]{encoder.name}[/]  {mark}  {escape(encoder.reason)}")
        _OUT.print(f"    can:    {escape(encoder.can)}")
        _OUT.print(f"    cannot: {escape(encoder.cannot)}")
        if encoder.upgrade:
            _OUT.print(f"    next:   [cyan]{escape(encoder.upgrade)}[/]")


def size_in_words(size_bytes: int) -> str:
    """Bytes as people read them."""
    return decimal(size_bytes)


def _shorten(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
