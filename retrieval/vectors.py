"""What vectors and results are alike in every store; engines accept NaN and zero rows silently, so rows are checked."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from encoders.base import Embeddings, Vector
from retrieval.errors import InvalidVectors
from retrieval.types import Collection, ScoredPoint, SparseVector

UNIT_TOLERANCE = 1e-3  # rows computed in bfloat16 and stored as float32 are this far off
COSINE_DIGITS = 6  # float32 noise lies below: equal vectors tie in every engine
BM25_DIGITS = 4  # likewise, for sums up to a hundred
_TERMS = 2**32  # term ids lie below


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


def check_lexical(lexical: Sequence[SparseVector], count: int) -> None:
    """Refuse sparse vectors that are not ``count`` in number, or that no engine could keep as they are.

    Raises:
        InvalidVectors: says which one is wrong.
    """
    if len(lexical) != count:
        raise InvalidVectors(f"{count} points need as many sparse vectors, got {len(lexical)}; nothing was written")
    for row, sparse in enumerate(lexical):
        check_sparse(sparse, name=f"sparse vector {row}")


def check_sparse(sparse: SparseVector, *, name: str) -> None:
    """Refuse terms that are not ascending, each once, with a positive finite weight.

    Raises:
        InvalidVectors: calls it ``name``.
    """
    indices, weights = sparse.indices, sparse.weights
    ascending = all(left < right for left, right in pairwise(indices))
    in_range = not indices or (indices[0] >= 0 and indices[-1] < _TERMS)
    positive = all(0 < weight < math.inf for weight in weights)  # NaN compares false
    if not (len(indices) == len(weights) and ascending and in_range and positive):
        raise InvalidVectors(
            f"{name} needs ascending term ids below 2**32, each with a positive finite weight; nothing was written"
        )


def best_first(scored: Sequence[ScoredPoint]) -> list[ScoredPoint]:
    """Sort by falling score, ties by id."""
    return sorted(scored, key=lambda hit: (-hit.score, hit.point.id))


def best(
    ask: Callable[[Sequence[int], int], Sequence[Sequence[ScoredPoint]]], *, queries: int, wanted: int
) -> list[list[ScoredPoint]]:
    """The best points for each query, where ids and not the engine decide which of several equal ones come in.

    Args:
        ask: given numbers of queries and a count, finds that many best points for each, or all there are.
        queries: how many.
        wanted: points a query, at most.

    Returns:
        One list a query, best first, ties by id.
    """
    found: dict[int, list[ScoredPoint]] = {}
    unsettled: list[int] = list(range(queries)) if wanted else []
    asked = wanted + 1
    while unsettled:
        for query, answer in zip(unsettled, ask(unsettled, asked), strict=True):
            scored = best_first(answer)
            if len(scored) < asked or scored[-1].score < scored[wanted - 1].score:
                found[query] = scored[:wanted]
        unsettled = [query for query in unsettled if query not in found]
        asked *= 2  # a tie crosses the border: see all of it
    return [found.get(query, []) for query in range(queries)]


def round_cosine(cosine: float) -> float:
    """A cosine in [-1, 1], without float32 noise."""
    return round(min(1.0, max(-1.0, float(cosine))), COSINE_DIGITS)


def round_bm25(score: float) -> float:
    """A BM25 score without float32 noise."""
    return round(float(score), BM25_DIGITS)


def inverse_document_frequency(points: int, having: int) -> float:
    """How telling a term is, as Qdrant's IDF modifier has it: ln((N - n + 0.5) / (n + 0.5) + 1).

    Args:
        points: N, those that have any terms.
        having: n, those that have this one.
    """
    return math.log((points - having + 0.5) / (having + 0.5) + 1)


def check_limit(limit: int, offset: int = 0) -> None:
    """Refuse to look for nothing, or from before the first.

    Raises:
        ValueError: ``limit`` is below 1, or ``offset`` below 0.
    """
    if limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}")
    if offset < 0:
        raise ValueError(f"offset must be at least 0, got {offset}")
