"""Edge's own files and types: shards made and opened, points and filters translated, errors put into our words."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as qe

from encoders.base import Embeddings, Vector, truncate
from retrieval.edge.generations import FIRST, newest
from retrieval.errors import StoreLocked, StoreUnavailable
from retrieval.filters import conditions
from retrieval.payload import INDEXED, LEXICAL, Index, from_payload, to_payload, vector_name
from retrieval.types import Collection, Filter, Point, ScoredPoint, SparseVector, StoredPoint

_GRAPH = qe.HnswIndexConfig(m=16, ef_construct=100, full_scan_threshold=10_000)  # KB
_NO_GRAPH = qe.HnswIndexConfig(m=0, ef_construct=100, full_scan_threshold=10_000)
_INT8 = qe.ScalarQuantizationConfig(qe.ScalarType.Int8, quantile=0.99, memory=qe.Memory.Pinned)
_ALWAYS = qe.EdgeOptimizersConfig(indexing_threshold=1)  # KB: `optimize` is asked for only when it is worth it
INDEX_TYPES = {
    Index.KEYWORD: qe.PayloadSchemaType.Keyword,
    Index.INTEGER: qe.PayloadSchemaType.Integer,
    Index.DATE: qe.PayloadSchemaType.Datetime,
}


def make_files(folder: Path, collection: Collection) -> Path:
    """Where the engine's files are; new ones are made aside and renamed, so that none are ever found half made."""
    shard = newest(folder)
    try:
        if not shard.exists():
            folder.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=f"{FIRST}-new-", dir=folder))
            _create_shard(draft / FIRST, collection)
            (draft / FIRST).rename(shard)
            shutil.rmtree(draft)
    except OSError as error:
        raise StoreUnavailable(f"{folder} cannot be written ({error}): check space and rights") from error
    return shard


def _create_shard(folder: Path, collection: Collection) -> None:
    """All vectors lie on disk; the smallest has a graph, over int8 numbers in memory."""
    small = collection.sizes[0]
    vectors = {
        vector_name(size): qe.EdgeVectorParams(
            size,
            qe.Distance.Cosine,
            hnsw_config=_GRAPH if size == small else _NO_GRAPH,
            quantization_config=_INT8 if size == small else None,
            memory=qe.Memory.Cold,
        )
        for size in collection.sizes
    }
    lexical = {LEXICAL: qe.EdgeSparseVectorParams(modifier=qe.Modifier.Idf)}
    config = qe.EdgeConfig(vectors=vectors, sparse_vectors=lexical, optimizers=_ALWAYS)
    shard = qe.EdgeShard.create(str(folder), config)
    for key, index in INDEXED.items():
        shard.update(qe.UpdateOperation.create_field_index(key, INDEX_TYPES[index]))
    shard.flush()
    shard.close()


def to_engine(
    points: Sequence[Point], vectors: Embeddings, lexical: Sequence[SparseVector], *, sizes: Sequence[int]
) -> list[qe.Point]:
    """Points with every stored size of their vectors."""
    by_size = {vector_name(size): truncate(vectors, size).tolist() for size in sizes}
    return [
        qe.Point(point.id, _vectors(by_size, row, lexical[row]), to_payload(point)) for row, point in enumerate(points)
    ]


def _vectors(by_size: dict[str, list[list[float]]], row: int, lexical: SparseVector) -> dict[str, Any]:
    vectors: dict[str, Any] = {name: rows[row] for name, rows in by_size.items()}
    return vectors | ({LEXICAL: to_sparse(lexical)} if lexical.indices else {})


def to_sparse(lexical: SparseVector) -> qe.SparseVector:
    """Terms and weights as the engine has them."""
    return qe.SparseVector(list(lexical.indices), list(lexical.weights))


def from_record(record: qe.Record, *, size: int) -> StoredPoint:
    """A record that came with its payload, its vector of that size and its terms."""
    vector = read_vector(record, size=size)
    assert isinstance(record.vector, dict)
    sparse: Any = record.vector.get(LEXICAL)
    terms = sorted(zip(sparse.indices, sparse.values, strict=True)) if sparse else []
    lexical = SparseVector(tuple(index for index, _ in terms), tuple(weight for _, weight in terms))
    return StoredPoint(from_payload(str(record.id), record.payload or {}), vector, lexical)


def read_vector(record: qe.Record, *, size: int) -> Vector:
    """The vector of that size, which was asked for."""
    assert isinstance(record.vector, dict)
    return np.array(record.vector[vector_name(size)], dtype=np.float32)


def to_filter(where: Filter) -> qe.Filter:
    """A filter as the engine has it; one that `allows_nothing` must not come here."""
    asked = conditions(where)
    must: list[Any] = [qe.FieldCondition(key, match=qe.MatchAny(sorted(values))) for key, values in asked.any_of]
    must += [
        qe.FieldCondition(
            key,
            range=qe.RangeDateTime(gte=since.isoformat() if since else None, lte=until.isoformat() if until else None),
        )
        for key, since, until in asked.dates
    ]
    must_not: list[Any] = [qe.FieldCondition(key, match=qe.MatchAny(sorted(values))) for key, values in asked.none_of]
    return qe.Filter(must=must, must_not=must_not)


def to_scored(found: qe.ScoredPoint, round_score: Callable[[float], float]) -> ScoredPoint:
    """A point that was found, and came with its payload."""
    return ScoredPoint(from_payload(str(found.id), found.payload or {}), round_score(found.score))


def has_terms() -> qe.Filter:
    """Passes the points that have any terms."""
    return qe.Filter(must=[qe.HasVectorCondition(LEXICAL)])


@contextmanager
def engine_errors(folder: Path) -> Iterator[None]:
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
