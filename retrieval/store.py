"""What a vector store promises; `tests/retrieval/store_contract.py` holds every store to it."""

from collections.abc import Sequence
from typing import Protocol

from encoders.base import Embeddings, Vector
from retrieval.types import Collection, Filter, Point, ScoredPoint, SparseVector, StoredPoint


class VectorStore(Protocol):
    """Points with unit vectors and weighted terms, found by cosine or by BM25. Safe to call from several threads.

    Every method may raise `StoreUnavailable`: the store is closed, or its disk or server fails.
    """

    @property
    def collection(self) -> Collection:
        """The encoder and sizes the collection was made with."""
        ...

    def upsert(self, points: Sequence[Point], vectors: Embeddings, lexical: Sequence[SparseVector]) -> None:
        """Write points, replacing those of equal id; durable when it returns.

        Args:
            points: N of them.
            vectors: (N, D) unit rows, D the collection's full size.
            lexical: N of them, of `retrieval.lexical.index_terms`; empty ones for points without terms.

        Raises:
            InvalidVectors: wrong shape, not finite or not of unit length, or terms out of order; nothing is written.
        """
        ...

    def search(self, vector: Vector, *, limit: int, where: Filter, offset: int = 0) -> list[ScoredPoint]:
        """The points nearest to a vector that pass ``where``, by falling cosine, ties by id.

        Args:
            vector: (D,) of unit length.
            limit: points at most.
            where: what they have to pass.
            offset: how many of the nearest to leave out, as those of earlier pages.

        Raises:
            ValueError: ``limit`` is below 1, or ``offset`` below 0.
            InvalidVectors: it is not a finite unit vector of the collection's full size.
        """
        ...

    def search_many(self, vectors: Embeddings, *, limit: int, where: Filter) -> list[list[ScoredPoint]]:
        """`search` for each row of an (N, D) matrix, faster than one by one."""
        ...

    def search_lexical(self, query: SparseVector, *, limit: int, where: Filter, offset: int = 0) -> list[ScoredPoint]:
        """The points that share terms with a query and pass ``where``, by falling BM25 score, ties by id.

        The score is the sum over shared terms of query weight × document weight × IDF. The IDF is
        ln((N - n + 0.5) / (n + 0.5) + 1) over the whole collection, whatever the filter: N points have any terms, n
        have this one. Engines count points that were deleted or replaced until they next tidy up, and a server with
        several shards counts in each of them by itself.

        Args:
            query: of `retrieval.lexical.query_terms`; an empty one finds nothing.
            limit: points at most.
            where: what they have to pass.
            offset: how many of the best to leave out.

        Raises:
            ValueError: ``limit`` is below 1, or ``offset`` below 0.
            InvalidVectors: terms are out of order, or weights not positive.
        """
        ...

    def retrieve(self, ids: Sequence[str]) -> list[StoredPoint]:
        """The points of these ids, in this order; unknown ones are left out."""
        ...

    def scroll(self, *, where: Filter, limit: int, after: str = "") -> list[StoredPoint]:
        """Up to ``limit`` points that pass ``where``, by id, beginning behind the id ``after``.

        Points written or deleted meanwhile do not make it skip or repeat others.
        """
        ...

    def sample(self, *, limit: int, where: Filter) -> Embeddings:
        """Full-size vectors of up to ``limit`` points that pass ``where``: (N, D), in no special order."""
        ...

    def delete(self, document_id: str) -> int:
        """Remove a document's points; how many there were. Unknown: 0."""
        ...

    def count(self, where: Filter) -> int:
        """How many points pass ``where``."""
        ...

    def optimize(self) -> None:
        """Flush, and build what makes searches fast, if there is enough new to be worth it. May block."""
        ...

    def close(self) -> None:
        """Flush and let go of the files or the connection; further calls fail. Closing again does nothing."""
        ...
