"""What the ingestion benchmarks share: real pages cut into files, a library with the stub, figures of a process."""

import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pymupdf
from ingestion_stub import Stub

from app.library import Library
from app.settings import Settings
from retrieval.types import Filter

PAGES_A_FILE = 10
CHILD_ENV = {**os.environ, "PYTHONUNBUFFERED": "1"}

Row = Sequence[object]


def cut_manuals(corpus: Path, folder: Path, *, files: int = 100) -> int:
    """Write real pages of the manuals in a folder as PDFs of ten pages each; how many pages there are.

    Runs of ten pages that do not overlap come first; when they are used up, those that begin five pages later.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pieces = _pieces(sorted(corpus.glob("*.pdf")))
    for number, (manual, first) in zip(range(files), pieces, strict=False):
        with pymupdf.open(manual) as whole, pymupdf.open() as piece:
            piece.insert_pdf(whole, from_page=first, to_page=first + PAGES_A_FILE - 1)
            piece.save(folder / f"{number:03}-{manual.stem}-{first + 1}.pdf", garbage=3, deflate=True)
    return files * PAGES_A_FILE


def _pieces(manuals: Sequence[Path]) -> Iterator[tuple[Path, int]]:
    for offset in (0, PAGES_A_FILE // 2):
        for manual in manuals:
            with pymupdf.open(manual) as whole:
                count = len(whole)
            for first in range(offset, count - PAGES_A_FILE + 1, PAGES_A_FILE):
                yield manual, first


def open_library(folder: Path, *, encoder: Stub | None = None) -> Library:
    """A library in a folder, with the stub unless another encoder is given."""
    return Library(Settings(data=folder, models=folder / "models"), encoder=encoder or Stub())


def point_ids(library: Library) -> list[str]:
    """Ids of all points, in order."""
    return [stored.point.id for stored in library.stored(Filter())]


def run_child(script: str, *arguments: object, python: str = sys.executable) -> str:
    """What a script of this folder prints, in a process of its own."""
    command = [python, str(Path(__file__).with_name(script)), *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=CHILD_ENV).stdout


def cpu_seconds() -> float:
    """Processor time of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def median(values: Sequence[float]) -> float:
    """Of at least one value."""
    return statistics.median(values)


def print_table(head: Sequence[str], rows: Sequence[Row]) -> None:
    """As Markdown: the first column to the left, the others to the right."""
    print(f"| {' | '.join(head)} |")
    print(f"|---|{'---:|' * (len(head) - 1)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")
    print(flush=True)
