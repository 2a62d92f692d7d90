"""Layouts of the vector engine side by side: latency, memory, index time, disk and recall, in one run.

    python -P benchmarks/retrieval.py --folder FOLDER [--corpus PDFS --titles QUERIES.json] [--points 10000 50000]

Layouts, all on Qdrant Edge, all with the product's payload indexes:

- ours 128, ours 256: the product's store; this small size with a graph in memory finds candidates, the full size on
  disk scores them;
- all graphs: every Matryoshka size with a graph, the full one is searched;
- full graph: only the full size, with a graph;
- full int8: only the full size, with a graph over int8 numbers in memory, twice as many as wanted rescored from disk;
- local: qdrant-client's local mode as the product uses it (`--local POINTS`), full size only, 5 queries.

Each layout is built once in a process of its own and searched in further ones, layouts in turn, `--rounds` times;
medians are printed. Searches of our rivals use the least `hnsw_ef` of 64 to 512 that reaches a recall@10 of 0.99 with
every filter; ours is as `retrieval.plan` has it. The cold pass is each query once, in a fresh process, after the
store's files were put out of the page cache. Memory is of that process after all searches; it holds the store, 200
queries and the interpreter.

Vectors: synthetic ones (1024-d clusters whose energy falls over the coordinates), and the starter encoder's (512-d) of
passages of the PDFs in `--corpus`: the product's passages, and shorter overlapping windows of the same pages until
there are enough, in random order, texts that occur twice left out. Queries are the titles of `--titles`, a list of
objects with a "query". Real points come with their own text and terms, synthetic ones with one text and no terms.

`--candidates` prints the table from which the constants of `retrieval.plan` are read instead.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # else benchmarks/encoders.py would hide the package

import argparse
import json
import os
import shutil
import statistics
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Protocol

import numpy as np
import qdrant_edge as qe

from encoders.base import Embeddings, Vector, truncate
from ingest.types import Modality
from retrieval.edge.engine import candidate_params, open_shard, to_engine, to_filter
from retrieval.edge.store import EdgeStore
from retrieval.lexical import index_terms
from retrieval.payload import INDEXED, LEXICAL, Index, from_payload, vector_name
from retrieval.types import Collection, Filter, Point, ScoredPoint, SparseVector
from retrieval.vectors import best_first, round_cosine

YES = frozenset({"yes"})
FILTERS = {
    "all": Filter(),
    "1 %": Filter(owners=YES),
    "30 %": Filter(collections=YES),
    "30 % alike": Filter(kinds=YES),  # those nearest to some vector: a part of the space, as one language is
    "99 %": Filter(languages=YES),
}
EDGE_LAYOUTS = ("ours 128", "ours 256", "all graphs", "full graph", "full int8")
RIVALS = EDGE_LAYOUTS[2:]
EFFORTS = (64, 128, 256, 512)  # hnsw_ef
CANDIDATES = (64, 128, 256, 512, 1024, 2048)
RECALL = 0.99
DEPTHS = (10, 64)  # places at which recall is taken
QUERIES, LOCAL_QUERIES = 200, 5
PRECISE = ("open s", "cold p50", "cold p95")  # printed with two digits
BATCH = 128  # points in one upsert, as the product writes them
SYNTHETIC_SIZES = (64, 128, 256, 512, 768, 1024)
WINDOWS = ((64, 20), (32, 24), (24, 18), (48, 40), (16, 12), (40, 34), (20, 16), (56, 50))  # tokens, overlap
TEXT = "A passage of some sixty words. " * 10
EPSILON = 2e-6  # cosines closer than this are the same


# --- the data -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Data:
    """A folder with vectors.npy (N, D), queries.npy (Q, D), passes.npy (filters, N), kth.npy (filters, Q, depths)."""

    folder: Path
    sizes: tuple[int, ...]

    def array(self, name: str) -> Any:
        """One of them, mapped."""
        return np.load(self.folder / f"{name}.npy", mmap_mode="r")

    def points(self) -> Iterator[tuple[list[Point], Embeddings, list[SparseVector]]]:
        """Batches as the product writes them."""
        vectors, passes = self.array("vectors"), self.array("passes")
        texts_file = self.folder / "texts.json"
        texts = json.loads(texts_file.read_text(encoding="utf-8")) if texts_file.exists() else None
        for start in range(0, len(vectors), BATCH):
            numbers = range(start, min(start + BATCH, len(vectors)))
            points = [
                make_point(
                    number, texts[number] if texts else "A passage of some sixty words. " * 10, passes[:, number]
                )
                for number in numbers
            ]
            lexical = [index_terms(point.text) if texts else SparseVector((), ()) for point in points]
            yield points, np.array(vectors[start : start + BATCH]), lexical


def make_point(number: int, text: str, passes: Sequence[bool]) -> Point:
    """A passage of a hundred to its document, with what the filters ask for."""
    _, owner, collection, kind, language = ("yes" if value else "no" for value in passes)
    return Point(
        id=str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))),
        document_id=str(number // 100),
        page_number=1,
        page_label="1",
        modality=Modality.TEXT,
        text=text,
        kind=kind,
        language=language,
        owner=owner,
        collection=collection,
    )


def write_data(
    folder: Path, vectors: Embeddings, queries: Embeddings, sizes: tuple[int, ...], texts: list[str] | None
) -> Data:
    """Add who passes which filter and what is right, and write all of it."""
    rng = np.random.default_rng(1)
    likeness = vectors @ vectors[0]
    shares = [np.ones(len(vectors), bool), *(rng.random(len(vectors)) < share for share in (0.01, 0.3))]
    passes = np.array([*shares, likeness > np.quantile(likeness, 0.7), rng.random(len(vectors)) < 0.99])
    folder.mkdir(parents=True)
    np.save(folder / "vectors.npy", vectors)
    np.save(folder / "queries.npy", queries)
    np.save(folder / "passes.npy", passes)
    np.save(folder / "kth.npy", kth_best(queries @ vectors.T, passes))
    if texts is not None:
        (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    return Data(folder, sizes)


def kth_best(cosines: Embeddings, passes: Any) -> Any:
    """The least cosine that is right, (filters, Q, depths)."""
    return np.array(
        [[[nth(row[allowed], depth) for depth in DEPTHS] for row in cosines] for allowed in passes],
        dtype=np.float32,
    )


def nth(cosines: Embeddings, depth: int) -> float:
    """The cosine at that place, or the last."""
    depth = min(depth, len(cosines))
    return float(np.partition(cosines, -depth)[-depth])


def synthetic(count: int) -> tuple[Embeddings, Embeddings]:
    """Vectors and queries in clusters of about a hundred, nearly as alike at 256 coordinates as at all 1024."""
    rng = np.random.default_rng(0)
    width = SYNTHETIC_SIZES[-1]
    scale = (1 / np.sqrt(1 + np.arange(width) / 8)).astype(np.float32)
    centres = rng.standard_normal((count // 100, width), dtype=np.float32)

    def draw(number: int) -> Embeddings:
        rows = centres[rng.integers(0, len(centres), number)] + rng.standard_normal((number, width), dtype=np.float32)
        return truncate(rows * scale, width)

    return draw(count), draw(QUERIES)


def real(corpus: Path, titles: Path, most: int) -> tuple[Embeddings, Embeddings, tuple[int, ...], list[str]]:
    """The starter's vectors of passages and titles, its sizes, and the passages' texts."""
    from encoders.starter import StarterEncoder  # here, so that the processes which search do not load it

    encoder = StarterEncoder()
    texts = list(passages(corpus, encoder.count_tokens, most))
    entries = json.loads(titles.read_text(encoding="utf-8"))
    queries = sorted({entry["query"] for entry in entries})
    chosen = np.random.default_rng(2).choice(queries, QUERIES, replace=False).tolist()
    rows = [encoder.encode_texts(texts[start : start + 256]) for start in range(0, len(texts), 256)]
    return np.concatenate(rows), encoder.encode_queries(chosen), encoder.sizes, texts


def passages(corpus: Path, count_tokens: Callable[[str], int], most: int) -> Iterator[str]:
    """Different texts: the product's passages of all PDFs, then ever more overlapping windows of the same pages."""
    from ingest import chunk
    from ingest.readers.registry import open_reader
    from ingest.types import Format

    pages = []
    for path in sorted(corpus.glob("*.pdf")):
        with open_reader(path, format=Format.PDF, name=path.name) as reader:
            pages += [(path.name, replace(page, image=None, views=())) for page in reader.read_pages()]
    counted = cache(count_tokens)
    seen: set[str] = set()
    for tokens, overlap in WINDOWS:
        for name, page in pages:
            pieces = chunk.split_page(page, document_id=name, count_tokens=counted, max_tokens=tokens, overlap=overlap)
            for text in (piece.text for piece in pieces):
                if text not in seen and len(seen) < most:
                    seen.add(text)
                    yield text
        print(f"{len(seen)} passages with windows of {tokens} tokens, overlap {overlap}", flush=True)
        if len(seen) == most:
            return


# --- the stores -----------------------------------------------------------------------------------------------------


class Store(Protocol):
    """What is measured of a store."""

    def upsert(self, points: Sequence[Point], vectors: Embeddings, lexical: Sequence[SparseVector]) -> None:
        """Write points, durably."""
        ...

    def search(self, vector: Vector, *, limit: int, where: Filter) -> list[ScoredPoint]:
        """The nearest that pass."""
        ...

    def optimize(self) -> None:
        """Build the index."""
        ...

    def close(self) -> None:
        """Flush and let go of the files."""
        ...


class Rival:
    """Another layout on the same engine, doing the same work in Python for each point and hit."""

    def __init__(self, folder: Path, layout: str, sizes: tuple[int, ...], effort: int) -> None:
        self._sizes = sizes if layout == "all graphs" else sizes[-1:]
        if not folder.exists():
            self._create(folder, quantised=layout == "full int8")
        self._shard = qe.EdgeShard.load(str(folder))
        self._rescored = qe.QuantizationSearchParams(rescore=True, oversampling=2.0) if layout == "full int8" else None
        self._effort = effort

    def _create(self, folder: Path, *, quantised: bool) -> None:
        graph = qe.HnswIndexConfig(m=16, ef_construct=100, full_scan_threshold=10_000)
        int8 = qe.ScalarQuantizationConfig(qe.ScalarType.Int8, quantile=0.99, memory=qe.Memory.Pinned)
        memory = qe.Memory.Cold if quantised else qe.Memory.Cached
        vectors = {
            vector_name(size): qe.EdgeVectorParams(
                size,
                qe.Distance.Cosine,
                hnsw_config=graph,
                quantization_config=int8 if quantised else None,
                memory=memory,
            )
            for size in self._sizes
        }
        lexical = {LEXICAL: qe.EdgeSparseVectorParams(modifier=qe.Modifier.Idf)}
        always = qe.EdgeOptimizersConfig(indexing_threshold=1)
        config = qe.EdgeConfig(vectors=vectors, sparse_vectors=lexical, optimizers=always)
        shard = qe.EdgeShard.create(str(folder), config)
        types = {
            Index.KEYWORD: qe.PayloadSchemaType.Keyword,
            Index.INTEGER: qe.PayloadSchemaType.Integer,
            Index.DATE: qe.PayloadSchemaType.Datetime,
        }
        for key, index in INDEXED.items():
            shard.update(qe.UpdateOperation.create_field_index(key, types[index]))
        shard.close()

    def upsert(self, points: Sequence[Point], vectors: Embeddings, lexical: Sequence[SparseVector]) -> None:
        """Write points, durably."""
        self._shard.update(qe.UpdateOperation.upsert_points(to_engine(points, vectors, lexical, sizes=self._sizes)))
        self._shard.flush()

    def search(self, vector: Vector, *, limit: int, where: Filter) -> list[ScoredPoint]:
        """The nearest that pass."""
        acorn = candidate_params(self._effort, where).acorn
        request = qe.QueryRequest(
            limit=limit,
            query=qe.Query.Nearest(vector.tolist(), using=vector_name(self._sizes[-1])),
            filter=to_filter(where),
            params=qe.SearchParams(hnsw_ef=self._effort, quantization=self._rescored, acorn=acorn),
            with_payload=True,
        )
        found = self._shard.query(request)
        return best_first(
            [ScoredPoint(from_payload(str(row.id), row.payload or {}), round_cosine(row.score)) for row in found]
        )

    def optimize(self) -> None:
        """Build the index."""
        self._shard.optimize()
        self._shard.flush()

    def close(self) -> None:
        """Flush and let go of the files."""
        self._shard.flush()
        self._shard.close()


def open_layout(layout: str, data: Data, effort: int) -> Store:
    """The layout's store over the data, made if it is not there."""
    folder = store_folder(layout, data)
    if layout.startswith("ours"):
        small = int(layout.removeprefix("ours "))
        return EdgeStore(folder, Collection("benchmark@1", (small, data.sizes[-1])))
    if layout == "local":
        from retrieval.qdrant.local import open_local  # here, so that its import counts in its own process only

        return open_local(folder, Collection("benchmark@1", data.sizes[-1:]))
    return Rival(folder, layout, data.sizes, effort)


def store_folder(layout: str, data: Data) -> Path:
    """Where a layout keeps the data."""
    return data.folder / f"store {layout}"


# --- what a child process does --------------------------------------------------------------------------------------


def build(layout: str, data: Data, effort: int) -> dict[str, float]:
    """Write all points and build the index; for rivals, find the effort they need."""
    store = open_layout(layout, data, effort)
    written = 0.0
    for points, vectors, lexical in data.points():
        started = time.perf_counter()
        store.upsert(points, vectors, lexical)
        written += time.perf_counter() - started
    started = time.perf_counter()
    store.optimize()
    indexed = time.perf_counter() - started
    store.close()
    figures = {"upserts/s": len(data.array("vectors")) / written, "index s": indexed}
    figures["disk MiB"] = disk_mib(store_folder(layout, data))
    if layout in RIVALS:
        figures["effort"] = least_effort(layout, data)
    return figures


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


def compare_candidates(small: int, data: Data) -> list[tuple[int, dict[str, tuple[float, float, float]]]]:
    """For each number of candidates and filter: recall at both depths and p50 ms, with that small size."""
    folder, full = data.folder / f"store {small}", data.sizes[-1]
    store = EdgeStore(folder, Collection("benchmark@1", (small, full)))
    for points, vectors, lexical in data.points():
        store.upsert(points, vectors, lexical)
    store.optimize()
    store.close()
    shard = open_shard(folder, Collection("benchmark@1", (small, full)))
    queries, kth = data.array("queries"), data.array("kth")
    rows = []
    for count in CANDIDATES:
        row = {}
        for number, (name, where) in enumerate(FILTERS.items()):
            times, recalls = [], []
            for query, least in zip(queries, kth[number], strict=True):
                request = two_stages(query, (small, full), where, count)
                started = time.perf_counter()
                found = shard.query(request)
                times.append(time.perf_counter() - started)
                scores = [point.score for point in found]
                recalls.append([share_right(scores, depth, least[at]) for at, depth in enumerate(DEPTHS)])
            shallow, deep = np.mean(recalls, axis=0).tolist()
            row[name] = (shallow, deep, quantile(times, 0.5))
        rows.append((count, row))
    shard.close()
    shutil.rmtree(folder)
    return rows


def two_stages(query: Vector, sizes: tuple[int, int], where: Filter, count: int) -> qe.QueryRequest:
    """The product's request, with that many candidates."""
    small, full = sizes
    nearest = qe.Query.Nearest(truncate(query[None], small)[0].tolist(), using=vector_name(small))
    params, condition = candidate_params(count, where), to_filter(where)
    return qe.QueryRequest(
        limit=max(DEPTHS),
        query=qe.Query.Nearest(query.tolist(), using=vector_name(full)),
        prefetches=[qe.Prefetch(limit=count, query=nearest, filter=condition, params=params)],
        with_payload=True,
    )


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


# --- the run --------------------------------------------------------------------------------------------------------


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
    parser.add_argument("--candidates", type=int, nargs="+", metavar="SMALL", help="print candidates against recall")
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
        if options.candidates:
            for small in options.candidates:
                print_candidates(small, compare_candidates(small, data))
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


def compare(layouts: Sequence[str], data: Data, rounds: int) -> dict[str, dict[str, float]]:
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


def print_figures(figures: dict[str, dict[str, float]]) -> None:
    """A table of costs and one of recall and latency by filter."""
    keys = ("upserts/s", "index s", "disk MiB", "resident MiB", "of it not files", "open s", "cold p50", "cold p95")
    print(f"\n| layout | effort | {' | '.join(keys)} | Pareto |\n|{'---|' * (len(keys) + 3)}")
    for layout, row in figures.items():
        beaten = [other for other in figures if other != layout and beats(figures[other], row)]
        cells = [f"{row[key]:.{2 if key in PRECISE else 1}f}" for key in keys]
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
    keys = ("all: p50", "cold p50", "resident MiB", "index s")
    least = [min(figures[f"{name}: recall"] for name in FILTERS) for figures in (other, row)]
    return (
        all(other[key] <= row[key] for key in keys)
        and (least[0] >= RECALL or least[0] >= least[1])
        and any(other[key] < row[key] for key in keys)
    )


def print_candidates(small: int, rows: list[tuple[int, dict[str, tuple[float, float, float]]]]) -> None:
    """A row for each number of candidates."""
    print(f"\nsmall size {small}: recall@{DEPTHS[0]}, recall@{DEPTHS[1]}, p50 ms\n")
    print(f"| candidates | {' | '.join(FILTERS)} |\n|{'---|' * (len(FILTERS) + 1)}")
    for count, row in rows:
        cells = [f"{shallow:.4f}, {deep:.4f}, {ms:.2f}" for shallow, deep, ms in row.values()]
        print(f"| {count} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
