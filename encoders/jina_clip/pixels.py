"""Pictures to pixels as the model wants them."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from encoders.base import BrokenCheckpoint
from encoders.jina_clip.config import VisionConfig
from encoders.jina_clip.files import PREPROCESSOR, read_json

Pixels: TypeAlias = npt.NDArray[np.float32]  # (3, S, S), normalised
Geometry: TypeAlias = Literal["crop", "fit"]

_WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class PixelConfig:
    """The checkpoint's ``preprocessor_config.json``."""

    size: int  # S, side of the model's input
    seen: int  # side of the part that makes whole patches; the model never looks at the rest
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


def read_pixel_config(folder: Path, vision: VisionConfig) -> PixelConfig:
    """Read ``preprocessor_config.json``; raises BrokenCheckpoint where it does not fit the vision tower."""
    path = folder / PREPROCESSOR
    content = read_json(path)
    size = content.get("size")
    if size != vision.image_size:
        raise BrokenCheckpoint(f"{path}: size: expected {vision.image_size} as in config.json, found {size!r}")
    channels = []
    for name in ("mean", "std"):
        values = content.get(name)
        if not isinstance(values, list) or len(values) != 3:
            raise BrokenCheckpoint(f"{path}: {name}: expected three numbers, found {values!r}")
        channels.append((float(values[0]), float(values[1]), float(values[2])))
    mode = content.get("interpolation", "bicubic")
    if mode != "bicubic":
        raise BrokenCheckpoint(f"{path}: interpolation: expected 'bicubic', found {mode!r}")
    return PixelConfig(size, vision.grid * vision.patch_size, channels[0], channels[1])


def to_pixels(image: Image.Image, config: PixelConfig, geometry: Geometry) -> Pixels:
    """Bring a picture of any size and mode to (3, S, S).

    Args:
        image: any mode; ``crop`` drops transparency as the official code does, ``fit`` puts it on white.
        config: the checkpoint's.
        geometry: ``crop`` is the official way: the short side to S, then the middle square, which loses 29 %
            of an A4 page. ``fit`` letterboxes the whole picture on white.
    """
    square = _crop(image, config.size) if geometry == "crop" else _fit(image, config)
    pixels = np.asarray(square, dtype=np.float32) / np.float32(255)  # (S, S, 3)
    normal = (pixels - np.array(config.mean, np.float32)) / np.array(config.std, np.float32)
    return np.ascontiguousarray(normal.transpose(2, 0, 1))  # (3, S, S)


def to_batch(
    images: Sequence[Image.Image], config: PixelConfig, geometry: Geometry, workers: Executor
) -> npt.NDArray[np.float32]:
    """Decode and resize pictures at the same time, in order: (B, 3, S, S)."""
    # A file that is opened but not read yet must not be read by two threads: each picture once.
    once = {id(image): image for image in images}
    pending = {key: workers.submit(to_pixels, image, config, geometry) for key, image in once.items()}
    return np.stack([pending[id(image)].result() for image in images])


def _crop(image: Image.Image, size: int) -> Image.Image:
    image = image.convert("RGB")
    short = min(image.size)
    width, height = (size if side == short else int(size * side / short) for side in image.size)
    image = image.resize((width, height), Image.Resampling.BICUBIC)
    left, top = round((width - size) / 2), round((height - size) / 2)
    return image.crop((left, top, left + size, top + size))


def _fit(image: Image.Image, config: PixelConfig) -> Image.Image:
    if image.has_transparency_data:
        over = image.convert("RGBA")
        image = Image.new("RGBA", over.size, (*_WHITE, 255))
        image.alpha_composite(over)
    image = image.convert("RGB")
    # Into the part the model sees: at 512 pixels and patches of 14 the last 8 on the right and below are not.
    scale = config.seen / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    image = image.resize((width, height), Image.Resampling.BICUBIC)
    canvas = Image.new("RGB", (config.size, config.size), _WHITE)
    canvas.paste(image, ((config.seen - width) // 2, (config.seen - height) // 2))
    return canvas
