"""The jina-clip encoder: one vector space for texts and pictures."""

import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from encoders.base import Embeddings
from encoders.jina_clip.batches import prepare_ahead, token_batches
from encoders.jina_clip.config import ClipConfig, read_config
from encoders.jina_clip.device import Precision, choose_device, choose_dtype
from encoders.jina_clip.files import check_complete, fingerprint
from encoders.jina_clip.pixels import Geometry, PixelConfig, read_pixel_config, to_batch
from encoders.jina_clip.pooling import pool_weights, to_unit_rows
from encoders.jina_clip.runner import Budget, Runner
from encoders.jina_clip.spans import plan_windows
from encoders.jina_clip.tokens import ClipTokenizer
from encoders.jina_clip.weights import Towers, load_towers

MAX_TOKENS = 512  # of the official encode_text, and the length of the last training stage
_LEAST_CONTEXT = 3  # one token between the two special ones

# What one forward pass takes to begin with.
_PICTURES = {"cpu": 4, "mps": 16}
_TOKENS = {"cpu": 4_096, "mps": 16_384}
_PICTURES_ON_GPU = 64
_TOKENS_ON_GPU = 65_536

_log = logging.getLogger(__name__)


class JinaClipEncoder:
    """Encodes with both towers of a jina-clip checkpoint. Threads take turns on the model.

    Args:
        towers: loaded weights.
        config: their sizes.
        pixels: how pictures are brought to size.
        tokenizer: cuts at ``max_tokens``.
        name: `load` makes it from the files.
        geometry: ``fit`` shows the whole picture, ``crop`` is the official middle square.
        max_tokens: special tokens included.
    """

    def __init__(
        self,
        towers: Towers,
        config: ClipConfig,
        *,
        pixels: PixelConfig,
        tokenizer: ClipTokenizer,
        name: str,
        geometry: Geometry,
        max_tokens: int,
    ) -> None:
        self._towers = towers
        self._config = config
        self._pixels = pixels
        self._tokenizer = tokenizer
        self._name = name
        self._geometry = geometry
        self._max_tokens = max_tokens
        weight = next(towers.vision.parameters())
        self._dtype = weight.dtype
        self._runner = Runner(weight.device)
        self._pictures = Budget(_PICTURES.get(weight.device.type, _PICTURES_ON_GPU))
        self._tokens = Budget(_TOKENS.get(weight.device.type, _TOKENS_ON_GPU))

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        geometry: Geometry = "fit",
        device: str = "auto",
        dtype: Precision = "auto",
        max_tokens: int = MAX_TOKENS,
        threads: int | None = None,
        compiled: bool = False,
    ) -> "JinaClipEncoder":
        """Load a checkpoint folder in the official layout.

        Args:
            folder: holds config.json, preprocessor_config.json, tokenizer.json and model.safetensors.
            geometry: ``fit`` or ``crop``; part of the name, since vectors depend on it.
            device: ``auto`` or a torch device.
            dtype: of weights and forward pass; ``auto`` is fp32 on CPU and MPS, bf16 or else fp16 on CUDA. Features
                are pooled and normalised in fp32 whatever it is.
            max_tokens: special tokens included, at most what the model has positions for.
            threads: CPU threads of torch in this process; None leaves them as they are.
            compiled: let torch compile the towers, which takes minutes at the first batches and a C++ compiler.

        Raises:
            BrokenCheckpoint: files are missing, damaged or do not fit together.
            ValueError: there is no such precision.
        """
        where = choose_device(device)
        number = choose_dtype(dtype, where)
        check_complete(folder)
        config = read_config(folder)
        if threads is not None:
            torch.set_num_threads(threads)
        max_tokens = min(max_tokens, config.text.longest)
        towers = load_towers(folder, config, device=where, dtype=number)
        _log.info("%s: %d tensors loaded from %s onto %s", config.family, towers.tensors, folder, where)
        if compiled:
            towers.vision.model.compile()
            towers.text.model.compile(dynamic=True)  # batches of any shape
        return cls(
            towers,
            config,
            pixels=read_pixel_config(folder, config.vision),
            tokenizer=ClipTokenizer(folder, vocabulary=config.text.vocabulary, max_tokens=max_tokens),
            name=f"{config.family}@{fingerprint(folder)}/{geometry}",
            geometry=geometry,
            max_tokens=max_tokens,
        )

    @property
    def name(self) -> str:
        """``<family>@<fingerprint of the files>/<geometry>``; device and precision are not part of it."""
        return self._name

    @property
    def sizes(self) -> tuple[int, ...]:
        """Matryoshka sizes from 64 on; v1 was not trained for any and has its full size alone."""
        return self._config.sizes

    @property
    def max_tokens(self) -> int:
        """Tokens of one text that are read, the two special ones included."""
        return self._max_tokens

    @property
    def longest_context(self) -> int:
        """Tokens the text tower has positions for, the two special ones included."""
        return self._config.text.longest

    def count_tokens(self, text: str) -> int:
        """Number of the model's own tokens in ``text``, special tokens excluded."""
        return self._tokenizer.count(text)

    def encode_queries(self, texts: Sequence[str]) -> Embeddings:
        """Encode questions, with the checkpoint's instruction put before each: (N, D)."""
        return self.encode_texts([self._config.text.query_prefix + text for text in texts])

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """Encode passages: (N, D)."""
        rows = self._tokenizer.encode(texts)
        features = self._zeros(len(rows))

        def prepare(batch: list[int]) -> Tensor:
            return self._runner.stage(self._pad([rows[index] for index in batch]))

        batches = token_batches([len(ids) for ids in rows], budget=self._tokens.size)
        for batch, ids in prepare_ahead(batches, prepare):
            forward = partial(self._towers.text, padded=self._has_padding(ids))
            features[batch] = self._run_text(forward, ids).numpy()
        return to_unit_rows(features, self._name)

    def encode_spans(self, text: str, spans: Sequence[tuple[int, int]], *, context: int) -> Embeddings:
        """Encode passages of one text, each seen together with what stands around it (late chunking): (N, D).

        A passage's vector is the mean of the states of the tokens that stand for its characters; the two special
        tokens count to passages at the very beginning and end of the text. How a text longer than ``context`` is
        read says `encoders.jina_clip.spans`. A passage without a token, white space for one, is encoded by itself.

        Args:
            text: of any length.
            spans: (start, end) character ranges of ``text``, half open, in any order; they may overlap.
            context: most tokens read at once, special ones included.

        Raises:
            ValueError: a span lies outside the text, or ``context`` is not in 3..`longest_context`.
        """
        self._check_spans(text, spans, context)
        tokens = self._tokenizer.locate(text)
        windows = plan_windows(tokens, spans, size=context - 2)
        rows = [self._tokenizer.wrap(tokens.ids[window.tokens.start : window.tokens.stop]) for window in windows]
        features = self._zeros(len(spans))

        def prepare(batch: list[int]) -> tuple[Tensor, Tensor]:
            ids = self._pad([rows[index] for index in batch])
            weights = pool_weights([windows[index] for index in batch], ids != self._towers.text.pad_id)
            return self._runner.stage(ids), self._runner.stage(weights)

        batches = token_batches([len(ids) for ids in rows], budget=self._tokens.size)
        for batch, (ids, weights) in prepare_ahead(batches, prepare):
            forward = partial(self._towers.text.pool, padded=self._has_padding(ids))
            sums = self._run_text(forward, ids, weights).numpy()  # (B, P, D)
            for line, index in enumerate(batch):
                for column, piece in enumerate(windows[index].pieces):
                    features[piece.span] += sums[line, column]

        bare = [number for number in range(len(spans)) if not features[number].any()]
        features[bare] = self.encode_texts([text[slice(*spans[number])] for number in bare])
        return to_unit_rows(features, self._name)

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        """Encode pictures of any size: (N, D)."""
        features = self._zeros(len(images))
        size = self._pictures.size
        with ThreadPoolExecutor(min(size, os.cpu_count() or 1)) as pool:

            def prepare(batch: range) -> Tensor:
                pictures = [images[index] for index in batch]
                pixels = to_batch(pictures, self._pixels, self._geometry, pool)
                return self._runner.stage(torch.from_numpy(pixels).to(self._dtype))

            batches = (range(start, min(start + size, len(images))) for start in range(0, len(images), size))
            for batch, pixels in prepare_ahead(batches, prepare):
                rows = self._runner.run(self._towers.vision, pixels, budget=self._pictures, cost=1, unit="picture")
                features[batch] = rows.numpy()
        return to_unit_rows(features, self._name)

    def _check_spans(self, text: str, spans: Sequence[tuple[int, int]], context: int) -> None:
        if not _LEAST_CONTEXT <= context <= self.longest_context:
            raise ValueError(f"context: expected {_LEAST_CONTEXT} to {self.longest_context} tokens, found {context}")
        for start, end in spans:
            if not 0 <= start <= end <= len(text):
                raise ValueError(f"span {start}..{end} lies outside the text, which has {len(text)} characters")

    def _zeros(self, rows: int) -> Embeddings:
        return np.zeros((rows, self._config.sizes[-1]), dtype=np.float32)

    def _pad(self, rows: Sequence[Sequence[int]]) -> Tensor:
        ids = np.full((len(rows), max(map(len, rows))), self._config.text.pad_id, dtype=np.int64)
        for line, row in enumerate(rows):
            ids[line, : len(row)] = row
        return torch.from_numpy(ids)  # (B, T)

    def _has_padding(self, ids: Tensor) -> bool:
        """Also where a text spells the padding token out, which the official code masks like padding."""
        return bool((ids == self._config.text.pad_id).any())

    def _run_text(self, forward: partial[Tensor], ids: Tensor, *others: Tensor) -> Tensor:
        cost = ids.shape[1]
        return self._runner.run(forward, ids, *others, budget=self._tokens, cost=cost, unit=f"text of {cost:,} tokens")
