"""What it costs to add an unchanged folder again: 1,000 real pages in 100 PDFs.

    python benchmarks/ingestion_again.py MANUALS [--files 100] [--repeats 3]

MANUALS is a folder of PDFs, whose pages are cut into files of ten. The library is opened anew between the two passes.
Without a model, so that the first pass is as quick as it can be: with one the share is smaller.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # else benchmarks/encoders.py would hide the package

import argparse
import tempfile
import time

from ingestion_parts import cut_manuals, median, open_library, point_ids, print_table

from app.types import AddStatus


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manuals", type=Path)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "pages"
        pages = cut_manuals(options.manuals, source, files=options.files)
        runs = [measure(source, Path(folder) / f"library{turn}") for turn in range(options.repeats)]
    rows = [
        [number, f"{first:.1f}", f"{second:.2f}", f"{second / first:.2%}"]
        for number, (first, second) in enumerate(runs, start=1)
    ]
    print(f"{pages} pages in {options.files} PDFs\n")
    print_table(["run", "first pass, s", "second pass, s", "second / first"], rows)
    print(f"median: {median([second / first for first, second in runs]):.2%}")


def measure(source: Path, data: Path) -> tuple[float, float]:
    """Seconds of both passes."""
    seconds = []
    for expected in (AddStatus.ADDED, AddStatus.UNCHANGED):
        with open_library(data) as library:
            before = point_ids(library)
            started = time.perf_counter()
            added = library.add(source)
            seconds.append(time.perf_counter() - started)
            assert {one.status for one in added} == {expected}, added
            assert expected is AddStatus.ADDED or point_ids(library) == before
    return seconds[0], seconds[1]


if __name__ == "__main__":
    main()
