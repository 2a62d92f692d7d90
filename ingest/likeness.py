"""Whether two pictures show the same, part by part: sees past a crop, a shift and another size."""

import numpy as np
from PIL import Image

Grey = np.ndarray[tuple[int, int], np.dtype[np.float32]]
_Stack = np.ndarray[tuple[int, int, int], np.dtype[np.float64]]

_SIDE = 256
_PART = 32  # pixels of a part, each way
_REACH = 12  # pixels that a part may have moved
_WINDOW = _PART + 2 * _REACH
_FLAT = 6.0  # standard deviation of shades; a part with less shows nothing
_BLANK = 3.0  # likewise, of a whole page


def grey(image: Image.Image) -> Grey:
    """A raster as `likeness` takes it: (256, 256), 0..255."""
    image.draft("L", (_SIDE, _SIDE))  # a JPEG is decoded small
    small = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32)


def is_blank(raster: Grey) -> bool:
    """Whether there is nothing on a page, or so little that it cannot be told from another such page."""
    return bool(raster.std() < _BLANK)


def likeness(first: Grey, second: Grey) -> float:
    """How far the parts of one picture are found in the other, near where they were: 0 not at all, 1 all of them.

    The mean correlation of 64 parts with the best of the places around, each weighed by how much it shows; of the two
    directions the lower one, since a part may be found on a page that shows more.
    """
    return min(_found_in(first, second), _found_in(second, first))


def _found_in(first: Grey, second: Grey) -> float:
    parts = first.reshape(_SIDE // _PART, _PART, _SIDE // _PART, _PART).swapaxes(1, 2).reshape(-1, _PART, _PART)
    shows = parts.std(axis=(1, 2)) > _FLAT
    if not shows.any():
        return 0.0
    around = np.pad(second, _REACH, constant_values=255.0)
    windows = np.lib.stride_tricks.sliding_window_view(around, (_WINDOW, _WINDOW))[::_PART, ::_PART]
    parts, windows = parts[shows], windows.reshape(-1, _WINDOW, _WINDOW)[shows].astype(np.float64)
    parts = parts - parts.mean(axis=(1, 2), keepdims=True)
    energy = (parts**2).sum(axis=(1, 2))
    shape = (_WINDOW, _WINDOW)
    spectra = np.fft.rfft2(windows) * np.fft.rfft2(parts, shape).conj()
    products = np.fft.irfft2(spectra, shape)[:, : 2 * _REACH + 1, : 2 * _REACH + 1]
    spread = _sums(windows**2) - _sums(windows) ** 2 / _PART**2
    best = (products / np.sqrt(np.maximum(spread, 1.0) * energy[:, None, None])).max(axis=(1, 2))
    return float((best * energy).sum() / energy.sum())


def _sums(windows: _Stack) -> _Stack:
    """Sums over every part-sized place in each window."""
    total: _Stack = np.pad(windows.cumsum(axis=1).cumsum(axis=2), ((0, 0), (1, 0), (1, 0)))
    rows = total[:, _PART:] - total[:, :-_PART]
    sums: _Stack = rows[:, :, _PART:] - rows[:, :, :-_PART]
    return sums
