"""What it costs to add an unchanged folder again: 1,000 real pages in 100 PDFs, with the stub and with the starter.

    python benchmarks/ingestion_again.py MANUALS [--files 100] [--repeats 3]

MANUALS is a folder of PDFs, whose pages are cut into files of ten. The library is opened anew between the two passes.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # else benchmarks/encoders.py would hide the package

import argparse
import tempfile
import time

from ingestion_parts import cut_manuals, median, open_library, point_ids, print_table
from ingestion_stub import Stub

from app.types import AddStatus
from encoders.base import Encoder
from encoders.starter import StarterEncoder


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
        runs = [measure(source, Path(folder) / f"library{turn}", Stub()) for turn in range(options.repeats)]
        with_starter = measure(source, Path(folder) / "starter", StarterEncoder(threads=2))
    first, second = (median([run[turn] for run in runs]) for turn in (0, 1))
    rows = [
        [name, f"{first:.1f}", f"{second:.2f}", f"{second / first:.2%}"]
        for name, first, second in (("stub", first, second), ("starter", *with_starter))
    ]
    print(f"{pages} pages in {options.files} PDFs; stub: medians of {options.repeats} runs\n")
    print_table(["encoder", "first pass, s", "second pass, s", "second / first"], rows)


def measure(source: Path, data: Path, encoder: Encoder) -> tuple[float, float]:
    """Seconds of both passes."""
    seconds = []
    for expected in (AddStatus.ADDED, AddStatus.UNCHANGED):
        with open_library(data, encoder=encoder) as library:
            before = point_ids(library)
            started = time.perf_counter()
            added = library.add(source)
            seconds.append(time.perf_counter() - started)
            assert {one.status for one in added} == {expected}, added
            assert expected is AddStatus.ADDED or point_ids(library) == before
    return seconds[0], seconds[1]


if __name__ == "__main__":
    main()
