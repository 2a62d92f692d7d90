"""The squares of RASTER_PX that pages and pictures become: one to show, and those to encode."""

from math import ceil

from PIL import Image

from ingest.types import RASTER_PX, Geometry

Box = tuple[int, int, int, int]  # left, top, right, bottom, as Pillow has them

MAX_TILES = 8
# Below this ratio of the long side to the short one a tile would miss less than a tenth of the whole and show the rest
# less than a tenth larger.
TILED_RATIO = 1.1
_PARTS = 5  # of a tile's length; neighbours share one of them
_REACH = MAX_TILES * (_PARTS - 1) + 1  # such parts that MAX_TILES tiles cover


def views(drawing: Image.Image, geometry: Geometry) -> tuple[Image.Image, tuple[Image.Image, ...]]:
    """The whole page or picture, which is shown, and the squares of it that are encoded.

    Args:
        drawing: RGB, any size; best drawn at `drawing_px`.
        geometry: which squares.

    Returns:
        (RASTER_PX, RASTER_PX) RGB, all of them: one, and 1 to 1 + MAX_TILES, of which the whole may be the first.
    """
    whole = to_raster(drawing)
    if geometry is Geometry.CROP:
        return whole, (square(drawing, geometry),)
    boxes = tile_boxes(*drawing.size) if geometry is Geometry.TILES else []
    return whole, (whole, *(to_raster(drawing.crop(box)) for box in boxes))


def square(image: Image.Image, geometry: Geometry) -> Image.Image:
    """What a picture that is searched with becomes before it is encoded.

    Args:
        image: RGB, any size.
        geometry: of the pages it is compared with.

    Returns:
        For CROP the middle square of the short side, (RASTER_PX, RASTER_PX) RGB; else the picture as it is.
    """
    if geometry is not Geometry.CROP:
        return image
    return to_raster(image.crop(middle_box(*image.size)))


def to_raster(image: Image.Image) -> Image.Image:
    """Letterbox on white: aspect kept, centred, never cropped.

    Args:
        image: RGB, any size; returned pixels are resampled (Lanczos) unless its longest side already fits.

    Returns:
        (RASTER_PX, RASTER_PX) RGB.
    """
    width, height = fit(*image.size, max_px=RASTER_PX)
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    raster = Image.new("RGB", (RASTER_PX, RASTER_PX), "white")
    raster.paste(image, ((RASTER_PX - width) // 2, (RASTER_PX - height) // 2))
    return raster


def fit(width: float, height: float, *, max_px: int) -> tuple[int, int]:
    """Size in pixels, at least 1 by 1, that has this aspect and `max_px` as its longest side."""
    scale = max_px / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def drawing_px(width: float, height: float, geometry: Geometry) -> int:
    """Longest side at which to draw a page of this shape once for all its views.

    For crops and tiles the short side then has RASTER_PX, unless the page is a strip too long for MAX_TILES squares.
    """
    short, long = sorted((width, height))
    if geometry is Geometry.FIT or (geometry is Geometry.TILES and long < TILED_RATIO * short):
        return RASTER_PX
    return round(RASTER_PX * min(long / short, _REACH / _PARTS))


def middle_box(width: int, height: int) -> Box:
    """The middle square of the short side."""
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return left, top, left + side, top + side


def tile_boxes(width: int, height: int) -> list[Box]:
    """Boxes of equal size, evenly spaced along the long side, which they cover.

    They are squares of the short side, or longer where MAX_TILES of those are too few. Neighbours overlap by at least a
    fifth of their length, to the pixel.

    Returns:
        From the left or the top; none for a page that is nearly square.
    """
    short, long = sorted((width, height))
    if long < TILED_RATIO * short:
        return []
    side = max(short, ceil(_PARTS * long / _REACH))
    steps = ceil(_PARTS * (long - side) / ((_PARTS - 1) * side))
    starts = [(long - side) * step // steps for step in range(steps + 1)]
    if width == long:
        return [(start, 0, start + side, height) for start in starts]
    return [(0, start, width, start + side) for start in starts]
