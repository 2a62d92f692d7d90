"""Faster forms of the towers."""

import warnings

import torch
from torch import nn

from encoders.jina_clip.weights import Towers


def compile_towers(towers: Towers) -> None:
    """Have torch compile both towers, the text tower for batches of any shape. The first batches wait for it."""
    towers.vision.model.compile()
    towers.text.model.compile(dynamic=True)


def quantize_towers(towers: Towers) -> None:
    """Replace both towers' linear layers by 8-bit ones in place, for the CPU.

    Weights are rounded once, channel by channel; activations batch by batch, so that a vector depends a little on
    its neighbours.
    """
    from torch.ao.quantization import per_channel_dynamic_qconfig, quantize_dynamic

    kinds = {nn.Linear: per_channel_dynamic_qconfig}
    with warnings.catch_warnings():
        # torch 2.15 calls this interface deprecated, and has no other of its own.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", UserWarning)
        for tower in (towers.vision, towers.text):
            quantize_dynamic(tower.model, kinds, dtype=torch.qint8, inplace=True)  # type: ignore[no-untyped-call]
