"""The matrix of bad inputs: what an archive of many years holds, and what an attacker sends.

`python tests/ingest/bad_inputs.py FOLDER` writes them all.
"""

import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from crafted import (
    ONE_PAGE,
    WORDS,
    bmp,
    book,
    broken_unicode_map,
    chain,
    chunk,
    drawing_itself,
    empty_pages,
    encrypted,
    epub,
    flate_bomb,
    frames,
    gif,
    halved,
    jbig2,
    jpeg2000,
    laughing_svg,
    laughs,
    looped_tiff,
    nested,
    of_kids,
    one_page,
    page,
    pdf,
    picture,
    png,
    stream,
    turned,
    turned_jpeg,
    with_deep_outline,
    with_embedded_file,
    with_looped_labels,
    with_looped_outline,
    with_picture,
    with_script,
    zipped,
)

KEPT = "Words that are kept"


@dataclass(frozen=True)
class BadInput:
    """One file, and how reading it must end."""

    name: str
    make: Callable[[], bytes]
    pages: int = 0  # that are read; 0: the file is refused
    text: str = ""  # somewhere in the pages
    incomplete: int = 0  # a page that says what is wrong with it
    error: str = ""  # what the refusal says, a regular expression
    limits: Mapping[str, float] = field(default_factory=dict)  # lower than the usual ones, so that a small bomb will do


def _refused(name: str, make: Callable[[], bytes], error: str, **limits: float) -> BadInput:
    return BadInput(name, make, error=error, limits=limits)


def _read(
    name: str, make: Callable[[], bytes], *, pages: int = 1, text: str = "", incomplete: int = 0, **limits: float
) -> BadInput:
    return BadInput(name, make, pages=pages, text=text, incomplete=incomplete, limits=limits)


def _deflated(content: bytes) -> bytes:
    return zlib.compress(content, 9)


BROKEN_PDFS = [
    _refused("zero_bytes.pdf", bytes, "is empty"),
    _refused("header_alone.pdf", lambda: b"%PDF-1.7\n", "damaged"),
    _refused("header_and_noise.pdf", lambda: b"%PDF-1.7\n" + bytes(range(256)) * 40, "damaged"),
    _read("no_xref.pdf", lambda: one_page().partition(b"xref\n")[0], text=KEPT, incomplete=1),
    _read("xref_elsewhere.pdf", lambda: pdf([*ONE_PAGE, page(), stream(WORDS)], start=7), text=KEPT, incomplete=1),
    _read("looped_xref.pdf", lambda: pdf([*ONE_PAGE, page(), stream(WORDS)], trailer=b"/Prev SELF"), text=KEPT),
    _read("truncated.pdf", lambda: halved(book(3)), pages=3, text=KEPT, incomplete=1),
    _refused("truncated_early.pdf", lambda: book(3)[:60], "damaged"),
    _refused("page_tree_loop.pdf", lambda: of_kids(b"2 0 R", 1), "damaged"),
    _read("page_tree_loop_beside_a_page.pdf", lambda: of_kids(b"3 0 R 2 0 R", 2), pages=2, text=KEPT, incomplete=2),
    _read("deep_page_tree.pdf", partial(chain, 20_000)),
    _read("deep_arrays.pdf", lambda: one_page(WORDS, b"[" * 500_000), text=KEPT),
    _read("deep_arrays_on_the_page.pdf", lambda: one_page(b"[" * 500_000 + WORDS), incomplete=1),
    _read("deep_graphics_state.pdf", lambda: one_page(b"q " * 100_000 + WORDS), incomplete=1),
    _read("missing_page.pdf", lambda: of_kids(b"3 0 R 99 0 R 3 0 R", 3), pages=3, text=KEPT),
    _refused("count_that_lies.pdf", lambda: of_kids(b"3 0 R", 1_000_000), "damaged"),
    _refused("negative_count.pdf", lambda: of_kids(b"3 0 R", -5), "damaged"),
    _refused("ten_thousand_pages.pdf", partial(empty_pages, 10_000), "10000 pages", max_pages=9_999),
    _read("empty_pages.pdf", partial(empty_pages, 100), pages=100),
    _read("broken_unicode_map.pdf", broken_unicode_map),
    _read("looped_outline.pdf", with_looped_outline, text=KEPT),
    _refused("deep_outline.pdf", partial(with_deep_outline, 100_000), "crashed"),
    _read("looped_labels.pdf", with_looped_labels, text=KEPT),
    _read("drawing_itself.pdf", drawing_itself, text=KEPT),
]
ODD_PDFS = [
    _read("zero_size_page.pdf", lambda: one_page(box=b"0 0 0 0")),
    _read("inverted_page.pdf", lambda: one_page(box=b"595 842 0 0"), text=KEPT),
    _read("page_of_20000_units.pdf", lambda: one_page(box=b"0 0 20000 20000"), text=KEPT),
    _read("page_of_huge_units.pdf", lambda: one_page(box=b"0 0 1e30 1e30")),
    _read("strip_of_a_page.pdf", lambda: one_page(box=b"0 0 100000 1")),
    _read("turned_by_90.pdf", partial(turned, 90), text=KEPT),
    _read("turned_by_45.pdf", partial(turned, 45), text=KEPT),
    _read("script_inside.pdf", with_script, text=KEPT),
    _read("file_inside.pdf", with_embedded_file, text=KEPT),
    _refused("user_password.pdf", lambda: encrypted("secret", "owner"), "needs a password"),
    _read("owner_password.pdf", lambda: encrypted("", "owner"), text=KEPT),
]
GREY = b"/ColorSpace /DeviceGray /BitsPerComponent %d /Filter /%s"
BOMBS = [
    _read("flate_bomb.pdf", partial(flate_bomb, 128)),
    _read(
        "picture_bomb.pdf",
        lambda: with_picture(16_000, 16_000, _deflated(bytes(1 << 20)), GREY % (8, b"FlateDecode")),
        text=KEPT,
    ),
    _read(
        "jpeg2000_bomb.pdf",
        lambda: with_picture(8_000, 8_000, jpeg2000(8_000, 8_000), b"/Filter /JPXDecode"),
        text=KEPT,
    ),
    _read(
        "jbig2_bomb.pdf",
        lambda: with_picture(16_000, 16_000, jbig2(16_000, 16_000), GREY % (1, b"JBIG2Decode")),
        text=KEPT,
        memory_bytes=400 << 20,
    ),
    _read(
        "billion_laughs.pdf",
        lambda: laughs(14, before=1, after=1),
        pages=3,
        text=KEPT,
        incomplete=2,
        seconds_per_page=1.0,
    ),
    _refused("30000_by_30000.png", partial(png, 30_000, 30_000), "30000 x 30000 pixels"),
    _refused(
        "memory_bomb.png", partial(png, 12_000, 12_000, depth=16), "needs too much memory", memory_bytes=256 << 20
    ),
    _refused(
        "text_bomb.png", lambda: png(9, 9, chunks=chunk(b"zTXt", b"k\0\0" + _deflated(bytes(64 << 20)))), "damaged"
    ),
    _refused("65535_by_65535.gif", partial(gif, 65_535, 65_535), "65535 x 65535 pixels"),
    _refused("frame_past_its_canvas.gif", partial(gif, 65_535, 65_535, canvas=9), "larger than itself"),
    _refused("huge.bmp", partial(bmp, 2_000_000_000, 2_000_000_000), "pixels"),
]
BROKEN_PICTURES = [
    _refused("zero_bytes.png", bytes, "is empty"),
    _refused("signature_alone.png", lambda: b"\x89PNG\r\n\x1a\n", "damaged"),
    _refused("signature_alone.jpg", lambda: b"\xff\xd8\xff", "damaged"),
    _refused("no_width.png", partial(png, 0, 10), "damaged"),
    _refused("wrong_checksum.png", lambda: png(9, 9).replace(b"IDAT", b"IDAX"), "damaged"),
    _refused("negative.bmp", partial(bmp, -5, 5), "pixels|damaged"),
    _refused("truncated.tiff", lambda: halved(picture("RGB", "TIFF")), "damaged"),
    _refused("truncated.jpg", lambda: halved(picture("RGB", "JPEG", (800, 600))), "damaged"),
    _refused("truncated.webp", lambda: halved(picture("RGB", "WEBP")), "damaged"),
    _read("looped.tiff", looped_tiff),
]
ODD_PICTURES = [
    _read("5000_frames.gif", partial(frames, 5_000, "GIF")),
    _read("many_pages.tiff", partial(frames, 12, "TIFF"), pages=12),
    _refused("too_many_pages.tiff", partial(frames, 12, "TIFF"), "12 frames", max_frames=11),
    _read("cmyk.jpg", partial(picture, "CMYK", "JPEG")),
    _read("cmyk.tiff", partial(picture, "CMYK", "TIFF")),
    _read("lab.tiff", partial(picture, "LAB", "TIFF")),
    _read("16_bit.png", partial(picture, "I;16", "PNG")),
    _read("16_bit.tiff", partial(picture, "I;16", "TIFF")),
    _read("32_bit_float.tiff", partial(picture, "F", "TIFF")),
    _read("1_bit.png", partial(picture, "1", "PNG")),
    _read("1_bit_fax.tiff", partial(picture, "1", "TIFF", compression="group4")),
    _read("grey_and_alpha.png", partial(picture, "LA", "PNG")),
    _read("turned_by_exif.jpg", turned_jpeg),
    _read("a_png_by_another_name.jpg", partial(png, 9, 9)),
    _read("one_pixel.png", partial(png, 1, 1)),
    _read("strip.png", partial(png, 60_000, 1)),
]
TEXTS = [
    _refused("zero_bytes.txt", bytes, "is empty"),
    _refused("nul_bytes.txt", partial(bytes, 1_000), "no known type"),
    _refused("too_much.txt", lambda: b"word\n" * 1_000, "limit", max_text_bytes=4_999),
    _read("one_long_line.txt", lambda: b"word " * 400_000, text="word word"),
    _read("marks_and_overrides.txt", lambda: ("a" + "\u0301" * 100_000 + "\u202e" * 1_000).encode()),
    _read("unclosed_fence.md", lambda: b"```\n" * 20_001 + b"# Words", text="# Words"),
]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'
MARKUP = [
    _refused("laughing.svg", partial(laughing_svg, 12), "declares XML entities"),
    _refused("deep.svg", partial(nested, 100_000, before=SVG, tag=b"g", after=b"</svg>"), "nests"),
    _read(
        "deep.html", partial(nested, 100_000, before=b"<html><body>", tag=b"div", after=b"</body></html>"), text=KEPT
    ),
    _refused("broken.fb2", lambda: b"<FictionBook><body><p>x < y</p></body></FictionBook>", "crashed|damaged"),
    _read("one.epub", partial(epub, b"<p>Words that are kept</p>"), text=KEPT),
    _read("no_width.cbz", lambda: zipped({"1.png": png(0, 9), "2.png": png(9, 9)}), pages=2, incomplete=1),
    _refused("truncated.epub", lambda: halved(epub(b"<p>Words</p>" * 9)), "damaged"),
    _refused("bomb.epub", lambda: epub(b" " * (64 << 20)), "unpacks"),
    _refused(
        "bomb.docx", lambda: zipped({"[Content_Types].xml": b" ", "word/document.xml": bytes(64 << 20)}), "unpacks"
    ),
]
CASES = [*BROKEN_PDFS, *ODD_PDFS, *BOMBS, *BROKEN_PICTURES, *ODD_PICTURES, *TEXTS, *MARKUP]


def main() -> None:
    """Write every file into the folder that is given."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        (folder / case.name).write_bytes(case.make())


if __name__ == "__main__":
    main()
