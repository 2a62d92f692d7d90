"""What a vector store promises; `tests/retrieval/store_contract.py` holds every store to it."""

from collections.abc import Sequence
from typing import Protocol

from encoders.base import Embeddings, Vector
from retrieval.types import Collection, Filter, Point, ScoredPoint


class VectorStore(Protocol):
    """Points with unit vectors, found by cosine. Safe to call from several threads."""

    @property
    def collection(self) -> Collection:
        """The encoder and sizes the collection was made with."""
        ...

    def upsert(self, points: Sequence[Point], vectors: Embeddings) -> None:
        """Write points, replacing those of equal id; durable when it returns.

        Args:
            points: N of them.
            vectors: (N, D) unit rows, D the collection's full size.

        Raises:
            InvalidVectors: wrong shape, not finite or not of unit length; nothing is written.
        """
        ...

    def search(self, vector: Vector, *, limit: int, where: Filter) -> list[ScoredPoint]:
        """The ``limit`` nearest points that pass ``where``, nearest first, ties by id."""
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
        """Flush and let go of the files; further calls fail."""
        ...
