"""From chunks to points in a store: texts and pictures side by side, batches filled from many documents at once."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from itertools import groupby
from types import TracebackType
from typing import Self

import numpy as np

from encoders.base import ContextEncoder, Embeddings, Encoder, EncoderError
from ingest.types import Chunk, ImageChunk, TextChunk
from retrieval.context import encode_in_context
from retrieval.errors import InvalidVectors
from retrieval.lane import Lane
from retrieval.lexical import index_terms
from retrieval.store import VectorStore
from retrieval.types import Point

HEADING_WEIGHT = 0.25  # of a passage's vector; measured by benchmarks/crosslingual.py
TEXT_BATCH = 128
CONTEXT_BATCH = 1_024  # chunks where they are read in context; neighbours across batches do not see each other
IMAGE_BATCH = 16  # rasters of 512×512 RGB: 12 MiB
CONTENT_BYTES = 16


@dataclass(frozen=True, slots=True)
class About:
    """What all chunks of a document share."""

    name: str = ""  # of its file; its words find the chunks too
    kind: str = ""  # of that file, as filters ask for it
    date: Date | None = None  # of the document, likewise


@dataclass(frozen=True, slots=True)
class Stored:
    """A chunk whose point is in the store, durably."""

    chunk: Chunk
    content: bytes  # CONTENT_BYTES: equal where the vectors are


OnStored = Callable[[Sequence[Stored]], None]
OnFailed = Callable[[str, Exception], None]
FindPoints = Callable[[Sequence[bytes]], dict[bytes, str]]


class Indexer:
    """Encodes chunks and writes them as points, while the next ones are being read.

    Texts and pictures have a thread each: the towers are different networks and use the cores better together. A batch
    takes chunks of as many documents as it needs, and is encoded as soon as the encoder is free. Holds a few batches at
    most. Safe to call from several threads.

    Args:
        encoder: the one the store's collection was made with.
        store: where the points go.
        on_stored: told of every batch once it is durable, on a thread of the indexer; what it raises ends everything.
        on_failed: told of a document that cannot be encoded, with the reason; nothing of it is written any more.
        find: ids of stored points with these contents, whose vectors are used again; None: encode everything.
        text_batch: texts encoded and written at once.
        image_batch: pictures encoded and written at once.
    """

    def __init__(
        self,
        encoder: Encoder,
        store: VectorStore,
        *,
        on_stored: OnStored,
        on_failed: OnFailed,
        find: FindPoints | None = None,
        text_batch: int = TEXT_BATCH,
        image_batch: int = IMAGE_BATCH,
    ) -> None:
        self._encoder = encoder
        self._store = store
        self._on_stored = on_stored
        self._on_failed = on_failed
        self._context = store.collection.context
        self._find = None if self._context else find
        self._together: dict[str, list[_Item]] = {}  # texts of documents that are read in context
        self._texts = Lane(self._index, size=1 if self._context else text_batch, name="texts")
        self._images = Lane(self._index, size=image_batch, name="pictures")

    def put(self, chunks: Sequence[Chunk], about: About) -> None:
        """Take chunks of one document, in reading order; blocks while too many wait.

        Raises:
            RetrievalError: the store failed; nothing is taken any more.
            OSError: so did what `on_stored` does.
        """
        texts = [_Item(chunk, about) for chunk in chunks if isinstance(chunk, TextChunk)]
        if self._context and texts:
            waiting = self._together.setdefault(texts[0].chunk.document_id, [])
            waiting += texts
            while len(waiting) >= CONTEXT_BATCH:
                self._texts.put([waiting[:CONTEXT_BATCH]])
                del waiting[:CONTEXT_BATCH]
        else:
            self._texts.put([[item] for item in texts])
        self._images.put([[_Item(chunk, about)] for chunk in chunks if isinstance(chunk, ImageChunk)])

    def end(self, document_id: str) -> None:
        """No more chunks of this document come."""
        rest = self._together.pop(document_id, [])
        if rest:
            self._texts.put([rest])

    def drop(self, document_id: str) -> None:
        """Write nothing more of a document; nothing of it is under way when this returns.

        Not to be called by `on_stored` and `on_failed`.
        """
        self._together.pop(document_id, None)
        for lane in (self._texts, self._images):
            lane.drop(document_id)

    def close(self, *, discard: bool = False) -> None:
        """Wait until everything is stored, or only what is being stored just now if ``discard``.

        Raises:
            RetrievalError: the store failed.
            OSError: so did what `on_stored` does.
        """
        for lane in (self._texts, self._images):
            lane.close(discard=discard)
        for lane in (self._texts, self._images):
            lane.check()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
            return
        for lane in (self._texts, self._images):
            lane.close(discard=True)

    def _index(self, items: Sequence["_Item"]) -> None:
        """Encode and write a batch; where that fails, document by document, so that only the guilty one fails."""
        try:
            self._write(items)
        except (EncoderError, InvalidVectors) as error:
            documents = [list(group) for _, group in groupby(items, key=lambda item: item.document_id)]
            for group in documents:
                try:
                    if len(documents) == 1:
                        raise error
                    self._write(group)
                except (EncoderError, InvalidVectors) as reason:
                    for lane in (self._texts, self._images):
                        lane.refuse(group[0].document_id)
                    self._on_failed(group[0].document_id, reason)

    def _write(self, items: Sequence["_Item"]) -> None:
        chunks = [item.chunk for item in items]
        contents = [content_of(chunk, alone=not self._context) for chunk in chunks]
        vectors = self._recall(contents)
        new = [index for index, vector in enumerate(vectors) if vector is None]
        if new:
            for index, row in zip(new, self._encode([chunks[index] for index in new]), strict=True):
                vectors[index] = row
        points = [to_point(item.chunk, kind=item.about.kind, date=item.about.date) for item in items]
        lexical = [
            index_terms(point.text, headings=point.path, name=item.about.name)
            for point, item in zip(points, items, strict=True)
        ]
        self._store.upsert(points, np.array(vectors, dtype=np.float32), lexical)
        self._on_stored([Stored(chunk, content) for chunk, content in zip(chunks, contents, strict=True)])

    def _recall(self, contents: Sequence[bytes]) -> list[Embeddings | None]:
        """The vector of each content that the store has already."""
        known = self._find(contents) if self._find else {}
        stored = (
            {one.point.id: one.vector for one in self._store.retrieve(sorted(set(known.values())))} if known else {}
        )
        return [stored.get(known.get(content, "")) for content in contents]

    def _encode(self, chunks: Sequence[Chunk]) -> Embeddings:
        """(N, D) unit rows of chunks of one kind."""
        texts = [chunk for chunk in chunks if isinstance(chunk, TextChunk)]
        if texts:
            return encode_passages(texts, self._encoder, context=self._context)
        return self._encoder.encode_images([chunk.image for chunk in chunks if isinstance(chunk, ImageChunk)])


@dataclass(frozen=True, slots=True)
class _Item:
    chunk: Chunk
    about: About

    @property
    def document_id(self) -> str:
        return self.chunk.document_id


def content_of(chunk: Chunk, *, alone: bool = True) -> bytes:
    """A hash of all that a chunk's vector depends on, beside the encoder.

    Args:
        chunk: a passage, or a picture.
        alone: whether a passage is read by itself; within its context only itself is like it.
    """
    if isinstance(chunk, ImageChunk):
        parts = [b"image", repr(chunk.image.size).encode(), chunk.image.tobytes()]
    else:
        parts = [b"text", chunk.text.encode("utf-8", "surrogatepass"), *(part.encode() for part in chunk.path[-1:])]
        if not alone:
            parts = [b"context", chunk.id.encode(), *parts]
    seen = hashlib.blake2b(digest_size=CONTENT_BYTES)
    for part in parts:
        seen.update(len(part).to_bytes(8, "little"))
        seen.update(part)
    return seen.digest()


def encode_passages(chunks: Sequence[TextChunk], encoder: Encoder, *, context: int = 0) -> Embeddings:
    """Vectors of text chunks, each drawn towards the heading it stands under.

    A passage often does not say what it is about, because its heading has. Mixing the heading's vector in
    finds more than writing the heading before the text, and leaves the text's own words their weight.

    Args:
        chunks: in reading order.
        encoder: a `ContextEncoder` where there is a context.
        context: tokens around a passage that are read with it; 0: each passage by itself.

    Returns:
        (N, D) unit rows.
    """
    if context:
        assert isinstance(encoder, ContextEncoder)  # no collection is made otherwise
        rows = encode_in_context(chunks, encoder, context=context)  # (N, D)
    else:
        rows = encoder.encode_texts([chunk.text for chunk in chunks])
    titles = list(dict.fromkeys(chunk.path[-1] for chunk in chunks if chunk.path))
    headings = dict(zip(titles, encoder.encode_texts(titles), strict=True)) if titles else {}
    mixed = [
        (1 - HEADING_WEIGHT) * row + HEADING_WEIGHT * headings[chunk.path[-1]] if chunk.path else row
        for row, chunk in zip(rows, chunks, strict=True)
    ]
    matrix: Embeddings = np.array(mixed, dtype=np.float32).reshape(rows.shape)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix


def to_point(chunk: Chunk, *, kind: str = "", date: Date | None = None) -> Point:
    """The chunk as the store keeps it."""
    point = Point(
        id=chunk.id,
        document_id=chunk.document_id,
        page_number=chunk.page_number,
        page_label=chunk.page_label,
        modality=chunk.modality,
        text="",
        kind=kind,
        language=chunk.language,
        date=date,
    )
    if isinstance(chunk, ImageChunk):
        return point
    return replace(
        point,
        text=chunk.text,
        path=chunk.path,
        span=(chunk.start, chunk.end),
        boxes=tuple((round(x0, 4), round(y0, 4), round(x1, 4), round(y1, 4)) for x0, y0, x1, y1 in chunk.boxes),
        is_hidden=chunk.is_hidden,
    )
