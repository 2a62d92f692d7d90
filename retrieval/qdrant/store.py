"""The store over qdrant-client, whether a server answers or the client itself."""

from collections.abc import Sequence

import numpy as np
from qdrant_client import models

from encoders.base import Embeddings
from retrieval.engine import EngineStore
from retrieval.filters import allows_nothing
from retrieval.payload import LEXICAL, from_payload, vector_name
from retrieval.plan import Plan
from retrieval.qdrant.connection import Connection
from retrieval.qdrant.convert import from_record, to_filter, to_structs
from retrieval.qdrant.requests import lexical_request, nearest_request
from retrieval.types import Collection, Filter, Point, ScoredPoint, SparseVector, StoredPoint
from retrieval.vectors import check_embeddings, check_lexical, check_limit, round_bm25, round_cosine

_BATCH = 128  # points in one request


class QdrantStore(EngineStore):
    """A collection that exists and was checked; `open_server` and `open_local` make these.

    Args:
        connection: closed with the store.
        collection: what the collection was made with.
        name: the collection's own, not an alias: a reindex must not slip other vectors under an open store.
        has_graph: else every search compares all points, and only the full size is kept.
    """

    def __init__(self, connection: Connection, *, collection: Collection, name: str, has_graph: bool = True) -> None:
        super().__init__(collection, has_graph=has_graph)
        self._connection = connection
        self._name = name

    def upsert(self, points: Sequence[Point], vectors: Embeddings, lexical: Sequence[SparseVector]) -> None:
        """Write points, replacing those of equal id; each batch is sent again until it is acknowledged.

        Raises:
            InvalidVectors: wrong shape, not finite or not of unit length, or terms out of order; nothing is written.
            StoreUnavailable: closed, or a batch was not acknowledged in time; earlier ones are written.
        """
        check_embeddings(vectors, len(points), self._collection)
        check_lexical(lexical, len(points))
        self._connection.check_open()
        for start in range(0, len(points), _BATCH):
            part = slice(start, start + _BATCH)
            self._write(to_structs(points[part], vectors[part], lexical[part], sizes=self._sizes))

    def retrieve(self, ids: Sequence[str]) -> list[StoredPoint]:
        """The points of these ids, in this order; unknown ones are left out."""
        records = self._connection.call(
            lambda client: client.retrieve(self._name, list(ids), with_payload=True, with_vectors=self._whole())
        )
        found = {str(record.id): record for record in records}
        return [from_record(found[point_id], size=self._sizes[-1]) for point_id in ids if point_id in found]

    def scroll(self, *, where: Filter, limit: int, after: str = "") -> list[StoredPoint]:
        """Up to ``limit`` points that pass ``where``, by id, beginning behind the id ``after``."""
        check_limit(limit)
        self._connection.check_open()
        if allows_nothing(where):
            return []
        asked = limit + 1 if after else limit  # the server begins with the id itself, if it still exists
        records, _ = self._connection.call(
            lambda client: client.scroll(
                self._name,
                scroll_filter=to_filter(where),
                limit=asked,
                offset=after or None,
                with_payload=True,
                with_vectors=self._whole(),
            )
        )
        behind = [record for record in records if str(record.id) != after]
        return [from_record(record, size=self._sizes[-1]) for record in behind[:limit]]

    def sample(self, *, limit: int, where: Filter) -> Embeddings:
        """Full-size vectors of up to ``limit`` points that pass ``where``.

        They are the first by id; ids are hashes, so this is a random sample that does not change by itself.
        """
        rows = [stored.vector for stored in self.scroll(where=where, limit=limit)]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self._sizes[-1])

    def delete(self, document_id: str) -> int:
        """Remove a document's points; how many there were."""
        where = Filter(documents=frozenset({document_id}))
        found = self.count(where)
        selector = models.FilterSelector(filter=to_filter(where))
        self._connection.call(lambda client: client.delete(self._name, selector, wait=True))
        return found

    def count(self, where: Filter) -> int:
        """How many points pass ``where``."""
        self._connection.check_open()
        if allows_nothing(where):
            return 0
        condition = to_filter(where)
        return self._connection.call(lambda client: client.count(self._name, count_filter=condition, exact=True).count)

    def optimize(self) -> None:
        """Nothing to do: a server builds its indexes by itself."""
        self._connection.check_open()

    def close(self) -> None:
        """Let go of the connection; closing again does nothing."""
        self._connection.close()

    def _write(self, batch: list[models.PointStruct]) -> None:
        self._connection.call(lambda client: client.upsert(self._name, batch, wait=True))

    def _whole(self) -> list[str]:
        """Names of the vectors from which all others can be made."""
        return [vector_name(self._sizes[-1]), LEXICAL]

    def _check_open(self) -> None:
        self._connection.check_open()

    def _ask_nearest(
        self, vectors: Embeddings, *, limit: int, where: Filter, plan: Plan | None
    ) -> list[list[ScoredPoint]]:
        requests = [nearest_request(vector, limit=limit, where=where, plan=plan) for vector in vectors]
        return [[ScoredPoint(point, round_cosine(score)) for point, score in found] for found in self._query(requests)]

    def _ask_lexical(self, query: SparseVector, *, limit: int, where: Filter) -> list[ScoredPoint]:
        [found] = self._query([lexical_request(query, limit=limit, where=where)])
        return [ScoredPoint(point, round_bm25(score)) for point, score in found]

    def _query(self, requests: list[models.QueryRequest]) -> list[list[tuple[Point, float]]]:
        answers = self._connection.call(lambda client: client.query_batch_points(self._name, requests))
        return [
            [(from_payload(str(row.id), row.payload or {}), row.score) for row in answer.points] for answer in answers
        ]
