"""From chunks to points."""

import datetime
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from store_contract import ALL, random_vectors

from encoders.base import Embeddings, EncoderError
from ingest.types import Chunk, ImageChunk, Modality, TextChunk, chunk_id
from retrieval.indexing import encode_passages, index_chunks
from retrieval.lexical import query_terms
from retrieval.memory import MemoryStore
from retrieval.types import Collection, Filter


class RecordingEncoder:
    """Unit vectors seeded by the input; remembers how many inputs each call had."""

    name = "fake@1"
    sizes = (8,)
    max_tokens = 100

    def __init__(self) -> None:
        self.text_calls: list[int] = []
        self.image_calls: list[int] = []

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def encode_queries(self, texts: Sequence[str]) -> Embeddings:
        return self._encode(texts)

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        self.text_calls.append(len(texts))
        return self._encode(texts)

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        self.image_calls.append(len(images))
        return self._encode([repr(image.getpixel((0, 0))) for image in images])

    def _encode(self, texts: Sequence[str]) -> Embeddings:
        rows = [random_vectors(1, seed=list(text.encode()) or 0)[0] for text in texts]
        return np.array(rows, np.float32).reshape(len(rows), 8)


def text_chunk(text: str, *, position: int = 0, path: tuple[str, ...] = ()) -> TextChunk:
    return TextChunk(
        id=chunk_id("doc", 3, Modality.TEXT, position),
        document_id="doc",
        page_number=3,
        page_label="iii",
        text=text,
        start=0,
        end=len(text),
        path=path,
    )


def image_chunk(shade: int) -> ImageChunk:
    return ImageChunk(
        id=chunk_id("doc", 3, Modality.IMAGE, shade),
        document_id="doc",
        page_number=3,
        page_label="iii",
        image=Image.new("RGB", (2, 2), (shade, 0, 0)),
    )


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(Collection("fake@1", (8,)))


def test_texts_and_pictures_are_both_found(store: MemoryStore) -> None:
    encoder = RecordingEncoder()

    written = index_chunks([text_chunk("a lake"), image_chunk(9)], encoder, store)

    assert written == 2
    found = store.search(encoder.encode_queries(["a lake"])[0], limit=1, where=ALL)[0]
    assert (found.point.text, found.point.page_label, found.score) == ("a lake", "iii", pytest.approx(1))
    picture = store.search(encoder.encode_images([image_chunk(9).image])[0], limit=1, where=ALL)[0]
    assert (picture.point.modality, picture.point.text) == (Modality.IMAGE, "")


def test_texts_are_found_by_their_words_and_headings_and_everything_by_the_name_of_its_file(store: MemoryStore) -> None:
    chunks = [text_chunk("a cold lake", path=("Geography",)), text_chunk("a warm sea", position=1), image_chunk(9)]
    index_chunks(chunks, RecordingEncoder(), store, name="Atlas_2024.pdf", kind="pdf")

    def find(words: str) -> list[str]:
        return sorted(hit.point.text for hit in store.search_lexical(query_terms(words), limit=9, where=ALL))

    assert find("lake") == ["a cold lake"]
    assert find("geography") == ["a cold lake"]
    assert find("Atlas_2024.pdf") == ["", "a cold lake", "a warm sea"]
    assert store.count(Filter(kinds=frozenset({"pdf"}))) == 3


def test_points_are_filtered_by_the_language_of_their_chunk_and_by_the_day_of_their_document(
    store: MemoryStore,
) -> None:
    chunks = [replace(text_chunk("ein See"), language="de"), text_chunk("42", position=1)]
    pictures = [replace(image_chunk(1), language="de")]
    day = datetime.date(2024, 2, 29)

    index_chunks([*chunks, *pictures], RecordingEncoder(), store, date=day)

    assert store.count(Filter(languages=frozenset({"de"}))) == 2
    assert store.count(Filter(languages=frozenset({"de"}), modality=Modality.IMAGE)) == 1
    assert store.count(Filter(since=day, until=day)) == 3
    assert store.count(Filter(since=datetime.date(2024, 3, 1))) == 0


def test_nothing_gives_nothing(store: MemoryStore) -> None:
    assert index_chunks([], RecordingEncoder(), store) == 0
    assert store.count(ALL) == 0


def test_no_more_than_a_few_batches_are_held(store: MemoryStore) -> None:
    encoder = RecordingEncoder()
    taken = 0

    def chunks() -> Iterator[Chunk]:
        nonlocal taken
        for position in range(25):
            taken += 1
            yield text_chunk(f"text {position}", position=position)
            yield image_chunk(position)
            assert taken - store.count(Filter(modality=Modality.TEXT)) <= 4 * 10  # filling, encoding, two waiting
            assert taken - store.count(Filter(modality=Modality.IMAGE)) <= 4 * 4

    assert index_chunks(chunks(), encoder, store, text_batch=10, image_batch=4) == 50
    assert encoder.text_calls[::2] == [10, 10, 5]  # every other call is for headings
    assert encoder.image_calls == [4] * 6 + [1]


def test_a_failure_of_the_encoder_reaches_the_caller_and_ends_all_writing(store: MemoryStore) -> None:
    class Broken(RecordingEncoder):
        def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
            raise EncoderError("no weights")

    with pytest.raises(EncoderError, match="no weights"):
        index_chunks([text_chunk("a"), image_chunk(1)], Broken(), store)

    count = store.count(ALL)
    time.sleep(0.05)
    assert store.count(ALL) == count


def test_a_failure_of_the_reader_ends_all_writing(store: MemoryStore) -> None:
    def chunks() -> Iterator[Chunk]:
        for position in range(30):
            yield text_chunk(f"text {position}", position=position)
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        index_chunks(chunks(), RecordingEncoder(), store, text_batch=5)

    count = store.count(ALL)
    time.sleep(0.05)
    assert store.count(ALL) == count


def test_a_passage_is_drawn_towards_its_own_heading_only() -> None:
    encoder = RecordingEncoder()
    heading = encoder.encode_queries(["Lakes"])[0]
    plain, titled = encode_passages(
        [text_chunk("cold and deep"), text_chunk("cold and deep", path=("Geography", "Lakes"))], encoder
    )

    assert plain == pytest.approx(encoder.encode_queries(["cold and deep"])[0])
    assert titled @ heading > plain @ heading + 0.1
    assert np.linalg.norm(titled) == pytest.approx(1, abs=1e-6)
    assert titled @ plain > titled @ heading  # the text's own words weigh most
    assert np.linalg.matrix_rank(np.stack([titled, plain, heading]), tol=1e-5) == 2  # and no other heading


def test_the_stored_text_is_the_passage_without_its_headings(store: MemoryStore) -> None:
    index_chunks([text_chunk("cold and deep", path=("Lakes",))], RecordingEncoder(), store)

    point = store.search(random_vectors(1, seed=0)[0], limit=1, where=ALL)[0].point

    assert (point.text, point.path) == ("cold and deep", ("Lakes",))
