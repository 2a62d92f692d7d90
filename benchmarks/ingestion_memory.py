"""Whether memory is flat: a PDF of 100 pages, and one of 5,000, each added by a process of its own.

    python benchmarks/ingestion_memory.py MANUALS [--pages 100 1000 5000]

MANUALS is a folder of PDFs, whose pages are put into one file, over and over, each with a number of its own. Peaks are
resident memory: of the process that adds, after its modules are loaded, and of its reader processes, the largest one.
Both are without a model: the stub encodes. Linux.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # else benchmarks/encoders.py would hide the package

import argparse
import json
import resource
import tempfile
import time

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
            rows.append([pages, *(f"{figures[key]:.0f}" for key in ("loaded", "adding", "reader", "seconds"))])
    print_table(["pages", "process before, MiB", "process at its peak, MiB", "reader at its peak, MiB", "s"], rows)


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
        loaded, started = _peak(resource.RUSAGE_SELF), time.perf_counter()
        (added,) = library.add(book)
        seconds = time.perf_counter() - started
        assert added.error is None, added.error
    return {
        "loaded": loaded,
        "adding": _peak(resource.RUSAGE_SELF),
        "reader": _peak(resource.RUSAGE_CHILDREN),
        "seconds": seconds,
    }


def _peak(whose: int) -> float:
    return resource.getrusage(whose).ru_maxrss / 1024


if __name__ == "__main__":
    main()
