"""From chunks to points."""

import datetime
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from store_contract import ALL, random_vectors

from encoders.base import Embeddings, EncoderError
from ingest.types import Chunk, ImageChunk, Modality, TextChunk, chunk_id
from retrieval.errors import StoreUnavailable
from retrieval.indexing import About, Indexer, Stored, content_of, encode_passages
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


def text_chunk(text: str, *, position: int = 0, path: tuple[str, ...] = (), document: str = "doc") -> TextChunk:
    return TextChunk(
        id=chunk_id(document, 3, Modality.TEXT, position),
        document_id=document,
        page_number=3,
        page_label="iii",
        text=text,
        start=0,
        end=len(text),
        path=path,
    )


def image_chunk(shade: int, *, document: str = "doc") -> ImageChunk:
    return ImageChunk(
        id=chunk_id(document, 3, Modality.IMAGE, shade),
        document_id=document,
        page_number=3,
        page_label="iii",
        image=Image.new("RGB", (2, 2), (shade, 0, 0)),
    )


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(Collection("fake@1", (8,)))


ABOUT = About()
OLD = [text_chunk("a lake"), image_chunk(9)]


class Told:
    """What an indexer said."""

    def __init__(self) -> None:
        self.stored: list[Stored] = []
        self.failed: dict[str, str] = {}

    def on_stored(self, stored: Sequence[Stored]) -> None:
        self.stored += stored

    def on_failed(self, document_id: str, error: Exception) -> None:
        self.failed[document_id] = str(error)


def index(
    chunks: Sequence[Chunk], encoder: RecordingEncoder, store: MemoryStore, about: About = ABOUT, **options: int
) -> Told:
    told = Told()
    with Indexer(encoder, store, on_stored=told.on_stored, on_failed=told.on_failed, **options) as indexer:
        indexer.put(chunks, about)
        for document_id in {chunk.document_id for chunk in chunks}:
            indexer.end(document_id)
    return told


def test_texts_and_pictures_are_both_found(store: MemoryStore) -> None:
    encoder = RecordingEncoder()

    told = index([text_chunk("a lake"), image_chunk(9)], encoder, store)

    assert {stored.chunk.modality for stored in told.stored} == set(Modality)
    found = store.search(encoder.encode_queries(["a lake"])[0], limit=1, where=ALL)[0]
    assert (found.point.text, found.point.page_label, found.score) == ("a lake", "iii", pytest.approx(1))
    picture = store.search(encoder.encode_images([image_chunk(9).image])[0], limit=1, where=ALL)[0]
    assert (picture.point.modality, picture.point.text) == (Modality.IMAGE, "")


def test_texts_are_found_by_their_words_and_headings_and_everything_by_the_name_of_its_file(store: MemoryStore) -> None:
    chunks = [text_chunk("a cold lake", path=("Geography",)), text_chunk("a warm sea", position=1), image_chunk(9)]
    index(chunks, RecordingEncoder(), store, About(name="Atlas_2024.pdf", kind="pdf"))

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

    index([*chunks, *pictures], RecordingEncoder(), store, About(date=day))

    assert store.count(Filter(languages=frozenset({"de"}))) == 2
    assert store.count(Filter(languages=frozenset({"de"}), modality=Modality.IMAGE)) == 1
    assert store.count(Filter(since=day, until=day)) == 3
    assert store.count(Filter(since=datetime.date(2024, 3, 1))) == 0


def test_a_passage_keeps_where_it_stands_on_its_page(store: MemoryStore) -> None:
    box = (0.1, 0.2, 0.33333333, 0.25)
    index([replace(text_chunk("a lake"), start=7, end=13, boxes=(box,), is_hidden=True)], RecordingEncoder(), store)

    (point,) = (stored.point for stored in store.scroll(where=ALL, limit=9))

    assert (point.span, point.is_hidden) == ((7, 13), True)
    assert point.boxes == (pytest.approx(box, abs=1e-4),)


def test_nothing_gives_nothing(store: MemoryStore) -> None:
    assert index([], RecordingEncoder(), store).stored == []
    assert store.count(ALL) == 0


def test_batches_are_filled_from_several_documents(store: MemoryStore) -> None:
    encoder = RecordingEncoder()

    index([text_chunk(name, document=name) for name in "abcdefghij"], encoder, store, text_batch=5)

    assert encoder.text_calls == [5, 5]


class Gated(RecordingEncoder):
    """Encodes pictures only once it may."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.is_waiting = threading.Event()

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        self.is_waiting.set()
        assert self.gate.wait(30)
        return super().encode_images(images)


def test_no_more_than_a_few_batches_are_held(store: MemoryStore) -> None:
    encoder, taken = Gated(), 0

    def open_the_gate_when_it_stands_still() -> None:
        seen = -1
        while seen != taken:
            seen = taken
            threading.Event().wait(0.2)
        held.append(taken)
        encoder.gate.set()

    held: list[int] = []
    watcher = threading.Thread(target=open_the_gate_when_it_stands_still)
    told = Told()
    with Indexer(encoder, store, on_stored=told.on_stored, on_failed=told.on_failed, image_batch=4) as indexer:
        watcher.start()
        for position in range(40):
            indexer.put([image_chunk(position)], ABOUT)
            taken += 1
    watcher.join()

    assert held[0] <= 5 * 4  # one being encoded, three waiting, and what did not fill a batch
    assert len(told.stored) == 40


def test_a_document_that_cannot_be_encoded_fails_alone(store: MemoryStore) -> None:
    class Picky(RecordingEncoder):
        def encode_texts(self, texts: Sequence[str]) -> Embeddings:
            if "poison" in texts:
                raise EncoderError("the vectors are not finite")
            return super().encode_texts(texts)

    chunks = [text_chunk(text, document=text) for text in ("honey", "poison", "milk")]

    told = index(chunks, Picky(), store)

    assert told.failed == {"poison": "the vectors are not finite"}
    assert sorted(stored.chunk.document_id for stored in told.stored) == ["honey", "milk"]


def test_a_store_that_fails_ends_everything(store: MemoryStore) -> None:
    store.close()

    with pytest.raises(StoreUnavailable):
        index([text_chunk("a"), image_chunk(1)], RecordingEncoder(), store)


def test_a_note_that_cannot_be_taken_ends_everything(store: MemoryStore) -> None:
    def on_stored(stored: Sequence[Stored]) -> None:
        raise OSError("the disk is full")

    with (
        pytest.raises(OSError, match="full"),
        Indexer(RecordingEncoder(), store, on_stored=on_stored, on_failed=Told().on_failed) as indexer,
    ):
        indexer.put([text_chunk("a")], ABOUT)


def test_nothing_more_is_written_of_a_document_that_was_dropped(store: MemoryStore) -> None:
    encoder, told = Gated(), Told()
    with Indexer(encoder, store, on_stored=told.on_stored, on_failed=told.on_failed, image_batch=1) as indexer:
        indexer.put([image_chunk(1, document="kept"), image_chunk(2, document="gone")], ABOUT)
        encoder.is_waiting.wait(30)
        indexer.drop("gone")
        encoder.gate.set()
        indexer.drop("kept")  # waits for the batch that was under way

        assert [stored.chunk.document_id for stored in told.stored] == ["kept"]
    assert store.count(ALL) == 1


def test_what_waits_can_be_left_undone(store: MemoryStore) -> None:
    encoder, told = Gated(), Told()
    indexer = Indexer(encoder, store, on_stored=told.on_stored, on_failed=told.on_failed, image_batch=1)
    indexer.put([image_chunk(shade) for shade in range(3)], ABOUT)
    encoder.is_waiting.wait(30)
    threading.Timer(0.1, encoder.gate.set).start()

    indexer.close(discard=True)

    assert [stored.chunk.id for stored in told.stored] == [image_chunk(0).id]


def test_a_vector_that_the_store_has_is_used_again(store: MemoryStore) -> None:
    known = {stored.content: stored.chunk.id for stored in index(OLD, RecordingEncoder(), store).stored}
    encoder, told = RecordingEncoder(), Told()
    new = [
        text_chunk("a lake", document="new"),
        text_chunk("a sea", document="new", position=1),
        image_chunk(9, document="new"),
    ]

    def find(contents: Sequence[bytes]) -> dict[bytes, str]:
        return {content: known[content] for content in contents if content in known}

    with Indexer(encoder, store, on_stored=told.on_stored, on_failed=told.on_failed, find=find) as indexer:
        indexer.put(new, ABOUT)

    assert (encoder.text_calls, encoder.image_calls) == ([1], [])
    old, again = store.retrieve([OLD[0].id, new[0].id])
    assert again.vector == pytest.approx(old.vector)


@pytest.mark.parametrize(
    "change",
    [
        lambda chunk: replace(chunk, text="a sea"),
        lambda chunk: replace(chunk, path=("Ponds",)),
    ],
)
def test_content_is_all_that_the_vector_depends_on(change: Callable[[TextChunk], TextChunk]) -> None:
    chunk = text_chunk("a lake", path=("Lakes",))

    assert content_of(change(chunk)) != content_of(chunk)
    assert content_of(replace(chunk, id="other", document_id="other", page_number=9)) == content_of(chunk)
    assert content_of(replace(chunk, id="other"), alone=False) != content_of(chunk, alone=False)


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
    index([text_chunk("cold and deep", path=("Lakes",))], RecordingEncoder(), store)

    point = store.search(random_vectors(1, seed=0)[0], limit=1, where=ALL)[0].point

    assert (point.text, point.path) == ("cold and deep", ("Lakes",))
