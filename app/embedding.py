"""Vectors of texts and pictures for use elsewhere, without a library."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.encoder import load
from app.settings import Settings
from encoders.base import Embeddings, Encoder, EncoderError, truncate
from ingest.readers.picture import decode_picture
from ingest.types import Geometry


@dataclass(frozen=True, slots=True)
class Embedded:
    """Unit vectors, one an input, in order."""

    encoder: str
    dim: int
    vectors: list[list[float]]  # float32 values


def embed_texts(
    texts: Sequence[str],
    settings: Settings,
    *,
    is_query: bool = False,
    size: int | None = None,
    max_tokens: int | None = None,
) -> Embedded:
    """Encode texts.

    Args:
        texts: passages, or questions.
        settings: name the encoder.
        is_query: they are questions.
        size: Matryoshka size; None: the full one.
        max_tokens: how much of a text is read; None: the encoder's own limit.

    Raises:
        EncoderError: the encoder cannot be had, or has no vectors of that size or length of text.
    """
    encoder = load(settings, max_tokens=max_tokens)
    rows = encoder.encode_queries(texts) if is_query else encoder.encode_texts(texts)
    return _embedded(encoder, rows, size)


def embed_images(paths: Sequence[Path], settings: Settings, *, size: int | None = None) -> Embedded:
    """Encode pictures; see `embed_texts`. jina-clip prepares them as its authors do unless settings say FIT.

    Raises:
        EncoderError: the encoder cannot be had, or has no vectors of that size.
        IngestError: a file cannot be read as a picture.
    """
    pictures = [decode_picture(path) for path in paths]
    encoder = load(settings, crops=settings.geometry is not Geometry.FIT)
    return _embedded(encoder, encoder.encode_images(pictures), size)


def _embedded(encoder: Encoder, rows: Embeddings, size: int | None) -> Embedded:
    full = encoder.sizes[-1]
    size = size or full
    if size > full:
        raise EncoderError(f"{encoder.name} gives vectors of {full} numbers, not {size}: name a smaller --dim")
    # Nine digits tell every float32 apart.
    vectors = [[float(f"{value:.9g}") for value in row] for row in truncate(rows, size)]
    return Embedded(encoder.name, size, vectors)
