"""Whole ingest without a model, beside haystack-ai and llama-index: 1,000 real pages in 100 PDFs.

    python benchmarks/ingestion.py MANUALS --peers PYTHON [--files 100] [--repeats 3]

MANUALS is a folder of PDFs, whose pages are cut into files of ten. PYTHON is one that has the peers, which want older
packages than ours: `uv venv ENV`, then `uv pip install --link-mode copy --python ENV/bin/python --group peers` (NLTK
refuses files that are links).

Ours reads, draws every page, keeps its JPEG, cuts passages, tells their language, indexes their words and stores
passages and pages with their words, on the disk when it returns. The peers read, split, embed and store passages; none
draws a page. Vectors are hashes of the content on every side. Every side runs in fresh processes, in turns, after one
file to warm up; medians are printed, then the stages of ours one by one.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # else benchmarks/encoders.py would hide the package

import argparse
import importlib.metadata
import json
import tempfile
import time
from collections import defaultdict

from ingestion_parts import cpu_seconds, cut_manuals, median, open_library, point_ids, print_table, run_child
from ingestion_peers import SIDES
from ingestion_stages import print_stages

OURS = "polyglance"


def main() -> None:
    """Run every side turn by turn and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manuals", type=Path)
    parser.add_argument("--peers", help="a Python that has them; without, our side alone")
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.manuals)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "pages"
        pages = cut_manuals(options.manuals, folder, files=options.files)
        runs: dict[str, list[dict[str, float]]] = defaultdict(list)
        for _ in range(options.repeats):
            runs[OURS].append(_last_line(run_child("ingestion.py", folder, "--child")))
            for peer in SIDES if options.peers else ():
                runs[peer].append(_last_line(run_child("ingestion_peers.py", peer, folder, python=options.peers)))
        _print(runs, pages, files=options.files, repeats=options.repeats)
        print_stages(sorted(folder.glob("*.pdf")))


def measure(source: Path) -> dict[str, object]:
    """Our side, in this process."""
    paths = sorted(source.glob("*.pdf"))
    with tempfile.TemporaryDirectory() as folder:
        with open_library(Path(folder) / "warm") as library:
            library.add(paths[0])
        with open_library(Path(folder) / "library") as library:
            started, before = time.perf_counter(), cpu_seconds()
            added = library.add(source)
            seconds, cpu = time.perf_counter() - started, cpu_seconds() - before
            assert all(one.error is None for one in added), added
            points = len(point_ids(library))
    names = ("pymupdf", "qdrant-edge-py", "pillow")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    return {"seconds": seconds, "cpu": cpu, "points": points, "versions": versions}


def _last_line(output: str) -> dict[str, float]:
    figures: dict[str, float] = json.loads(output.splitlines()[-1])
    return figures


def _print(runs: dict[str, list[dict[str, float]]], pages: int, *, files: int, repeats: int) -> None:
    print(f"{pages} pages in {files} PDFs, medians of {repeats} runs in turns\n")
    ours = {key: median([run[key] for run in runs[OURS]]) for key in ("seconds", "cpu")}
    rows = []
    for side, figures in runs.items():
        seconds, cpu = (median([run[key] for run in figures]) for key in ("seconds", "cpu"))
        rows.append(
            [
                side,
                f"{pages / seconds:.1f}",
                f"{cpu / pages * 1000:.1f}",
                int(figures[0]["points"]),
                f"{seconds / ours['seconds']:.2f}",
                f"{cpu / ours['cpu']:.2f}",
            ]
        )
    head = ["side", "pages/s", "CPU ms a page", "points", "ours is faster by", "ours uses less CPU by"]
    print_table(head, rows)
    for side, figures in runs.items():
        print(f"{side}: {figures[0]['versions']}")
    print()


if __name__ == "__main__":
    main()
