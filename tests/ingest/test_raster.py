"""Every page and picture becomes squares: the whole of it undistorted, and those that are encoded."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ingest.raster import MAX_TILES, TILED_RATIO, drawing_px, fit, middle_box, square, tile_boxes, to_raster, views
from ingest.types import RASTER_PX, Geometry

BLUE, RED, WHITE = (0, 0, 255), (255, 0, 0), (255, 255, 255)
A4 = (595, 842)

sides = st.integers(1, 20_000)


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


def spans(width: int, height: int) -> list[tuple[int, int]]:
    """Where the tiles begin and end along the long side; each reaches over the whole of the short one."""
    boxes = tile_boxes(width, height)
    if width > height:
        assert all((top, bottom) == (0, height) for _, top, _, bottom in boxes)
        return [(left, right) for left, _, right, _ in boxes]
    assert all((left, right) == (0, width) for left, _, right, _ in boxes)
    return [(top, bottom) for _, top, _, bottom in boxes]


@given(sides, sides)
def test_tiles_cover_the_page_and_nothing_else(width, height):
    tiles = spans(width, height)

    assert len(tiles) != 1
    assert len(tiles) <= MAX_TILES
    if tiles:
        assert (tiles[0][0], tiles[-1][1]) == (0, max(width, height))
        assert all(second[0] <= first[1] for first, second in pairwise(tiles))


@given(sides, sides)
def test_tiles_have_one_length_and_are_square_as_long_as_eight_of_those_reach(width, height):
    short, long = sorted((width, height))
    lengths = {end - start for start, end in spans(width, height)}

    assert len(lengths) <= 1
    assert all(length == short if long <= 6.6 * short else length > short for length in lengths)


@given(sides, sides)
def test_neighbouring_tiles_overlap_by_a_fifth_and_are_evenly_spaced(width, height):
    tiles = spans(width, height)

    steps = [second[0] - first[0] for first, second in pairwise(tiles)]
    assert all(step <= 0.8 * (end - start) + 1 for step, (start, end) in zip(steps, tiles, strict=False))
    assert not steps or max(steps) - min(steps) <= 1


@given(sides, sides)
def test_tiles_are_no_more_than_the_overlap_demands(width, height):
    tiles = spans(width, height)

    if tiles:
        length = tiles[0][1] - tiles[0][0]
        assert (len(tiles) - 2) * 0.8 * length < max(width, height) - length


@given(sides, sides)
def test_tiles_are_symmetric_to_the_pixel(width, height):
    tiles = spans(width, height)

    for (start, _), (_, end) in zip(tiles, reversed(tiles), strict=True):
        assert 0 <= max(width, height) - end - start <= 1


@given(sides, sides)
def test_a_turned_page_has_its_tiles_turned(width, height):
    assert tile_boxes(height, width) == [
        (top, left, bottom, right) for left, top, right, bottom in tile_boxes(width, height)
    ]


@given(sides, sides)
def test_only_a_page_that_is_nearly_square_has_no_tiles(width, height):
    assert (tile_boxes(width, height) == []) == (max(width, height) < TILED_RATIO * min(width, height))


def test_an_a4_page_has_two_tiles():
    assert tile_boxes(512, 724) == [(0, 0, 512, 512), (0, 212, 512, 724)]
    assert tile_boxes(724, 512) == [(0, 0, 512, 512), (212, 0, 724, 512)]


@given(sides, sides)
def test_the_middle_square_is_inside_and_in_the_middle(width, height):
    left, top, right, bottom = middle_box(width, height)

    assert right - left == bottom - top == min(width, height)
    assert 0 <= width - right - left <= 1
    assert 0 <= height - bottom - top <= 1


@given(sides, sides)
def test_crops_and_tiles_are_drawn_with_a_short_side_of_one_square_within_bounds(width, height):
    for geometry in (Geometry.CROP, Geometry.TILES):
        drawn = fit(width, height, max_px=drawing_px(width, height, geometry))

        short, long = sorted(drawn)
        assert RASTER_PX <= long <= 6.6 * RASTER_PX
        assert short <= RASTER_PX
        if geometry is Geometry.CROP or tile_boxes(width, height):
            assert short == RASTER_PX or max(width, height) > 6.59 * min(width, height)


@given(sides, sides)
def test_a_page_drawn_for_tiles_has_tiles_of_a_square_side(width, height):
    drawn = fit(width, height, max_px=drawing_px(width, height, Geometry.TILES))

    assert all(end - start in {RASTER_PX, min(drawn)} for start, end in spans(*drawn))


@given(sides, sides)
def test_the_whole_alone_is_drawn_as_large_as_it_is_shown(width, height):
    assert drawing_px(width, height, Geometry.FIT) == RASTER_PX


def halves(size: tuple[int, int]) -> Image.Image:
    """The first half of the long side blue, the second red."""
    width, height = size
    image = Image.new("RGB", size, BLUE)
    image.paste(RED, (width // 2, 0, width, height) if width > height else (0, height // 2, width, height))
    return image


@pytest.mark.parametrize("size", [A4, (842, 595), (512, 724), (300, 300), (40, 100), (2000, 500)])
@pytest.mark.parametrize("geometry", Geometry)
def test_every_view_is_a_square_of_the_same_size(size, geometry):
    whole, squares = views(halves(size), geometry)

    assert {(image.size, image.mode) for image in (whole, *squares)} == {((RASTER_PX, RASTER_PX), "RGB")}


@pytest.mark.parametrize("size", [A4, (842, 595), (300, 300)])
def test_fitted_the_whole_is_the_only_view(size):
    page = halves(size)

    whole, squares = views(page, Geometry.FIT)

    assert squares == (whole,)
    assert whole.tobytes() == to_raster(page).tobytes()


def test_cropped_a_page_is_shown_whole_and_encoded_without_its_ends():
    page = halves((512, 724))
    page.paste(WHITE, (0, 0, 512, 106))
    page.paste(WHITE, (0, 618, 512, 724))

    whole, (crop,) = views(page, Geometry.CROP)

    assert whole.tobytes() == to_raster(page).tobytes()
    assert set(crop.getcolors()) == {(512 * 256, BLUE), (512 * 256, RED)}


def test_tiled_the_whole_comes_first_and_then_the_tiles_in_order():
    page = halves((1000, 500))

    whole, (first, left, middle, right) = views(page, Geometry.TILES)

    assert first.tobytes() == whole.tobytes() == to_raster(page).tobytes()
    assert left.getcolors() == [(RASTER_PX**2, BLUE)]
    assert [middle.getpixel((x, 256)) for x in (10, 500)] == [BLUE, RED]
    assert right.getcolors() == [(RASTER_PX**2, RED)]


def test_a_tile_of_a_page_drawn_for_it_has_the_pixels_of_the_drawing():
    page = Image.effect_noise((512, 724), 90).convert("RGB")

    _, (_, top, bottom) = views(page, Geometry.TILES)

    assert top.tobytes() == page.crop((0, 0, 512, 512)).tobytes()
    assert bottom.tobytes() == page.crop((0, 212, 512, 724)).tobytes()


def test_the_segments_of_a_long_strip_are_letterboxed():
    _, (_, *segments) = views(halves((20_000, 1000)), Geometry.TILES)

    assert len(segments) == MAX_TILES
    for segment, colour in ((segments[0], BLUE), (segments[-1], RED)):
        assert segment.getpixel((256, 256)) == segment.getpixel((2, 256)) == segment.getpixel((509, 256)) == colour
        assert segment.getpixel((256, 80)) == segment.getpixel((256, 430)) == WHITE


@pytest.mark.parametrize("size", [(1, 10_000), (10_000, 1), (1, 1), (1, 2), (3, 1)])
@pytest.mark.parametrize("geometry", Geometry)
def test_a_picture_one_pixel_wide_survives(size, geometry):
    whole, squares = views(Image.new("RGB", size, BLUE), geometry)

    assert {image.size for image in (whole, *squares)} == {(RASTER_PX, RASTER_PX)}
    assert all(BLUE in {colour for _, colour in image.getcolors()} for image in (whole, *squares))


@pytest.mark.parametrize("geometry", [Geometry.FIT, Geometry.TILES])
def test_a_picture_to_search_with_stays_whole_where_pages_are(geometry):
    picture = halves((900, 300))

    assert square(picture, geometry) is picture


def test_a_picture_to_search_with_is_cropped_as_the_pages_are():
    picture = halves((900, 300))

    _, (page,) = views(picture, Geometry.CROP)

    assert square(picture, Geometry.CROP).tobytes() == page.tobytes()
    assert page.getpixel((2, 256)) == BLUE
    assert page.getpixel((509, 256)) == RED
