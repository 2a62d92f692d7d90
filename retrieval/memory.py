"""The reference store: exact, in memory, gone when the process ends."""

import threading
from collections.abc import Sequence

import numpy as np

from encoders.base import Embeddings, Vector
from retrieval.errors import StoreUnavailable
from retrieval.types import Collection, Filter, Point, ScoredPoint
from retrieval.vectors import check_embeddings, check_limit, check_vector, nearest_first, round_cosine


class MemoryStore:
    """Points in a dict, searched by comparing with every one."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._points: dict[str, tuple[Point, Vector]] = {}
        self._lock = threading.Lock()
        self._closed = False

    @property
    def collection(self) -> Collection:
        """The encoder and sizes the collection was made with."""
        return self._collection

    def upsert(self, points: Sequence[Point], vectors: Embeddings) -> None:
        """Write points, replacing those of equal id."""
        check_embeddings(vectors, len(points), self._collection)
        rows = np.array(vectors, dtype=np.float32)  # a copy: the caller may reuse its buffer
        with self._lock:
            self._check_open()
            self._points.update({point.id: (point, row) for point, row in zip(points, rows, strict=True)})

    def search(self, vector: Vector, *, limit: int, where: Filter) -> list[ScoredPoint]:
        """The ``limit`` nearest points that pass ``where``, nearest first, ties by id."""
        check_limit(limit)
        check_vector(vector, self._collection)
        scored = [ScoredPoint(point, round_cosine(float(row @ vector))) for point, row in self._passing(where)]
        return nearest_first(scored)[:limit]

    def sample(self, *, limit: int, where: Filter) -> Embeddings:
        """Full-size vectors of up to ``limit`` points that pass ``where``."""
        check_limit(limit)
        by_id = sorted(self._passing(where), key=lambda entry: entry[0].id)
        rows = [row for _, row in by_id[:limit]]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self._collection.sizes[-1])

    def delete(self, document_id: str) -> int:
        """Remove a document's points; how many there were."""
        with self._lock:
            self._check_open()
            ids = [point.id for point, _ in self._points.values() if point.document_id == document_id]
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

    def _passing(self, where: Filter) -> list[tuple[Point, Vector]]:
        with self._lock:
            self._check_open()
            return [entry for entry in self._points.values() if _passes(entry[0], where)]


def _passes(point: Point, where: Filter) -> bool:
    return (
        (where.modality is None or point.modality is where.modality)
        and (where.documents is None or point.document_id in where.documents)
        and point.document_id not in where.without
    )
