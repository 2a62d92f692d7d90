"""What every VectorStore must do. Subclass it and provide `store`."""

import datetime
import math
import pickle
import threading
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encoders.base import Embeddings
from ingest.types import Modality
from retrieval.errors import InvalidVectors, StoreUnavailable
from retrieval.filters import passes
from retrieval.memory import MemoryStore
from retrieval.plan import Plan
from retrieval.store import VectorStore
from retrieval.types import Collection, Filter, Point, ScoredPoint, SparseVector, StoredPoint

COLLECTION = Collection(encoder="fake@1", sizes=(4, 8))
NORTH, EAST, UP = np.eye(8, dtype=np.float32)[:3]
ALL = Filter()
NO_TERMS = SparseVector((), ())


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


def write(
    store: VectorStore, points: Sequence[Point], vectors: Embeddings, lexical: Sequence[SparseVector] | None = None
) -> None:
    """Write points, without terms if none are given."""
    store.upsert(points, vectors, [NO_TERMS] * len(points) if lexical is None else lexical)


def write_texts(store: VectorStore, *words: str, document: str = "atlas") -> None:
    """Write one point for each text; each of its words weighs as often as it stands there."""
    points = [make_point(text, document=document) for text in words]
    write(store, points, np.stack([NORTH] * len(words)), [terms(text) for text in words])


def terms(text: str) -> SparseVector:
    """A term for each word: a number made of its bytes."""
    counts = Counter(crc32(word.encode()) for word in text.split())
    return SparseVector(tuple(sorted(counts)), tuple(float(counts[term]) for term in sorted(counts)))


def various_points() -> list[Point]:
    """Points that differ in everything a filter asks for."""
    days = [None, datetime.date(2023, 12, 31), datetime.date(2024, 2, 29), datetime.date(2024, 3, 1)]
    return [
        replace(
            point,
            kind=["pdf", "text", "png"][row % 3],
            language=["", "de", "zh-Hant", "zh"][row % 4],
            date=days[row // 2 % 4],
            owner=["", "ada", "Ada"][row // 3 % 3],
            collection=["", "work"][row // 4 % 2],
        )
        for row, point in enumerate(mixed_points(30))
    ]


def texts(found: Sequence[ScoredPoint]) -> list[str]:
    return [scored.point.text for scored in found]


class StoreContract:
    @pytest.fixture
    def store(self) -> VectorStore:
        raise NotImplementedError("a subclass provides the store")

    def test_the_nearest_point_comes_first(self, store: VectorStore) -> None:
        write(store, [make_point("north"), make_point("east")], np.stack([NORTH, EAST]))

        found = store.search(EAST, limit=2, where=ALL)

        assert texts(found) == ["east", "north"]
        assert [scored.score for scored in found] == pytest.approx([1, 0], abs=1e-6)

    def test_ties_are_ordered_by_id_also_across_the_limit(self, store: VectorStore) -> None:
        points = [make_point(f"copy {number}") for number in range(20)]
        write(store, points, np.stack([NORTH] * 20))

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
            kind="pdf",
            language="th",
            date=datetime.date(1999, 12, 31),
            owner="ada",
            collection="Verträge 2024",
        )
        write(store, [point], NORTH[None])

        assert store.search(NORTH, limit=1, where=ALL)[0].point == point

    def test_writing_a_point_again_replaces_it(self, store: VectorStore) -> None:
        write(store, [make_point("moved", page=1)], NORTH[None])
        write(store, [make_point("moved", page=2)], EAST[None])

        found = store.search(EAST, limit=5, where=ALL)

        assert [(scored.point.page_number, scored.score) for scored in found] == [(2, pytest.approx(1))]
        assert store.count(ALL) == 1

    def test_writing_no_points_does_nothing(self, store: VectorStore) -> None:
        write(store, [], np.empty((0, 8), np.float32))

        assert store.count(ALL) == 0

    def test_an_empty_store_answers_with_nothing(self, store: VectorStore) -> None:
        assert store.search(NORTH, limit=3, where=ALL) == []
        assert store.sample(limit=3, where=ALL).shape == (0, 8)

    def test_a_limit_beyond_the_points_gives_all(self, store: VectorStore) -> None:
        write(store, [make_point("north"), make_point("east")], np.stack([NORTH, EAST]))

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
            write(store, [make_point("good"), make_point("bad")], np.stack([NORTH, row.astype(np.float32)]))

        assert store.count(ALL) == 0

    @pytest.mark.parametrize("shape", [(1, 8), (2, 4), (2, 16), (16,), (2, 8, 1)])
    def test_a_matrix_of_another_shape_is_refused_and_nothing_is_written(
        self, store: VectorStore, shape: tuple[int, ...]
    ) -> None:
        with pytest.raises(InvalidVectors, match="fake@1"):
            write(store, [make_point("one"), make_point("two")], np.ones(shape, np.float32))

        assert store.count(ALL) == 0

    @pytest.mark.parametrize("vector", [np.full(8, np.nan), np.zeros(8), np.ones((1, 8)), NORTH[:4]])
    def test_a_query_that_is_not_a_unit_vector_is_refused(self, store: VectorStore, vector: Embeddings) -> None:
        write(store, [make_point("north")], NORTH[None])

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
            Filter(kinds=frozenset({"pdf", "png"})),
            Filter(languages=frozenset({"zh"})),
            Filter(languages=frozenset({"de", ""})),
            Filter(languages=frozenset()),
            Filter(owners=frozenset({"ada"})),
            Filter(collections=frozenset({"work"})),
            Filter(since=datetime.date(2024, 2, 29)),
            Filter(until=datetime.date(2024, 2, 29)),
            Filter(since=datetime.date(2024, 1, 1), until=datetime.date(2024, 2, 29)),
            Filter(since=datetime.date(2024, 3, 2)),
            Filter(
                modality=Modality.TEXT,
                without=frozenset({"d0"}),
                kinds=frozenset({"text", "png"}),
                languages=frozenset({"", "zh-Hant"}),
                until=datetime.date(2024, 2, 29),
            ),
        ],
    )
    def test_a_filter_holds_for_everything_that_takes_one(self, store: VectorStore, where: Filter) -> None:
        points, vectors = various_points(), random_vectors(30, seed=1)
        write(store, points, vectors, [terms("word")] * 30)
        expected = {point.text for point in points if passes(point, where)}

        assert set(texts(store.search(NORTH, limit=30, where=where))) == expected
        assert set(texts(store.search_many(vectors[:2], limit=30, where=where)[1])) == expected
        assert set(texts(store.search_lexical(terms("word"), limit=30, where=where))) == expected
        assert {stored.point.text for stored in store.scroll(where=where, limit=30)} == expected
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
            write(written, points, vectors[:50])

        found = store.search(vectors[50], limit=limit, where=Filter(without=frozenset({"d2"})))
        expected = reference.search(vectors[50], limit=limit, where=Filter(without=frozenset({"d2"})))

        assert [scored.score for scored in found] == pytest.approx(
            [scored.score for scored in expected],
            abs=2e-6,  # float32, two summation orders
        )
        assert texts(found) == texts(expected)

    def test_pages_of_one_result_join_without_a_gap_or_a_repetition(self, store: VectorStore) -> None:
        vectors = np.concatenate([random_vectors(20, seed=9), np.stack([NORTH] * 10)])  # ten are equally near
        write(store, mixed_points(30), vectors, [terms(f"word w{row % 4}") for row in range(30)])
        near, lexical = (
            store.search(NORTH, limit=30, where=ALL),
            store.search_lexical(terms("word w1"), limit=30, where=ALL),
        )

        for start in range(0, 30, 7):
            assert store.search(NORTH, limit=7, where=ALL, offset=start) == near[start : start + 7]
            page = store.search_lexical(terms("word w1"), limit=7, where=ALL, offset=start)
            assert page == lexical[start : start + 7]
        assert store.search(NORTH, limit=7, where=ALL, offset=1_000) == []
        assert store.search_lexical(terms("word"), limit=7, where=ALL, offset=1_000) == []

    def test_an_offset_below_zero_is_refused(self, store: VectorStore) -> None:
        with pytest.raises(ValueError, match="at least 0"):
            store.search(NORTH, limit=1, where=ALL, offset=-1)
        with pytest.raises(ValueError, match="at least 0"):
            store.search_lexical(terms("a"), limit=1, where=ALL, offset=-1)

    def test_many_queries_get_what_each_gets_alone(self, store: VectorStore) -> None:
        vectors = np.concatenate([random_vectors(20, seed=10), np.stack([NORTH] * 10)])
        write(store, mixed_points(30), vectors)
        queries = np.concatenate([NORTH[None], random_vectors(5, seed=11)])

        found = store.search_many(queries, limit=4, where=Filter(without=frozenset({"d1"})))

        assert found == [store.search(row, limit=4, where=Filter(without=frozenset({"d1"}))) for row in queries]
        assert store.search_many(np.empty((0, 8), np.float32), limit=4, where=ALL) == []

    def test_a_rare_term_outweighs_a_common_one(self, store: VectorStore) -> None:
        write_texts(store, "sea blue", "sea deep", "sea lamp", "sky")

        found = store.search_lexical(terms("sea lamp"), limit=10, where=ALL)

        sea, lamp = math.log(1.5 / 3.5 + 1), math.log(3.5 / 1.5 + 1)  # 3 and 1 of 4 points have them
        assert found[0].point.text == "sea lamp"
        assert [hit.score for hit in found] == pytest.approx([sea + lamp, sea, sea], abs=2e-4)

    def test_weights_of_query_and_point_are_multiplied(self, store: VectorStore) -> None:
        point = make_point("weighed")
        write(store, [point, make_point("other")], np.stack([NORTH, EAST]), [SparseVector((7,), (2.5,)), terms("x")])

        found = store.search_lexical(SparseVector((7, 2**32 - 1), (3.0, 1.0)), limit=10, where=ALL)

        assert [hit.point for hit in found] == [point]
        assert found[0].score == pytest.approx(2.5 * 3 * math.log(1.5 / 1.5 + 1), abs=2e-4)

    def test_terms_count_over_the_whole_collection_whatever_the_filter(self, store: VectorStore) -> None:
        write_texts(store, "sea blue", "sea deep", "sky", document="d0")
        write_texts(store, "sea lamp", document="d1")

        found = store.search_lexical(terms("sea"), limit=10, where=Filter(documents=frozenset({"d1"})))

        assert [hit.score for hit in found] == pytest.approx([math.log(1.5 / 3.5 + 1)], abs=2e-4)

    def test_points_without_terms_are_not_counted_among_those_with_any(self, store: VectorStore) -> None:
        write_texts(store, "sea", "sky")
        write(store, [make_point(f"picture {number}") for number in range(9)], np.stack([EAST] * 9))

        found = store.search_lexical(terms("sea"), limit=10, where=ALL)

        assert [hit.score for hit in found] == pytest.approx([math.log(1.5 / 1.5 + 1)], abs=2e-4)

    def test_equal_lexical_scores_are_ordered_by_id_also_across_the_limit(self, store: VectorStore) -> None:
        points = [make_point(f"copy {number}") for number in range(20)]
        write(store, points, np.stack([NORTH] * 20), [terms("same")] * 20)

        found = store.search_lexical(terms("same"), limit=5, where=ALL)

        assert [hit.point.id for hit in found] == sorted(point.id for point in points)[:5]

    def test_no_shared_term_and_an_empty_query_find_nothing(self, store: VectorStore) -> None:
        write_texts(store, "sea", "sky")

        assert store.search_lexical(terms("moon"), limit=5, where=ALL) == []
        assert store.search_lexical(NO_TERMS, limit=5, where=ALL) == []

    def test_a_point_written_again_without_terms_is_not_found_by_them(self, store: VectorStore) -> None:
        write_texts(store, "sea", "sky")
        write(store, [make_point("sea")], NORTH[None])

        assert store.search_lexical(terms("sea"), limit=5, where=ALL) == []
        assert store.retrieve([make_point("sea").id])[0].lexical == NO_TERMS

    @pytest.mark.parametrize(
        "sparse",
        [
            SparseVector((1, 1), (1.0, 1.0)),
            SparseVector((2, 1), (1.0, 1.0)),
            SparseVector((1, 2), (1.0,)),
            SparseVector((1,), (float("nan"),)),
            SparseVector((1,), (float("inf"),)),
            SparseVector((1,), (0.0,)),
            SparseVector((1,), (-1.0,)),
            SparseVector((2**32,), (1.0,)),
            SparseVector((-1,), (1.0,)),
        ],
    )
    def test_terms_that_no_engine_could_keep_are_refused_and_nothing_is_written(
        self, store: VectorStore, sparse: SparseVector
    ) -> None:
        with pytest.raises(InvalidVectors, match="nothing was written"):
            write(store, [make_point("good"), make_point("bad")], np.stack([NORTH, EAST]), [terms("a"), sparse])
        with pytest.raises(InvalidVectors, match="the query"):
            store.search_lexical(sparse, limit=1, where=ALL)

        assert store.count(ALL) == 0

    def test_too_few_sparse_vectors_are_refused_and_nothing_is_written(self, store: VectorStore) -> None:
        with pytest.raises(InvalidVectors, match="2 points need as many"):
            write(store, [make_point("one"), make_point("two")], np.stack([NORTH, EAST]), [terms("a")])

        assert store.count(ALL) == 0

    def test_points_come_back_whole_by_their_ids_in_the_order_asked(self, store: VectorStore) -> None:
        points, vectors = various_points(), random_vectors(30, seed=12)
        write(store, points, vectors, [terms(f"word w{row}") for row in range(30)])
        asked = [points[7].id, str(uuid.uuid4()), points[3].id]

        found = store.retrieve(asked)

        assert [stored.point for stored in found] == [points[7], points[3]]
        assert np.stack([stored.vector for stored in found]) == pytest.approx(vectors[[7, 3]], abs=1e-6)
        assert [stored.lexical for stored in found] == [terms("word w7"), terms("word w3")]
        assert store.retrieve([]) == []

    def test_scrolling_goes_through_all_points_by_id(self, store: VectorStore) -> None:
        points, vectors = various_points(), random_vectors(30, seed=13)
        lexical = [terms("word") if row % 3 else NO_TERMS for row in range(30)]
        write(store, points, vectors, lexical)

        seen: list[StoredPoint] = []
        while page := store.scroll(where=ALL, limit=7, after=seen[-1].point.id if seen else ""):
            seen += page

        order = sorted(range(30), key=lambda row: points[row].id)
        assert [stored.point for stored in seen] == [points[row] for row in order]
        assert [stored.lexical for stored in seen] == [lexical[row] for row in order]
        assert np.stack([stored.vector for stored in seen]) == pytest.approx(vectors[order], abs=1e-6)

    def test_scrolling_goes_on_behind_a_point_that_is_gone(self, store: VectorStore) -> None:
        points = [make_point(f"p{row}", document=f"d{row}") for row in range(5)]
        write(store, points, random_vectors(5, seed=14))
        points.sort(key=lambda point: point.id)
        store.delete(points[2].document_id)

        behind = store.scroll(where=ALL, limit=1, after=points[2].id)

        assert [stored.point for stored in behind] == [points[3]]

    def test_what_was_scrolled_can_be_written_elsewhere(self, store: VectorStore) -> None:
        vectors = random_vectors(30, seed=15)
        write(store, various_points(), vectors, [terms(f"word w{row % 4}") for row in range(30)])
        copied = store.scroll(where=ALL, limit=100)
        reference = MemoryStore(COLLECTION)

        write(
            reference,
            [stored.point for stored in copied],
            np.stack([stored.vector for stored in copied]),
            [stored.lexical for stored in copied],
        )

        assert texts(reference.search(NORTH, limit=30, where=ALL)) == texts(store.search(NORTH, limit=30, where=ALL))
        assert reference.search_lexical(terms("word w1"), limit=30, where=ALL) == [
            replace(hit, score=pytest.approx(hit.score, abs=2e-4))
            for hit in store.search_lexical(terms("word w1"), limit=30, where=ALL)
        ]

    def test_results_can_be_sent_between_processes(self, store: VectorStore) -> None:
        write_texts(store, "sea", "sky")
        results = (store.search(NORTH, limit=2, where=ALL), store.search_lexical(terms("sea"), limit=2, where=ALL))

        assert pickle.loads(pickle.dumps(results)) == results
        stored = store.scroll(where=ALL, limit=1)[0]
        again = pickle.loads(pickle.dumps(stored))
        assert (again.point, again.lexical) == (stored.point, stored.lexical)
        assert np.array_equal(again.vector, stored.vector)

    def test_candidates_are_looked_for_only_among_points_that_pass(
        self, store: VectorStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        few = Plan(size=4, effort=8, candidates=8, acorn=True)  # so that few points are searched as many are
        monkeypatch.setattr("retrieval.engine.make_plan", lambda *_, **__: few)
        near, far = (
            [make_point(f"{document}/{row}", document=document) for row in range(50)] for document in ("near", "far")
        )
        write(store, near, np.stack([NORTH] * 50))
        write(store, far, random_vectors(50, seed=16))

        for found in (
            store.search(NORTH, limit=2, where=Filter(documents=frozenset({"far"}))),
            store.search_many(NORTH[None], limit=2, where=Filter(without=frozenset({"near"})))[0],
        ):
            assert [hit.point.document_id for hit in found] == ["far", "far"]

    def test_deleting_a_document_removes_its_points_and_counts_them(self, store: VectorStore) -> None:
        write(store, mixed_points(30), random_vectors(30, seed=2))

        assert store.delete("d1") == 10
        assert store.delete("d1") == 0
        assert store.delete("unknown") == 0
        assert store.count(ALL) == 20
        assert "d1" not in {scored.point.document_id for scored in store.search(NORTH, limit=30, where=ALL)}

    def test_a_sample_holds_full_size_unit_vectors_of_the_points(self, store: VectorStore) -> None:
        vectors = random_vectors(30, seed=3)
        write(store, mixed_points(30), vectors)

        sample = store.sample(limit=10, where=ALL)

        assert sample.shape == (10, 8)
        assert sample.dtype == np.float32
        nearest = np.abs(sample[:, None] - vectors[None]).max(axis=2).min(axis=1)
        assert nearest.max() < 1e-6  # engines normalise again
        assert len(np.unique(sample.round(4), axis=0)) == 10
        assert np.array_equal(sample, store.sample(limit=10, where=ALL))

    def test_optimizing_changes_no_answer(self, store: VectorStore) -> None:
        write(store, mixed_points(30), random_vectors(30, seed=4))
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
                    write(store, points, random_vectors(10, seed=page))
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
        write(store, [make_point("north")], NORTH[None])

        store.close()
        store.close()

        for call in (
            lambda: write(store, [make_point("east")], EAST[None]),
            lambda: store.search(NORTH, limit=1, where=ALL),
            lambda: store.search_many(NORTH[None], limit=1, where=ALL),
            lambda: store.search_lexical(terms("a"), limit=1, where=ALL),
            lambda: store.retrieve([make_point("north").id]),
            lambda: store.scroll(limit=1, where=ALL),
            lambda: store.sample(limit=1, where=ALL),
            lambda: store.delete("atlas"),
            lambda: store.count(ALL),
            store.optimize,
        ):
            with pytest.raises(StoreUnavailable, match="closed"):
                call()

    def test_a_cosine_is_a_number_between_minus_one_and_one(self, store: VectorStore) -> None:
        vectors = random_vectors(50, seed=5)
        write(store, mixed_points(50), vectors)

        cosines = [scored.score for row in vectors for scored in store.search(row, limit=50, where=ALL)]

        assert all(math.isfinite(cosine) and -1 <= cosine <= 1 for cosine in cosines)
