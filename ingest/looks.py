"""What a page looks like, as a number of bits: near-duplicates differ in few of them."""

import numpy as np
from PIL import Image

_SIDE = 64  # pixels that are looked at, each way
_KEPT = 16  # of the frequencies, each way: the low ones
LOOK_BYTES = _KEPT * _KEPT // 8
MOST_APART = 60  # bits by which near-duplicates differ at most; measured in docs/upkeep.md

_WAVES = np.cos(np.pi / _SIDE * (np.arange(_SIDE) + 0.5) * np.arange(_KEPT)[:, None])  # (_KEPT, _SIDE)


def look_of(image: Image.Image) -> bytes:
    """Perceptual hash of a whole page or picture: which of its low frequencies are stronger than their median.

    Brightness, contrast, size and compression hardly change it; see docs/upkeep.md for what it finds.

    Returns:
        LOOK_BYTES bytes; all zero for a page of one colour.
    """
    small = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    waves = (_WAVES @ np.asarray(small, dtype=np.float64) @ _WAVES.T).round(1).ravel()  # of one colour: exactly zeros
    waves[0] = -np.inf  # the mean: no part of the look
    return np.packbits(waves > np.median(waves[1:])).tobytes()


def unpack(looks: list[bytes]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Looks as rows of 0 and 1, (N, 8 × LOOK_BYTES): bits apart are sums and products of them."""
    packed = np.frombuffer(b"".join(looks), dtype=np.uint8).reshape(-1, LOOK_BYTES)
    return np.unpackbits(packed, axis=1).astype(np.float32)
