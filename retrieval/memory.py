"""The reference store: exact, in memory, gone when the process ends."""

import threading
from collections import Counter
from collections.abc import Sequence

import numpy as np

from encoders.base import Embeddings, Vector
from retrieval.errors import StoreUnavailable
from retrieval.filters import passes
from retrieval.types import Collection, Filter, Point, ScoredPoint, SparseVector, StoredPoint
from retrieval.vectors import (
    best_first,
    check_embeddings,
    check_lexical,
    check_limit,
    check_sparse,
    check_vector,
    inverse_document_frequency,
    round_bm25,
    round_cosine,
)


class MemoryStore:
    """Points in a dict, searched by comparing with every one."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._points: dict[str, StoredPoint] = {}
        self._lock = threading.Lock()
        self._closed = False

    @property
    def collection(self) -> Collection:
        """The encoder and sizes the collection was made with."""
        return self._collection

    def upsert(self, points: Sequence[Point], vectors: Embeddings, lexical: Sequence[SparseVector]) -> None:
        """Write points, replacing those of equal id."""
        check_embeddings(vectors, len(points), self._collection)
        check_lexical(lexical, len(points))
        rows = np.array(vectors, dtype=np.float32)  # a copy: the caller may reuse its buffer
        with self._lock:
            self._check_open()
            for point, row, sparse in zip(points, rows, lexical, strict=True):
                self._points[point.id] = StoredPoint(point, row, sparse)

    def search(self, vector: Vector, *, limit: int, where: Filter, offset: int = 0) -> list[ScoredPoint]:
        """The points nearest to a vector that pass ``where``, by falling cosine, ties by id."""
        check_limit(limit, offset)
        check_vector(vector, self._collection)
        scored = [
            ScoredPoint(stored.point, round_cosine(float(stored.vector @ vector))) for stored in self._passing(where)
        ]
        return best_first(scored)[offset : offset + limit]

    def search_many(self, vectors: Embeddings, *, limit: int, where: Filter) -> list[list[ScoredPoint]]:
        """`search` for each row."""
        check_limit(limit)
        check_embeddings(vectors, len(vectors), self._collection)
        return [self.search(row, limit=limit, where=where) for row in vectors]

    def search_lexical(self, query: SparseVector, *, limit: int, where: Filter, offset: int = 0) -> list[ScoredPoint]:
        """The points that share terms with a query and pass ``where``, by falling BM25 score, ties by id."""
        check_limit(limit, offset)
        check_sparse(query, name="the query")
        having = Counter(index for stored in self._passing(Filter()) for index in stored.lexical.indices)
        points = sum(bool(stored.lexical.indices) for stored in self._passing(Filter()))
        weights = {
            index: weight * inverse_document_frequency(points, having[index])
            for index, weight in zip(query.indices, query.weights, strict=True)
        }
        scored = [
            ScoredPoint(stored.point, round_bm25(_dot(stored.lexical, weights)))
            for stored in self._passing(where)
            if not weights.keys().isdisjoint(stored.lexical.indices)
        ]
        return best_first(scored)[offset : offset + limit]

    def retrieve(self, ids: Sequence[str]) -> list[StoredPoint]:
        """The points of these ids, in this order; unknown ones are left out."""
        with self._lock:
            self._check_open()
            return [self._points[point_id] for point_id in ids if point_id in self._points]

    def scroll(self, *, where: Filter, limit: int, after: str = "") -> list[StoredPoint]:
        """Up to ``limit`` points that pass ``where``, by id, beginning behind the id ``after``."""
        check_limit(limit)
        behind = [stored for stored in self._passing(where) if stored.point.id > after]
        return sorted(behind, key=lambda stored: stored.point.id)[:limit]

    def sample(self, *, limit: int, where: Filter) -> Embeddings:
        """Full-size vectors of up to ``limit`` points that pass ``where``."""
        rows = [stored.vector for stored in self.scroll(where=where, limit=limit)]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self._collection.sizes[-1])

    def delete(self, document_id: str) -> int:
        """Remove a document's points; how many there were."""
        with self._lock:
            self._check_open()
            ids = [point_id for point_id, stored in self._points.items() if stored.point.document_id == document_id]
            for point_id in ids:
                del self._points[point_id]
        return len(ids)

    def count(self, where: Filter) -> int:
        """How many points pass ``where``."""
        return len(self._passing(where))

    def optimize(self) -> None:
        """Nothing to build."""
        self._check_open()

    def close(self) -> None:
        """Forget everything."""
        self._closed = True
        self._points = {}

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the in-memory store is closed: open the library again")

    def _passing(self, where: Filter) -> list[StoredPoint]:
        with self._lock:
            self._check_open()
            return [stored for stored in self._points.values() if passes(stored.point, where)]


def _dot(lexical: SparseVector, weights: dict[int, float]) -> float:
    terms = zip(lexical.indices, lexical.weights, strict=True)
    return sum(weight * weights[index] for index, weight in terms if index in weights)
