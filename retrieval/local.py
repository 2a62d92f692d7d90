"""The embedded store of platforms without Qdrant Edge: qdrant-client's local mode, exact and slow."""

import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from qdrant_client import QdrantClient, models

from encoders.base import Embeddings, Vector
from retrieval.errors import RetrievalError, StoreLocked, StoreUnavailable
from retrieval.metadata import Metadata, check_collection, read_metadata, write_metadata
from retrieval.payload import DOCUMENT, MODALITY, from_payload, to_payload
from retrieval.types import Collection, Filter, Point, ScoredPoint
from retrieval.vectors import check_embeddings, check_limit, check_vector, nearest, round_cosine

ENGINE = "local"
_FOLDER = "local"  # of the engine's files, in the library's folder
_NAME = "points"  # of the one collection in it


class LocalStore:
    """A collection in a folder, open in one process at a time; every search compares with every point.

    Only the full size is kept: smaller ones save nothing where there is no index.
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
        self._lock = threading.RLock()  # local mode is not safe to call from several threads
        found = read_metadata(folder)
        if found is not None:
            check_collection(folder, found=found.collection, asked=collection)
        with _engine_errors(folder):
            self._client: QdrantClient | None = QdrantClient(path=str(folder / _FOLDER))
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
        """Write points, replacing those of equal id; committed to SQLite when it returns."""
        check_embeddings(vectors, len(points), self._collection)
        with self._open() as client:
            if not points:
                return
            rows = [
                models.PointStruct(id=point.id, vector=row, payload=to_payload(point))
                for point, row in zip(points, vectors.tolist(), strict=True)
            ]
            client.upsert(_NAME, rows)

    def search(self, vector: Vector, *, limit: int, where: Filter) -> list[ScoredPoint]:
        """The ``limit`` nearest points that pass ``where``, nearest first, ties by id."""
        check_limit(limit)
        check_vector(vector, self._collection)
        with self._open():
            wanted = min(limit, self.count(where))
            return nearest(lambda count: self._query(vector, limit=count, where=where), wanted=wanted)

    def sample(self, *, limit: int, where: Filter) -> Embeddings:
        """Full-size vectors of up to ``limit`` points that pass ``where``."""
        check_limit(limit)
        with self._open() as client:
            records, _ = client.scroll(
                _NAME, scroll_filter=_to_filter(where), limit=limit, with_payload=False, with_vectors=True
            )
        rows = [record.vector for record in records]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self._collection.sizes[-1])

    def delete(self, document_id: str) -> int:
        """Remove a document's points; how many there were."""
        where = Filter(documents=frozenset({document_id}))
        with self._open() as client:
            found = self.count(where)
            client.delete(_NAME, models.FilterSelector(filter=_to_filter(where)))
        return found

    def count(self, where: Filter) -> int:
        """How many points pass ``where``."""
        with self._open() as client:
            return client.count(_NAME, count_filter=_to_filter(where), exact=True).count

    def optimize(self) -> None:
        """Nothing to build."""
        with self._open():
            pass

    def close(self) -> None:
        """Let go of the files; closing again does nothing."""
        with self._lock:
            client, self._client = self._client, None
            if client is not None:
                client.close()

    def _claim(self) -> None:
        with self._open() as client:
            if not client.collection_exists(_NAME):
                size = self._collection.sizes[-1]
                params = models.VectorParams(size=size, distance=models.Distance.COSINE)
                client.create_collection(_NAME, vectors_config=params)
            if read_metadata(self._folder) is None:
                write_metadata(self._folder, Metadata(self._collection, ENGINE))

    @contextmanager
    def _open(self) -> Iterator[QdrantClient]:
        with self._lock:
            if self._client is None:
                raise StoreUnavailable(f"{self._folder} is closed: open the library again")
            with _engine_errors(self._folder), warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Local mode is not recommended")  # `open_store` warns
                yield self._client

    def _query(self, vector: Vector, *, limit: int, where: Filter) -> list[ScoredPoint]:
        with self._open() as client:
            found = client.query_points(
                _NAME, query=vector.tolist(), query_filter=_to_filter(where), limit=limit, with_payload=True
            )
        return [
            ScoredPoint(from_payload(str(row.id), row.payload or {}), round_cosine(row.score)) for row in found.points
        ]


def _to_filter(where: Filter) -> models.Filter:
    must: list[models.Condition] = []
    if where.modality is not None:
        value = models.MatchValue(value=where.modality.value)
        must.append(models.FieldCondition(key=MODALITY, match=value))
    if where.documents is not None:
        must.append(models.FieldCondition(key=DOCUMENT, match=models.MatchAny(any=sorted(where.documents))))
    must_not: list[models.Condition] = []
    if where.without:
        must_not.append(models.FieldCondition(key=DOCUMENT, match=models.MatchAny(any=sorted(where.without))))
    return models.Filter(must=must, must_not=must_not)


@contextmanager
def _engine_errors(folder: Path) -> Iterator[None]:
    """Say in our words what local mode raises."""
    try:
        yield
    except RuntimeError as error:
        if "already accessed" not in str(error):
            raise
        raise StoreLocked(
            f"{folder} is in use by another process: close it there, or choose another --data folder"
        ) from error
    except OSError as error:
        raise StoreUnavailable(f"{folder} cannot be read or written ({error})") from error
