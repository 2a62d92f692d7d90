"""What a vector must be before a store takes it; engines accept NaN and zero rows silently."""

from collections.abc import Callable, Sequence

import numpy as np

from encoders.base import Embeddings, Vector
from retrieval.errors import InvalidVectors
from retrieval.types import Collection, ScoredPoint

UNIT_TOLERANCE = 1e-3  # rows computed in bfloat16 and stored as float32 are this far off
COSINE_DIGITS = 6  # float32 noise lies below: equal vectors tie in every engine


def check_embeddings(vectors: Embeddings, count: int, collection: Collection) -> None:
    """Refuse a matrix that is not ``count`` finite unit rows of the collection's full size.

    Raises:
        InvalidVectors: says which row is wrong and how.
    """
    size = collection.sizes[-1]
    if vectors.shape != (count, size):
        raise InvalidVectors(
            f"{count} points need a ({count}, {size}) matrix of vectors, got {vectors.shape}: "
            f"the collection was made by encoder {collection.encoder}"
        )
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    wrong = np.flatnonzero(~(np.abs(lengths - 1) <= UNIT_TOLERANCE))  # NaN compares false
    if wrong.size:
        row = int(wrong[0])
        raise InvalidVectors(
            f"{wrong.size} of {count} vectors of encoder {collection.encoder} are not finite unit vectors "
            f"(row {row} has length {lengths[row]:.4g}); nothing was written"
        )


def check_vector(vector: Vector, collection: Collection) -> None:
    """Refuse a query that is not one finite unit vector of the collection's full size."""
    if vector.ndim != 1:
        raise InvalidVectors(f"a query is one vector of shape (D,), got {vector.shape}")
    check_embeddings(vector[None], 1, collection)


def nearest_first(scored: Sequence[ScoredPoint]) -> list[ScoredPoint]:
    """Sort by falling cosine, ties by id."""
    return sorted(scored, key=lambda hit: (-hit.cosine, hit.point.id))


def nearest(ask: Callable[[int], Sequence[ScoredPoint]], *, wanted: int) -> list[ScoredPoint]:
    """The nearest points, where ids and not the engine decide which of several equal ones come in.

    Args:
        ask: gives as many nearest points as it is asked for, or all there are.
        wanted: how many at most.
    """
    asked = wanted + 1
    while wanted:
        scored = nearest_first(ask(asked))
        if len(scored) < asked or scored[-1].cosine < scored[wanted - 1].cosine:
            return scored[:wanted]
        asked *= 2  # a tie crosses the border: see all of it
    return []


def round_cosine(cosine: float) -> float:
    """A cosine in [-1, 1], without float32 noise."""
    return round(min(1.0, max(-1.0, float(cosine))), COSINE_DIGITS)


def check_limit(limit: int) -> None:
    """Refuse to look for nothing.

    Raises:
        ValueError: ``limit`` is below 1.
    """
    if limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}")
