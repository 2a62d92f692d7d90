"""The one raster every page and picture is turned into."""

from PIL import Image

from ingest.types import RASTER_PX


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
