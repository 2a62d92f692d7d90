"""Whether a picture is one of a printed page: a few milliseconds, where recognising it takes seconds."""

import numpy as np
from PIL import Image

# All measured at RASTER_PX on 22 languages' pages, as scans, prints and photographs on a desk, against photographs and
# drawings; docs/ocr.md has how often it errs.
_TILE = 16  # pixels; wider than a letter's stroke, so that each tile of a page shows some paper
_INK = 24  # grey levels that ink is darker than the paper around it
_DARKEST_PAPER = 90  # grey level
_LEAST_PAPER = 0.5  # share of pixels that are bare paper
_LEAST_GREY = 0.58  # share of pixels without colour to speak of
_INK_SHARE = (0.01, 0.3)
_WIDEST_STROKE = 11.0  # mean run of ink, across and down, in pixels


def looks_like_a_page(image: Image.Image) -> bool:
    """Whether it shows thin dark strokes on much plain paper.

    Args:
        image: RGB, (RASTER_PX, RASTER_PX), the picture letterboxed on white.
    """
    grey = np.asarray(image.convert("L")).astype(np.int16)
    height, width = (side // _TILE * _TILE for side in grey.shape)
    grey = grey[:height, :width]
    tiles = grey.reshape(height // _TILE, _TILE, width // _TILE, _TILE)
    brightest = Image.fromarray(tiles.max(axis=(1, 3)).astype(np.uint8))
    paper = np.asarray(brightest.resize((width, height), Image.Resampling.BILINEAR)).astype(np.int16)
    depth = paper - grey
    is_lit = paper > _DARKEST_PAPER
    ink = (depth > _INK) & is_lit
    share = float(ink.mean())
    if not _INK_SHARE[0] <= share <= _INK_SHARE[1]:
        return False
    if float(((depth <= _INK // 2) & is_lit).mean()) < _LEAST_PAPER or _grey_share(image) < _LEAST_GREY:
        return False
    across = np.count_nonzero(ink[:, 1:] & ~ink[:, :-1])
    down = np.count_nonzero(ink[1:] & ~ink[:-1])
    return bool(ink.sum() <= _WIDEST_STROKE * min(across, down))


def _grey_share(image: Image.Image) -> float:
    small = np.asarray(image.reduce(4)).astype(np.int16)
    return float((small.max(axis=2) - small.min(axis=2) < 50).mean())
