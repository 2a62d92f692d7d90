"""What every VectorStore must do. Subclass it and provide `store`."""

import math
import threading
import uuid
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encoders.base import Embeddings
from ingest.types import Modality
from retrieval.errors import InvalidVectors, StoreUnavailable
from retrieval.memory import MemoryStore
from retrieval.store import VectorStore
from retrieval.types import Collection, Filter, Point, ScoredPoint

COLLECTION = Collection(encoder="fake@1", sizes=(4, 8))
NORTH, EAST, UP = np.eye(8, dtype=np.float32)[:3]
ALL = Filter()


def make_point(name: str, *, document: str = "atlas", page: int = 1, modality: Modality = Modality.TEXT) -> Point:
    return Point(
        id=str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
        document_id=document,
        page_number=page,
        page_label=str(page),
        modality=modality,
        text=name,
    )


def random_vectors(count: int, seed: int, size: int = 8) -> Embeddings:
    rows = np.random.default_rng(seed).normal(size=(count, size))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def mixed_points(count: int) -> list[Point]:
    """Points over three documents and both modalities."""
    return [
        make_point(f"p{row}", document=f"d{row % 3}", page=row, modality=list(Modality)[row % 2])
        for row in range(count)
    ]


def texts(found: Sequence[ScoredPoint]) -> list[str]:
    return [scored.point.text for scored in found]


class StoreContract:
    @pytest.fixture
    def store(self) -> VectorStore:
        raise NotImplementedError("a subclass provides the store")

    def test_the_nearest_point_comes_first(self, store: VectorStore) -> None:
        store.upsert([make_point("north"), make_point("east")], np.stack([NORTH, EAST]))

        found = store.search(EAST, limit=2, where=ALL)

        assert texts(found) == ["east", "north"]
        assert [scored.cosine for scored in found] == pytest.approx([1, 0], abs=1e-6)

    def test_ties_are_ordered_by_id_also_across_the_limit(self, store: VectorStore) -> None:
        points = [make_point(f"copy {number}") for number in range(20)]
        store.upsert(points, np.stack([NORTH] * 20))

        found = store.search(NORTH, limit=5, where=ALL)

        assert [scored.point.id for scored in found] == sorted(point.id for point in points)[:5]

    def test_everything_about_a_point_comes_back(self, store: VectorStore) -> None:
        point = Point(
            id=str(uuid.UUID(int=7)),
            document_id="f" * 64,
            page_number=12,
            page_label="xii",
            modality=Modality.TEXT,
            text="ภาษาไทย 日本語 العربية \N{GRINNING FACE} e\u0301 \x00 {braces}",
            path=("Überschrift", "第二章"),
        )
        store.upsert([point], NORTH[None])

        assert store.search(NORTH, limit=1, where=ALL)[0].point == point

    def test_writing_a_point_again_replaces_it(self, store: VectorStore) -> None:
        store.upsert([make_point("moved", page=1)], NORTH[None])
        store.upsert([make_point("moved", page=2)], EAST[None])

        found = store.search(EAST, limit=5, where=ALL)

        assert [(scored.point.page_number, scored.cosine) for scored in found] == [(2, pytest.approx(1))]
        assert store.count(ALL) == 1

    def test_writing_no_points_does_nothing(self, store: VectorStore) -> None:
        store.upsert([], np.empty((0, 8), np.float32))

        assert store.count(ALL) == 0

    def test_an_empty_store_answers_with_nothing(self, store: VectorStore) -> None:
        assert store.search(NORTH, limit=3, where=ALL) == []
        assert store.sample(limit=3, where=ALL).shape == (0, 8)

    def test_a_limit_beyond_the_points_gives_all(self, store: VectorStore) -> None:
        store.upsert([make_point("north"), make_point("east")], np.stack([NORTH, EAST]))

        assert len(store.search(NORTH, limit=1_000_000, where=ALL)) == 2

    @pytest.mark.parametrize("limit", [0, -1])
    def test_a_limit_below_one_is_refused(self, store: VectorStore, limit: int) -> None:
        with pytest.raises(ValueError, match="at least 1"):
            store.search(NORTH, limit=limit, where=ALL)

    @pytest.mark.parametrize(
        "row",
        [
            np.full(8, np.nan),
            np.array([np.inf] + [0] * 7),
            np.zeros(8),
            2 * NORTH,
            0.9 * NORTH,
        ],
        ids=["nan", "inf", "zero", "too long", "too short"],
    )
    def test_a_vector_that_is_not_of_unit_length_is_refused_and_nothing_is_written(
        self, store: VectorStore, row: Embeddings
    ) -> None:
        with pytest.raises(InvalidVectors, match="nothing was written"):
            store.upsert([make_point("good"), make_point("bad")], np.stack([NORTH, row.astype(np.float32)]))

        assert store.count(ALL) == 0

    @pytest.mark.parametrize("shape", [(1, 8), (2, 4), (2, 16), (16,), (2, 8, 1)])
    def test_a_matrix_of_another_shape_is_refused_and_nothing_is_written(
        self, store: VectorStore, shape: tuple[int, ...]
    ) -> None:
        with pytest.raises(InvalidVectors, match="fake@1"):
            store.upsert([make_point("one"), make_point("two")], np.ones(shape, np.float32))

        assert store.count(ALL) == 0

    @pytest.mark.parametrize("vector", [np.full(8, np.nan), np.zeros(8), np.ones((1, 8)), NORTH[:4]])
    def test_a_query_that_is_not_a_unit_vector_is_refused(self, store: VectorStore, vector: Embeddings) -> None:
        store.upsert([make_point("north")], NORTH[None])

        with pytest.raises(InvalidVectors):
            store.search(vector.astype(np.float32), limit=1, where=ALL)

    @pytest.mark.parametrize(
        "where",
        [
            Filter(modality=Modality.IMAGE),
            Filter(documents=frozenset({"d1"})),
            Filter(documents=frozenset({"d0", "d2", "unknown"})),
            Filter(documents=frozenset()),
            Filter(without=frozenset({"d1"})),
            Filter(documents=frozenset({"d0", "d1"}), without=frozenset({"d1"})),
            Filter(modality=Modality.TEXT, documents=frozenset({"d0", "d1"}), without=frozenset({"d2"})),
        ],
    )
    def test_a_filter_holds_for_search_count_and_sample(self, store: VectorStore, where: Filter) -> None:
        points, vectors = mixed_points(30), random_vectors(30, seed=1)
        store.upsert(points, vectors)
        expected = {
            point.text
            for point in points
            if where.modality in (None, point.modality)
            and (where.documents is None or point.document_id in where.documents)
            and point.document_id not in where.without
        }

        assert set(texts(store.search(NORTH, limit=30, where=where))) == expected
        assert store.count(where) == len(expected)
        assert store.sample(limit=30, where=where).shape == (len(expected), 8)

    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,  # a point of an earlier example is replaced: equal ids
            HealthCheck.differing_executors,  # one contract for several stores is the point
        ],
    )
    @given(seed=st.integers(0, 2**32 - 1), limit=st.integers(1, 60))
    def test_the_order_is_that_of_the_reference(self, store: VectorStore, seed: int, limit: int) -> None:
        points, vectors = mixed_points(50), random_vectors(51, seed)
        reference = MemoryStore(COLLECTION)
        for written in (store, reference):
            written.upsert(points, vectors[:50])

        found = store.search(vectors[50], limit=limit, where=Filter(without=frozenset({"d2"})))
        expected = reference.search(vectors[50], limit=limit, where=Filter(without=frozenset({"d2"})))

        assert [scored.cosine for scored in found] == pytest.approx(
            [scored.cosine for scored in expected],
            abs=2e-6,  # float32, two summation orders
        )
        assert texts(found) == texts(expected)

    def test_deleting_a_document_removes_its_points_and_counts_them(self, store: VectorStore) -> None:
        store.upsert(mixed_points(30), random_vectors(30, seed=2))

        assert store.delete("d1") == 10
        assert store.delete("d1") == 0
        assert store.delete("unknown") == 0
        assert store.count(ALL) == 20
        assert "d1" not in {scored.point.document_id for scored in store.search(NORTH, limit=30, where=ALL)}

    def test_a_sample_holds_full_size_unit_vectors_of_the_points(self, store: VectorStore) -> None:
        vectors = random_vectors(30, seed=3)
        store.upsert(mixed_points(30), vectors)

        sample = store.sample(limit=10, where=ALL)

        assert sample.shape == (10, 8)
        assert sample.dtype == np.float32
        nearest = np.abs(sample[:, None] - vectors[None]).max(axis=2).min(axis=1)
        assert nearest.max() < 1e-6  # engines normalise again
        assert len(np.unique(sample.round(4), axis=0)) == 10
        assert np.array_equal(sample, store.sample(limit=10, where=ALL))

    def test_optimizing_changes_no_answer(self, store: VectorStore) -> None:
        store.upsert(mixed_points(30), random_vectors(30, seed=4))
        before = store.search(NORTH, limit=30, where=ALL)

        store.optimize()

        assert store.search(NORTH, limit=30, where=ALL) == before

    def test_threads_may_write_and_search_at_once(self, store: VectorStore) -> None:
        failures: list[BaseException] = []

        def work(document: str) -> None:
            try:
                for page in range(5):
                    names = [f"{document}/{page}/{number}" for number in range(10)]
                    points = [make_point(name, document=document, page=page) for name in names]
                    store.upsert(points, random_vectors(10, seed=page))
                    assert store.search(NORTH, limit=3, where=Filter(documents=frozenset({document})))
            except BaseException as error:  # handed to the test's own thread
                failures.append(error)

        threads = [threading.Thread(target=work, args=(f"d{number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert failures == []
        assert store.count(ALL) == 4 * 5 * 10

    def test_a_closed_store_says_so(self, store: VectorStore) -> None:
        store.upsert([make_point("north")], NORTH[None])

        store.close()
        store.close()

        for call in (
            lambda: store.upsert([make_point("east")], EAST[None]),
            lambda: store.search(NORTH, limit=1, where=ALL),
            lambda: store.sample(limit=1, where=ALL),
            lambda: store.delete("atlas"),
            lambda: store.count(ALL),
            store.optimize,
        ):
            with pytest.raises(StoreUnavailable, match="closed"):
                call()

    def test_a_cosine_is_a_number_between_minus_one_and_one(self, store: VectorStore) -> None:
        vectors = random_vectors(50, seed=5)
        store.upsert(mixed_points(50), vectors)

        cosines = [scored.cosine for row in vectors for scored in store.search(row, limit=50, where=ALL)]

        assert all(math.isfinite(cosine) and -1 <= cosine <= 1 for cosine in cosines)
