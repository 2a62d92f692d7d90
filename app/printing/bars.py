"""Bars on stderr, which are gone when the work is done; where nobody looks there are none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bar
from rich.text import Text

from app.printing.console import ERR, count, pace, shorten
from app.types import Copying, Progress
from evaluation.run import EvaluationProgress

_NAME = 48  # characters of a file's name


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
    """A bar with time left; under it the file, and files, pages, chunks, pages a second and failures so far."""
    columns = (
        SpinnerColumn(),
        BarColumn(bar_width=32),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    bar = Bar(*columns, console=ERR)  # drawn by Live, together with the line
    task = bar.add_task("", total=1.0, left="")
    counts, file = Text("Preparing", overflow="ellipsis", no_wrap=True), Text(overflow="ellipsis", no_wrap=True)
    with Live(Group(bar, counts, file), console=ERR, transient=True):

        def show(progress: Progress) -> None:
            bar.update(task, completed=progress.fraction, left=_left(progress.seconds_left))
            counts.plain = describe(progress)
            page = f", page {progress.pages_done} of {progress.pages}" if progress.pages > 1 else ""
            file.plain = shorten(progress.file, _NAME) + page

        yield show


def describe(progress: Progress) -> str:
    """The counts of a run, in a line."""
    parts = [f"{progress.files_done:,} of {count(progress.files, 'file')}"]
    if progress.pages_read:
        parts += [count(progress.pages_read, "page"), count(progress.chunks_read, "chunk")]
    if progress.pages_per_second:
        parts.append(pace(progress.pages_per_second))
    if progress.failed:
        parts.append(f"{progress.failed:,} failed")
    return ", ".join(parts)


@contextmanager
def byte_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for a download."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with _bar(*columns) as bar:
        task = bar.add_task("", total=None)

        def show(file: str, done: int, total: int) -> None:
            bar.update(task, description=file, completed=done, total=total)

        yield show


@contextmanager
def count_bar() -> Iterator[Callable[[EvaluationProgress], None]]:
    """A bar for questions asked one after the other."""
    with _counting("Asking") as update:
        yield lambda progress: update(progress.done, progress.questions)


@contextmanager
def point_bar() -> Iterator[Callable[[Copying], None]]:
    """A bar for vectors copied from store to store."""
    with _counting("Copying") as update:
        yield lambda progress: update(progress.done, progress.points)


@contextmanager
def _counting(what: str) -> Iterator[Callable[[int, int], None]]:
    columns = (SpinnerColumn(), TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with _bar(*columns) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _bar(*columns: ProgressColumn) -> Bar:
    return Bar(*columns, console=ERR, transient=True, disable=not ERR.is_terminal)


def _left(seconds: float | None) -> str:
    return "" if seconds is None else f"{timedelta(seconds=round(seconds))} left"
