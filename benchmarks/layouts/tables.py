"""Tables in Markdown."""

import sys

import numpy as np

from benchmarks.layouts.data import DEPTHS, FILTERS, Data
from benchmarks.layouts.measure import EPSILON, RECALL, Row
from encoders.base import truncate

COSTS = {
    "upserts/s": 0,
    "upserts/CPU s": 0,
    "index s": 1,
    "index CPU s": 1,
    "disk MiB": 0,
    "resident MiB": 0,
    "of it not files": 0,
    "open s": 2,
    "cold p50": 2,
    "cold p95": 2,
}  # digits
COMPARED = ("all: p50", "cold p50", "resident MiB", "index CPU s")
NOISE = 1.1  # what is less than this apart is the same

Figures = dict[str, dict[str, float]]  # by layout


def print_data(name: str, data: Data) -> None:
    """What the data are like: how far each size alone agrees with the full one."""
    queries, vectors, kth = data.array("queries"), data.array("vectors"), data.array("kth")
    print(f"\n## {name}\n\nTen nearest by one size alone that are the full size's:", end="")
    for size in data.sizes[:-1]:
        cosines = truncate(queries, size) @ truncate(vectors, size).T
        nearest = np.argpartition(-cosines, 10, axis=1)[:, :10]
        exact = np.einsum("qd,qkd->qk", queries, vectors[nearest])
        print(f" {size}: {(exact >= kth[0, :, :1] - EPSILON).mean():.3f}", end="")
    print(flush=True)


def print_figures(figures: Figures) -> None:
    """A table of costs and one of recall and latency by filter."""
    print(f"\n| layout | effort | {' | '.join(COSTS)} | Pareto |\n|{'---|' * (len(COSTS) + 3)}")
    for layout, row in figures.items():
        beaten = [other for other in figures if other != layout and beats(figures[other], row)]
        cells = [f"{row[key]:.{digits}f}" for key, digits in COSTS.items()]
        verdict = f"beaten by {', '.join(beaten)}" if beaten else "yes"
        print(f"| {layout} | {int(row.get('effort', 0)) or 'plan'} | {' | '.join(cells)} | {verdict} |")
    print(
        f"\n| layout | {' | '.join(f'{name}: recall, p50, p95' for name in FILTERS)} |\n|{'---|' * (len(FILTERS) + 1)}"
    )
    for layout, row in figures.items():
        cells = [f"{row[f'{n}: recall']:.4f}, {row[f'{n}: p50']:.2f}, {row[f'{n}: p95']:.2f}" for n in FILTERS]
        print(f"| {layout} | {' | '.join(cells)} |")
    for layout, row in figures.items():
        if "local" in figures and layout.startswith("ours"):
            memory, upserts = (row[key] / figures["local"][key] for key in ("resident MiB", "upserts/s"))
            print(f"\n{layout} to local mode: memory {memory:.2f}, upserts {upserts:.1f}")
    sys.stdout.flush()


def beats(other: dict[str, float], row: dict[str, float]) -> bool:
    """Whether it is no worse in latency, memory and index time, reaches the recall or the same, and better in one."""
    least = [min(figures[f"{name}: recall"] for name in FILTERS) for figures in (other, row)]
    return (
        all(other[key] <= NOISE * row[key] for key in COMPARED)
        and (least[0] >= RECALL or least[0] >= least[1])
        and any(NOISE * other[key] < row[key] for key in COMPARED)
    )


def print_plans(size: int, rows: list[tuple[int, Row]]) -> None:
    """A row for each effort."""
    print(f"\ngraph over {size} coordinates: recall@{DEPTHS[0]}, recall@{DEPTHS[1]}, p50 ms\n")
    print(f"| effort | {' | '.join(FILTERS)} |\n|{'---|' * (len(FILTERS) + 1)}")
    for effort, row in rows:
        cells = [f"{shallow:.4f}, {deep:.4f}, {ms:.2f}" for shallow, deep, ms in row.values()]
        print(f"| {effort} | {' | '.join(cells)} |", flush=True)
