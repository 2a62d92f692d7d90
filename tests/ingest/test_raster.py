"""Every page and picture becomes one square, whole and undistorted."""

import pytest
from PIL import Image

from ingest.raster import fit, to_raster
from ingest.types import RASTER_PX

BLUE, WHITE = (0, 0, 255), (255, 255, 255)


@pytest.mark.parametrize("size", [(100, 50), (4000, 2000), (50, 100), (512, 512), (1, 5000), (3, 3)])
def test_a_picture_is_centred_on_white_with_its_aspect(size):
    raster = to_raster(Image.new("RGB", size, BLUE))

    width, height = fit(*size, max_px=RASTER_PX)
    left, top = (RASTER_PX - width) // 2, (RASTER_PX - height) // 2
    assert raster.size == (RASTER_PX, RASTER_PX)
    assert raster.mode == "RGB"
    assert raster.getpixel((left, top)) == BLUE
    assert raster.getpixel((left + width - 1, top + height - 1)) == BLUE
    assert sum(count for count, colour in raster.getcolors() if colour == BLUE) == width * height
    assert set(colour for _, colour in raster.getcolors()) <= {BLUE, WHITE}


def test_the_longest_side_is_filled():
    assert fit(100, 50, max_px=512) == (512, 256)
    assert fit(1, 20_000, max_px=512) == (1, 512)
