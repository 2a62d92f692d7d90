"""Draws docs/images/geometry.png: what the encoder sees of a page and of a photograph under each geometry.

Both are samples of ours. From the repository's root::

    python scripts/make_geometry_pictures.py
"""

import argparse
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from ingest.formats import sniff
from ingest.raster import middle_box, tile_boxes
from ingest.readers.registry import open_reader
from ingest.types import Geometry

ROOT = Path(__file__).parent.parent
SAMPLES = (
    ROOT / "samples" / "library" / "scans" / "scan-gettysburg-address.pdf",
    ROOT / "samples" / "library" / "pictures" / "photo-dandelions.jpg",
)
SQUARE, GAP, MARGIN, HEAD = 200, 16, 24, 66  # pixels
LINE = 4  # width of an outline
INK, FAINT = "#22252b", "#6b7079"
WHOLE, MIDDLE, FIRST, SECOND = "#8a8f98", "#2f8f5b", "#d9772b", "#3b6fd1"  # outlines of the views

# Heading, what is below it, first column, and the outlines of its views.
GROUPS = (
    ("original", "", 0, ()),
    ("fit", "the whole: 1 vector", 1, (WHOLE,)),
    ("crop", "the middle: 1 vector", 2, (MIDDLE,)),
    ("tiles", "the whole, and overlapping squares: 3 vectors here", 3, (WHOLE, FIRST, SECOND)),
)


def main() -> None:
    """Draw it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "geometry.png")
    out = parser.parse_args().out
    sheet = Image.new("RGB", (left(5) + SQUARE + MARGIN, top(len(SAMPLES)) - GAP + MARGIN), "white")
    pen = ImageDraw.Draw(sheet)
    for name, meaning, column, _ in GROUPS:
        pen.text((left(column), 14), name, fill=INK, font=ImageFont.load_default(21))
        pen.text((left(column), 41), meaning, fill=FAINT, font=ImageFont.load_default(14))
    for row, path in enumerate(SAMPLES):
        draw_row(sheet, path, row)
    palette = sheet.quantize(256, method=Image.Quantize.MAXCOVERAGE)
    sheet.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(out, optimize=True)
    print(out, f"{out.stat().st_size // 1000} kB")


def left(column: int) -> int:
    """Where a column begins; a wider gap parts the geometries."""
    return MARGIN + column * (SQUARE + GAP) + min(column, 3) * GAP


def top(row: int) -> int:
    """Where a row begins."""
    return HEAD + row * (SQUARE + GAP)


def draw_row(sheet: Image.Image, path: Path, row: int) -> None:
    """One page: as it is, with the outlines of its views, and then the views."""
    with open_reader(path, format=sniff(path), name=path.name) as reader:
        original = reader.render_page(1, max_px=SQUARE)
    assert original is not None
    width, height = original.size
    draw_outlines(original)
    sheet.paste(original, (left(0) + (SQUARE - width) // 2, top(row) + (SQUARE - height) // 2))
    for name, _, column, colours in GROUPS[1:]:
        with open_reader(path, format=sniff(path), name=path.name, geometry=Geometry(name)) as reader:
            views = next(reader.read_pages()).views
        for place, (view, colour) in enumerate(zip(views, colours, strict=True)):
            draw_view(sheet, view, colour, (left(column + place), top(row)))


def draw_outlines(original: Image.Image) -> None:
    """Where crop and tiles look, each narrower than the one before, that no line hides another."""
    pen = ImageDraw.Draw(original)
    boxes = [*tile_boxes(*original.size), middle_box(*original.size)]
    is_wide = original.width > original.height
    for index, (box, colour) in enumerate(zip(boxes, (FIRST, SECOND, MIDDLE), strict=True)):
        x, y = (0, index * LINE) if is_wide else (index * LINE, 0)
        x0, y0, x1, y1 = box
        pen.rectangle((x0 + x, y0 + y, x1 - 1 - x, y1 - 1 - y), outline=colour, width=LINE - 1)


def draw_view(sheet: Image.Image, view: Image.Image, colour: str, place: tuple[int, int]) -> None:
    """A view in its outline."""
    sheet.paste(view.resize((SQUARE, SQUARE), Image.Resampling.LANCZOS), place)
    x, y = place
    ImageDraw.Draw(sheet).rectangle((x, y, x + SQUARE - 1, y + SQUARE - 1), outline=colour, width=LINE)


if __name__ == "__main__":
    main()
