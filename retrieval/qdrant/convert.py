"""Points, filters and layouts as qdrant-client has them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from qdrant_client import models

from encoders.base import Embeddings, truncate
from retrieval.filters import conditions
from retrieval.payload import LEXICAL, from_payload, to_payload, vector_name
from retrieval.types import Filter, Point, SparseVector, StoredPoint

_GRAPH, _NO_GRAPH = models.HnswConfigDiff(m=16, ef_construct=100), models.HnswConfigDiff(m=0)
_INT8 = models.ScalarQuantization(
    scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
)


def dense_layout(sizes: Sequence[int]) -> dict[str, models.VectorParams]:
    """All sizes on disk; the smallest has a graph, over int8 numbers in memory."""
    small = sizes[0]
    return {
        vector_name(size): models.VectorParams(
            size=size,
            distance=models.Distance.COSINE,
            on_disk=True,
            hnsw_config=_GRAPH if size == small else _NO_GRAPH,
            quantization_config=_INT8 if size == small else None,
        )
        for size in sizes
    }


def sparse_layout() -> dict[str, models.SparseVectorParams]:
    """Terms, weighed by how rare they are."""
    return {LEXICAL: models.SparseVectorParams(modifier=models.Modifier.IDF)}


def to_structs(
    points: Sequence[Point], vectors: Embeddings, lexical: Sequence[SparseVector], *, sizes: Sequence[int]
) -> list[models.PointStruct]:
    """Points with every stored size of their vectors."""
    by_size = {vector_name(size): truncate(vectors, size).tolist() for size in sizes}
    structs = []
    for row, (point, sparse) in enumerate(zip(points, lexical, strict=True)):
        named: dict[str, Any] = {name: rows[row] for name, rows in by_size.items()}
        if sparse.indices:
            named[LEXICAL] = to_sparse(sparse)
        structs.append(models.PointStruct(id=point.id, vector=named, payload=to_payload(point)))
    return structs


def to_sparse(lexical: SparseVector) -> models.SparseVector:
    """Terms and weights as the client has them."""
    return models.SparseVector(indices=list(lexical.indices), values=list(lexical.weights))


def from_record(record: models.Record, *, size: int) -> StoredPoint:
    """A record that came with its payload, its vector of that size and its terms."""
    named: Any = record.vector  # a dict: asked for by name
    sparse = named.get(LEXICAL)
    terms = sorted(zip(sparse.indices, sparse.values, strict=True)) if sparse else []
    return StoredPoint(
        from_payload(str(record.id), record.payload or {}),
        np.array(named[vector_name(size)], dtype=np.float32),
        SparseVector(tuple(index for index, _ in terms), tuple(weight for _, weight in terms)),
    )


def to_filter(where: Filter) -> models.Filter:
    """A filter as the client has it; one that `allows_nothing` must not come here."""
    asked = conditions(where)
    must: list[models.Condition] = [_one_of(key, values) for key, values in asked.any_of]
    must += [
        models.FieldCondition(key=key, range=models.DatetimeRange(gte=since, lte=until))
        for key, since, until in asked.dates
    ]
    must_not: list[models.Condition] = [_one_of(key, values) for key, values in asked.none_of]
    return models.Filter(must=must, must_not=must_not)


def _one_of(key: str, values: frozenset[str]) -> models.FieldCondition:
    return models.FieldCondition(key=key, match=models.MatchAny(any=sorted(values)))
