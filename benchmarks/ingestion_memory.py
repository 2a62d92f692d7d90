"""Whether memory is flat: a PDF of 100 pages, and one of 5,000, each added by a process of its own.

    python benchmarks/ingestion_memory.py MANUALS [--pages 100 1000 5000]

MANUALS is a folder of PDFs, whose pages are put into one file, over and over, each with a number of its own. Without a
model: the stub encodes. Peaks of resident memory: of the process that adds, first what it holds for itself
(anonymous), then with the vectors' files that the engine maps, which the system takes back when others need room; and
of the reader process. "Before" is after the modules are loaded. Linux.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # else benchmarks/encoders.py would hide the package

import argparse
import json
import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pymupdf
from ingestion_parts import open_library, print_table, run_child


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manuals", type=Path)
    parser.add_argument("--pages", type=int, nargs="+", default=(100, 1_000, 5_000))
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.manuals)))
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for pages in options.pages:
            book = Path(folder) / f"{pages}.pdf"
            bind(sorted(options.manuals.glob("*.pdf")), book, pages)
            figures = json.loads(run_child("ingestion_memory.py", book, "--child").splitlines()[-1])
            rows.append([pages, *(f"{value:.0f}" for value in figures.values())])
    print_table(["pages", "before, MiB", "its own", "with mapped files", "reader", "s"], rows)


def bind(manuals: list[Path], book: Path, count: int) -> None:
    """Write a PDF of so many pages of the manuals, each made different by its number."""
    with pymupdf.open() as whole:
        while len(whole) < count:
            for manual in manuals:
                with pymupdf.open(manual) as part:
                    whole.insert_pdf(part, to_page=min(len(part), count - len(whole)) - 1, links=False, annots=False)
                if len(whole) == count:
                    break
        for number, page in enumerate(whole):
            page.insert_text((20, 20), f"sheet {number}", fontsize=8)
        whole.save(book, garbage=1, deflate=True)


def measure(book: Path) -> dict[str, float]:
    """Add a file in this process: its peaks in MiB."""
    with tempfile.TemporaryDirectory() as folder, open_library(Path(folder)) as library:
        before, started = own_memory(), time.perf_counter()
        with watching() as peaks:
            (added,) = library.add(book)
        seconds = time.perf_counter() - started
        assert added.error is None, added.error
    whole, reader = (
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {"before": before, "own": max(peaks), "whole": whole, "reader": reader, "seconds": seconds}


@contextmanager
def watching() -> Iterator[list[float]]:
    """What this process holds for itself, looked at every tenth of a second until the block ends."""
    seen = [own_memory()]
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.1):
            seen.append(own_memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()


def own_memory() -> float:
    """Anonymous resident memory of this process, MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024


if __name__ == "__main__":
    main()
