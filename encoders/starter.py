"""The starter encoder: real multilingual text and picture search from ordinary pip packages, on any CPU."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from encoders.base import Embeddings
from encoders.conse import PictureSpace, read_rotation, to_unit
from encoders.use import DIM, MAX_TOKENS, SentenceTower

if TYPE_CHECKING:
    from encoders.efficientnet import ImageTower


# No text, and one, two and eight words the vocabulary lacks (it has no runes).
_UNREADABLE = (" ", "ᚠ", "ᚠ ᚢ", "ᚠ ᚢ ᚦ ᚨ ᚱ ᚲ ᚷ ᚹ")
_UNREADABLE_BELOW = 1e-3  # length of what is left of a row, under which nothing is


class StarterEncoder:
    """Universal Sentence Encoder for texts; EfficientNet-Lite2 placed among them for pictures.

    16 languages: ar de en es fr it ja ko nl pl pt ru th tr zh zh-TW. A picture is found by the thing it shows, if the
    1000 classes of ImageNet or the clip art of the Open Clip Art Library know it; no text in it is read. The image
    tower (and torch) loads with the first picture, so a search by text never pays for it.
    """

    def __init__(self, *, threads: int = 2, image_weights: Path | None = None) -> None:
        """Load the text tower.

        Args:
            threads: CPU threads for each tower.
            image_weights: EfficientNet-Lite2's ``.pth``; None takes that of the installed package.

        Raises:
            BrokenCheckpoint: a file is missing or damaged.
        """
        self._threads = threads
        self._image_weights = image_weights
        self._rotation = read_rotation()
        self._text = SentenceTower(threads=threads, rotation=self._rotation)
        self._nothing = _orthonormal(self._text.encode(_UNREADABLE))
        self._pictures: tuple[ImageTower, PictureSpace] | None = None
        self._pictures_lock = Lock()

    @property
    def name(self) -> str:
        """``starter@1``; goes up whenever a vector changes."""
        return "starter@1"

    @property
    def sizes(self) -> tuple[int, ...]:
        """The rotation puts what varies most first, so a prefix is a good smaller vector."""
        return (64, 128, 256, DIM)

    @property
    def max_tokens(self) -> int:
        """A sentence encoder without positions; far above the length of a good chunk."""
        return MAX_TOKENS

    def count_tokens(self, text: str) -> int:
        """Sentencepiece tokens, special ones excluded."""
        return self._text.count_tokens(text)

    def encode_queries(self, texts: Sequence[str]) -> Embeddings:
        """Encode questions, exactly as passages: (N, 512)."""
        return self.encode_texts(texts)

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """Encode passages: (N, 512). A blank one gets a defined unit row that means nothing."""
        return self._place(self._text.encode(texts))

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        """Encode pictures whole: (N, 512).

        Raises:
            BrokenCheckpoint: the image weights are missing or damaged (first call only).
        """
        if not images:
            return np.empty((0, DIM), dtype=np.float32)
        with self._pictures_lock:
            if self._pictures is None:
                self._pictures = self._load_pictures()
            tower, space = self._pictures
            features, logits = tower.encode(images)
        return self._place(space.project(features, logits) @ self._rotation)

    def _load_pictures(self) -> "tuple[ImageTower, PictureSpace]":
        from encoders.efficientnet import ImageTower  # here, because it costs torch and timm

        return ImageTower(threads=self._threads, path=self._image_weights), PictureSpace.read()

    def _place(self, rows: Embeddings) -> Embeddings:
        """Take the directions of unreadable texts off every row, and bring it to unit length.

        Single words, and texts in scripts the model does not know, lie near those directions, so that without this
        every one-word query finds fragments and foreign scripts first.
        """
        # einsum, because the last bit of a BLAS product depends on the number of its threads.
        kept = rows - np.einsum("nk,kd->nd", np.einsum("nd,kd->nk", rows, self._nothing), self._nothing)
        is_unreadable = np.linalg.norm(kept, axis=1, keepdims=True) < _UNREADABLE_BELOW
        return to_unit(np.where(is_unreadable, self._nothing[0], kept))


def _orthonormal(rows: Embeddings) -> Embeddings:
    """Unit rows at right angles that span what these span."""
    basis, _ = np.linalg.qr(rows.T.astype(np.float64))
    return np.ascontiguousarray(basis.T, dtype=np.float32)
