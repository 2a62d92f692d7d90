"""Builds both towers from a checkpoint: strict about keys and shapes, one pass over the file, no second copy."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from encoders.base import BrokenCheckpoint
from encoders.jina_clip.config import ClipConfig
from encoders.jina_clip.files import WEIGHTS, TensorInfo, read_header
from encoders.jina_clip.sources import (
    LOGIT_SCALE,
    Shape,
    Source,
    official_shapes,
    text_sources,
    vision_sources,
)
from encoders.jina_clip.text import TextTower
from encoders.jina_clip.vision import VisionTower

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Towers:
    """Both halves of a model, on one device and in one type."""

    vision: VisionTower
    text: TextTower
    tensors: int  # in the file


class _TensorFile(Protocol):
    """The part of safetensors' untyped reader that is used."""

    def get_tensor(self, name: str) -> Tensor: ...


@dataclass(frozen=True, slots=True)
class _Part:
    """A tower's module and where its tensors lie."""

    module: nn.Module
    sources: dict[str, Source]
    shapes: dict[str, Shape]  # ours


def expected_tensors(config: ClipConfig) -> dict[str, Shape]:
    """Official key and shape of every tensor a checkpoint of this configuration has."""
    return _expected(_parts(config, VisionTower(config.vision), TextTower(config)), config)


def load_towers(folder: Path, config: ClipConfig, *, device: torch.device, dtype: torch.dtype) -> Towers:
    """Read a checkpoint's weights into both towers, adapters merged, ready to encode.

    Raises:
        BrokenCheckpoint: a tensor is missing, unexpected, of another shape or not a number.
    """
    path = folder / WEIGHTS
    vision, text = VisionTower(config.vision), TextTower(config)
    parts = _parts(config, vision, text)
    header = read_header(path)
    _check(path, header, _expected(parts, config))
    try:
        with safe_open(path, framework="pt") as file:
            for part in parts:
                reader = _Reader(path, file, config.text.lora_scale, device, dtype)
                part.module.load_state_dict(dict(reader.tensors(part.sources)), strict=True, assign=True)
            _take_rope(path, file, header, vision)
    except (SafetensorError, OSError) as error:
        raise BrokenCheckpoint(f"{path} cannot be read: {error}") from error
    for tower in (vision, text):
        tower.requires_grad_(False).eval().to(device)
    return Towers(vision, text, tensors=len(header))


def _parts(config: ClipConfig, vision: VisionTower, text: TextTower) -> list[_Part]:
    shapes = [
        {name: tuple(tensor.shape) for name, tensor in tower.model.state_dict().items()} for tower in (vision, text)
    ]
    return [
        _Part(vision.model, vision_sources(shapes[0]), shapes[0]),
        _Part(text.model, text_sources(shapes[1], config), shapes[1]),
    ]


def _expected(parts: list[_Part], config: ClipConfig) -> dict[str, Shape]:
    expected: dict[str, Shape] = {LOGIT_SCALE: ()}
    for part in parts:
        expected.update(official_shapes(part.sources, part.shapes, config.text.lora_rank))
    return expected


def _check(path: Path, found: Mapping[str, TensorInfo], expected: Mapping[str, Shape]) -> None:
    """Compare what the header announces with what the configuration asks for."""
    counts = f"{len(found)} tensors found, {len(expected)} expected"
    if missing := sorted(expected.keys() - found.keys()):
        raise BrokenCheckpoint(
            f"{path}: expected {missing[0]} with shape {list(expected[missing[0]])}, found none; "
            f"{len(missing)} missing ({counts})"
        )
    surplus = sorted(key for key in found.keys() - expected.keys() if not _is_rope(key))
    if surplus:
        raise BrokenCheckpoint(
            f"{path}: found {surplus[0]}, which this model does not have; {len(surplus)} unexpected ({counts})"
        )
    for key, shape in expected.items():
        seen = found[key].shape
        if seen != shape and not (key == LOGIT_SCALE and seen == (1,)):
            raise BrokenCheckpoint(f"{path}: {key}: expected shape {list(shape)}, found {list(seen)}")


def _is_rope(key: str) -> bool:
    return key.endswith(("rope.freqs_cos", "rope.freqs_sin"))


def _take_rope(path: Path, file: _TensorFile, header: Mapping[str, TensorInfo], vision: VisionTower) -> None:
    """Use the rotary table where the file stores one, as the official code does when it loads.

    Nobody could tell us whether v1's has one; if it differs from the computed table, the file is right.
    """
    sin, cos = (
        next((key for key in sorted(header) if key.endswith(f"rope.freqs_{name}")), None) for name in ("sin", "cos")
    )
    if sin is None or cos is None:
        return
    head = vision.config.width // vision.config.heads
    expected = (vision.config.grid**2, head)
    for key in (sin, cos):
        if header[key].shape != expected:
            raise BrokenCheckpoint(f"{path}: {key}: expected shape {list(expected)}, found {list(header[key].shape)}")
    difference = vision.take_rope(file.get_tensor(sin), file.get_tensor(cos))
    _log.info("%s brings its own rotary table; largest difference to the computed one %.2g", path, difference)


class _Reader:
    """Makes our tensors from official ones, each official one read once."""

    def __init__(
        self, path: Path, file: _TensorFile, lora_scale: float, device: torch.device, dtype: torch.dtype
    ) -> None:
        self._path = path
        self._file = file
        self._scale = lora_scale
        self._device = device
        self._dtype = dtype

    def tensors(self, sources: Mapping[str, Source]) -> Iterator[tuple[str, Tensor]]:
        groups: dict[str, list[tuple[str, Source]]] = {}
        for name, source in sources.items():
            groups.setdefault(source.key, []).append((name, source))
        for group in groups.values():
            merged = self._merged(group[0][1])
            for name, source in group:
                part = merged if source.third is None else merged.chunk(3)[source.third]
                yield name, part.to(device=self._device, dtype=self._dtype)

    def _merged(self, source: Source) -> Tensor:
        """The weight in fp32, with its adapter added once and for all."""
        if source.adapter is None:
            return self._read(source.key)
        weight = self._read(source.original)
        first, second = self._read(source.lora_a)[0], self._read(source.lora_b)[0]
        product = (first, second) if source.adapter == "embedding" else (second, first)
        return weight.addmm_(*product, alpha=self._scale)

    def _read(self, key: str) -> Tensor:
        tensor = self._file.get_tensor(key).to(torch.float32, copy=True)
        # A sum is one pass and no copy, and not finite as soon as one element is not.
        if not torch.isfinite(tensor.sum()):
            raise BrokenCheckpoint(f"{self._path}: {key}: expected numbers, found NaN or infinity")
        return tensor
