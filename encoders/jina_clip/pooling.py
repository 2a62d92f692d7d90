"""Which token states are pooled, and unit vectors, in fp32 whatever the model computes in."""

from collections.abc import Sequence

import torch
from torch import Tensor

from encoders.base import Embeddings, EncoderError
from encoders.jina_clip.spans import Window


def pool_weights(windows: Sequence[Window], real: Tensor) -> Tensor:
    """1 where a piece takes a state: (B, P, T).

    Args:
        windows: B of them, with at most P pieces.
        real: (B, T), false where a token is padding.
    """
    pieces = max(len(window.pieces) for window in windows)
    weights = torch.zeros(len(windows), pieces, real.shape[1])
    for line, window in enumerate(windows):
        for column, piece in enumerate(window.pieces):
            weights[line, column, piece.rows.start : piece.rows.stop] = 1
    return weights * real.unsqueeze(1)


def to_unit_rows(features: Embeddings, name: str) -> Embeddings:
    """Bring rows to unit length: (N, D).

    Raises:
        EncoderError: a row has no direction; ``name`` is the encoder's, for the message.
    """
    rows = torch.from_numpy(features)
    norms = rows.norm(dim=-1, keepdim=True)  # (N, 1)
    if not bool((torch.isfinite(norms) & (norms > 0)).all()):
        raise EncoderError(f"{name} gave a vector without a direction; its weights may be damaged")
    unit: Embeddings = (rows / norms).numpy()
    return unit
