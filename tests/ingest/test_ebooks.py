"""E-books, comics, XPS and drawings, which MuPDF lays out and draws."""

import io
import zipfile
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from ingest.errors import DocumentTooLarge, UnreadableDocument
from ingest.formats import sniff
from ingest.limits import Limits
from ingest.readers.registry import DocumentReader, open_reader
from ingest.types import RASTER_PX, Page

CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
SPINE = '<spine toc="toc"><itemref idref="a"/><itemref idref="b"/></spine>'
TOC = """<?xml version="1.0"?><ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1"><navMap>
<navPoint id="1" playOrder="1"><navLabel><text>The Sea</text></navLabel><content src="a.xhtml"/></navPoint>
<navPoint id="2" playOrder="2"><navLabel><text>The Land</text></navLabel><content src="b.xhtml"/></navPoint>
</navMap></ncx>"""
ENCRYPTION = """<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#"><EncryptionMethod Algorithm="{}"/>
<CipherData><CipherReference URI="{}"/></CipherData></EncryptedData></encryption>"""


def chapter(title: str, words: str) -> str:
    return (
        f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{title}</title></head><body>'
        f"<h1>{title}</h1><p>{words}</p></body></html>"
    )


def epub(path: Path, *, spine: str = SPINE, **more: str) -> Path:
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr("META-INF/container.xml", CONTAINER)
        book.writestr(
            "book.opf",
            '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="2.0"><metadata/><manifest>'
            '<item id="toc" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
            '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
            f'<item id="b" href="b.xhtml" media-type="application/xhtml+xml"/></manifest>{spine}</package>',
        )
        book.writestr("toc.ncx", TOC)
        book.writestr("a.xhtml", chapter("The Sea", "Waves and more waves. " * 200))
        book.writestr("b.xhtml", chapter("The Land", "Hills beyond hills. " * 10))
        for name, content in more.items():
            book.writestr(f"META-INF/{name}.xml", content)
    return path


def mobi(path: Path, *, encryption: int = 0, compression: int = 1) -> Path:
    """A Palm database of two records: the header, and the text as it is."""
    text = b"<html><body><h1>Tides</h1><p>The moon pulls the water.</p></body></html>"
    header = compression.to_bytes(2, "big") + bytes(2) + len(text).to_bytes(4, "big")
    header += (1).to_bytes(2, "big") + (4096).to_bytes(2, "big") + encryption.to_bytes(2, "big") + bytes(2)
    header += b"MOBI" + (232).to_bytes(4, "big") + (2).to_bytes(4, "big") + (65001).to_bytes(4, "big") + bytes(216)
    start = 78 + 2 * 8 + 2
    records = start.to_bytes(4, "big") + bytes(4) + (start + len(header)).to_bytes(4, "big") + bytes(4)
    path.write_bytes(b"Tides".ljust(60, b"\0") + b"BOOKMOBI" + bytes(8) + b"\0\2" + records + b"\0\0" + header + text)
    return path


def fb2(path: Path) -> Path:
    path.write_text(
        '<?xml version="1.0" encoding="windows-1251"?>\n<FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0">'
        "<description><title-info><book-title>Море</book-title></title-info></description><body><section>"
        "<title><p>Прилив</p></title><p>Луна притягивает воду.</p></section></body></FictionBook>",
        encoding="cp1251",
    )
    return path


def xps(path: Path) -> Path:
    """As small as ECMA-388 lets it be; its one word is a glyph run of an embedded font."""
    font = pymupdf.Font("helv").buffer
    relations = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(
            "_rels/.rels",
            relations.format(
                '<Relationship Id="r" Type="http://schemas.microsoft.com/xps/2005/06/fixedrepresentation" '
                'Target="/all.fdseq"/>'
            ),
        )
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr(
            "all.fdseq", '<FixedDocumentSequence><DocumentReference Source="/a.fdoc"/></FixedDocumentSequence>'
        )
        file.writestr("a.fdoc", '<FixedDocument><PageContent Source="/1.fpage"/></FixedDocument>')
        file.writestr(
            "1.fpage",
            '<FixedPage Width="200" Height="100"><Glyphs FontUri="/f.ttf" FontRenderingEmSize="20" OriginX="10" '
            'OriginY="50" UnicodeString="Harbour" Fill="#FF000000"/></FixedPage>',
        )
        file.writestr("f.ttf", font)
    return path


def comic(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for number, colour in enumerate(["red", "blue"], start=1):
            picture = io.BytesIO()
            Image.new("RGB", (60, 90), colour).save(picture, "PNG")
            file.writestr(f"{number:02d}.png", picture.getvalue())
    return path


def svg(path: Path, inside: str = "", before: str = "") -> Path:
    path.write_text(
        f'<?xml version="1.0"?>{before}<svg xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" width="200" height="100">'
        f'<text x="10" y="50" font-size="20">Lighthouse</text>{inside}</svg>'
    )
    return path


def opened(path: Path, limits: Limits | None = None) -> DocumentReader:
    return open_reader(path, format=sniff(path), name=path.name, limits=limits or Limits())


def pages(path: Path) -> list[Page]:
    with opened(path) as reader:
        return list(reader.read_pages())


def test_a_book_is_laid_out_in_pages_under_its_headings(tmp_path):
    first, *_, last = read = pages(epub(tmp_path / "sea.epub"))

    assert [page.number for page in read] == list(range(1, len(read) + 1))
    assert [page.label for page in read] == [str(page.number) for page in read]
    assert len(read) > 2
    assert "Waves and more waves." in first.text
    assert [heading.title for heading in first.headings] == ["The Sea"]
    assert [heading.title for heading in last.headings] == ["The Land"]
    assert all(page.image.size == (RASTER_PX, RASTER_PX) and page.problem is None for page in read)


def test_a_books_pages_do_not_depend_on_which_is_asked_for_first(tmp_path):
    path = epub(tmp_path / "sea.epub")
    first = pages(path)

    with opened(path) as reader:
        reader.render_page(reader.page_count, max_px=100)
        again = list(reader.read_pages())

    assert [page.text for page in again] == [page.text for page in first]


@pytest.mark.parametrize(
    ("write", "name", "words"),
    [
        (mobi, "tides.mobi", "The moon pulls the water."),
        (fb2, "tides.fb2", "Луна притягивает воду."),
        (xps, "harbour.xps", "Harbour"),
        (svg, "light.svg", "Lighthouse"),
    ],
)
def test_each_gives_its_words_and_a_picture_of_the_page(tmp_path, write, name, words):
    (page,) = pages(write(tmp_path / name))

    assert words in page.text
    assert page.image.size == (RASTER_PX, RASTER_PX)


def test_a_comic_has_a_page_for_each_picture(tmp_path):
    red, blue = pages(comic(tmp_path / "strip.cbz"))

    assert red.image.getpixel((256, 256)) == (255, 0, 0)
    assert blue.image.getpixel((256, 256)) == (0, 0, 255)


def test_a_book_without_a_spine_has_no_pages(tmp_path):
    with pytest.raises(UnreadableDocument, match=r"sea\.epub has no pages"):
        opened(epub(tmp_path / "sea.epub", spine=""))


def test_a_book_cut_short_is_damaged(tmp_path):
    path = epub(tmp_path / "sea.epub")
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(UnreadableDocument, match=r"sea\.epub is damaged"):
        opened(path)


@pytest.mark.parametrize(
    "lock",
    [
        {"rights": "<rights/>"},
        {"encryption": ENCRYPTION.format("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "a.xhtml")},
    ],
)
def test_a_book_that_its_seller_locked_is_named(tmp_path, lock):
    with pytest.raises(UnreadableDocument, match=r"sea\.epub is locked by its seller \(DRM\): get a copy"):
        opened(epub(tmp_path / "sea.epub", **lock))


def test_a_locked_mobi_is_named(tmp_path):
    with pytest.raises(UnreadableDocument, match=r"tides\.mobi is locked by its seller \(DRM\)"):
        opened(mobi(tmp_path / "tides.mobi", encryption=2))


def test_a_book_whose_fonts_are_scrambled_is_read(tmp_path):
    scrambled = ENCRYPTION.format("http://www.idpf.org/2008/embedding", "f.ttf")

    assert "Waves" in pages(epub(tmp_path / "sea.epub", encryption=scrambled))[0].text


def test_a_book_that_unpacks_to_too_much_is_refused(tmp_path):
    path = epub(tmp_path / "sea.epub")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("zeros", bytes(20 << 20))

    with pytest.raises(DocumentTooLarge, match=r"sea\.epub unpacks to 20 MiB"):
        opened(path)


def test_a_drawing_fetches_nothing(tmp_path):
    Image.new("RGB", (200, 100), "red").save(tmp_path / "beside.png")
    links = "".join(
        f'<image xlink:href="{href}" width="200" height="100"/>'
        for href in ("beside.png", (tmp_path / "beside.png").as_uri(), str(tmp_path / "beside.png"))
    )

    (page,) = pages(svg(tmp_path / "light.svg", links))

    assert page.image.getpixel((500, 256)) == (255, 255, 255)


def test_a_book_of_broken_xml_is_damaged(tmp_path):
    path = fb2(tmp_path / "tides.fb2")
    path.write_bytes(path.read_bytes()[:-60])

    with pytest.raises(UnreadableDocument, match=r"tides\.fb2 is damaged .*: get a whole copy"):
        opened(path)


def test_a_drawing_without_end_in_depth_is_refused(tmp_path):
    path = svg(tmp_path / "deep.svg", "<g>" * 100_000 + "</g>" * 100_000)

    with pytest.raises(UnreadableDocument, match=r"deep\.svg nests its elements more than 500 deep"):
        opened(path)


def test_a_drawing_with_entities_is_refused(tmp_path):
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    path = svg(tmp_path / "laughs.svg", "<text>&a9;</text>", f"<!DOCTYPE svg [{entities}]>")

    with pytest.raises(UnreadableDocument, match=r"laughs\.svg declares XML entities"):
        opened(path)
