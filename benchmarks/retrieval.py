"""Layouts of the vector engine side by side: latency, memory, index time, disk and recall, in one run.

    python -P benchmarks/retrieval.py --folder FOLDER [--corpus PDFS --titles QUERIES.json] [--points 10000 50000]

Layouts, all on Qdrant Edge, all through the product's store, with its payload indexes:

- ours: the product's default; the full size on disk, with a graph over its int8 numbers in memory;
- ours 256: `--sizes 256`; the graph goes over 256 coordinates in int8, the full size scores what it finds;
- int8, leanest: the same files as ours, searched with the least effort and twice as many as wanted rescored;
- small 256: 256 coordinates with a float32 graph in memory find candidates, the full size on disk scores them;
- full graph: only the full size, with a float32 graph in memory;
- all graphs: every Matryoshka size with one, the full one is searched;
- local: qdrant-client's local mode as the product uses it (`--local POINTS`), full size only, 5 queries.

Each layout is built once in a process of its own and searched in further ones, layouts in turn, `--rounds` times;
medians are printed. The last three on Edge, and the leanest, use the least `hnsw_ef` of 64 to 512 that reaches a
recall@10 of 0.99 with every filter; ours and small 256 are as `retrieval.plan` has it. Seconds of CPU are those of
all threads: on a busy machine they say more than a clock. The cold pass is each query once, in a fresh process, after
the store's files were put out of the page cache. Memory is of that process after all searches; it holds the store,
200 queries and the interpreter. Pareto: no other layout is as good in warm and cold p50, memory and CPU seconds of
the index, at the recall, and better in one of them, by more than a tenth.

Vectors: synthetic ones (1024-d clusters whose energy falls over the coordinates), and the starter encoder's (512-d) of
passages of the PDFs in `--corpus`: the product's passages, and shorter overlapping windows of the same pages until
there are enough, in random order, texts that occur twice left out. Queries are the titles of `--titles`, a list of
objects with a "query". Real points come with their own text and terms, synthetic ones with one text and no terms.

`--plans` prints the tables from which the constants of `retrieval.plan` are read instead.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # else benchmarks/encoders.py would hide the package

import argparse
import json
import shutil
import statistics
import subprocess
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.layouts.data import SYNTHETIC_SIZES, Data, real, synthetic, write_data
from benchmarks.layouts.measure import CHILDREN, EFFORTS, compare_plans
from benchmarks.layouts.stores import EDGE_LAYOUTS
from benchmarks.layouts.tables import Figures, print_data, print_figures, print_plans


def main() -> None:
    """Make the data, run the children, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="for data and stores; `benchmark` in it is removed")
    parser.add_argument("--points", type=int, nargs="+", default=[10_000, 50_000])
    parser.add_argument("--corpus", type=Path, help="folder of PDFs; without it, only synthetic vectors")
    parser.add_argument("--titles", type=Path, help="JSON list of objects with a query")
    parser.add_argument("--layouts", nargs="+", choices=EDGE_LAYOUTS, default=EDGE_LAYOUTS)
    parser.add_argument("--local", type=int, default=10_000, help="local mode up to this many points, synthetic only")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--plans", type=int, nargs="+", metavar="SIZE", help="print effort against recall instead")
    parser.add_argument("--no-synthetic", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        task = json.loads(options.child)
        data = Data(options.folder, tuple(task["sizes"]))
        print(json.dumps(CHILDREN[task["child"]](task["layout"], data, task["effort"])))
        return
    scratch = options.folder / "benchmark"
    shutil.rmtree(scratch, ignore_errors=True)
    for name, data in make_data(options, scratch):
        print_data(name, data)
        if options.plans:
            for size in options.plans:
                print_plans(size, compare_plans(size, data))
        else:
            count = len(data.array("vectors"))
            layouts = [*options.layouts, *(["local"] if "synthetic" in name and count <= options.local else [])]
            print_figures(compare(layouts, data, options.rounds))
        shutil.rmtree(data.folder)


def make_data(options: argparse.Namespace, scratch: Path) -> Iterator[tuple[str, Data]]:
    """Data sets one after the other, to be removed in between."""
    if options.corpus:
        vectors, queries, sizes, texts = real(options.corpus, options.titles, max(options.points))
        order = np.random.default_rng(3).permutation(len(vectors))
    for count in options.points:
        if not options.no_synthetic:
            made, asked = synthetic(count)
            yield f"{count} points, synthetic", write_data(scratch / "s", made, asked, SYNTHETIC_SIZES, None)
        if options.corpus:
            chosen = order[:count]
            kept = [texts[row] for row in chosen]
            yield f"{len(chosen)} points, starter", write_data(scratch / "r", vectors[chosen], queries, sizes, kept)


def compare(layouts: Sequence[str], data: Data, rounds: int) -> Figures:
    """Medians of all figures by layout."""
    built = {layout: run_child("build", layout, data, EFFORTS[0]) for layout in layouts}
    efforts = {layout: int(built[layout].get("effort", 0)) for layout in layouts}
    searched: dict[str, list[dict[str, float]]] = {layout: [] for layout in layouts}
    for _ in range(rounds):
        for layout in layouts:
            searched[layout].append(run_child("search", layout, data, efforts[layout]))
    return {
        layout: built[layout] | {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for layout, runs in searched.items()
    }


def run_child(child: str, layout: str, data: Data, effort: int) -> dict[str, float]:
    """The figures a child process prints."""
    task = json.dumps({"child": child, "layout": layout, "sizes": data.sizes, "effort": effort})
    command = [sys.executable, "-P", __file__, "--folder", str(data.folder), "--child", task]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    figures: dict[str, float] = json.loads(output.splitlines()[-1])
    return figures


if __name__ == "__main__":
    main()
