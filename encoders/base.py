"""What every encoder promises; imports numpy and Pillow only, so no torch is paid for here.

Letters used everywhere: N inputs, B batch, T tokens, C channels, S pixels, D dimensions.
"""

from collections.abc import Sequence
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt
from PIL import Image

Vector: TypeAlias = npt.NDArray[np.float32]  # (D,), unit length
Embeddings: TypeAlias = npt.NDArray[np.float32]  # (N, D), one unit row per input; (0, D) for none


class EncoderError(Exception):
    """An encoder cannot be found, loaded or run.

    EncoderError
    ├── UnknownEncoder     no encoder of that name or path
    └── BrokenCheckpoint   files are there but are not a usable checkpoint
    """


class UnknownEncoder(EncoderError):
    """No encoder has this name, and no checkpoint lies at this path."""


class BrokenCheckpoint(EncoderError):
    """A checkpoint's files are incomplete, damaged or of another model."""


class Encoder(Protocol):
    """Maps texts and images into one vector space. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """``<model>@<revision>``: equal names give equal vectors."""
        ...

    @property
    def sizes(self) -> tuple[int, ...]:
        """Matryoshka sizes the model is good at, ascending; the last is the full D."""
        ...

    @property
    def max_tokens(self) -> int:
        """Tokens of one text that are read; the rest is cut."""
        ...

    def count_tokens(self, text: str) -> int:
        """Number of the model's own tokens in ``text``, special tokens excluded."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Embeddings:
        """Encode questions: (N, D)."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """Encode passages of documents: (N, D)."""
        ...

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        """Encode RGB images of any size, whole (letterboxed on white, never cropped): (N, D)."""
        ...


@runtime_checkable
class ContextEncoder(Encoder, Protocol):
    """An encoder that can read a passage within the text around it (late chunking, Günther et al. 2024)."""

    @property
    def longest_context(self) -> int:
        """Tokens the model has positions for, special ones included."""
        ...

    def encode_spans(self, text: str, spans: Sequence[tuple[int, int]], *, context: int) -> Embeddings:
        """Encode passages of one text, each seen together with what stands around it.

        Args:
            text: of any length; longer than ``context`` it is read in overlapping windows.
            spans: (start, end) character ranges of ``text``, half open, in any order; they may overlap.
            context: most tokens read at once, special ones included.

        Returns:
            (N, D) unit rows, one a span. A span that is the whole of a text that fits gives the vector that
            `encode_texts` gives.

        Raises:
            ValueError: a span lies outside the text, or ``context`` is not in 3..`longest_context`.
        """
        ...


def truncate(embeddings: Embeddings, size: int) -> Embeddings:
    """Keep the first ``size`` coordinates and bring each row back to unit length.

    Args:
        embeddings: (N, D) unit rows.
        size: a Matryoshka size, at most D.

    Returns:
        (N, size). A row whose kept part is all zero stays zero.
    """
    head = embeddings[:, :size]
    norms = np.linalg.norm(head, axis=1, keepdims=True)
    unit: Embeddings = np.divide(head, norms, out=np.zeros_like(head), where=norms > 0)
    return unit.astype(np.float32, copy=False)
