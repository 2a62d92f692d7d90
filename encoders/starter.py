"""The starter encoder: real multilingual text and picture search from ordinary pip packages, on any CPU."""

from collections.abc import Sequence
from threading import Lock

import numpy as np
from PIL import Image

from encoders.base import Embeddings
from encoders.use import DIM, MAX_TOKENS, SentenceTower


class StarterEncoder:
    """Universal Sentence Encoder for texts; EfficientNet-Lite2's classes, as texts, for pictures (ConSE)."""

    name = "starter@1"
    sizes = (64, 128, 256, DIM)
    max_tokens = MAX_TOKENS

    def __init__(self, *, threads: int = 2) -> None:
        self._text = SentenceTower(threads=threads)
        self._lock = Lock()
        self._images = None

    def count_tokens(self, text: str) -> int:
        return self._text.count_tokens(text)

    def encode_queries(self, texts: Sequence[str]) -> Embeddings:
        return self._text.encode(texts)

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        return self._text.encode(texts)

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        if not images:
            return np.empty((0, DIM), dtype=np.float32)
        with self._lock:
            if self._images is None:
                from timm.data import ImageNetInfo

                from encoders.efficientnet import ClassTower

                info = ImageNetInfo()
                self._classes = self._text.encode([info.index_to_description(i) for i in range(1000)])
                self._images = ClassTower()
            p = self._images.logits(images).softmax(dim=1).numpy()
        rows = p @ self._classes
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
