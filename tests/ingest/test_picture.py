"""Pictures: upright, on white, in RGB, within limits."""

import struct
import zlib
from datetime import date
from pathlib import Path

import pillow_heif
import pytest
from PIL import ExifTags, Image

from ingest.errors import DocumentTooLarge, UnreadableDocument, UnsupportedFormat
from ingest.formats import sniff
from ingest.limits import Limits
from ingest.readers.picture import QUERY_PX, read_picture
from ingest.readers.registry import DocumentReader, open_reader
from ingest.types import RASTER_PX, Geometry, Page

RED, GREEN, WHITE = (255, 0, 0), (0, 128, 0), (255, 255, 255)


def opened(path: Path, limits: Limits | None = None, geometry: Geometry = Geometry.FIT) -> DocumentReader:
    return open_reader(path, format=sniff(path), name=path.name, limits=limits or Limits(), geometry=geometry)


def pages(path: Path, limits: Limits | None = None, geometry: Geometry = Geometry.FIT) -> list[Page]:
    with opened(path, limits, geometry) as reader:
        return list(reader.read_pages())


def near(colour: tuple[int, ...], wanted: tuple[int, ...], by: int = 12) -> bool:
    return all(abs(have - want) <= by for have, want in zip(colour, wanted, strict=True))


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    if path.suffix == ".heic":
        pillow_heif.from_pillow(image).save(path, **options)
    else:
        image.save(path, **options)
    return path


def red_cornered(size: tuple[int, int]) -> Image.Image:
    """Green, with a red quarter at the top left."""
    image = Image.new("RGB", size, GREEN)
    image.paste(RED, (0, 0, size[0] // 2, size[1] // 2))
    return image


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tiff", "gif", "bmp", "avif", "heic"])
def test_a_picture_is_one_page_with_a_raster(tmp_path, suffix):
    (page,) = pages(saved(tmp_path / f"a.{suffix}", red_cornered((64, 64))))

    assert (page.number, page.label, page.text, page.problem) == (1, "1", "", None)
    assert page.image.size == (RASTER_PX, RASTER_PX)
    assert near(page.image.getpixel((60, 60)), RED)
    assert near(page.image.getpixel((450, 450)), GREEN)


@pytest.mark.parametrize(
    ("orientation", "corner"),
    list(enumerate(("top left", "top right", "bottom right", "bottom left") * 2, start=1)),
)
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff"])
def test_exif_orientation_turns_the_picture(tmp_path, suffix, orientation, corner):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / f"turned.{suffix}", red_cornered((80, 40)), exif=exif)

    (page,) = pages(path)

    is_tall = orientation >= 5
    reach_x, reach_y = (64, 128) if is_tall else (128, 64)
    places = {
        f"{y_name} {x_name}": (256 + x_sign * reach_x, 256 + y_sign * reach_y)
        for y_name, y_sign in (("top", -1), ("bottom", 1))
        for x_name, x_sign in (("left", -1), ("right", 1))
    }
    assert {name for name, place in places.items() if near(page.image.getpixel(place), RED)} == {corner}
    assert near(page.image.getpixel((2, 256) if is_tall else (256, 2)), WHITE)


def test_what_is_transparent_shows_white(tmp_path):
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    grey = Image.new("LA", (40, 40), (0, 0))
    palette = Image.new("P", (40, 40), 0)
    palette.putpalette([0, 0, 0, 255, 0, 0])

    for path in (
        saved(tmp_path / "rgba.png", clear),
        saved(tmp_path / "la.png", grey),
        saved(tmp_path / "palette.png", palette, transparency=0),
        saved(tmp_path / "palette.gif", palette, transparency=0),
        saved(tmp_path / "large.png", clear.resize((3000, 3000))),
    ):
        assert pages(path)[0].image.getpixel((256, 256)) == WHITE, path.name


@pytest.mark.parametrize("side", [40, 3000])
def test_every_depth_and_colour_model_becomes_rgb(tmp_path, side):
    def middle(path: Path) -> tuple[int, ...]:
        return pages(path)[0].image.getpixel((256, 256))

    deep = Image.new("I;16", (side, side), 32896)
    cmyk = Image.new("CMYK", (side, side), (0, 255, 255, 0))

    assert near(middle(saved(tmp_path / "deep.png", deep)), (128, 128, 128), by=1)
    assert near(middle(saved(tmp_path / "deep.tiff", deep)), (128, 128, 128), by=1)
    assert near(middle(saved(tmp_path / "print.jpg", cmyk)), RED)
    assert near(middle(saved(tmp_path / "print.tiff", cmyk)), RED)
    assert middle(saved(tmp_path / "bits.png", Image.new("1", (side, side), 1))) == WHITE
    assert middle(saved(tmp_path / "bits.tiff", Image.new("1", (side, side), 1), compression="group4")) == WHITE


def test_each_frame_of_a_tiff_is_a_page(tmp_path):
    frames = [Image.new("RGB", (30 + 10 * index, 30), colour) for index, colour in enumerate((RED, GREEN, WHITE))]
    path = saved(tmp_path / "fax.tiff", frames[0], save_all=True, append_images=frames[1:])

    read = pages(path)

    assert [page.number for page in read] == [1, 2, 3]
    assert [page.image.getpixel((256, 256)) for page in read] == [RED, GREEN, WHITE]


def test_an_animation_is_its_first_frame(tmp_path):
    frames = [Image.new("RGB", (30, 30), colour) for colour in (RED, GREEN)]
    for suffix in ("gif", "webp", "png"):
        options = {"lossless": True} if suffix == "webp" else {}
        path = saved(tmp_path / f"a.{suffix}", frames[0], save_all=True, append_images=frames[1:], **options)

        assert [page.image.getpixel((256, 256)) for page in pages(path)] == [RED]


def bomb(path: Path, side: int) -> Path:
    """A grey PNG of `side` by `side` pixels in a few bytes."""

    def part(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(side + 1) * 4)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", pixels) + part(b"IEND", b""))
    return path


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path):
    with pytest.raises(DocumentTooLarge, match=r"bomb\.png has 30000 x 30000 pixels, the limit is 150 megapixels"):
        pages(bomb(tmp_path / "bomb.png", 30_000))
    with pytest.raises(DocumentTooLarge):
        read_picture(bomb(tmp_path / "bomb.png", 30_000))


def test_our_limit_is_the_only_one(tmp_path):
    """Pillow by itself refuses 180 megapixels."""
    (page,) = pages(bomb(tmp_path / "big.png", 13_400), Limits(max_pixels=180_000_000))

    assert page.image.size == (RASTER_PX, RASTER_PX)


def test_too_many_frames_are_refused(tmp_path):
    frames = [Image.new("1", (4, 4)) for _ in range(5)]
    path = saved(tmp_path / "fax.tiff", frames[0], save_all=True, append_images=frames[1:])

    with pytest.raises(DocumentTooLarge, match="5 frames, the limit is 4"):
        pages(path, Limits(max_frames=4))


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tiff", "gif", "bmp"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_truncated_picture_is_unreadable(tmp_path, suffix, kept):
    whole = saved(tmp_path / f"whole.{suffix}", Image.effect_noise((200, 200), 90).convert("RGB")).read_bytes()
    path = tmp_path / f"half.{suffix}"
    path.write_bytes(whole[: int(len(whole) * kept)])

    with pytest.raises(UnreadableDocument, match=r"half.*damaged"):
        pages(path)


def test_a_damaged_frame_keeps_its_number(tmp_path):
    noise = [Image.effect_noise((100, 100), 90) for _ in range(3)]
    path = saved(tmp_path / "fax.tiff", noise[0], save_all=True, append_images=noise[1:], compression="tiff_deflate")
    with Image.open(path) as image:
        image.seek(1)
        at = image.tag_v2[273][0]
    content = bytearray(path.read_bytes())
    content[at : at + 40] = bytes(40)
    path.write_bytes(content)

    read = pages(path)

    assert [page.number for page in read] == [1, 2, 3]
    assert [page.image is None for page in read] == [False, True, False]
    assert [len(page.views) for page in read] == [1, 0, 1]
    assert "frame 2 of fax.tiff is damaged" in read[1].problem


def test_fitted_the_picture_as_shown_is_all_that_is_encoded(tmp_path):
    (page,) = pages(saved(tmp_path / "a.png", red_cornered((900, 600))))

    assert len(page.views) == 1
    assert page.views[0] is page.image


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tiff", "gif", "bmp"])
@pytest.mark.parametrize("scale", [1, 20])
def test_cropped_a_picture_is_shown_whole_and_encoded_without_its_ends(tmp_path, suffix, scale):
    path = saved(tmp_path / f"a.{suffix}", red_cornered((160 * scale, 80 * scale)))

    (page,) = pages(path, geometry=Geometry.CROP)

    (crop,) = page.views
    assert near(page.image.getpixel((256, 2)), WHITE)
    assert [near(crop.getpixel((x, 10)), RED) for x in (10, 246, 266, 500)] == [True, True, False, False]
    assert near(crop.getpixel((10, 266)), GREEN)


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("scale", [1, 20])
def test_tiled_a_turned_picture_is_cut_as_it_is_seen(tmp_path, orientation, scale):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / "a.jpg", red_cornered((150 * scale, 100 * scale)), exif=exif)

    (page,) = pages(path, geometry=Geometry.TILES)

    whole, first, second = page.views
    assert whole is page.image
    # Red is the top left of what lies, and the top right of what was turned to stand.
    places = [(10, 10), (300, 10), (10, 500)] if orientation == 1 else [(500, 10), (500, 300), (10, 10)]
    seen = [[near(tile.getpixel(place), RED) for place in places] for tile in (first, second)]
    assert seen == [[True, True, False], [True, False, False]]


def test_a_large_photograph_is_decoded_large_enough_for_its_tiles(tmp_path):
    lines = Image.new("RGB", (6000, 1000), "white")
    for x in range(0, 6000, 6):
        lines.paste((0, 0, 0), (x, 0, x + 3, 1000))
    path = saved(tmp_path / "a.jpg", lines, quality=95)

    (page,) = pages(path, geometry=Geometry.TILES)

    def contrast(image: Image.Image) -> float:
        low, high = image.crop((100, 240, 400, 270)).convert("L").getextrema()
        return high - low

    whole, *tiles = page.views
    assert contrast(whole) < 100 < 200 < min(map(contrast, tiles))


@pytest.mark.parametrize("geometry", Geometry)
def test_what_is_transparent_shows_white_in_every_view(tmp_path, geometry):
    clear = Image.new("RGBA", (90, 40), (0, 0, 0, 0))
    palette = Image.new("P", (40, 90), 0)
    palette.putpalette([0, 0, 0, 255, 0, 0])

    for path in (
        saved(tmp_path / "rgba.png", clear),
        saved(tmp_path / "palette.png", palette, transparency=0),
        saved(tmp_path / "palette.gif", palette, transparency=0),
        saved(tmp_path / "large.png", clear.resize((3000, 1400))),
    ):
        (page,) = pages(path, geometry=geometry)

        assert [view.getcolors() for view in page.views] == [[(RASTER_PX**2, WHITE)]] * len(page.views), path.name
        assert len(page.views) == (4 if geometry is Geometry.TILES else 1)


@pytest.mark.parametrize("geometry", Geometry)
@pytest.mark.parametrize("size", [(1, 10_000), (10_000, 1), (1, 1)])
def test_a_picture_one_pixel_wide_is_read(tmp_path, size, geometry):
    (page,) = pages(saved(tmp_path / "a.png", Image.new("P", size)), geometry=geometry)

    assert {view.size for view in page.views} == {(RASTER_PX, RASTER_PX)}


@pytest.mark.parametrize("geometry", [Geometry.CROP, Geometry.TILES])
def test_the_limit_on_pixels_holds_for_every_geometry(tmp_path, geometry):
    with pytest.raises(DocumentTooLarge):
        pages(bomb(tmp_path / "bomb.png", 30_000), geometry=geometry)


def test_each_frame_has_the_tiles_of_its_own_shape(tmp_path):
    frames = [Image.new("RGB", size, RED) for size in ((40, 40), (40, 60), (100, 40))]
    path = saved(tmp_path / "fax.tiff", frames[0], save_all=True, append_images=frames[1:])

    assert [len(page.views) for page in pages(path, geometry=Geometry.TILES)] == [1, 3, 4]


def test_a_preview_keeps_the_aspect_and_never_enlarges(tmp_path):
    with opened(saved(tmp_path / "a.png", red_cornered((2000, 1000)))) as reader:
        assert reader.render_page(1, max_px=1200).size == (1200, 600)
        assert reader.render_page(1, max_px=4000).size == (2000, 1000)
        with pytest.raises(UnreadableDocument, match=r"a\.png has no page 2"):
            reader.render_page(2, max_px=100)


def test_a_large_photograph_can_be_drawn_small_and_then_large(tmp_path):
    with opened(saved(tmp_path / "a.jpg", red_cornered((4000, 2000)))) as reader:
        (page,) = reader.read_pages()
        preview = reader.render_page(1, max_px=3000)

    assert page.image.size == (RASTER_PX, RASTER_PX)
    assert preview.size == (3000, 1500)


def test_a_picture_to_search_with_is_upright_and_bounded(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = read_picture(saved(tmp_path / "q.jpg", red_cornered((4000, 1000)), exif=exif))

    assert picture.size == (QUERY_PX // 4, QUERY_PX)
    assert picture.mode == "RGB"
    assert near(picture.getpixel((QUERY_PX // 4 - 10, 10)), RED)


def test_searching_with_text_as_a_picture_is_refused(tmp_path):
    path = tmp_path / "q.png"
    path.write_text("not a picture")

    with pytest.raises(UnsupportedFormat, match=r"q\.png is TEXT, no picture"):
        read_picture(path)


@pytest.mark.parametrize("suffix", ["avif", "heic"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.97])
def test_a_phones_picture_cut_short_is_damaged(tmp_path, suffix, share):
    path = saved(tmp_path / f"a.{suffix}", red_cornered((64, 64)))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])

    with pytest.raises(UnreadableDocument, match=rf"a\.{suffix} is damaged"):
        pages(path)


@pytest.mark.parametrize("suffix", ["avif", "heic"])
def test_a_phones_picture_past_the_limit_is_refused_before_it_is_decoded(tmp_path, suffix):
    path = saved(tmp_path / f"a.{suffix}", red_cornered((64, 64)))

    with pytest.raises(DocumentTooLarge, match=r"64 x 64 pixels"):
        pages(path, Limits(max_pixels=4000))


def test_a_phones_picture_is_upright_and_says_when_it_was_taken(tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2019:07:04 12:00:00"
    path = tmp_path / "a.heic"
    pillow_heif.from_pillow(red_cornered((80, 40))).save(path, exif=exif.tobytes())

    with opened(path) as reader:
        picture = reader.render_page(1, max_px=80)

        assert reader.date == date(2019, 7, 4)
    assert picture.size == (40, 80)
    assert near(picture.getpixel((35, 5)), RED)
