"""From chunks to points in a store: texts and pictures side by side, each a batch at a time."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date as Date
from types import TracebackType
from typing import Generic, Self, TypeVar

import numpy as np

from encoders.base import ContextEncoder, Embeddings, Encoder
from ingest.types import Chunk, ImageChunk, TextChunk
from retrieval.context import encode_in_context
from retrieval.lexical import index_terms
from retrieval.store import VectorStore
from retrieval.types import Point

HEADING_WEIGHT = 0.25  # of a passage's vector; measured by benchmarks/crosslingual.py
TEXT_BATCH = 128
CONTEXT_BATCH = 1_024  # chunks where they are read in context; neighbours across batches do not see each other
IMAGE_BATCH = 16  # rasters of 512×512 RGB: 12 MiB
_WAITING = 2  # batches of a kind that may wait for the encoder before the reader does

C = TypeVar("C")


def index_chunks(
    chunks: Iterable[Chunk],
    encoder: Encoder,
    store: VectorStore,
    *,
    name: str = "",
    kind: str = "",
    date: Date | None = None,
    text_batch: int = TEXT_BATCH,
    image_batch: int = IMAGE_BATCH,
) -> int:
    """Encode chunks and write them as points, while the next ones are being read.

    Texts and pictures have a thread each: the towers are different networks and use the cores better together. Holds a
    few batches at most. Nothing is written any more once this returns or raises.

    Args:
        chunks: in any order; read once.
        encoder: the one the store's collection was made with.
        store: where the points go.
        name: of the file they come from; its words find them too.
        kind: of that file, as filters ask for it.
        date: of the document, likewise.
        text_batch: texts encoded and written at once.
        image_batch: pictures encoded and written at once.

    Returns:
        Number of points written.

    Raises:
        RetrievalError: the store refuses or fails; earlier batches stay written.
    """
    context = store.collection.context
    if context:
        text_batch = max(text_batch, CONTEXT_BATCH)

    def index_texts(batch: list[TextChunk]) -> int:
        write(batch, encode_passages(batch, encoder, context=context))
        return len(batch)

    def index_images(batch: list[ImageChunk]) -> int:
        write(batch, encoder.encode_images([chunk.image for chunk in batch]))
        return len(batch)

    def write(batch: Sequence[Chunk], vectors: Embeddings) -> None:
        points = [to_point(chunk, kind=kind, date=date) for chunk in batch]
        lexical = [index_terms(point.text, headings=point.path, name=name) for point in points]
        store.upsert(points, vectors, lexical)

    with _Lane(index_texts, size=text_batch) as texts, _Lane(index_images, size=image_batch) as images:
        for chunk in chunks:
            if isinstance(chunk, TextChunk):
                texts.put(chunk)
            else:
                images.put(chunk)
        return texts.finish() + images.finish()


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
    headings = dict(zip(titles, encoder.encode_texts(titles), strict=True))
    mixed = [
        (1 - HEADING_WEIGHT) * row + HEADING_WEIGHT * headings[chunk.path[-1]] if chunk.path else row
        for row, chunk in zip(rows, chunks, strict=True)
    ]
    matrix: Embeddings = np.array(mixed, dtype=np.float32).reshape(rows.shape)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix


class _Lane(Generic[C]):
    """Batches of one kind of chunk, indexed in order on a thread of their own.

    Args:
        index: encodes and writes a batch, and counts what it wrote.
        size: of a batch.
    """

    def __init__(self, index: Callable[[list[C]], int], *, size: int) -> None:
        self._index = index
        self._size = size
        self._batch: list[C] = []
        self._waiting: deque[Future[int]] = deque()
        self._written = 0
        self._thread = ThreadPoolExecutor(max_workers=1)

    def put(self, chunk: C) -> None:
        """Take a chunk; blocks while too many batches wait, and raises what indexing them raised."""
        self._batch.append(chunk)
        if len(self._batch) == self._size:
            self._submit()
        while len(self._waiting) > _WAITING:
            self._written += self._waiting.popleft().result()

    def finish(self) -> int:
        """Wait for all batches; how many points were written."""
        if self._batch:
            self._submit()
        while self._waiting:
            self._written += self._waiting.popleft().result()
        return self._written

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _submit(self) -> None:
        self._waiting.append(self._thread.submit(self._index, self._batch))
        self._batch = []


def to_point(chunk: Chunk, *, kind: str = "", date: Date | None = None) -> Point:
    """The chunk as the store keeps it."""
    text, path = (chunk.text, chunk.path) if isinstance(chunk, TextChunk) else ("", ())
    return Point(
        id=chunk.id,
        document_id=chunk.document_id,
        page_number=chunk.page_number,
        page_label=chunk.page_label,
        modality=chunk.modality,
        text=text,
        path=path,
        kind=kind,
        language=chunk.language,
        date=date,
    )
