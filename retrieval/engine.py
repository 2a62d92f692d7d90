"""What the stores over Qdrant's engine share, whether it runs in process or on a server: checks, plan, order."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from encoders.base import Embeddings, Vector
from retrieval.filters import allows_nothing
from retrieval.plan import Plan, make_plan
from retrieval.types import Collection, Filter, ScoredPoint, SparseVector
from retrieval.vectors import best, check_embeddings, check_limit, check_sparse, check_vector


class EngineStore(ABC):
    """The searches of a `VectorStore`, over an engine that finds candidates; a subclass translates and asks.

    Args:
        collection: what it was made with.
        has_graph: else every search compares all points, and only the full size is kept.
    """

    def __init__(self, collection: Collection, *, has_graph: bool = True) -> None:
        self._collection = collection
        self._sizes = collection.sizes if has_graph else collection.sizes[-1:]
        self._has_graph = has_graph

    @property
    def collection(self) -> Collection:
        """The encoder and sizes the collection was made with."""
        return self._collection

    def search(self, vector: Vector, *, limit: int, where: Filter, offset: int = 0) -> list[ScoredPoint]:
        """The points nearest to a vector that pass ``where``, by falling cosine, ties by id.

        Exact below 5,000 points that pass; above, as `retrieval.plan` says.
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
        self._check_open()
        wanted = offset + limit if query.indices and not allows_nothing(where) else 0

        def ask(_: Sequence[int], count: int) -> list[list[ScoredPoint]]:
            return [self._ask_lexical(query, limit=count, where=where)]

        return best(ask, queries=1, wanted=wanted)[0][offset:]

    @abstractmethod
    def count(self, where: Filter) -> int:
        """How many points pass ``where``."""

    @abstractmethod
    def _check_open(self) -> None:
        """Raise StoreUnavailable once closed."""

    @abstractmethod
    def _ask_nearest(
        self, vectors: Embeddings, *, limit: int, where: Filter, plan: Plan | None
    ) -> list[list[ScoredPoint]]:
        """For each row the points that are found by the plan, in any order; without one, compare with all."""

    @abstractmethod
    def _ask_lexical(self, query: SparseVector, *, limit: int, where: Filter) -> list[ScoredPoint]:
        """The points that share terms, in any order."""

    def _nearest(self, vectors: Embeddings, *, wanted: int, where: Filter) -> list[list[ScoredPoint]]:
        passing = self.count(where)

        def ask(rows: Sequence[int], limit: int) -> list[list[ScoredPoint]]:
            plan = None
            if self._has_graph:  # `best` asks for one more
                plan = make_plan(self._sizes, limit=limit - 1, where=where, passing=passing)
            return self._ask_nearest(vectors[list(rows)], limit=limit, where=where, plan=plan)

        return best(ask, queries=len(vectors), wanted=min(wanted, passing))
