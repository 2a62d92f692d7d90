"""The store over Qdrant Edge."""

import shutil
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import qdrant_edge as qe

from encoders.base import Embeddings, Vector, truncate
from retrieval.edge.engine import (
    candidate_params,
    engine_errors,
    from_record,
    has_terms,
    open_shard,
    read_vector,
    to_engine,
    to_filter,
    to_sparse,
)
from retrieval.errors import RetrievalError, StoreUnavailable
from retrieval.filters import allows_nothing
from retrieval.metadata import Metadata, check_collection, read_metadata, write_metadata
from retrieval.payload import LEXICAL, from_payload, vector_name
from retrieval.plan import candidates
from retrieval.types import Collection, Filter, Point, ScoredPoint, SparseVector, StoredPoint
from retrieval.vectors import (
    best,
    check_embeddings,
    check_lexical,
    check_limit,
    check_sparse,
    check_vector,
    round_bm25,
    round_cosine,
)

ENGINE = "edge"

_UNINDEXED_POINTS, _UNINDEXED_SHARE = 5_000, 0.1  # both must be passed before an index is built
_BATCH = 512  # points in one write to the log
_RESERVE_BYTES = 256 << 20  # the engine's files are sparse: what they may still claim, with a margin
_COUNTS = 64  # filters whose counts are remembered


class EdgeStore:
    """A collection in a folder, open in one process at a time.

    The smallest size has an HNSW graph in memory and finds candidates; the largest lies on disk without a
    graph and scores them. Where few points pass a filter, all of them are scored.
    """

    def __init__(self, folder: Path, collection: Collection) -> None:
        """Open the folder, or begin a collection in it.

        Raises:
            CollectionMismatch: another encoder, other sizes or an earlier version made it.
            StoreLocked: another process, or another store of this one, has it open.
            StoreUnavailable: it cannot be read or written.
        """
        self._folder = folder
        self._collection = collection
        self._lock = threading.RLock()
        self._counts: dict[Filter, int] = {}  # no other process can write
        found = read_metadata(folder)
        if found is not None:
            check_collection(str(folder), found=found, asked=collection)
        with engine_errors(folder):
            self._shard: qe.EdgeShard | None = open_shard(folder, collection)
        try:
            self._claim()
        except RetrievalError:
            self.close()
            raise

    @property
    def collection(self) -> Collection:
        """The encoder and sizes the collection was made with."""
        return self._collection

    def upsert(self, points: Sequence[Point], vectors: Embeddings, lexical: Sequence[SparseVector]) -> None:
        """Write points, replacing those of equal id; on disk when it returns.

        Raises:
            InvalidVectors: wrong shape, not finite or not of unit length, or terms out of order; nothing is written.
            StoreUnavailable: closed, or the disk is full.
        """
        check_embeddings(vectors, len(points), self._collection)
        check_lexical(lexical, len(points))
        with self._write() as shard:
            self._check_room()
            for start in range(0, len(points), _BATCH):
                part = slice(start, start + _BATCH)
                batch = to_engine(points[part], vectors[part], lexical[part], sizes=self._collection.sizes)
                shard.update(qe.UpdateOperation.upsert_points(batch))
            shard.flush()

    def search(self, vector: Vector, *, limit: int, where: Filter, offset: int = 0) -> list[ScoredPoint]:
        """The points nearest to a vector that pass ``where``, by falling cosine, ties by id.

        Exact below 5,000 points that pass; above, candidates come from the smallest size.
        """
        check_limit(limit, offset)
        check_vector(vector, self._collection)
        return self._nearest(vector[None], wanted=offset + limit, where=where)[0][offset:]

    def search_many(self, vectors: Embeddings, *, limit: int, where: Filter) -> list[list[ScoredPoint]]:
        """`search` for each row of an (N, D) matrix, as one request."""
        check_limit(limit)
        check_embeddings(vectors, len(vectors), self._collection)
        return self._nearest(vectors, wanted=limit, where=where)

    def search_lexical(self, query: SparseVector, *, limit: int, where: Filter, offset: int = 0) -> list[ScoredPoint]:
        """The points that share terms with a query and pass ``where``, by falling BM25 score, ties by id."""
        check_limit(limit, offset)
        check_sparse(query, name="the query")
        wanted = offset + limit if query.indices and not allows_nothing(where) else 0

        def ask(_: Sequence[int], count: int) -> list[list[ScoredPoint]]:
            request = qe.QueryRequest(
                limit=count,
                query=qe.Query.Nearest(to_sparse(query), using=LEXICAL),
                filter=to_filter(where),
                with_payload=True,
            )
            with self._read() as shard:
                found = shard.query(request)
            return [[ScoredPoint(from_payload(str(row.id), row.payload or {}), round_bm25(row.score)) for row in found]]

        return best(ask, queries=1, wanted=wanted)[0][offset:]

    def retrieve(self, ids: Sequence[str]) -> list[StoredPoint]:
        """The points of these ids, in this order; unknown ones are left out."""
        size = self._collection.sizes[-1]
        with self._read() as shard:
            records = shard.retrieve(list(ids), with_payload=True, with_vector=[vector_name(size), LEXICAL])
        found = {str(record.id): record for record in records}
        return [from_record(found[point_id], size=size) for point_id in ids if point_id in found]

    def scroll(self, *, where: Filter, limit: int, after: str = "") -> list[StoredPoint]:
        """Up to ``limit`` points that pass ``where``, by id, beginning behind the id ``after``."""
        size = self._collection.sizes[-1]
        records = self._scroll(where, limit, after=after, vectors=[vector_name(size), LEXICAL], payload=True)
        return [from_record(record, size=size) for record in records]

    def sample(self, *, limit: int, where: Filter) -> Embeddings:
        """Full-size vectors of up to ``limit`` points that pass ``where``.

        They are the first by id; ids are hashes, so this is a random sample that does not change by itself.
        """
        size = self._collection.sizes[-1]
        records = self._scroll(where, limit, after="", vectors=[vector_name(size)], payload=False)
        rows = [read_vector(record, size=size) for record in records]
        return np.array(rows, dtype=np.float32).reshape(len(rows), size)

    def delete(self, document_id: str) -> int:
        """Remove a document's points; how many there were."""
        where = Filter(documents=frozenset({document_id}))
        with self._write() as shard:
            found = self.count(where)
            if found:
                shard.update(qe.UpdateOperation.delete_points_by_filter(to_filter(where)))
                shard.flush()
        return found

    def count(self, where: Filter) -> int:
        """How many points pass ``where``."""
        with self._lock, self._read() as shard:
            if allows_nothing(where):
                return 0
            if where not in self._counts:
                if len(self._counts) >= _COUNTS:
                    self._counts.clear()
                self._counts[where] = shard.count(qe.CountRequest(exact=True, filter=to_filter(where)))
            return self._counts[where]

    def optimize(self) -> None:
        """Build the graph once more than 5,000 points, and more than a tenth of all, are not in it.

        Stalls every thread of this process meanwhile: about 1 s for 10,000 points, 5 s for 50,000.
        """
        with self._write() as shard:
            shard.flush()
            if self.index_is_behind():
                self._check_room()
                shard.optimize()
                shard.flush()

    def index_is_behind(self) -> bool:
        """Whether `optimize` has enough new points to build with."""
        with self._read() as shard:
            info = shard.info()
            terms = shard.count(qe.CountRequest(exact=True, filter=has_terms()))  # in an index from the beginning
        unindexed = info.points_count - (info.indexed_vectors_count - terms) // len(self._collection.sizes)
        return unindexed > max(_UNINDEXED_POINTS, _UNINDEXED_SHARE * info.points_count)

    def close(self) -> None:
        """Flush and let go of the files; closing again does nothing."""
        with self._lock:
            shard, self._shard = self._shard, None
            if shard is not None:
                with engine_errors(self._folder):
                    shard.flush()
                    shard.close()

    def _check_room(self) -> None:
        free = shutil.disk_usage(self._folder).free
        if free < _RESERVE_BYTES:
            raise StoreUnavailable(
                f"the disk of {self._folder} is almost full ({free >> 20} MiB left, "
                f"{_RESERVE_BYTES >> 20} MiB needed): make room and try again"
            )

    def _claim(self) -> None:
        """Write what the collection is, or compare once more, now that no other process can."""
        found = read_metadata(self._folder)
        if found is not None:
            check_collection(str(self._folder), found=found, asked=self._collection)
        elif self.count(Filter()):
            raise StoreUnavailable(
                f"{self._folder} lacks its collection.json: restore it, or add the documents to a new folder"
            )
        else:
            write_metadata(self._folder, Metadata(self._collection, ENGINE))

    @contextmanager
    def _read(self) -> Iterator[qe.EdgeShard]:
        shard = self._shard
        if shard is None:
            raise StoreUnavailable(f"{self._folder} is closed: open the library again")
        with engine_errors(self._folder):
            yield shard

    @contextmanager
    def _write(self) -> Iterator[qe.EdgeShard]:
        with self._lock, self._read() as shard:
            self._counts.clear()
            try:
                yield shard
            finally:
                self._counts.clear()

    def _scroll(self, where: Filter, limit: int, *, after: str, vectors: list[str], payload: bool) -> list[qe.Record]:
        check_limit(limit)
        first = uuid.UUID(int=uuid.UUID(after).int + 1) if after else None
        with self._read() as shard:
            if allows_nothing(where):
                return []
            request = qe.ScrollRequest(
                offset=first, limit=limit, filter=to_filter(where), with_payload=payload, with_vector=vectors
            )
            return shard.scroll(request)[0]

    def _nearest(self, vectors: Embeddings, *, wanted: int, where: Filter) -> list[list[ScoredPoint]]:
        passing = self.count(where)

        def ask(rows: Sequence[int], count: int) -> list[list[ScoredPoint]]:
            requests = [self._request(vectors[row], limit=count, where=where, passing=passing) for row in rows]
            with self._read() as shard:
                answers = shard.query_batch(qe.QueryBatchRequest(requests))
            return [
                [ScoredPoint(from_payload(str(row.id), row.payload or {}), round_cosine(row.score)) for row in found]
                for found in answers
            ]

        return best(ask, queries=len(vectors), wanted=min(wanted, passing))

    def _request(self, vector: Vector, *, limit: int, where: Filter, passing: int) -> qe.QueryRequest:
        small, full = self._collection.sizes[0], self._collection.sizes[-1]
        condition = to_filter(where)
        count = candidates(self._collection.sizes, limit=limit - 1, where=where, passing=passing)
        prefetches = None
        if count is not None:
            nearest = qe.Query.Nearest(truncate(vector[None], small)[0].tolist(), using=vector_name(small))
            params = candidate_params(count, where)
            prefetches = [qe.Prefetch(limit=count, query=nearest, filter=condition, params=params)]
        return qe.QueryRequest(
            limit=limit,
            query=qe.Query.Nearest(vector.tolist(), using=vector_name(full)),
            prefetches=prefetches,
            filter=condition,
            params=qe.SearchParams(exact=count is None),
            with_payload=True,
        )
