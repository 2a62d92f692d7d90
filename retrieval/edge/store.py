"""The store over Qdrant Edge."""

import shutil
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import qdrant_edge as qe

from encoders.base import Embeddings
from retrieval.edge.engine import (
    engine_errors,
    from_record,
    has_terms,
    make_files,
    read_vector,
    to_engine,
    to_filter,
    to_scored,
)
from retrieval.edge.generations import sync_log
from retrieval.edge.lock import FilesLock
from retrieval.edge.requests import lexical_request, nearest_request
from retrieval.engine import EngineStore
from retrieval.errors import RetrievalError, StoreUnavailable
from retrieval.filters import allows_nothing
from retrieval.metadata import Metadata, check_collection, read_metadata, write_metadata
from retrieval.payload import LEXICAL, vector_name
from retrieval.plan import Plan
from retrieval.types import Collection, Filter, Point, ScoredPoint, SparseVector, StoredPoint
from retrieval.vectors import check_embeddings, check_lexical, check_limit, round_bm25, round_cosine

ENGINE = "edge"

_UNINDEXED_POINTS, _UNINDEXED_SHARE = 5_000, 0.1  # both must be passed before an index is built
_BATCH = 512  # points in one write to the log
_MOST_LOGGED = 4_096  # points written after which the log is emptied: 25 MB at 1,024 coordinates
_RESERVE_BYTES = 256 << 20  # the engine's files are sparse: what they may still claim, with a margin
_COUNTS = 64  # filters whose counts are remembered


class EdgeStore(EngineStore):
    """A collection in a folder, open in one process at a time."""

    def __init__(self, folder: Path, collection: Collection) -> None:
        """Open the folder, or begin a collection in it.

        Raises:
            CollectionMismatch: another encoder, other sizes or an earlier version made it.
            StoreLocked: another process, or another store of this one, has it open.
            StoreUnavailable: it cannot be read or written.
        """
        super().__init__(collection)
        self._folder = folder
        self._lock = threading.RLock()
        self._counts: dict[Filter, int] = {}  # no other process can write
        self._logged = 0  # points written since the log was emptied
        found = read_metadata(folder)
        if found is not None:
            check_collection(str(folder), found=found, asked=collection)
        with engine_errors(folder):
            self._files = make_files(folder, collection)
        self._held = FilesLock(self._files)
        self._shard: qe.EdgeShard | None = None
        try:
            with engine_errors(folder):
                self._shard = qe.EdgeShard.load(str(self._files))
            self._claim()
        except RetrievalError:
            self.close()
            raise

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
                batch = to_engine(points[part], vectors[part], lexical[part], sizes=self._sizes)
                shard.update(qe.UpdateOperation.upsert_points(batch))
            self._make_last(len(points))

    def retrieve(self, ids: Sequence[str]) -> list[StoredPoint]:
        """The points of these ids, in this order; unknown ones are left out."""
        size = self._sizes[-1]
        with self._read() as shard:
            records = shard.retrieve(list(ids), with_payload=True, with_vector=[vector_name(size), LEXICAL])
        found = {str(record.id): record for record in records}
        return [from_record(found[point_id], size=size) for point_id in ids if point_id in found]

    def scroll(self, *, where: Filter, limit: int, after: str = "") -> list[StoredPoint]:
        """Up to ``limit`` points that pass ``where``, by id, beginning behind the id ``after``."""
        size = self._sizes[-1]
        records = self._scroll(where, limit, after=after, vectors=[vector_name(size), LEXICAL], payload=True)
        return [from_record(record, size=size) for record in records]

    def sample(self, *, limit: int, where: Filter) -> Embeddings:
        """Full-size vectors of up to ``limit`` points that pass ``where``.

        They are the first by id; ids are hashes, so this is a random sample that does not change by itself.
        """
        size = self._sizes[-1]
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
                self._make_last(found)
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
            self.flush()
            if self.index_is_behind():
                self._check_room()
                shard.optimize()
                shard.flush()

    def flush(self) -> None:
        """Bring all of the engine's files up to date on the disk, and empty the log."""
        with self._write() as shard:
            shard.flush()
            self._logged = 0

    def index_is_behind(self) -> bool:
        """Whether `optimize` has enough new points to build with."""
        with self._read() as shard:
            info = shard.info()
            terms = shard.count(qe.CountRequest(exact=True, filter=has_terms()))  # in an index from the beginning
        unindexed = info.points_count - (info.indexed_vectors_count - terms) // len(self._sizes)
        return unindexed > max(_UNINDEXED_POINTS, _UNINDEXED_SHARE * info.points_count)

    def close(self) -> None:
        """Flush and let go of the files; closing again does nothing."""
        with self._lock:
            shard, self._shard = self._shard, None
            try:
                if shard is not None:
                    with engine_errors(self._folder):
                        shard.flush()
                        shard.close()
            finally:
                self._held.release()

    def _make_last(self, written: int) -> None:
        """Let writes survive a power cut: by the log, which is brought to the disk in a tenth of a flush's time."""
        self._logged += written
        if self._logged > _MOST_LOGGED:
            self.flush()
        else:
            sync_log(self._files)

    def _check_open(self) -> None:
        with self._read():
            pass

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

    def _ask_nearest(
        self, vectors: Embeddings, *, limit: int, where: Filter, plan: Plan | None
    ) -> list[list[ScoredPoint]]:
        requests = [nearest_request(vector, limit=limit, where=where, plan=plan) for vector in vectors]
        with self._read() as shard:
            answers = shard.query_batch(qe.QueryBatchRequest(requests))
        return [[to_scored(row, round_cosine) for row in found] for found in answers]

    def _ask_lexical(self, query: SparseVector, *, limit: int, where: Filter) -> list[ScoredPoint]:
        with self._read() as shard:
            found = shard.query(lexical_request(query, limit=limit, where=where))
        return [to_scored(row, round_bm25) for row in found]
