"""From a query to pages."""

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image
from store_contract import EAST, NORTH, UP, make_point, mixed_points, random_vectors

from encoders.base import Embeddings, Vector
from ingest.types import Modality
from retrieval.errors import InvalidVectors
from retrieval.memory import MemoryStore
from retrieval.search import encode_query, search
from retrieval.types import Collection, Filter, Point

SIZE = 32
QUERY: Vector = np.eye(SIZE, dtype=np.float32)[0]


def at_cosines(cosines: Sequence[float], seed: int = 0) -> Embeddings:
    """Unit rows with these cosines to QUERY, otherwise random."""
    rest = random_vectors(len(cosines), seed, SIZE - 1)
    along = np.array(cosines, np.float32)[:, None]
    return np.concatenate([along, rest * np.sqrt(1 - along**2)], axis=1)


def spread(count: int, mean: float, deviation: float, seed: int) -> list[float]:
    return list(np.random.default_rng(seed).normal(mean, deviation, count).clip(-1, 1))


def add(store: MemoryStore, kind: Modality, cosines: Sequence[float], *, name: str) -> list[Point]:
    """One point per page of a document."""
    points = [make_point(f"{name} {row}", document=name, page=row + 1, modality=kind) for row in range(len(cosines))]
    store.upsert(points, at_cosines(cosines, seed=len(name)))
    return points


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(Collection("fake@1", (SIZE,)))


def test_an_outstanding_picture_beats_ordinary_texts_of_higher_cosine(store: MemoryStore) -> None:
    add(store, Modality.TEXT, spread(500, 0.30, 0.05, seed=1), name="manual")  # best about 0.45
    add(store, Modality.IMAGE, spread(500, 0.05, 0.03, seed=2), name="album")
    add(store, Modality.IMAGE, [0.40], name="cat")

    hits = search(QUERY, store=store, limit=3)

    assert hits[0].point.document_id == "cat"
    assert hits[0].cosine < hits[1].cosine
    assert hits[1].point.modality is Modality.TEXT


def test_an_outstanding_text_beats_ordinary_pictures_of_higher_cosine(store: MemoryStore) -> None:
    add(store, Modality.IMAGE, spread(500, 0.40, 0.03, seed=1), name="rasters")  # junk, all alike
    add(store, Modality.TEXT, spread(500, 0.05, 0.05, seed=2), name="manual")
    add(store, Modality.TEXT, [0.42], name="answer")

    hits = search(QUERY, store=store, limit=3)

    assert hits[0].point.document_id == "answer"
    assert hits[1].cosine > hits[0].cosine


def test_scores_fall_and_lie_between_zero_and_one(store: MemoryStore) -> None:
    add(store, Modality.TEXT, spread(200, 0.2, 0.3, seed=1), name="manual")
    add(store, Modality.IMAGE, spread(200, 0.1, 0.1, seed=2), name="album")

    scores = [hit.score for hit in search(QUERY, store=store, limit=400)]

    assert len(scores) == 400
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] < 0.1 < scores[0] <= 1


def test_within_one_modality_the_order_is_that_of_the_cosines(store: MemoryStore) -> None:
    cosines = spread(100, 0.2, 0.2, seed=3)
    add(store, Modality.TEXT, cosines, name="manual")

    found = [hit.cosine for hit in search(QUERY, store=store, limit=100)]

    assert found == pytest.approx(sorted(cosines, reverse=True), abs=1e-5)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_small_library_has_scores_too(store: MemoryStore, count: int) -> None:
    add(store, Modality.TEXT, [0.9] + [0.1] * (count - 1), name="note")
    add(store, Modality.IMAGE, [0.1] * count, name="photo")

    hits = search(QUERY, store=store, limit=10)

    assert len(hits) == 2 * count
    assert hits[0].cosine == pytest.approx(0.9, abs=1e-5)
    assert hits[0].score > 0.5 > hits[1].score


def test_pages_that_are_all_alike_still_have_a_score(store: MemoryStore) -> None:
    store.upsert([make_point(f"blank {page}", page=page) for page in range(2_000)], np.stack([QUERY] * 2_000))

    hits = search(QUERY, store=store, limit=5)

    assert len({hit.score for hit in hits}) == 1
    assert 0 <= hits[0].score <= 1
    assert [hit.point.id for hit in hits] == sorted(hit.point.id for hit in hits)


def test_a_page_stands_once_by_its_best_chunk(store: MemoryStore) -> None:
    points = [make_point(f"chunk {row}", page=1 + row // 10) for row in range(30)]
    cosines = [0.01 * row for row in range(30)]
    store.upsert(points, at_cosines(cosines))

    hits = search(QUERY, store=store, limit=10)

    assert [(hit.point.page_number, hit.point.text) for hit in hits] == [
        (3, "chunk 29"),
        (2, "chunk 19"),
        (1, "chunk 9"),
    ]


def test_a_page_found_by_text_and_by_look_stands_once(store: MemoryStore) -> None:
    pages = [make_point("words"), make_point("look", modality=Modality.IMAGE)]
    store.upsert(pages, at_cosines([0.9, 0.2]))

    assert [hit.point.text for hit in search(QUERY, store=store, limit=5)] == ["words"]


def test_a_page_of_many_good_chunks_hides_no_other_page(store: MemoryStore) -> None:
    wordy = [make_point(f"wordy {row}", page=1) for row in range(500)]
    others = [make_point(f"other {page}", page=page) for page in range(2, 12)]
    store.upsert(wordy + others, at_cosines([0.8] * 500 + [0.5] * 10))

    hits = search(QUERY, store=store, limit=8)

    assert len(hits) == 8
    assert len({hit.point.page_number for hit in hits}) == 8
    assert hits[0].point.page_number == 1


def test_filters_are_respected(store: MemoryStore) -> None:
    store.upsert(mixed_points(60), at_cosines(spread(60, 0.2, 0.2, seed=5)))

    only = search(QUERY, store=store, limit=60, where=Filter(modality=Modality.IMAGE))
    without = search(QUERY, store=store, limit=60, where=Filter(without=frozenset({"d0", "d1"})))
    within = search(QUERY, store=store, limit=60, where=Filter(documents=frozenset({"d1"})))

    assert {hit.point.modality for hit in only} == {Modality.IMAGE}
    assert len(only) == 30
    assert {hit.point.document_id for hit in without} == {"d2"}
    assert {hit.point.document_id for hit in within} == {"d1"}


def test_an_empty_store_answers_with_nothing(store: MemoryStore) -> None:
    assert search(QUERY, store=store, limit=5) == []


def test_chance_is_learned_anew_when_the_library_has_grown(store: MemoryStore) -> None:
    add(store, Modality.TEXT, spread(50, 0.0, 0.05, seed=6), name="old")
    add(store, Modality.TEXT, [0.5], name="found")
    before = search(QUERY, store=store, limit=1)[0]
    add(store, Modality.TEXT, spread(1_000, 0.5, 0.05, seed=7), name="of the same kind")

    after = next(hit for hit in search(QUERY, store=store, limit=2_000) if hit.point.id == before.point.id)

    assert before.score > 0.7
    assert after.score < 0.5


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_below_one_is_refused(store: MemoryStore, limit: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        search(QUERY, store=store, limit=limit)


@pytest.mark.parametrize("vector", [np.full(SIZE, np.nan, np.float32), NORTH, np.zeros(SIZE, np.float32)])
def test_a_query_that_is_not_a_unit_vector_is_refused(store: MemoryStore, vector: Vector) -> None:
    add(store, Modality.TEXT, [0.5], name="note")

    with pytest.raises(InvalidVectors):
        search(vector, store=store, limit=1)


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
        assert encode_query(CompassEncoder(), text="where?") == pytest.approx(NORTH)

    def test_a_picture_is_encoded_as_a_picture(self) -> None:
        assert encode_query(CompassEncoder(), image=BLACK) == pytest.approx(EAST)

    def test_both_together_point_between(self) -> None:
        vector = encode_query(CompassEncoder(), text="where?", image=BLACK)

        assert vector == pytest.approx((NORTH + EAST) / np.sqrt(2))
        assert vector.dtype == np.float32

    def test_opposite_text_and_picture_are_refused_rather_than_becoming_nan(self) -> None:
        with pytest.raises(InvalidVectors, match="opposite"):
            encode_query(CompassEncoder(), text="where?", image=WHITE)

    @pytest.mark.parametrize("text", [None, "", "  \n"])
    def test_nothing_is_refused(self, text: str | None) -> None:
        with pytest.raises(ValueError, match="a text or a picture"):
            encode_query(CompassEncoder(), text=text)


def test_of_pictures_that_share_most_of_their_vector_only_the_like_score_high(store: MemoryStore) -> None:
    shared = np.eye(SIZE, dtype=np.float32)[0]
    own = random_vectors(60, 3, SIZE - 1)
    pictures = np.concatenate([np.full((60, 1), 0.8, np.float32), 0.6 * own], axis=1)
    assert float((pictures @ shared).min()) > 0.7
    store.upsert([make_point(f"{row}", document=f"{row}", modality=Modality.IMAGE) for row in range(60)], pictures)

    hits = search(pictures[7], store=store, limit=60, is_picture=True)
    as_words = search(pictures[7], store=store, limit=60)

    assert hits[0].point.document_id == as_words[0].point.document_id == "7"
    assert hits[0].score > 0.9
    assert np.median([hit.score for hit in hits]) < np.median([hit.score for hit in as_words]) / 2


def test_the_only_picture_finds_itself(store: MemoryStore) -> None:
    store.upsert([make_point("alone", document="alone", modality=Modality.IMAGE)], QUERY[None])

    (hit,) = search(QUERY, store=store, limit=5, is_picture=True)

    assert hit.score > 0.9
