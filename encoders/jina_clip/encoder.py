"""The jina-clip encoder: one vector space for texts and pictures."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from encoders.base import Embeddings, EncoderError
from encoders.jina_clip.config import ClipConfig, read_config
from encoders.jina_clip.files import check_complete, fingerprint
from encoders.jina_clip.pixels import Geometry, PixelConfig, read_pixel_config, to_pixels
from encoders.jina_clip.tokens import ClipTokenizer
from encoders.jina_clip.weights import Towers, load_towers

MAX_TOKENS = 512  # of the official encode_text, and the length of the last training stage

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
        self._device, self._dtype = weight.device, weight.dtype
        self._lock = Lock()
        small = self._device.type == "cpu"
        self._image_batch = 4 if small else 64
        self._token_budget = 4_096 if small else 65_536

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        geometry: Geometry = "fit",
        device: str = "auto",
        max_tokens: int = MAX_TOKENS,
        threads: int | None = None,
    ) -> "JinaClipEncoder":
        """Load a checkpoint folder in the official layout.

        Args:
            folder: holds config.json, preprocessor_config.json, tokenizer.json and model.safetensors.
            geometry: ``fit`` or ``crop``; part of the name, since vectors depend on it.
            device: ``auto`` or a torch device; fp32 on CPU and MPS, bf16 or else fp16 on CUDA.
            max_tokens: special tokens included, at most what the model has positions for.
            threads: CPU threads of torch in this process; None leaves them as they are.

        Raises:
            BrokenCheckpoint: files are missing, damaged or do not fit together.
        """
        check_complete(folder)
        config = read_config(folder)
        if threads is not None:
            torch.set_num_threads(threads)
        where = _device(device)
        max_tokens = min(max_tokens, config.text.longest)
        towers = load_towers(folder, config, device=where, dtype=_dtype(where))
        _log.info("%s: %d tensors loaded from %s onto %s", config.family, towers.tensors, folder, where)
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

    def count_tokens(self, text: str) -> int:
        """Number of the model's own tokens in ``text``, special tokens excluded."""
        return self._tokenizer.count(text)

    def encode_queries(self, texts: Sequence[str]) -> Embeddings:
        """Encode questions, with the checkpoint's instruction put before each: (N, D)."""
        return self.encode_texts([self._config.text.query_prefix + text for text in texts])

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """Encode passages: (N, D)."""
        rows = self._tokenizer.encode(texts)
        embeddings = self._empty(len(rows))
        for batch in token_batches([len(ids) for ids in rows], budget=self._token_budget):
            longest = max(len(rows[index]) for index in batch)
            ids = np.full((len(batch), longest), self._config.text.pad_id, dtype=np.int64)
            for line, index in enumerate(batch):
                ids[line, : len(rows[index])] = rows[index]
            embeddings[batch] = self._run(self._towers.text, torch.from_numpy(ids))
        return embeddings

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        """Encode pictures of any size: (N, D)."""
        embeddings = self._empty(len(images))
        for start in range(0, len(images), self._image_batch):
            batch = images[start : start + self._image_batch]
            pixels = np.stack([to_pixels(image, self._pixels, self._geometry) for image in batch])
            inputs = torch.from_numpy(pixels).to(self._dtype)
            embeddings[start : start + len(batch)] = self._run(self._towers.vision, inputs)
        return embeddings

    def _empty(self, rows: int) -> Embeddings:
        return np.empty((rows, self._config.sizes[-1]), dtype=np.float32)

    def _run(self, tower: nn.Module, inputs: Tensor) -> Embeddings:
        with self._lock, torch.inference_mode():
            features = tower(inputs.to(self._device)).float().cpu()
        norms = features.norm(dim=-1, keepdim=True)  # (B, 1)
        if not bool((torch.isfinite(norms) & (norms > 0)).all()):
            raise EncoderError(f"{self._name} gave a vector without a direction; its weights may be damaged")
        unit: Embeddings = (features / norms).numpy()
        return unit


def token_batches(lengths: Sequence[int], *, budget: int) -> Iterator[list[int]]:
    """Group texts of like length, longest first, so that little padding is computed.

    Args:
        lengths: tokens of each text.
        budget: most tokens a batch may have, padding included; a single longer text has its own batch.

    Yields:
        Indices into ``lengths``; every one exactly once.
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if batch and lengths[batch[0]] * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _device(name: str) -> torch.device:
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _dtype(device: torch.device) -> torch.dtype:
    if device.type != "cuda":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
