"""Small whole files of many formats, for the fuzz runs to break."""

from collections.abc import Callable
from functools import partial

import pymupdf
from crafted import (
    book,
    encrypted,
    epub,
    frames,
    one_page,
    picture,
    turned_jpeg,
    with_looped_outline,
    with_picture,
    zipped,
)

from ingest.types import Format


def seeds() -> list[tuple[Format, bytes]]:
    """Whole files, each format several times over where it has several ways to be written."""
    made: list[tuple[str, Callable[[], bytes]]] = [
        ("pdf", partial(book, 2)),
        ("pdf", one_page),
        ("pdf", with_looped_outline),
        ("pdf", lambda: encrypted("", "owner")),
        (
            "pdf",
            lambda: with_picture(
                64, 48, picture("RGB", "JPEG"), b"/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
            ),
        ),
        ("pdf", lambda: with_picture(64, 48, picture("L", "JPEG2000"), b"/Filter /JPXDecode")),
        ("pdf", _rich_pdf),
        ("pdf", partial(_rich_pdf, use_objstms=1, deflate=True, garbage=3)),
        *(("png", partial(picture, mode, "PNG")) for mode in ("RGB", "P", "I;16", "LA", "1")),
        *(("jpeg", partial(picture, mode, "JPEG", progressive=True)) for mode in ("RGB", "L", "CMYK")),
        ("jpeg", turned_jpeg),
        ("webp", partial(picture, "RGB", "WEBP")),
        ("webp", partial(picture, "RGBA", "WEBP", lossless=True)),
        *(("tiff", partial(picture, "1", "TIFF", compression=packing)) for packing in ("group4", "packbits")),
        *(("tiff", partial(picture, "RGB", "TIFF", compression=packing)) for packing in ("tiff_lzw", "jpeg", None)),
        ("tiff", partial(frames, 3, "TIFF")),
        ("gif", partial(frames, 3, "GIF")),
        ("bmp", partial(picture, "RGB", "BMP")),
        ("bmp", partial(picture, "P", "BMP")),
        ("svg", lambda: _SVG),
        ("html", lambda: _HTML),
        ("markdown", lambda: "# Título\n\n| a | b |\n|---|---|\n| 1 | 東京 |\n\n```py\nx\n```\n".encode() * 9),
        ("epub", lambda: epub(b"<h1>One</h1><p>Words.</p>" * 9)),
        ("fb2", lambda: _FB2),
        ("cbz", _cbz),
    ]
    return [(Format(format), make()) for format, make in made]


_SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 90 90">
<defs><linearGradient id="g"><stop offset="0" stop-color="red"/><stop offset="1" stop-color="blue"/></linearGradient>
<g id="a"><rect width="40" height="40" fill="url(#g)" transform="rotate(12 5 5)"/></g></defs>
<use xlink:href="#a" x="9"/><path d="M 10 10 C 20 20 40 20 50 10 Z"/><text x="9" y="70" font-size="12">Words</text>
</svg>"""
_HTML = """<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Été</title>
<style>p{color:red}</style></head>
<body><h1>Grand titre</h1><p>Des <b>mots</b> &amp; des <a href="#x">liens</a>&#x20ac;</p>
<ul><li>un<ul><li>deux</ul></ul>
<table><tr><th>a<th>b<tr><td colspan=2>c</table><pre>  code</pre><script>alert(1)</script></body></html>""".encode()
_FB2 = """<?xml version="1.0" encoding="utf-8"?><FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0">
<description><title-info><book-title>Книга</book-title></title-info></description>
<body><section><title><p>Глава</p></title><p>Слова и ещё слова.</p></section></body></FictionBook>""".encode()


def _rich_pdf(**options: object) -> bytes:
    """Headings, labels, links, an annotation, a form field and a picture."""
    document = pymupdf.open()
    for number in range(1, 4):
        sheet = document.new_page()
        sheet.insert_text((72, 100), f"Heading {number}", fontsize=24)
        sheet.insert_text((72, 300 + number), "東京 and words", fontname="japan")
        sheet.insert_image((72, 400, 172, 500), stream=picture("RGB", "PNG"))
        sheet.add_highlight_annot((72, 280, 200, 310))
        sheet.insert_link(
            {"kind": pymupdf.LINK_GOTO, "page": 0, "from": pymupdf.Rect(0, 0, 9, 9), "to": pymupdf.Point(1, 1)}
        )
    document.set_toc([[1, "One", 1], [2, "Two", 2]])
    document.set_page_labels([{"startpage": 0, "style": "r", "firstpagenum": 1}])
    return bytes(document.tobytes(**options))


def _cbz() -> bytes:
    return zipped({f"{number}.png": picture("RGB", "PNG", (40, 60)) for number in range(3)})
