"""Makes broken, hostile and odd files from scratch."""

import struct
import zipfile
import zlib
from collections.abc import Sequence
from io import BytesIO

import pymupdf
from PIL import Image

ONE_PAGE = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"]
WORDS = b"BT /F1 24 Tf 72 700 Td (Words that are kept) Tj ET"


def pdf(objects: Sequence[bytes], *, trailer: bytes = b"", start: int | None = None) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalog.

    Args:
        objects: without "obj" around them.
        trailer: further entries of the trailer's dictionary; SELF in it becomes the offset of the table.
        start: where the file says its table is; None: where it is.
    """
    content = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    content += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    content += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (
        len(objects) + 1,
        trailer.replace(b"SELF", b"%d" % table),
    )
    return bytes(content + b"startxref\n%d\n%%%%EOF\n" % (table if start is None else start))


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A stream object."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def page(entries: bytes = b"", *, box: bytes = b"0 0 595 842", contents: bytes = b"/Contents 4 0 R") -> bytes:
    """A page object below the tree of `ONE_PAGE`."""
    font = b"/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    return b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Resources << %s %s >> %s >>" % (box, font, entries, contents)


def one_page(content: bytes = WORDS, *more: bytes, resources: bytes = b"", box: bytes = b"0 0 595 842") -> bytes:
    """A PDF of one page with this content and further objects from number 5."""
    return pdf([*ONE_PAGE, page(resources, box=box), stream(content), *more])


def book(pages: int) -> bytes:
    """A PDF of that many pages with words on each."""
    document = pymupdf.open()
    for number in range(1, pages + 1):
        document.new_page().insert_text((72, 400), f"Words that are kept, page {number}")
    return bytes(document.tobytes())


def of_kids(kids: bytes, count: int, *more: bytes) -> bytes:
    """A PDF with this page tree; the third object is a good page, further ones from 5."""
    tree = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count)
    return pdf([ONE_PAGE[0], tree, page(), stream(WORDS), *more])


def chain(links: int) -> bytes:
    """A page tree so deep."""
    nodes = [
        b"<< /Type /Pages /Parent %d 0 R /Kids [%d 0 R] /Count 1 >>" % (number - 1, number + 1)
        for number in range(2, links)
    ]
    leaf = b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 99 99] >>" % (links - 1)
    return pdf([ONE_PAGE[0], *nodes, leaf])


def laughs(levels: int, *, before: int = 0, hanging: int = 1, after: int = 0, content: bytes = b"") -> bytes:
    """Pages whose form draws ten forms, each of which draws ten, and so on; good pages before and after.

    Their content may begin with something else.
    """
    first = 6
    kids = b"3 0 R " * before + b"5 0 R " * hanging + b"3 0 R " * after
    forms = [
        stream(
            b"/X Do " * 10,
            b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X %d 0 R >> >>" % (number + 1),
        )
        for number in range(first, first + levels)
    ]
    last = stream(b"0 0 9 9 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]")
    laughing = page(b"/XObject << /X %d 0 R >>" % first, contents=b"/Contents %d 0 R" % (first + levels + 1))
    return of_kids(kids, before + hanging + after, laughing, *forms, last, stream(content + b" /X Do"))


def flate_bomb(mebibytes: int) -> bytes:
    """A page content of spaces, deflated twice."""
    packer = zlib.compressobj(9)
    once = b"".join([*(packer.compress(b" " * (1 << 20)) for _ in range(mebibytes)), packer.flush()])
    bomb = stream(zlib.compress(once, 9), b"/Filter [/FlateDecode /FlateDecode]")
    return pdf([*ONE_PAGE, page(), bomb])


def with_picture(width: int, height: int, data: bytes, entries: bytes) -> bytes:
    """A page filled by one picture, below words."""
    picture = stream(data, b"/Type /XObject /Subtype /Image /Width %d /Height %d %s" % (width, height, entries))
    return one_page(b"q 595 0 0 842 0 0 cm /P Do Q " + WORDS, picture, resources=b"/XObject << /P 5 0 R >>")


def jpeg2000(width: int, height: int) -> bytes:
    """A code stream whose header claims that size (ISO 15444-1, A.5.1)."""
    buffer = BytesIO()
    Image.new("L", (64, 64), 128).save(buffer, "JPEG2000", no_jp2=True)
    content = bytearray(buffer.getvalue())
    size = content.index(b"\xff\x51")
    struct.pack_into("!II", content, size + 6, width, height)
    struct.pack_into("!II", content, size + 22, width, height)  # one tile
    return bytes(content)


def jbig2(width: int, height: int) -> bytes:
    """A page of that size and nothing on it (ITU-T T.88, 7.4.8)."""
    information = struct.pack("!IIIIBH", width, height, 0, 0, 0, 0)
    return (
        struct.pack("!IBBBI", 0, 48, 0, 1, len(information))
        + information
        + struct.pack("!IBBBI", 1, 49, 0, 1, 0)  # end of page
    )


def encrypted(user: str, owner: str) -> bytes:
    """A page behind these passwords."""
    document = pymupdf.open(stream=book(1), filetype="pdf")
    method = pymupdf.PDF_ENCRYPT_AES_256
    return bytes(document.tobytes(encryption=method, user_pw=user, owner_pw=owner))


def with_embedded_file() -> bytes:
    """A page, and a file inside that must not be read."""
    document = pymupdf.open(stream=book(1), filetype="pdf")
    document.embfile_add("payload.exe", b"MZ harmless")
    return bytes(document.tobytes())


def broken_unicode_map() -> bytes:
    """Words whose map to Unicode is rubbish."""
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 5 0 R >>"
    used = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 %s >> >> >>"
    )
    rubbish = stream(b"beginbfchar <00 <zz> " + bytes(range(256)) + b" 99999999999 beginbfrange <0000> <ffff> [")
    return pdf([*ONE_PAGE, used % font, stream(WORDS), rubbish])


def png(width: int, height: int, *, depth: int = 1, chunks: bytes = b"") -> bytes:
    """A black grey-scale PNG that is made row by row, so that its size costs nothing here."""
    row = b"\0" + bytes((width * depth + 7) // 8)
    packer = zlib.compressobj(9)
    rows = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    header = struct.pack("!IIBBBBB", width, height, depth, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunks + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack("!I", len(content)) + kind + content + struct.pack("!I", zlib.crc32(kind + content))


def picture(mode: str, format: str, size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    """A small picture that Pillow writes."""
    buffer = BytesIO()
    Image.new(mode, size).save(buffer, format, **options)
    return buffer.getvalue()


def frames(count: int, format: str) -> bytes:
    """An animation, or a picture of several pages; every frame differs."""
    images = [Image.new("L", (8, 8), number % 251) for number in range(count)]
    buffer = BytesIO()
    images[0].save(buffer, format, save_all=True, append_images=images[1:])
    return buffer.getvalue()


def gif(width: int, height: int, *, canvas: int | None = None) -> bytes:
    """A GIF whose frame claims that size, and its header too unless the canvas has another."""
    content = bytearray(picture("P", "GIF", (4, 4)))
    frame = content.index(b",", 13)
    struct.pack_into("<HH", content, 6, canvas or width, canvas or height)
    struct.pack_into("<HH", content, frame + 5, width, height)
    return bytes(content)


def bmp(width: int, height: int) -> bytes:
    """A BMP whose header claims that size."""
    content = bytearray(picture("RGB", "BMP", (4, 4)))
    struct.pack_into("<ii", content, 18, width, height)
    return bytes(content)


def drawing_itself() -> bytes:
    """A form that draws itself, and words."""
    form = stream(b"/X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >>")
    return one_page(b"/X Do " + WORDS, form, resources=b"/XObject << /X 5 0 R >>")


def turned(degrees: int) -> bytes:
    """A page that is to be shown turned."""
    return pdf([*ONE_PAGE, page(contents=b"/Contents 4 0 R /Rotate %d" % degrees), stream(WORDS)])


def looped_tiff() -> bytes:
    """A TIFF whose only directory says that it is followed by itself."""
    content = bytearray(picture("L", "TIFF"))
    directory = struct.unpack_from("<I", content, 4)[0]
    entries = struct.unpack_from("<H", content, directory)[0]
    struct.pack_into("<I", content, directory + 2 + 12 * entries, directory)
    return bytes(content)


def turned_jpeg() -> bytes:
    """A picture that its camera says to turn (EXIF orientation 6)."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return picture("RGB", "JPEG", exif=exif)


def halved(content: bytes) -> bytes:
    """The first half, as after a broken download."""
    return content[: len(content) // 2]


def empty_pages(count: int) -> bytes:
    """So many pages with nothing on them."""
    kids = b" ".join(b"%d 0 R" % number for number in range(5, 5 + count))
    return of_kids(kids, count, *[page(contents=b"")] * count)


def with_looped_outline() -> bytes:
    """An outline whose entry is followed by itself."""
    catalog = b"<< /Type /Catalog /Pages 2 0 R /Outlines 5 0 R >>"
    entry = b"<< /Title (Again) /Parent 5 0 R /Next 6 0 R /First 6 0 R /Dest [3 0 R /Fit] >>"
    return pdf([catalog, ONE_PAGE[1], page(), stream(WORDS), b"<< /First 6 0 R /Last 6 0 R /Count 1 >>", entry])


def with_deep_outline(levels: int) -> bytes:
    """An outline of so many levels. MuPDF 1.28 calls itself for each, and overflows its stack at a hundred thousand."""
    catalog = b"<< /Type /Catalog /Pages 2 0 R /Outlines 5 0 R >>"
    entries = [
        b"<< /Title (Deeper) /Parent %d 0 R /First %d 0 R >>" % (number - 1, number + 1)
        for number in range(6, 6 + levels)
    ]
    return pdf([catalog, ONE_PAGE[1], page(), stream(WORDS), b"<< /First 6 0 R >>", *entries, b"<< /Title (Deep) >>"])


def with_looped_labels() -> bytes:
    """Page labels whose number tree is its own branch."""
    catalog = b"<< /Type /Catalog /Pages 2 0 R /PageLabels 5 0 R >>"
    return pdf([catalog, ONE_PAGE[1], page(), stream(WORDS), b"<< /Kids [5 0 R] >>"])


def with_script() -> bytes:
    """JavaScript that runs when the file is opened, in programs that run it."""
    catalog = b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (while(true) app.alert\\(1\\);) >> >>"
    return pdf([catalog, ONE_PAGE[1], page(), stream(WORDS)])


def laughing_svg(levels: int) -> bytes:
    """A drawing whose text is an entity made of ten entities, each of which is made of ten, and so on."""
    entities = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, levels + 1))
    return (
        f'<!DOCTYPE svg [<!ENTITY e0 "ha">{entities}]><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'
        f"<text>&e{levels};</text></svg>"
    ).encode()


def nested(levels: int, *, before: bytes, tag: bytes, after: bytes) -> bytes:
    """Markup of so many elements inside one another."""
    return before + b"<%s>" % tag * levels + b"Words that are kept" + b"</%s>" % tag * levels + after


def epub(chapter: bytes) -> bytes:
    """A book of one chapter, packed."""
    container = (
        b'<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        b'<rootfile full-path="b.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    package = (
        b'<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="i">'
        b'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Book</dc:title></metadata>'
        b'<manifest><item id="c" href="c.xhtml" media-type="application/xhtml+xml"/></manifest>'
        b'<spine><itemref idref="c"/></spine></package>'
    )
    return zipped(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": container,
            "b.opf": package,
            "c.xhtml": b'<html xmlns="http://www.w3.org/1999/xhtml"><body>%s</body></html>' % chapter,
        }
    )


def zipped(members: dict[str, bytes]) -> bytes:
    """A ZIP file."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
    return buffer.getvalue()
