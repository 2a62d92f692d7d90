"""Whether two pictures show the same, part by part: sees past a crop, a shift and another size."""

from typing import NamedTuple

import numpy as np
from PIL import Image

Grey = np.ndarray[tuple[int, int], np.dtype[np.float32]]
_Stack = np.ndarray[tuple[int, int, int], np.dtype[np.float64]]

_SIDE = 256
_PART = 32  # pixels of a part, each way
_REACH = 12  # pixels that a part may have moved
_WINDOW = _PART + 2 * _REACH
_FLAT = 6.0  # standard deviation of shades; a part with less shows nothing
_FEW = 10  # parts; of the manuals in docs/upkeep.md, running heads show in 8 at most
_TONE = 16  # shades that count as one
_DARKEST = 8  # tone of paper
_PAPER = 0.3  # of a raster; a tone that covers more, beside white, is grey paper


class Likeness(NamedTuple):
    """How far one picture is found in another: 0 not at all, 1 wholly."""

    most: float  # of what it shows
    least: float  # of the part that is found worst


def grey(image: Image.Image) -> Grey:
    """A raster as `likeness` takes it: (256, 256), 0..255, grey paper turned white."""
    image.draft("L", (_SIDE, _SIDE))  # a JPEG is decoded small
    small = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    shades: Grey = np.asarray(small, dtype=np.float32)
    tones = np.bincount((shades // _TONE).astype(np.intp).ravel(), minlength=256 // _TONE)
    paper = _DARKEST + int(tones[_DARKEST:-1].argmax())
    if tones[paper] < _PAPER * shades.size:
        return shades
    white: Grey = np.minimum(shades * np.float32(255 / shades[shades // _TONE == paper].mean()), np.float32(255))
    return white


def is_blank(raster: Grey) -> bool:
    """Whether a page shows so little, a running head at most, that it cannot be told from other such pages."""
    return int(_shows(_parts(raster)).sum()) < _FEW


def likeness(first: Grey, second: Grey) -> Likeness:
    """How far the 64 parts of one picture are found in the other, near where they were.

    Each part is correlated with the best of the places around; the mean weighs it by how much it shows. Of the two
    directions the lower one counts, since a part may be found on a page that shows more.
    """
    one, other = _found_in(first, second), _found_in(second, first)
    return Likeness(min(one.most, other.most), min(one.least, other.least))


def _found_in(first: Grey, second: Grey) -> Likeness:
    parts = _parts(first)
    shows = _shows(parts)
    if not shows.any():
        return Likeness(0.0, 0.0)
    around = np.pad(second.astype(np.float64), _REACH, constant_values=255.0)
    windows: _Stack = np.lib.stride_tricks.sliding_window_view(around, (_WINDOW, _WINDOW))[::_PART, ::_PART]
    windows = windows.reshape(-1, _WINDOW, _WINDOW)[shows]
    parts = parts[shows]
    parts = parts - parts.mean(axis=(1, 2), keepdims=True)
    energy = (parts**2).sum(axis=(1, 2))
    shape = (_WINDOW, _WINDOW)
    spectra = np.fft.rfft2(windows) * np.fft.rfft2(parts, shape).conj()
    products = np.fft.irfft2(spectra, shape)[:, : 2 * _REACH + 1, : 2 * _REACH + 1]
    spread = _sums(windows**2) - _sums(windows) ** 2 / _PART**2
    best = (products / np.sqrt(np.maximum(spread, 1.0) * energy[:, None, None])).max(axis=(1, 2))
    return Likeness(float((best * energy).sum() / energy.sum()), float(best.min()))


def _parts(raster: Grey) -> _Stack:
    """The squares of a raster: (64, 32, 32)."""
    rows = raster.astype(np.float64).reshape(_SIDE // _PART, _PART, _SIDE // _PART, _PART)
    return rows.swapaxes(1, 2).reshape(-1, _PART, _PART)


def _shows(parts: _Stack) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which parts are more than paper."""
    shows: np.ndarray[tuple[int], np.dtype[np.bool_]] = parts.std(axis=(1, 2)) > _FLAT
    return shows


def _sums(windows: _Stack) -> _Stack:
    """Sums over every part-sized place in each window."""
    total: _Stack = np.pad(windows.cumsum(axis=1).cumsum(axis=2), ((0, 0), (1, 0), (1, 0)))
    rows = total[:, _PART:] - total[:, :-_PART]
    sums: _Stack = rows[:, :, _PART:] - rows[:, :, :-_PART]
    return sums
