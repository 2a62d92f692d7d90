"""An encoder that hashes content to unit vectors, so that benchmarks measure what surrounds a model.

Imports numpy only: the peers' side uses it too, in an environment of its own.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

SIZE = 512  # coordinates, the same on every side

Rows = np.ndarray[Any, np.dtype[np.float32]]


def unit_vector(content: bytes) -> Rows:
    """(SIZE,): equal contents give equal vectors, of unit length."""
    noise = hashlib.shake_128(hashlib.sha256(content).digest()).digest(SIZE)
    row = np.frombuffer(noise, dtype=np.uint8).astype(np.float32) - 127.5
    return row / np.linalg.norm(row)


class Stub:
    """Polyglance's side: an `Encoder`.

    Args:
        seconds_an_image: that it also takes for each, as a model would.
    """

    name = "stub@1"
    sizes = (SIZE,)
    max_tokens = 512

    def __init__(self, *, seconds_an_image: float = 0.0) -> None:
        self._seconds = seconds_an_image

    def count_tokens(self, text: str) -> int:
        """A token every four characters."""
        return len(text) // 4 + 1

    def encode_texts(self, texts: Sequence[str]) -> Rows:
        """(N, SIZE)."""
        return np.array([unit_vector(text.encode()) for text in texts], dtype=np.float32).reshape(len(texts), SIZE)

    def encode_queries(self, texts: Sequence[str]) -> Rows:
        """(N, SIZE)."""
        return self.encode_texts(texts)

    def encode_images(self, images: Sequence[Image.Image]) -> Rows:
        """(N, SIZE)."""
        time.sleep(self._seconds * len(images))
        rows = [unit_vector(image.tobytes()) for image in images]
        return np.array(rows, dtype=np.float32).reshape(len(images), SIZE)
