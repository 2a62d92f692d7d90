"""From chunks to points in a store, a batch at a time."""

from collections.abc import Iterable, Sequence

import numpy as np

from encoders.base import Embeddings, Encoder
from ingest.types import Chunk, ImageChunk, TextChunk
from retrieval.store import VectorStore
from retrieval.types import Point

HEADING_WEIGHT = 0.25  # of a passage's vector; measured by benchmarks/crosslingual.py
TEXT_BATCH = 128
IMAGE_BATCH = 16  # rasters of 512×512 RGB: 12 MiB


def index_chunks(
    chunks: Iterable[Chunk],
    encoder: Encoder,
    store: VectorStore,
    *,
    text_batch: int = TEXT_BATCH,
    image_batch: int = IMAGE_BATCH,
) -> int:
    """Encode chunks and write them as points; never holds more than a batch of texts and one of pictures.

    Args:
        chunks: in any order; read once.
        encoder: the one the store's collection was made with.
        store: where the points go.
        text_batch: texts encoded and written at once.
        image_batch: pictures encoded and written at once.

    Returns:
        Number of points written.

    Raises:
        RetrievalError: the store refuses or fails; earlier batches stay written.
    """
    texts: list[TextChunk] = []
    images: list[ImageChunk] = []
    written = 0
    for chunk in chunks:
        if isinstance(chunk, TextChunk):
            texts.append(chunk)
        else:
            images.append(chunk)
        if len(texts) == text_batch:
            written += _index_texts(texts, encoder, store)
            texts = []
        if len(images) == image_batch:
            written += _index_images(images, encoder, store)
            images = []
    return written + _index_texts(texts, encoder, store) + _index_images(images, encoder, store)


def encode_passages(chunks: Sequence[TextChunk], encoder: Encoder) -> Embeddings:
    """Vectors of text chunks, each drawn towards the heading it stands under.

    A passage often does not say what it is about, because its heading has. Mixing the heading's vector in
    finds more than writing the heading before the text, and leaves the text's own words their weight.

    Returns:
        (N, D) unit rows.
    """
    rows = encoder.encode_texts([chunk.text for chunk in chunks])  # (N, D)
    titles = list(dict.fromkeys(chunk.path[-1] for chunk in chunks if chunk.path))
    headings = dict(zip(titles, encoder.encode_texts(titles), strict=True))
    mixed = [
        (1 - HEADING_WEIGHT) * row + HEADING_WEIGHT * headings[chunk.path[-1]] if chunk.path else row
        for row, chunk in zip(rows, chunks, strict=True)
    ]
    matrix: Embeddings = np.array(mixed, dtype=np.float32).reshape(rows.shape)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix


def _index_texts(chunks: Sequence[TextChunk], encoder: Encoder, store: VectorStore) -> int:
    if chunks:
        store.upsert([to_point(chunk) for chunk in chunks], encode_passages(chunks, encoder))
    return len(chunks)


def _index_images(chunks: Sequence[ImageChunk], encoder: Encoder, store: VectorStore) -> int:
    if chunks:
        store.upsert([to_point(chunk) for chunk in chunks], encoder.encode_images([chunk.image for chunk in chunks]))
    return len(chunks)


def to_point(chunk: Chunk) -> Point:
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
    )
