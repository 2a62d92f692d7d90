"""From a query to pages."""

import asyncio
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from store_contract import EAST, NORTH, UP, make_point, mixed_points, random_vectors, write

from encoders.base import Embeddings, Vector
from ingest.types import Modality
from retrieval.background import SAMPLE_SIZE
from retrieval.encoding import encode_query
from retrieval.errors import InvalidVectors
from retrieval.lexical import index_terms
from retrieval.memory import MemoryStore
from retrieval.query import Group, Hit, Query, Route, Strength
from retrieval.scores import FAIR, STRONG
from retrieval.search import Searcher
from retrieval.stores import open_store
from retrieval.types import Collection, Filter, Point
from retrieval.typical import TYPICAL_QUERIES

SIZE = 256
QUERY: Vector = np.eye(SIZE, dtype=np.float32)[0]
WHITE_PICTURE = Image.new("RGB", (4, 4), "white")


class OneQuestionEncoder:
    """Questions and pictures lie at QUERY; typical questions point anywhere."""

    name = "fake@1"
    sizes = (SIZE,)
    max_tokens = 1_000

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def encode_queries(self, texts: Sequence[str]) -> Embeddings:
        if texts is TYPICAL_QUERIES:
            return random_vectors(len(texts), 99, SIZE)
        return np.stack([QUERY for _ in texts])

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        return random_vectors(len(texts), 98, SIZE)

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        return np.stack([QUERY for _ in images])


def at_cosines(cosines: Sequence[float], seed: int = 0) -> Embeddings:
    """Unit rows with these cosines to QUERY, otherwise random."""
    rest = random_vectors(len(cosines), seed, SIZE - 1)
    along = np.array(cosines, np.float32)[:, None]
    return np.concatenate([along, rest * np.sqrt(1 - along**2)], axis=1)


def spread(count: int, mean: float, deviation: float, seed: int) -> list[float]:
    return list(np.random.default_rng(seed).normal(mean, deviation, count).clip(-1, 1))


def add(store: MemoryStore, kind: Modality, cosines: Sequence[float], *, name: str) -> list[Point]:
    """One point per page of a document, without words."""
    points = [make_point(f"{name} {row}", document=name, page=row + 1, modality=kind) for row in range(len(cosines))]
    write(store, points, at_cosines(cosines, seed=len(name)))
    return points


def add_text(store: MemoryStore, text: str, cosine: float, *, page: int, document: str = "atlas") -> Point:
    """A passage with its words."""
    point = make_point(text, document=document, page=page)
    write(store, [point], at_cosines([cosine], seed=page), [index_terms(text)])
    return point


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(Collection("fake@1", (SIZE,)))


def ask(store: MemoryStore, text: str = "something", **query: object) -> list[Hit]:
    found = Searcher(store, OneQuestionEncoder()).search(Query(text, **query))  # type: ignore[arg-type]
    return list(found.hits)


def cosine(hit: Hit) -> float:
    return hit.evidence[0].value


class TestModalities:
    def test_an_outstanding_picture_beats_ordinary_texts_of_higher_cosine(self, store: MemoryStore) -> None:
        add(store, Modality.TEXT, spread(500, 0.30, 0.05, seed=1), name="manual")  # best about 0.45
        add(store, Modality.IMAGE, spread(500, 0.05, 0.03, seed=2), name="album")
        add(store, Modality.IMAGE, [0.40], name="cat")

        hits = ask(store, limit=3)

        assert hits[0].point.document_id == "cat"
        assert cosine(hits[0]) < cosine(hits[1])
        assert hits[1].modality is Modality.TEXT

    def test_an_outstanding_text_beats_ordinary_pictures_of_higher_cosine(self, store: MemoryStore) -> None:
        add(store, Modality.IMAGE, spread(500, 0.40, 0.03, seed=1), name="rasters")  # junk, all alike
        add(store, Modality.TEXT, spread(500, 0.05, 0.05, seed=2), name="manual")
        add(store, Modality.TEXT, [0.42], name="answer")

        hits = ask(store, limit=3)

        assert hits[0].point.document_id == "answer"
        assert cosine(hits[1]) > cosine(hits[0])

    def test_within_one_modality_the_order_is_that_of_the_cosines(self, store: MemoryStore) -> None:
        cosines = spread(100, 0.2, 0.2, seed=3)
        add(store, Modality.TEXT, cosines, name="manual")

        found = [cosine(hit) for hit in ask(store, limit=100)]

        assert found == pytest.approx(sorted(cosines, reverse=True), abs=1e-5)

    @pytest.mark.parametrize("points", [1, 2, 5])
    def test_a_small_library_has_scores_too(self, store: MemoryStore, points: int) -> None:
        add(store, Modality.TEXT, [0.9] + [0.1] * (points - 1), name="note")
        add(store, Modality.IMAGE, [0.1] * points, name="photo")

        hits = ask(store)

        assert len(hits) == 2 * points
        assert cosine(hits[0]) == pytest.approx(0.9, abs=1e-5)
        assert hits[0].score > 0.5 > hits[1].score

    def test_chance_is_learned_anew_when_the_library_has_grown(self, store: MemoryStore) -> None:
        searcher = Searcher(store, OneQuestionEncoder())
        add(store, Modality.TEXT, spread(50, 0.0, 0.05, seed=6), name="old")
        add(store, Modality.TEXT, [0.9], name="found")
        before = searcher.search(Query("something", limit=1)).hits[0]
        add(store, Modality.TEXT, spread(1_000, 0.5, 0.05, seed=7), name="of the same kind")

        after = next(h for h in searcher.search(Query("it", limit=2_000)).hits if h.point.id == before.point.id)

        assert after.surplus < before.surplus - 1


class TestHits:
    def test_scores_fall_and_lie_between_zero_and_one(self, store: MemoryStore) -> None:
        add(store, Modality.TEXT, spread(200, 0.2, 0.3, seed=1), name="manual")
        add(store, Modality.IMAGE, spread(200, 0.1, 0.1, seed=2), name="album")

        scores = [hit.score for hit in ask(store, limit=400)]

        assert len(scores) == 400
        assert scores == sorted(scores, reverse=True)
        assert 0 <= scores[-1] < 0.1 < scores[0] <= 1

    def test_the_strength_is_the_score_in_words(self, store: MemoryStore) -> None:
        add(store, Modality.TEXT, spread(300, 0.0, 0.05, seed=1), name="manual")
        add(store, Modality.TEXT, [0.02 * step for step in range(50)], name="rising")

        hits = ask(store, limit=350)

        assert {hit.strength for hit in hits} == set(Strength)
        for hit in hits:
            expected = Strength.STRONG if hit.score >= STRONG else Strength.FAIR if hit.score >= FAIR else Strength.WEAK
            assert hit.strength is expected

    def test_the_evidence_adds_up_and_names_its_route(self, store: MemoryStore) -> None:
        add(store, Modality.IMAGE, [0.4], name="photo")
        add_text(store, "the lighthouse stands on a rock", 0.5, page=1)

        hits = {hit.modality: hit for hit in ask(store, "lighthouse rock")}

        assert [one.route for one in hits[Modality.IMAGE].evidence] == [Route.LOOK]
        assert [one.route for one in hits[Modality.TEXT].evidence] == [Route.MEANING, Route.WORDS]
        for hit in hits.values():
            assert sum(one.surplus for one in hit.evidence) == pytest.approx(hit.surplus)

    def test_pages_that_are_all_alike_still_have_a_score(self, store: MemoryStore) -> None:
        write(store, [make_point(f"blank {page}", page=page) for page in range(2_000)], np.stack([QUERY] * 2_000))

        hits = ask(store, limit=5)

        assert len({hit.score for hit in hits}) == 1
        assert 0 <= hits[0].score <= 1
        assert [hit.point.id for hit in hits] == sorted(hit.point.id for hit in hits)

    def test_nothing_relevant_is_said_where_nothing_is(self, store: MemoryStore) -> None:
        add(store, Modality.TEXT, spread(300, 0.0, 0.05, seed=1), name="manual")
        searcher = Searcher(store, OneQuestionEncoder())
        without = searcher.search(Query("something"))
        add(store, Modality.TEXT, [0.9], name="answer")

        assert not without.is_relevant
        assert without.hits  # the nearest there is, all the same
        assert searcher.search(Query("something")).is_relevant

    def test_what_stands_out_among_few_points_does_not_among_many(self, store: MemoryStore) -> None:
        add(store, Modality.TEXT, spread(300, 0.0, 0.05, seed=1), name="note")
        add(store, Modality.TEXT, [0.32], name="answer")
        among_few = Searcher(store, OneQuestionEncoder()).search(Query("something"))
        add(store, Modality.TEXT, np.clip(spread(6_000, 0.0, 0.05, seed=2), -0.2, 0.2).tolist(), name="manual")
        among_many = Searcher(store, OneQuestionEncoder()).search(Query("something"))

        assert among_few.hits[0].point == among_many.hits[0].point
        assert among_few.hits[0].surplus == pytest.approx(among_many.hits[0].surplus, abs=0.3)
        assert among_few.hits[0].score > among_many.hits[0].score
        assert among_few.is_relevant
        assert not among_many.is_relevant

    def test_the_stages_of_a_search_are_timed(self, store: MemoryStore) -> None:
        add_text(store, "a lighthouse", 0.5, page=1)

        stages = Searcher(store, OneQuestionEncoder()).search(Query("lighthouse")).stages

        assert [stage.name for stage in stages] == [
            "prepare",
            "encode",
            "search text",
            "search words",
            "search image",
            "fuse",
        ]
        assert all(stage.seconds >= 0 for stage in stages)


class TestPages:
    def test_a_page_stands_once_by_its_best_chunk(self, store: MemoryStore) -> None:
        points = [make_point(f"chunk {row}", page=1 + row // 10) for row in range(30)]
        write(store, points, at_cosines([0.01 * row for row in range(30)]))

        assert [(hit.point.page_number, hit.point.text) for hit in ask(store)] == [
            (3, "chunk 29"),
            (2, "chunk 19"),
            (1, "chunk 9"),
        ]

    def test_a_document_stands_once_where_documents_are_asked_for(self, store: MemoryStore) -> None:
        write(store, mixed_points(60), at_cosines(spread(60, 0.2, 0.2, seed=5)))

        hits = ask(store, group=Group.DOCUMENT)

        assert sorted(hit.point.document_id for hit in hits) == ["d0", "d1", "d2"]
        assert hits[0].point == ask(store)[0].point

    def test_a_page_found_by_text_and_by_look_stands_once(self, store: MemoryStore) -> None:
        write(store, [make_point("words"), make_point("look", modality=Modality.IMAGE)], at_cosines([0.9, 0.2]))

        assert [hit.point.text for hit in ask(store)] == ["words"]

    def test_a_page_of_many_good_chunks_hides_no_other_page(self, store: MemoryStore) -> None:
        wordy = [make_point(f"wordy {row}", page=1) for row in range(500)]
        others = [make_point(f"other {page}", page=page) for page in range(2, 12)]
        write(store, wordy + others, at_cosines([0.8] * 500 + [0.5] * 10))

        hits = ask(store, limit=8)

        assert len({hit.point.page_number for hit in hits}) == len(hits) == 8
        assert hits[0].point.page_number == 1

    @settings(deadline=None, max_examples=15)
    @given(step=st.integers(1, 40), seed=st.integers(0, 5))
    def test_pages_of_a_list_fit_together(self, step: int, seed: int) -> None:
        store = MemoryStore(Collection("fake@1", (SIZE,)))
        write(store, mixed_points(90), at_cosines(spread(90, 0.2, 0.2, seed=seed)))
        searcher = Searcher(store, OneQuestionEncoder())
        whole = searcher.search(Query("p1 p2 p3", limit=90)).hits

        parts = [searcher.search(Query("p1 p2 p3", limit=step, offset=start)).hits for start in range(0, 90, step)]

        assert [hit.point.id for part in parts for hit in part] == [hit.point.id for hit in whole]

    def test_filters_are_respected(self, store: MemoryStore) -> None:
        points = mixed_points(60)
        write(store, points, at_cosines(spread(60, 0.2, 0.2, seed=5)), [index_terms(point.text) for point in points])

        only = ask(store, "p1 p2", limit=60, where=Filter(modality=Modality.IMAGE))
        without = ask(store, "p1 p2", limit=60, where=Filter(without=frozenset({"d0", "d1"})))
        within = ask(store, "p1 p2", limit=60, where=Filter(documents=frozenset({"d1"})))

        assert {hit.modality for hit in only} == {Modality.IMAGE}
        assert len(only) == 30
        assert {hit.point.document_id for hit in without} == {"d2"}
        assert {hit.point.document_id for hit in within} == {"d1"}

    def test_an_empty_store_answers_with_nothing(self, store: MemoryStore) -> None:
        found = Searcher(store, OneQuestionEncoder()).search(Query("something"))

        assert found.hits == ()
        assert not found.is_relevant


class TestWords:
    @pytest.fixture
    def advisories(self, store: MemoryStore) -> MemoryStore:
        for number in range(300):
            text = f"Advisory CVE-2024-{3000 + number} concerns part AB-{number}/7 of the product."
            add_text(store, text, 0.3 + 0.001 * (number % 50), page=number + 1)
        return store

    @pytest.mark.parametrize("identifier", ["CVE-2024-3094", "cve-2024-3007", "AB-123/7"])
    def test_an_identifier_finds_its_passage_whatever_the_vectors_say(
        self, advisories: MemoryStore, identifier: str
    ) -> None:
        assert identifier.casefold() in ask(advisories, identifier)[0].point.text.casefold()

    def test_words_can_be_left_out(self, advisories: MemoryStore) -> None:
        hits = ask(advisories, "CVE-2024-3094", uses_words=False)

        assert [one.route for hit in hits for one in hit.evidence] == [Route.MEANING] * len(hits)

    def test_a_phrase_in_quotes_has_to_stand_in_the_passage(self, advisories: MemoryStore) -> None:
        add_text(advisories, "The product of two primes.", 0.2, page=400)

        found = ask(advisories, 'numbers "product of two"')

        assert [hit.point.page_number for hit in found] == [400]
        assert ask(advisories, 'numbers "product of three"') == []

    def test_a_passage_that_holds_all_the_words_comes_before_one_that_means_the_same(self, store: MemoryStore) -> None:
        add(store, Modality.TEXT, spread(300, 0.0, 0.05, seed=1), name="manual")
        add_text(store, "beacon for ships", 0.55, page=1)
        add_text(store, "the lighthouse on the rock", 0.1, page=2)

        assert [hit.point.page_number for hit in ask(store, "lighthouse on the rock")[:2]] == [2, 1]

    def test_a_passage_that_holds_few_of_the_words_does_not(self, store: MemoryStore) -> None:
        add(store, Modality.TEXT, spread(300, 0.0, 0.05, seed=1), name="manual")
        add_text(store, "beacon for ships", 0.55, page=1)
        add_text(store, "the rock", 0.1, page=2)

        assert ask(store, "lighthouse built upon a lonely rock")[0].point.page_number == 1

    def test_all_of_a_rare_wording_counts_the_same_in_a_library_larger_than_the_sample(
        self, store: MemoryStore
    ) -> None:
        def surplus_of_words() -> float:
            return sum(one.surplus for one in ask(store, "zebra xylophone")[0].evidence if one.route is Route.WORDS)

        add_text(store, "zebra xylophone", 0.1, page=1)
        texts = [f"plain passage number {row}" for row in range(3 * SAMPLE_SIZE)]
        points = [make_point(text, document="plain", page=row + 1) for row, text in enumerate(texts)]
        write(store, points[:50], at_cosines(spread(50, 0.0, 0.05, seed=1)), [index_terms(text) for text in texts[:50]])
        small = surplus_of_words()
        cosines = at_cosines(spread(len(points), 0.0, 0.05, seed=1))
        write(store, points, cosines, [index_terms(text) for text in texts])

        assert surplus_of_words() == pytest.approx(small, rel=0.1)

    def test_words_that_no_passage_holds_change_nothing(self, advisories: MemoryStore) -> None:
        with_words = ask(advisories, "Leuchtturm")

        assert [hit.surplus for hit in with_words] == [
            hit.surplus for hit in ask(advisories, "Leuchtturm", uses_words=False)
        ]

    @pytest.mark.parametrize("text", ["𐏐𐏑𐏒", "\U0001f3a8", "\ud800 lone", "?" * 10, "word " * 20_000])
    def test_any_text_is_a_query(self, advisories: MemoryStore, text: str) -> None:
        assert len(ask(advisories, text)) == 10


class TestMoreLikeThis:
    def test_a_stored_passage_finds_its_like_and_not_itself(self, store: MemoryStore) -> None:
        points = [make_point(f"p{row}", page=row + 1) for row in range(40)]
        rows = random_vectors(40, 3, SIZE)
        rows[7] = rows[3]
        write(store, points, rows)

        hits = ask(store, "", like=points[3].id)

        assert hits[0].point == points[7]
        assert points[3] not in [hit.point for hit in hits]

    def test_the_whole_document_is_left_out_where_documents_are_asked_for(self, store: MemoryStore) -> None:
        points = mixed_points(30)
        write(store, points, random_vectors(30, 3, SIZE))

        hits = ask(store, "", like=points[0].id, group=Group.DOCUMENT)

        assert sorted(hit.point.document_id for hit in hits) == ["d1", "d2"]

    def test_a_point_that_is_gone_is_named(self, store: MemoryStore) -> None:
        with pytest.raises(ValueError, match="search anew"):
            ask(store, "", like=make_point("gone").id)


class TestPictures:
    def test_of_pictures_that_share_most_of_their_vector_only_the_like_score_high(self, store: MemoryStore) -> None:
        own = random_vectors(60, 3, SIZE - 1)
        own[7] = np.eye(SIZE - 1, dtype=np.float32)[0]
        pictures = np.concatenate([np.full((60, 1), 0.8, np.float32), 0.6 * own], axis=1)
        write(store, [make_point(f"{row}", document=f"{row}", modality=Modality.IMAGE) for row in range(60)], pictures)

        hits = ask(store, "", like=make_point("7").id, limit=60)
        others = [hit.score for hit in hits]

        assert np.median(others) < 0.2

    def test_the_only_picture_finds_itself(self, store: MemoryStore) -> None:
        write(store, [make_point("alone", document="alone", modality=Modality.IMAGE)], QUERY[None])

        (hit,) = ask(store, "", image=WHITE_PICTURE)

        assert hit.score > 0.9

    def test_a_picture_and_words_are_one_query(self, store: MemoryStore) -> None:
        add(store, Modality.TEXT, [0.9, 0.1], name="manual")

        assert ask(store, "something", image=WHITE_PICTURE)[0].point.page_number == 1


class TestBadQueries:
    @pytest.mark.parametrize(
        ("query", "told"),
        [
            (Query(""), "Nothing to search for"),
            (Query("  \n"), "Nothing to search for"),
            (Query("a", limit=0), "at least 1"),
            (Query("a", limit=-3), "at least 1"),
            (Query("a", offset=-1), "at least 0"),
            (Query("a", image_share=1.5), "between 0 and 1"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, store: MemoryStore, query: Query, told: str) -> None:
        with pytest.raises(ValueError, match=told):
            Searcher(store, OneQuestionEncoder()).search(query)

    def test_a_huge_limit_gives_what_there_is(self, store: MemoryStore) -> None:
        add(store, Modality.TEXT, [0.5, 0.4], name="note")

        assert len(ask(store, limit=10**9)) == 2

    @pytest.mark.parametrize("huge", [10**9, 2**63, 10**30])
    def test_huge_numbers_are_taken_by_an_engine_too(self, tmp_path: Path, huge: int) -> None:
        store = open_store(tmp_path, Collection("fake@1", (SIZE,)))
        write(store, mixed_points(60), random_vectors(60, 3, SIZE), [index_terms(f"word {row}") for row in range(60)])
        searcher = Searcher(store, OneQuestionEncoder())

        assert len(searcher.search(Query("word", limit=huge)).hits) == len(
            {(p.document_id, p.page_number) for p in mixed_points(60)}
        )
        assert searcher.search(Query("word", offset=huge)).hits == ()
        store.close()

    @pytest.mark.parametrize("vector", [np.full(SIZE, np.nan, np.float32), np.full(SIZE, np.inf, np.float32)])
    def test_a_picture_without_a_finite_vector_is_refused(self, store: MemoryStore, vector: Vector) -> None:
        add(store, Modality.IMAGE, [0.5], name="photo")

        class Broken(OneQuestionEncoder):
            def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
                return vector[None]

        with pytest.raises(InvalidVectors, match="fake@1"):
            Searcher(store, Broken()).search(Query(image=WHITE_PICTURE))

    @pytest.mark.parametrize("vector", [np.full(SIZE, np.nan, np.float32), np.zeros(SIZE, np.float32), NORTH])
    def test_a_vector_that_is_not_the_collections_is_refused(self, store: MemoryStore, vector: Vector) -> None:
        add(store, Modality.TEXT, [0.5], name="note")

        class Broken(OneQuestionEncoder):
            def encode_queries(self, texts: Sequence[str]) -> Embeddings:
                return super().encode_queries(texts) if texts is TYPICAL_QUERIES else vector[None]

        with pytest.raises((InvalidVectors, ValueError)):
            Searcher(store, Broken()).search(Query("something"))


class TestManyQueries:
    QUERIES = tuple(Query(f"question {row % 7}", limit=1 + row % 3, offset=row % 2) for row in range(70))

    def test_each_is_answered_as_if_asked_alone(self, store: MemoryStore) -> None:
        add(store, Modality.TEXT, spread(50, 0.1, 0.2, seed=1), name="note")
        add_text(store, "question 3", 0.2, page=1)
        searcher = Searcher(store, OneQuestionEncoder())

        answers = list(searcher.search_many(self.QUERIES))

        assert [answer.hits for answer in answers] == [searcher.search(query).hits for query in self.QUERIES]

    def test_texts_are_encoded_together(self, store: MemoryStore) -> None:
        add(store, Modality.TEXT, [0.5, 0.4], name="note")
        asked: list[int] = []

        class Counting(OneQuestionEncoder):
            def encode_queries(self, texts: Sequence[str]) -> Embeddings:
                asked.append(len(texts))
                return super().encode_queries(texts)

        searcher = Searcher(store, Counting())
        searcher.warm_up()
        del asked[:]
        list(searcher.search_many(self.QUERIES))

        assert asked == [7, 7, 6]

    def test_pictures_and_stored_points_may_stand_among_them(self, store: MemoryStore) -> None:
        (point,) = add(store, Modality.TEXT, [0.5], name="note")
        queries = [Query("a"), Query(image=WHITE_PICTURE), Query("a", image=WHITE_PICTURE), Query(like=point.id)]

        answers = list(Searcher(store, OneQuestionEncoder()).search_many(queries))

        assert [len(answer.hits) for answer in answers] == [1, 1, 1, 0]

    def test_they_may_never_end(self, store: MemoryStore) -> None:
        add(store, Modality.TEXT, [0.5], name="note")
        answers = Searcher(store, OneQuestionEncoder()).search_many(Query(str(number)) for number in count())

        assert [len(next(answers).hits) for _ in range(3)] == [1, 1, 1]

    def test_those_before_a_senseless_one_are_answered(self, store: MemoryStore) -> None:
        add(store, Modality.TEXT, [0.5], name="note")
        answers = Searcher(store, OneQuestionEncoder()).search_many([Query("a"), Query("")])

        assert len(next(answers).hits) == 1
        with pytest.raises(ValueError, match="Nothing to search for"):
            next(answers)


def test_a_program_with_an_event_loop_can_wait(store: MemoryStore) -> None:
    add(store, Modality.TEXT, [0.5, 0.4], name="note")
    searcher = Searcher(store, OneQuestionEncoder())

    async def ask_twice() -> list[int]:
        found = await asyncio.gather(searcher.asearch(Query("a")), searcher.asearch(Query("b", limit=1)))
        return [len(one.hits) for one in found]

    assert asyncio.run(ask_twice()) == [2, 1]


class CompassEncoder:
    """Texts point north; a picture points where its colour says."""

    name = "compass@1"
    sizes = (8,)
    max_tokens = 10

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def encode_queries(self, texts: Sequence[str]) -> Embeddings:
        return np.stack([NORTH for _ in texts])

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        return np.stack([UP for _ in texts])

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        return np.stack([EAST if image.getpixel((0, 0)) == (0, 0, 0) else -NORTH for image in images])


BLACK, WHITE = Image.new("RGB", (4, 4)), Image.new("RGB", (4, 4), "white")


class TestEncodeQuery:
    def test_a_text_is_encoded_as_a_question(self) -> None:
        assert encode_query(Query("where?"), CompassEncoder()) == pytest.approx(NORTH)

    def test_a_picture_is_encoded_as_a_picture(self) -> None:
        assert encode_query(Query(image=BLACK), CompassEncoder()) == pytest.approx(EAST)

    def test_both_together_point_between(self) -> None:
        vector = encode_query(Query("where?", image=BLACK), CompassEncoder())

        assert vector == pytest.approx((NORTH + EAST) / np.sqrt(2))
        assert vector.dtype == np.float32

    def test_the_share_of_the_picture_can_be_said(self) -> None:
        vector = encode_query(Query("where?", image=BLACK, image_share=0.8), CompassEncoder())

        assert vector == pytest.approx((0.2 * NORTH + 0.8 * EAST) / np.hypot(0.2, 0.8))

    def test_opposite_text_and_picture_are_refused_rather_than_becoming_nan(self) -> None:
        with pytest.raises(InvalidVectors, match="opposite"):
            encode_query(Query("where?", image=WHITE), CompassEncoder())

    @pytest.mark.parametrize("text", ["", "  \n"])
    def test_nothing_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="a text or a picture"):
            encode_query(Query(text), CompassEncoder())
