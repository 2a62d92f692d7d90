"""The embedded store: Qdrant Edge, the engine of the Qdrant server inside this process.

What living with it is like (qdrant-edge-py 0.9, measured):

- Every call holds Python's interpreter lock. A search does for about a millisecond, `optimize()` for
  seconds: call `optimize` after a batch of documents, never per document, and not while a page is served.
- The write-ahead log survives kill -9 by itself; `flush` makes writes survive a power cut and empties
  the log, which otherwise grows without bound.
- It takes NaN and zero vectors without a word, so rows are checked here first.
- A full disk kills the process (SIGBUS: its files are sparse and mapped), so room is checked before writing.
- It raises plain `Exception`; `_engine_errors` is the one border where its messages are read.
"""

import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as qe

from encoders.base import Embeddings, Vector, truncate
from retrieval.errors import RetrievalError, StoreLocked, StoreUnavailable
from retrieval.metadata import Metadata, check_collection, read_metadata, write_metadata
from retrieval.payload import DOCUMENT, FILTERED, MODALITY, from_payload, to_payload
from retrieval.types import Collection, Filter, Point, ScoredPoint
from retrieval.vectors import check_embeddings, check_limit, check_vector, nearest, round_cosine

ENGINE = "edge"
_SHARD = "edge"  # folder of the engine's files, in the library's folder

_EXACT_BELOW = 5_000  # points that pass the filter: comparing with all of them takes about a millisecond
_UNINDEXED_POINTS, _UNINDEXED_SHARE = 5_000, 0.1  # both must be passed before an index is built
_BATCH = 512  # points in one write to the log
_RESERVE_BYTES = 256 << 20  # the engine's files are sparse: what they may still claim, with a margin
_GRAPH = qe.HnswIndexConfig(m=16, ef_construct=100, full_scan_threshold=10_000)  # KB
_NO_GRAPH = qe.HnswIndexConfig(m=0, ef_construct=100, full_scan_threshold=10_000)


class EdgeStore:
    """A collection in a folder, open in one process at a time.

    The smallest size has an HNSW graph in memory and finds candidates; the largest lies on disk without a
    graph and scores them. Where few points pass a filter, all of them are scored.
    """

    def __init__(self, folder: Path, collection: Collection) -> None:
        """Open the folder, or begin a collection in it.

        Raises:
            CollectionMismatch: another encoder or other sizes made it.
            StoreLocked: another process, or another store of this one, has it open.
            StoreUnavailable: it cannot be read or written.
        """
        self._folder = folder
        self._collection = collection
        self._lock = threading.RLock()
        found = read_metadata(folder)
        if found is not None:
            check_collection(folder, found=found.collection, asked=collection)
        with _engine_errors(folder):
            self._shard: qe.EdgeShard | None = _open_shard(folder, collection)
        try:
            self._claim()
        except RetrievalError:
            self.close()
            raise

    @property
    def collection(self) -> Collection:
        """The encoder and sizes the collection was made with."""
        return self._collection

    def upsert(self, points: Sequence[Point], vectors: Embeddings) -> None:
        """Write points, replacing those of equal id; on disk when it returns.

        Raises:
            InvalidVectors: wrong shape, not finite or not of unit length; nothing is written.
            StoreUnavailable: closed, or the disk is full.
        """
        check_embeddings(vectors, len(points), self._collection)
        with self._lock, self._open() as shard:
            self._check_room()
            for start in range(0, len(points), _BATCH):
                rows = vectors[start : start + _BATCH]
                batch = self._to_engine(points[start : start + _BATCH], rows)
                shard.update(qe.UpdateOperation.upsert_points(batch))
            shard.flush()

    def search(self, vector: Vector, *, limit: int, where: Filter) -> list[ScoredPoint]:
        """The ``limit`` nearest points that pass ``where``, nearest first, ties by id.

        Exact below 5,000 points that pass; above, candidates come from the smallest size.
        """
        check_limit(limit)
        check_vector(vector, self._collection)
        passing = self.count(where)

        def ask(count: int) -> list[ScoredPoint]:
            return self._query(vector, limit=count, where=where, passing=passing)

        return nearest(ask, wanted=min(limit, passing))

    def sample(self, *, limit: int, where: Filter) -> Embeddings:
        """Full-size vectors of up to ``limit`` points that pass ``where``.

        They are the first by id; ids are hashes, so this is a random sample that does not change by itself.
        """
        check_limit(limit)
        name = _vector_name(self._collection.sizes[-1])
        rows: list[Any] = []
        if not _is_empty(where):
            request = qe.ScrollRequest(limit=limit, filter=_to_filter(where), with_payload=False, with_vector=[name])
            with self._open() as shard:
                records, _ = shard.scroll(request)
            rows = [_named_vector(record, name) for record in records]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self._collection.sizes[-1])

    def delete(self, document_id: str) -> int:
        """Remove a document's points; how many there were."""
        where = Filter(documents=frozenset({document_id}))
        with self._lock, self._open() as shard:
            found = self.count(where)
            if found:
                shard.update(qe.UpdateOperation.delete_points_by_filter(_to_filter(where)))
                shard.flush()
        return found

    def count(self, where: Filter) -> int:
        """How many points pass ``where``."""
        with self._open() as shard:
            if _is_empty(where):
                return 0
            return shard.count(qe.CountRequest(exact=True, filter=_to_filter(where)))

    def optimize(self) -> None:
        """Build the graph once more than 5,000 points, and more than a tenth of all, are not in it.

        Stalls every thread of this process meanwhile: about 1 s for 10,000 points, 5 s for 50,000.
        """
        with self._lock, self._open() as shard:
            shard.flush()
            info = shard.info()
            unindexed = info.points_count - info.indexed_vectors_count // len(self._collection.sizes)
            if unindexed > max(_UNINDEXED_POINTS, _UNINDEXED_SHARE * info.points_count):
                self._check_room()
                shard.optimize()
                shard.flush()

    def close(self) -> None:
        """Flush and let go of the files; closing again does nothing."""
        with self._lock:
            shard, self._shard = self._shard, None
            if shard is not None:
                with _engine_errors(self._folder):
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
            check_collection(self._folder, found=found.collection, asked=self._collection)
        elif self.count(Filter()):
            raise StoreUnavailable(
                f"{self._folder} lacks its collection.json: restore it, or add the documents to a new folder"
            )
        else:
            write_metadata(self._folder, Metadata(self._collection, ENGINE))

    @contextmanager
    def _open(self) -> Iterator[qe.EdgeShard]:
        shard = self._shard
        if shard is None:
            raise StoreUnavailable(f"{self._folder} is closed: open the library again")
        with _engine_errors(self._folder):
            yield shard

    def _to_engine(self, points: Sequence[Point], vectors: Embeddings) -> list[qe.Point]:
        by_size = {_vector_name(size): truncate(vectors, size).tolist() for size in self._collection.sizes}
        return [
            qe.Point(point.id, {name: rows[row] for name, rows in by_size.items()}, to_payload(point))
            for row, point in enumerate(points)
        ]

    def _query(self, vector: Vector, *, limit: int, where: Filter, passing: int) -> list[ScoredPoint]:
        small, full = self._collection.sizes[0], self._collection.sizes[-1]
        condition = _to_filter(where)
        exact = passing <= _EXACT_BELOW or small == full
        prefetches = None
        if not exact:
            # A filter on documents thins the graph out and costs recall: look at more candidates.
            candidates = max(100, 10 * limit) * (4 if where.documents or where.without else 1)
            nearest = qe.Query.Nearest(truncate(vector[None], small)[0].tolist(), using=_vector_name(small))
            ef = qe.SearchParams(hnsw_ef=candidates)
            prefetches = [qe.Prefetch(limit=candidates, query=nearest, filter=condition, params=ef)]
        request = qe.QueryRequest(
            limit=limit,
            query=qe.Query.Nearest(vector.tolist(), using=_vector_name(full)),
            prefetches=prefetches,
            filter=condition,
            params=qe.SearchParams(exact=exact),
            with_payload=True,
        )
        with self._open() as shard:
            found = shard.query(request)
        return [ScoredPoint(from_payload(str(row.id), row.payload or {}), round_cosine(row.score)) for row in found]


def _named_vector(record: qe.Record, name: str) -> Any:
    assert isinstance(record.vector, dict)  # asked for by name
    return record.vector[name]


def _vector_name(size: int) -> str:
    return f"d{size}"


def _open_shard(folder: Path, collection: Collection) -> qe.EdgeShard:
    """Load the engine's files; new ones are made aside and renamed, so that none are ever found half made."""
    shard = folder / _SHARD
    try:
        if not shard.exists():
            folder.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=f"{_SHARD}-new-", dir=folder))
            _create_shard(draft / _SHARD, collection)
            (draft / _SHARD).rename(shard)
            shutil.rmtree(draft)
    except OSError as error:
        raise StoreUnavailable(f"{folder} cannot be written ({error}): check space and rights") from error
    return qe.EdgeShard.load(str(shard))


def _create_shard(folder: Path, collection: Collection) -> None:
    small = collection.sizes[0]
    vectors = {
        _vector_name(size): qe.EdgeVectorParams(
            size,
            qe.Distance.Cosine,
            hnsw_config=_GRAPH if size == small else _NO_GRAPH,
            memory=qe.Memory.Cached if size == small else qe.Memory.Cold,
        )
        for size in collection.sizes
    }
    shard = qe.EdgeShard.create(str(folder), qe.EdgeConfig(vectors=vectors))
    for key in FILTERED:
        shard.update(qe.UpdateOperation.create_field_index(key, qe.PayloadSchemaType.Keyword))
    shard.flush()
    shard.close()


def _is_empty(where: Filter) -> bool:
    return where.documents is not None and not where.documents


def _to_filter(where: Filter) -> qe.Filter:
    must: list[Any] = []  # the stub's list of a union is invariant
    if where.modality is not None:
        must.append(qe.FieldCondition(MODALITY, match=qe.MatchValue(where.modality.value)))
    if where.documents is not None:
        must.append(qe.FieldCondition(DOCUMENT, match=qe.MatchAny(sorted(where.documents))))
    must_not: list[Any] = []
    if where.without:
        must_not.append(qe.FieldCondition(DOCUMENT, match=qe.MatchAny(sorted(where.without))))
    return qe.Filter(must=must, must_not=must_not)


@contextmanager
def _engine_errors(folder: Path) -> Iterator[None]:
    """Say in our words what the engine raises: plain `Exception` with a sentence, nothing finer."""
    try:
        yield
    except Exception as error:
        if type(error) is not Exception:
            raise
        text = str(error)
        if "WouldBlock" in text:
            raise StoreLocked(
                f"{folder} is in use by another process: close it there, or choose another --data folder"
            ) from error
        if "No space left" in text or "StorageFull" in text:
            raise StoreUnavailable(f"the disk of {folder} is full: make room and try again") from error
        raise StoreUnavailable(f"{folder}: the vector engine failed: {text}") from error
