"""The layouts that are compared, all reached by the product's own store or the client's local mode."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import qdrant_edge as qe

from benchmarks.layouts.data import Data
from encoders.base import Embeddings, Vector
from retrieval.edge.engine import INDEX_TYPES, to_filter, to_scored
from retrieval.edge.store import EdgeStore
from retrieval.filters import thins_out
from retrieval.payload import INDEXED, LEXICAL, vector_name
from retrieval.plan import ACORN_BELOW, Plan
from retrieval.types import Collection, Filter, Point, ScoredPoint, SparseVector
from retrieval.vectors import round_cosine

LEANEST = "int8, leanest"
FULL_GRAPH = "full graph"
ALL_GRAPHS = "all graphs"
SMALL_FLOAT = "small 256"
EDGE_LAYOUTS = ("ours", "ours 256", LEANEST, SMALL_FLOAT, FULL_GRAPH, ALL_GRAPHS)
TUNED = (LEANEST, FULL_GRAPH, ALL_GRAPHS)  # searched with the least effort that reaches the recall


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


class Tuned(EdgeStore):
    """The product's store, but the full size is searched by its graph with a given effort."""

    effort: int

    def _ask_nearest(
        self, vectors: Embeddings, *, limit: int, where: Filter, plan: Plan | None
    ) -> list[list[ScoredPoint]]:
        if plan is None:
            return super()._ask_nearest(vectors, limit=limit, where=where, plan=plan)
        params = qe.SearchParams(
            hnsw_ef=self.effort,
            quantization=qe.QuantizationSearchParams(rescore=True, oversampling=2.0),
            acorn=qe.AcornSearchParams(enable=thins_out(where), max_selectivity=ACORN_BELOW),
        )
        requests = [
            qe.QueryRequest(
                limit=limit,
                query=qe.Query.Nearest(vector.tolist(), using=vector_name(len(vector))),
                filter=to_filter(where),
                params=params,
                with_payload=True,
            )
            for vector in vectors
        ]
        with self._read() as shard:
            answers = shard.query_batch(qe.QueryBatchRequest(requests))
        return [[to_scored(row, round_cosine) for row in found] for found in answers]


def open_layout(layout: str, data: Data, effort: int) -> Store:
    """The layout's store over the data, made if it is not there."""
    folder, full = store_folder(layout, data), data.sizes[-1]
    if layout == "local":
        from retrieval.qdrant.local import open_local  # here, so that its import counts in its own process only

        return open_local(folder, Collection("benchmark@1", (full,)))
    sizes = {"ours 256": (256, full), SMALL_FLOAT: (256, full), ALL_GRAPHS: data.sizes}.get(layout, (full,))
    if layout in (SMALL_FLOAT, FULL_GRAPH, ALL_GRAPHS) and not folder.exists():
        make_without_int8(folder, sizes, graphs=sizes[:1] if layout == SMALL_FLOAT else sizes)
    if layout not in TUNED:
        return EdgeStore(folder, Collection("benchmark@1", sizes))
    store = Tuned(folder, Collection("benchmark@1", sizes))
    store.effort = effort
    return store


def make_without_int8(folder: Path, sizes: Sequence[int], *, graphs: Sequence[int]) -> None:
    """Engine files with float32 graphs: what has one lies in memory, the rest on disk."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    vectors = {
        vector_name(size): qe.EdgeVectorParams(
            size,
            qe.Distance.Cosine,
            hnsw_config=qe.HnswIndexConfig(m=16 if size in graphs else 0, ef_construct=100, full_scan_threshold=10_000),
            memory=qe.Memory.Cached if size in graphs else qe.Memory.Cold,
        )
        for size in sizes
    }
    lexical = {LEXICAL: qe.EdgeSparseVectorParams(modifier=qe.Modifier.Idf)}
    config = qe.EdgeConfig(
        vectors=vectors, sparse_vectors=lexical, optimizers=qe.EdgeOptimizersConfig(indexing_threshold=1)
    )
    shard = qe.EdgeShard.create(str(folder / "edge"), config)
    for key, index in INDEXED.items():
        shard.update(qe.UpdateOperation.create_field_index(key, INDEX_TYPES[index]))
    shard.close()


def store_folder(layout: str, data: Data) -> Path:
    """Where a layout keeps the data."""
    return data.folder / f"store {layout}"
