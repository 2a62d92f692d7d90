"""What a child process measures: a layout built, a layout searched, plans against recall."""

import os
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import qdrant_edge as qe

from benchmarks.layouts.data import DEPTHS, FILTERS, QUERIES, Data
from benchmarks.layouts.stores import TUNED, Store, open_layout, store_folder
from retrieval.edge.generations import newest
from retrieval.edge.requests import nearest_request
from retrieval.edge.store import EdgeStore
from retrieval.filters import thins_out
from retrieval.plan import Plan
from retrieval.types import Collection

EFFORTS = (64, 128, 256, 512)  # hnsw_ef
WIDE_EFFORTS = (64, 128, 256, 384, 512, 1024, 2048)
RECALL = 0.99
LOCAL_QUERIES = 5
EPSILON = 2e-6  # cosines closer than this are the same

Row = dict[str, tuple[float, float, float]]  # by filter: recall at both depths, p50 ms


def build(layout: str, data: Data, effort: int) -> dict[str, float]:
    """Write all points and build the index; for layouts without a plan, find the effort they need."""
    store = open_layout(layout, data, effort)
    written = [0.0, 0.0]
    for points, vectors, lexical in data.points():
        with clocks(written):
            store.upsert(points, vectors, lexical)
    indexed = [0.0, 0.0]
    with clocks(indexed):
        store.optimize()
    store.close()
    count = len(data.array("vectors"))
    figures = {"upserts/s": count / written[0], "upserts/CPU s": count / written[1]}
    figures |= {"index s": indexed[0], "index CPU s": indexed[1], "disk MiB": disk_mib(store_folder(layout, data))}
    if layout in TUNED:
        figures["effort"] = least_effort(layout, data)
    return figures


@contextmanager
def clocks(sums: list[float]) -> Iterator[None]:
    """Add the seconds that pass, and those of CPU that all threads take, the kernel's work for them included."""
    started, used = time.perf_counter(), time.process_time()
    yield
    sums[0] += time.perf_counter() - started
    sums[1] += time.process_time() - used


def least_effort(layout: str, data: Data) -> int:
    """The first of the efforts that reaches the recall with every filter, else the last."""
    for effort in EFFORTS:
        store = open_layout(layout, data, effort)
        recalls = [ask_all(store, data, name)[1] for name in FILTERS]
        store.close()
        if min(recalls) >= RECALL:
            break
    return effort


def search(layout: str, data: Data, effort: int) -> dict[str, float]:
    """A cold pass, then two passes with each filter, of which the second counts."""
    for path in store_folder(layout, data).rglob("*"):
        if path.is_file():
            forget(path)
    queries = LOCAL_QUERIES if layout == "local" else QUERIES
    started = time.perf_counter()
    store = open_layout(layout, data, effort)
    figures = {"open s": time.perf_counter() - started}
    times, _ = ask_all(store, data, "all", queries)
    figures |= {"cold p50": quantile(times, 0.5), "cold p95": quantile(times, 0.95)}
    for name in FILTERS:
        ask_all(store, data, name, queries)
        times, recall = ask_all(store, data, name, queries)
        figures |= {f"{name}: p50": quantile(times, 0.5), f"{name}: p95": quantile(times, 0.95)}
        figures[f"{name}: recall"] = recall
    figures |= {"resident MiB": status_mib("VmRSS"), "of it not files": status_mib("RssAnon")}
    store.close()
    return figures


def compare_plans(size: int, data: Data) -> list[tuple[int, Row]]:
    """For each effort and filter: recall at both depths and p50 ms, with a graph over int8 of that size."""
    folder, full = data.folder / f"store {size}", data.sizes[-1]
    collection = Collection("benchmark@1", (size, full) if size < full else (full,))
    store = EdgeStore(folder, collection)
    for points, vectors, lexical in data.points():
        store.upsert(points, vectors, lexical)
    store.optimize()
    store.close()
    shard = qe.EdgeShard.load(str(newest(folder)))
    queries, kth = np.array(data.array("queries")), data.array("kth")
    rows = []
    for effort in WIDE_EFFORTS:
        row = {}
        for number, (name, where) in enumerate(FILTERS.items()):
            plan = Plan(size, effort, effort if size < full else 2 * max(DEPTHS), thins_out(where))
            times, recalls = [], []
            for query, least in zip(queries, kth[number], strict=True):
                request = nearest_request(query, limit=max(DEPTHS), where=where, plan=plan)
                started = time.perf_counter()
                found = shard.query(request)
                times.append(time.perf_counter() - started)
                scores = [point.score for point in found]
                recalls.append([share_right(scores, depth, least[at]) for at, depth in enumerate(DEPTHS)])
            shallow, deep = np.mean(recalls, axis=0).tolist()
            row[name] = (shallow, deep, quantile(times, 0.5))
        rows.append((effort, row))
    shard.close()
    shutil.rmtree(folder)
    return rows


def ask_all(store: Store, data: Data, name: str, count: int = QUERIES) -> tuple[list[float], float]:
    """Seconds of each query's ten nearest, and recall."""
    kth = data.array("kth")[list(FILTERS).index(name)]
    times, recalls = [], []
    for query, least in zip(np.array(data.array("queries")[:count]), kth[:count], strict=True):
        started = time.perf_counter()
        found = store.search(query, limit=10, where=FILTERS[name])
        times.append(time.perf_counter() - started)
        recalls.append(share_right([hit.score for hit in found], 10, least[0]))
    return times, statistics.mean(recalls)


def share_right(scores: Sequence[float], depth: int, least: float) -> float:
    """Recall: how many of the first places hold something as near as what is right."""
    return sum(score >= least - EPSILON for score in scores[:depth]) / depth


def quantile(seconds: Sequence[float], share: float) -> float:
    """In milliseconds."""
    return float(np.quantile(seconds, share)) * 1e3


def forget(path: Path) -> None:
    """Write a file's pages to disk and drop them from the page cache."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def disk_mib(folder: Path) -> float:
    """What its files occupy."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*")) / 2**20


def status_mib(key: str) -> float:
    """A line of this process's status."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{key}:")[2].split()[0]) / 1024


CHILDREN: dict[str, Callable[[str, Data, int], dict[str, float]]] = {"build": build, "search": search}
