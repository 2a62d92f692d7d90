"""A look changes little with what is done to a picture, and much from one picture to another."""

from itertools import combinations
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageEnhance

from ingest.likeness import grey, is_blank, likeness
from ingest.looks import LOOK_BYTES, MOST_APART, look_of
from ingest.raster import to_raster

PICTURES = sorted((Path(__file__).parents[2] / "samples" / "library" / "pictures").glob("photo-*.jpg"))


def raster(path: Path) -> Image.Image:
    return to_raster(Image.open(path).convert("RGB"))


def apart(first: Image.Image, second: Image.Image) -> int:
    pairs = zip(look_of(first), look_of(second), strict=True)
    return sum((one ^ other).bit_count() for one, other in pairs)


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_a_darker_and_smaller_picture_looks_the_same(path: Path) -> None:
    changed = ImageEnhance.Brightness(Image.open(path).convert("RGB").reduce(2)).enhance(0.8)

    assert apart(raster(path), to_raster(changed)) <= MOST_APART
    assert likeness(grey(raster(path)), grey(to_raster(changed))).most > 0.8


def test_different_pictures_look_different() -> None:
    rasters = [raster(path) for path in PICTURES]

    assert all(apart(first, second) > MOST_APART for first, second in combinations(rasters, 2))


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_a_page_of_one_colour_has_no_look(shade: int) -> None:
    plain = Image.new("RGB", (512, 512), (shade, shade, shade))

    assert look_of(plain) == bytes(LOOK_BYTES)
    assert is_blank(grey(plain))


def test_a_picture_is_found_in_itself_though_it_moved_a_little() -> None:
    first = raster(PICTURES[0])
    moved = first.transform(first.size, Image.Transform.AFFINE, (1, 0, 16, 0, 1, -12), fillcolor="white")

    assert likeness(grey(first), grey(first)) == pytest.approx((1, 1))
    assert likeness(grey(first), grey(moved)).most > 0.8
    assert likeness(grey(first), grey(raster(PICTURES[1]))).most < 0.6


def test_a_page_on_grey_paper_is_found_in_the_same_on_white() -> None:
    page = Image.new("RGB", (700, 1000), "white")
    draw = ImageDraw.Draw(page)
    for row in range(20):
        draw.text(
            (80, 60 + 44 * row), f"{row} printed words in a row of {row * 7919} letters", fill="black", font_size=24
        )
    scan = ImageEnhance.Brightness(page).enhance(0.7)

    assert likeness(grey(to_raster(page)), grey(to_raster(scan))).most > 0.8
