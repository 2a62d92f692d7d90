"""PDF: every physical page, numbered right, with its text, raster and headings."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from ingest.errors import DocumentTooLarge, UnreadableDocument
from ingest.limits import Limits
from ingest.raster import to_raster
from ingest.readers import poppler
from ingest.readers.registry import DocumentReader, open_reader
from ingest.types import RASTER_PX, Format, Geometry, Page

DECLARATION = Path(__file__).parents[2] / "samples" / "library" / "declaration"
BLUE, RED, WHITE = (0, 0, 255), (255, 0, 0), (255, 255, 255)
BODY = "Some words to read, and a few more of them to make up a line of the body."

needs_poppler = pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler-utils is not installed")


def opened(path: Path, limits: Limits | None = None, geometry: Geometry = Geometry.FIT) -> DocumentReader:
    return open_reader(path, format=Format.PDF, name=path.name, limits=limits or Limits(), geometry=geometry)


def pages(path: Path, limits: Limits | None = None, geometry: Geometry = Geometry.FIT) -> list[Page]:
    with opened(path, limits, geometry) as reader:
        return list(reader.read_pages())


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Path]:
    """Saves a document as file.pdf."""

    def make(document: pymupdf.Document, **options: object) -> Path:
        path = tmp_path / "file.pdf"
        document.save(path, **options)
        return path

    return make


def book(*texts: str) -> pymupdf.Document:
    """A page for each text; an empty text is a blank page."""
    document = pymupdf.open()
    for text in texts:
        page = document.new_page()
        page.insert_textbox((72, 144, 523, 698), text, fontsize=11)
    return document


def test_pages_are_numbered_physically_past_blank_ones_and_labels(made):
    document = book("one", "", "three", "four")
    document.set_page_labels(
        [
            {"startpage": 0, "style": "r", "firstpagenum": 4},
            {"startpage": 2, "prefix": "A-", "style": "D", "firstpagenum": 1},
        ]
    )

    read = pages(made(document))

    assert [(page.number, page.label, page.text) for page in read] == [
        (1, "iv", "one"),
        (2, "v", ""),
        (3, "A-1", "three"),
        (4, "A-2", "four"),
    ]
    assert all(page.image is not None and page.problem is None for page in read)


def test_a_page_without_label_is_called_by_its_number(made):
    assert [page.label for page in pages(made(book("one", "two")))] == ["1", "2"]


def coloured_corner(rotation: int = 0) -> pymupdf.Document:
    """A landscape page, blue at its top left before it is turned."""
    document = pymupdf.open()
    page = document.new_page(width=400, height=200)
    page.draw_rect(pymupdf.Rect(0, 0, 200, 100), fill=(0, 0, 1), color=None)
    page.set_rotation(rotation)
    return document


def test_the_raster_is_letterboxed_on_white(made):
    (page,) = pages(made(coloured_corner()))

    assert (page.image.size, page.image.mode) == ((RASTER_PX, RASTER_PX), "RGB")
    assert page.image.getpixel((10, 10)) == WHITE
    assert page.image.getpixel((2, 130)) == BLUE
    assert page.image.getpixel((509, 130)) == WHITE


@pytest.mark.parametrize(("rotation", "corner"), [(0, (5, 133)), (90, (379, 5)), (180, (506, 378)), (270, (133, 506))])
def test_rotation_is_respected(made, rotation, corner):
    (page,) = pages(made(coloured_corner(rotation)))

    assert page.image.getpixel(corner) == BLUE


def test_a_preview_has_the_wanted_size_and_aspect(made):
    with opened(made(coloured_corner(90))) as reader:
        assert reader.render_page(1, max_px=1000).size == (500, 1000)
        with pytest.raises(UnreadableDocument, match=r"file\.pdf has no page 2: it has 1"):
            reader.render_page(2, max_px=100)
        with pytest.raises(UnreadableDocument, match="has no page 0"):
            reader.render_page(0, max_px=100)


@pytest.mark.parametrize("geometry", Geometry)
@pytest.mark.parametrize("size", [(14_400, 14_400), (20_000, 3), (3, 14_400), (3, 3)])
def test_pages_of_any_size_are_drawn(made, size, geometry):
    document = pymupdf.open()
    document.new_page(width=size[0], height=size[1])

    (page,) = pages(made(document), geometry=geometry)

    assert {image.size for image in (page.image, *page.views)} == {(RASTER_PX, RASTER_PX)}


def banded(width: float, height: float, rotation: int = 0) -> pymupdf.Document:
    """A page with a blue band at the top, a red one at the bottom, each an eighth of its height."""
    document = pymupdf.open()
    page = document.new_page(width=width, height=height)
    page.draw_rect(pymupdf.Rect(0, 0, width, height / 8), fill=(0, 0, 1), color=None)
    page.draw_rect(pymupdf.Rect(0, height * 7 / 8, width, height), fill=(1, 0, 0), color=None)
    page.set_rotation(rotation)
    return document


def bands(image: Image.Image) -> tuple[bool, bool]:
    """Whether a picture shows blue, and red."""
    colours = {colour for _, colour in image.getcolors(1 << 20)}
    return BLUE in colours, RED in colours


def test_fitted_the_page_as_shown_is_all_that_is_encoded(made):
    (page,) = pages(made(banded(595, 842)))

    assert len(page.views) == 1
    assert page.views[0] is page.image
    assert bands(page.image) == (True, True)


@pytest.mark.parametrize("rotation", [0, 90])
def test_cropped_the_middle_square_is_encoded_and_the_whole_page_shown(made, rotation):
    (page,) = pages(made(banded(595, 842, rotation)), geometry=Geometry.CROP)

    (crop,) = page.views
    assert bands(page.image) == (True, True)
    assert crop.getcolors() == [(RASTER_PX**2, WHITE)]


@pytest.mark.parametrize(
    ("rotation", "shown"), [(0, [(True, False), (False, True)]), (90, [(False, True), (True, False)])]
)
def test_tiled_the_whole_and_both_ends_of_a_page_are_encoded(made, rotation, shown):
    (page,) = pages(made(banded(595, 842, rotation)), geometry=Geometry.TILES)

    whole, *tiles = page.views
    assert whole is page.image
    assert bands(whole) == (True, True)
    assert [bands(tile) for tile in tiles] == shown


@pytest.mark.parametrize("size", [(595, 842), (842, 595)])
def test_tiles_are_drawn_at_their_size_and_not_enlarged(made, size):
    document = pymupdf.open()
    page = document.new_page(width=size[0], height=size[1])
    page.insert_textbox((20, 20, size[0], size[1]), BODY * 20, fontsize=9)
    path = made(document)

    (read,) = pages(path, geometry=Geometry.TILES)
    with opened(path) as reader:
        drawn = reader.render_page(1, max_px=725)

    assert read.views[1].tobytes() == drawn.crop((0, 0, RASTER_PX, RASTER_PX)).tobytes()
    assert read.image.tobytes() == to_raster(drawn).tobytes()


def test_a_long_strip_has_eight_segments_and_a_square_none(made):
    document = pymupdf.open()
    for width, height in ((300, 14_000), (300, 300)):
        document.new_page(width=width, height=height)

    strip, square = pages(made(document), geometry=Geometry.TILES)

    assert (len(strip.views), len(square.views)) == (9, 1)


def test_a_page_of_no_size_is_drawn(made):
    document = book("one")
    document.xref_set_key(document[0].xref, "MediaBox", "[0 0 0 0]")

    assert pages(made(document))[0].image.size == (RASTER_PX, RASTER_PX)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rows_say_where_they_stand_on_the_page_as_it_is_shown(made, rotation):
    document = pymupdf.open()
    page = document.new_page(width=400, height=800)
    page.insert_text((100, 400), "ink", fontsize=40)
    page.set_rotation(rotation)
    page.set_cropbox(pymupdf.Rect(50, 100, 400, 700))

    (read,) = pages(made(document))

    (row,) = read.rows
    side, (x0, y0, x1, y1) = RASTER_PX, row.box
    width, height = (350, 600) if rotation % 180 == 0 else (600, 350)
    scale = side / max(width, height)
    left, top = (side - width * scale) / 2, (side - height * scale) / 2
    ink = read.image.convert("L").point(lambda value: 255 * (value < 128)).getbbox()
    assert left + x0 * width * scale - 2 <= ink[0] < ink[2] <= left + x1 * width * scale + 2
    assert top + y0 * height * scale - 2 <= ink[1] < ink[3] <= top + y1 * height * scale + 2
    assert (row.start, row.end) == (0, len("ink"))


def test_a_turned_page_is_read_as_it_is_shown(made):
    document = pymupdf.open()
    page = document.new_page(width=400, height=800)
    for index, text in enumerate(("A line of words that is set across the", "turned page, and goes on here.")):
        page.insert_text((200 + 14 * index, 600), text, fontsize=11, rotate=90)
    page.set_rotation(90)

    assert pages(made(document))[0].text == "A line of words that is set across the turned page, and goes on here."


def ruled(document: pymupdf.Document, cells: list[list[str]]) -> None:
    page = document.new_page()
    page.insert_text((72, 100), BODY, fontsize=11)
    for row in range(len(cells) + 1):
        page.draw_line((72, 200 + 24 * row), (72 + 120 * len(cells[0]), 200 + 24 * row))
    for column in range(len(cells[0]) + 1):
        page.draw_line((72 + 120 * column, 200), (72 + 120 * column, 200 + 24 * len(cells)))
    for row, texts in enumerate(cells):
        for column, text in enumerate(texts):
            page.insert_text((78 + 120 * column, 216 + 24 * row), text, fontsize=10)
    page.insert_text((72, 400), BODY, fontsize=11)


def test_a_table_is_read_as_markdown(made):
    document = pymupdf.open()
    ruled(document, [["Fruit", "Colour", "Price"], ["Fig", "", "2"], ["Kiwi", "green", "3"]])

    (page,) = pages(made(document))

    table = "| Fruit | Colour | Price |\n|---|---|---|\n| Fig |  | 2 |\n| Kiwi | green | 3 |"
    assert page.text == f"{BODY}\n\n{table}\n\n{BODY}"
    assert [row.is_whole for row in page.rows] == [False, True, True, True, False]


def test_text_that_cannot_be_seen_is_told_from_text_that_can(made):
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 100), "Seen by all.", fontsize=12)
    page.insert_text((72, 200), "White on white.", fontsize=12, color=(1, 1, 1))
    page.insert_text((72, 300), "Without ink.", fontsize=12, render_mode=3)
    page.insert_text((72, 400), "Covered up.", fontsize=12)
    page.draw_rect(pymupdf.Rect(60, 380, 300, 420), fill=(0, 0, 0))
    page.insert_text((72, 500), "Dust.", fontsize=0.5)
    page.insert_text((72, 600), "Clear as glass.", fontsize=12, fill_opacity=0)

    (page,) = pages(made(document))

    hidden = {page.text[start:end] for start, end in page.hidden}
    assert hidden == {"White on white.", "Without ink.", "Covered up.", "Dust.", "Clear as glass."}
    assert "Seen by all." in page.text


def noise(width: int, height: int) -> pymupdf.Pixmap:
    picture = Image.effect_noise((width, height), 90).convert("RGB")
    return pymupdf.Pixmap(pymupdf.csRGB, width, height, picture.tobytes(), False)


def test_a_scan_without_letters_needs_ocr_and_one_with_recognised_ones_does_not(made):
    document = pymupdf.open()
    for _ in range(2):
        page = document.new_page()
        page.insert_image(page.rect, pixmap=noise(60, 85), keep_proportion=False)
    page.insert_textbox((72, 144, 523, 698), BODY * 3, fontsize=11, render_mode=3)

    bare, recognised = pages(made(document))

    assert (bare.needs_ocr, bare.problem) == (True, None)
    assert (recognised.needs_ocr, recognised.hidden) == (False, ())


def test_a_picture_among_words_and_a_blank_page_need_no_ocr(made):
    document = book(BODY, "")
    document[0].insert_image((72, 300, 300, 500), pixmap=noise(20, 20))

    assert [page.needs_ocr for page in pages(made(document))] == [False, False]


def test_letters_that_map_to_nothing_need_ocr(made):
    document = pymupdf.open()
    font = pymupdf.Font("cjk")
    page = document.new_page()
    page.insert_font(fontname="F0", fontbuffer=font.buffer)
    page.insert_text((72, 144), "人人生而自由，在尊严和权利上一律平等。" * 2, fontname="F0", fontsize=11)
    (xref,) = [one[0] for one in page.get_fonts() if one[2] == "Type0"]
    document.xref_set_key(xref, "ToUnicode", "null")
    document.xref_set_key(xref, "Encoding", "/Identity-H")

    assert pages(made(document))[0].needs_ocr


def test_an_image_only_page_has_a_raster_and_no_text(made):
    document = pymupdf.open()
    scan = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 8, 8), False)
    scan.set_rect(scan.irect, BLUE)
    page = document.new_page()
    page.insert_image(page.rect, pixmap=scan, keep_proportion=False)

    (page,) = pages(made(document))

    assert (page.text, page.problem) == ("", None)
    assert page.image.getpixel((256, 256)) == BLUE


@pytest.mark.parametrize(
    ("font", "text"),
    [
        ("china-s", "人人生而自由，在尊严和权利上一律平等。"),
        ("japan", "すべての人間は、生れながらにして自由である。"),
        ("korea", "모든 인간은 태어날 때부터 자유롭다."),
        ("helv", "Tous les êtres humains naissent libres et égaux."),
    ],
)
def test_text_of_many_scripts_is_read(made, font, text):
    document = pymupdf.open()
    document.new_page().insert_text((72, 200), text, fontname=font)

    assert pages(made(document))[0].text == text


@pytest.mark.parametrize(
    ("file", "written"),
    [
        ("udhr-hebrew.pdf", "1. כל אדם זכאי לאזרחות."),
        ("udhr-hebrew.pdf", "ופומבי של בית-דין"),
        ("الإعلان العالمي لحقوق الإنسان.pdf", "لكل فرد الحق في الحياة والحرية وسلامة شخصه."),
        ("udhr-hindi.pdf", "अनुच्छेद २"),
        ("udhr-thai.pdf", "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกัน"),
        (
            "世界人権宣言.pdf",
            "1 犯罪の訴追を受けた者は、すべて、自己の弁護に必要なすべての保障を与えられた公開の裁判",
        ),
        ("Всеобщая декларация прав человека.pdf", "государств-членов Организации"),
    ],
)
def test_a_printed_text_is_read_as_it_was_written(file, written):
    assert any(written in page.text for page in pages(DECLARATION / file))


def test_lines_are_joined_to_paragraphs_and_broken_words_made_whole(made):
    document = book(
        "A paragraph of text that is long enough to wrap is bro-\nken here, and goes on through Anglo-\n"
        "Saxon lands until it ends at last after some more words.\n\n"
    )
    document[0].insert_textbox((72, 400, 540, 500), "Another one stands apart.", fontsize=11)

    assert pages(made(document))[0].text == (
        "A paragraph of text that is long enough to wrap is broken here, and goes on through Anglo-Saxon "
        "lands until it ends at last after some more words.\n\nAnother one stands apart."
    )


def test_lines_without_spaces_between_words_are_joined_without_one(made):
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 200), ["すべての人間は、生れながらにして", "自由である。"], fontname="japan")

    assert pages(made(document))[0].text == "すべての人間は、生れながらにして自由である。"


def test_code_keeps_its_lines(made):
    document = pymupdf.open()
    document.new_page().insert_text((72, 200), ["make run", "make test"], fontname="cour")

    assert pages(made(document))[0].text == "make run\nmake test"


def test_list_items_keep_their_lines(made):
    document = book("Bring these:\n- a lamp\n- a rope\n1. first\n2. second")

    assert pages(made(document))[0].text.split("\n") == [
        "Bring these:",
        "- a lamp",
        "- a rope",
        "1. first",
        "2. second",
    ]


def test_a_table_of_contents_keeps_its_entries_without_their_dots(made):
    document = book("1 Ships . . . . . . . . . . . . . 5\n1.1 Sails ............ xii\nWait...\nfor it")

    assert pages(made(document))[0].text == "1 Ships … 5\n1.1 Sails … xii\nWait... for it"


def test_running_headers_and_page_numbers_go_but_stay_findable(made):
    document = book(*(f"The text of page number {number}." for number in range(1, 5)))
    for number, page in enumerate(document, start=1):
        page.insert_text((72, 40), "Annual Report", fontsize=9)
        page.insert_text((300, 810), f"- {number} -", fontsize=9)

    read = [page.text.split("\n\n") for page in pages(made(document))]

    assert sorted(read[0]) == ["Annual Report", "The text of page number 1."]
    assert read[1:] == [[f"The text of page number {number}."] for number in (2, 3, 4)]


def test_a_number_in_the_margin_that_is_not_the_pages_stays(made):
    document = book("one", "two")
    for page in document:
        page.insert_text((72, 40), "Table 9", fontsize=9)
        page.insert_text((72, 60), f"Sum {page.number * 7 + 30}", fontsize=9)

    assert "Sum 30" in pages(made(document))[0].text
    assert "Sum 37" in pages(made(document))[1].text


def test_the_number_of_a_lists_item_is_no_page_number(made):
    document = book("", "", "")
    for page in document:
        page.insert_text((72, 90), "1.", fontsize=11)
        page.insert_text((95, 90), f"{'Abc'[page.number]} is the first of all things here.", fontsize=11)

    assert [page.text for page in pages(made(document))] == [
        f"1. {letter} is the first of all things here." for letter in "Abc"
    ]


def titled(page: pymupdf.Page, y: float, title: str, *, size: float = 16) -> None:
    page.insert_text((72, y), title, fontsize=size)
    page.insert_text((72, y + 30), [BODY, BODY], fontsize=11)


def test_headings_come_from_the_outline_and_stand_where_they_are_printed(made):
    document = pymupdf.open()
    for _ in range(3):
        document.new_page()
    first, second, third = list(document)
    first.insert_text((72, 100), ["See Second thoughts below.", BODY], fontsize=11)
    titled(first, 200, "1 First things")
    titled(first, 400, "1.1 Second thoughts")
    second.insert_text((72, 100), BODY, fontsize=11)
    titled(third, 200, "2 Last words")
    document.set_toc([[1, "First things", 1], [2, "Second  Thoughts", 1], [1, "Last words", 3]])

    one, two, three = pages(made(document))

    def starts(page: Page) -> list[str]:
        return [page.text[heading.start :].split("\n")[0] for heading in page.headings]

    assert [(heading.level, heading.title) for heading in one.headings] == [(1, "First things"), (2, "Second Thoughts")]
    assert starts(one) == ["1 First things", "1.1 Second thoughts"]
    assert one.path == ()
    assert two.headings == ()
    assert two.path == ("First things", "Second Thoughts")
    assert starts(three) == ["2 Last words"]
    assert three.path == ("First things", "Second Thoughts")


def test_two_sections_of_one_title_are_both_found(made):
    document = pymupdf.open()
    page = document.new_page()
    titled(page, 100, "Usage")
    titled(page, 300, "Usage")
    document.set_toc([[1, "Usage", 1], [1, "Usage", 1]])

    (page,) = pages(made(document))

    first, second = page.headings
    assert first.start < second.start
    assert page.text[second.start :].startswith("Usage")


def test_a_chapter_line_above_the_title_belongs_to_the_heading(made):
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 150), "CHAPTER FOUR", fontsize=20)
    titled(page, 200, "On ships", size=24)
    document.set_toc([[1, "On ships", 1]])

    (page,) = pages(made(document))

    assert page.text.startswith("CHAPTER FOUR")
    assert page.headings[0].start == 0


def test_an_outline_entry_that_is_not_printed_counts_from_the_top(made):
    document = book(BODY)
    document.set_toc([[1, "Elsewhere", 1]])

    (heading,) = pages(made(document))[0].headings

    assert (heading.start, heading.title) == (0, "Elsewhere")


def test_without_an_outline_large_print_is_a_heading(made):
    document = pymupdf.open()
    page = document.new_page()
    titled(page, 100, "Ships", size=24)
    titled(page, 250, "Sails and", size=16)
    titled(page, 400, "Harbours", size=24)
    titled(document.new_page(), 100, "Lighthouses", size=16)

    one, two = pages(made(document))

    assert [(heading.level, heading.title) for heading in one.headings] == [
        (1, "Ships"),
        (2, "Sails and"),
        (1, "Harbours"),
    ]
    assert two.path == ("Harbours",)
    assert [(heading.level, heading.title) for heading in two.headings] == [(2, "Lighthouses")]


def test_a_broken_outline_is_left_out(made):
    document = book("one")
    document.set_toc([[1, "One", 1]])
    document.xref_set_key(document.get_outline_xrefs()[0], "Next", f"{document.get_outline_xrefs()[0]} 0 R")

    assert pages(made(document))[0].text == "one"


def test_a_user_password_is_named_with_the_remedy(made):
    path = made(book("secret"), encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="u", owner_pw="o")

    with pytest.raises(UnreadableDocument, match=r"file\.pdf needs a password to open: save a copy without one"):
        opened(path)


def test_an_owner_password_alone_does_not_keep_anyone_from_reading(made):
    path = made(book("open"), encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="o", permissions=0)

    assert [page.text for page in pages(path)] == ["open"]


def test_a_truncated_file_is_read_as_far_as_it_goes(made):
    path = made(book("one", "two", "three"))
    path.write_bytes(path.read_bytes()[:-200])  # the cross-reference table is gone

    first, *rest = pages(path)
    assert [page.text for page in (first, *rest)] == ["one", "two", "three"]
    assert "the file is damaged" in str(first.problem)
    assert [page.problem for page in rest] == [None, None]


@pytest.mark.parametrize("kept", [20, 300])
def test_a_file_without_a_readable_page_is_refused(made, kept):
    path = made(book("one"))
    path.write_bytes(path.read_bytes()[:kept])

    with pytest.raises(UnreadableDocument, match=r"file\.pdf .*get a whole copy"):
        pages(path)


def page_mupdf_refuses() -> pymupdf.Document:
    """Its second page calls itself a page tree: MuPDF will not load it, Poppler does."""
    document = book("one")
    page = document.new_page(width=400, height=200)
    page.draw_rect(pymupdf.Rect(0, 0, 200, 100), fill=(0, 0, 1), color=None)
    document.xref_set_key(page.xref, "Type", "/Pages")
    return document


@needs_poppler
def test_poppler_draws_a_page_that_mupdf_cannot(made):
    path = made(page_mupdf_refuses())

    _, damaged = pages(path)
    with opened(path) as reader:
        preview = reader.render_page(2, max_px=1000)

    assert damaged.number == 2
    assert damaged.image.getpixel((2, 130)) == BLUE
    assert damaged.image.getpixel((10, 10)) == WHITE
    assert damaged.needs_ocr  # its letters can be had from the drawing alone
    assert (preview.size, preview.getpixel((10, 10))) == ((1000, 500), BLUE)


def test_a_page_that_fails_keeps_its_number_and_says_what_to_install(made, monkeypatch):
    monkeypatch.setenv("PATH", "")  # no Poppler

    whole, damaged = pages(made(page_mupdf_refuses()))

    assert (whole.number, whole.text, whole.problem) == (1, "one", None)
    assert (damaged.number, damaged.text, damaged.image, damaged.views) == (2, "", None, ())
    assert "its text cannot be read" in damaged.problem
    assert "install poppler-utils" in damaged.problem
    assert not damaged.needs_ocr


def test_a_page_that_mupdf_leaves_out_does_not_shift_those_behind(made):
    document = book("one", "two", "three")
    document.set_toc([[1, "one", 1], [1, "three", 3]])
    path = made(document)
    before, leaf, after = path.read_bytes().partition(
        f"{document[1].xref} 0 obj\n<</Type/Page/MediaBox[0 0 595 842]".encode()
    )
    path.write_bytes(before + leaf.replace(b"/Page/", b"/Pages/").replace(b" 842]", b" 84]") + after)

    read = pages(path)

    assert [(page.number, page.text) for page in read] == [(1, "one"), (2, ""), (3, "three")]
    assert [[heading.title for heading in page.headings] for page in read] == [["one"], [], ["three"]]
    assert [page.problem is None for page in read] == [True, False, True]


@pytest.mark.parametrize("kid", ["null", "999 0 R"])
def test_a_page_that_is_missing_from_the_file_keeps_its_number(made, kid):
    document = book("one", "two", "three")
    root = int(document.xref_get_key(document.pdf_catalog(), "Pages")[1].split()[0])
    kids = document.xref_get_key(root, "Kids")[1]
    document.xref_set_key(root, "Kids", kids.replace(f"{document[1].xref} 0 R", kid))

    read = pages(made(document))

    assert [(page.number, page.text) for page in read] == [(1, "one"), (2, ""), (3, "three")]
    assert "missing from the file" in str(read[1].problem)
    assert read[1].image is None


def test_a_page_whose_content_breaks_off_is_read_as_far_as_it_goes_and_says_so(made):
    document = book("one", "Words at the start. " * 40)
    content = document[1].get_contents()[0]
    document.update_stream(content, document.xref_stream(content)[:400])

    whole, damaged = pages(made(document))

    assert whole.problem is None
    assert damaged.text.startswith("Words at the start.")
    assert "a part of it is damaged" in damaged.problem


def test_pages_before_the_first_that_is_drawn_have_the_same_text(made):
    path = made(book("one", "two", "three"))
    with opened(path) as reader:
        drawn, late = list(reader.read_pages()), list(reader.read_pages(draw_from=3))

    assert [(page.text, page.rows) for page in late] == [(page.text, page.rows) for page in drawn]
    assert [page.image is None for page in late] == [True, True, False]


def test_a_page_that_is_skipped_keeps_its_label_and_its_headings_hold(made):
    document = book("one", "two", "three")
    document.set_page_labels([{"startpage": 0, "style": "r", "firstpagenum": 1}])
    document.set_toc([[1, "First", 1], [1, "Second", 2]])
    with opened(made(document)) as reader:
        read = list(reader.read_pages(skip=frozenset({2})))

    assert [(page.label, page.text) for page in read] == [("i", "one"), ("ii", ""), ("iii", "three")]
    assert read[2].path == ("Second",)


@needs_poppler
def test_a_page_that_poppler_draws_has_its_views(made):
    path = made(page_mupdf_refuses())

    _, cropped = pages(path, geometry=Geometry.CROP)
    _, tiled = pages(path, geometry=Geometry.TILES)

    assert [cropped.views[0].getpixel((x, 10)) for x in (10, 500)] == [BLUE, WHITE]
    assert [view.getpixel((350, 140)) for view in tiled.views] == [WHITE, BLUE, WHITE, WHITE]


@needs_poppler
def test_poppler_turns_and_sizes_like_mupdf(made):
    for rotation in (0, 90):
        path = made(coloured_corner(rotation))
        with opened(path) as reader:
            ours = reader.render_page(1, max_px=400)
        theirs = poppler.draw_page(path, 1, max_px=400)

        assert theirs.size == ours.size
        for place in ((5, 5), (ours.width - 5, 5), (5, ours.height - 5), (ours.width - 5, ours.height - 5)):
            assert theirs.getpixel(place) == ours.getpixel(place)


@needs_poppler
def test_poppler_shows_what_is_left_of_a_cropped_page(made):
    document = coloured_corner()
    document[0].set_cropbox(pymupdf.Rect(100, 0, 300, 200))
    path = made(document)

    drawn = poppler.draw_page(path, 1, max_px=200)

    assert drawn.size == (200, 200)
    assert [drawn.getpixel((x, 50)) for x in (50, 150)] == [BLUE, WHITE]


def test_too_many_pages_are_refused(made):
    with pytest.raises(DocumentTooLarge, match=r"file\.pdf has 3 pages, the limit is 2"):
        opened(made(book("one", "two", "three")), Limits(max_pages=2))


def test_a_name_that_is_no_utf8_opens(tmp_path):
    path = tmp_path / "caf\udce9.pdf"
    path.write_bytes(book("one").tobytes())

    assert [page.text for page in pages(path)] == ["one"]


def test_several_threads_may_read_at_once(made):
    path = made(book(*(f"page {number}" for number in range(20))))
    read: list[list[str]] = []
    threads = [threading.Thread(target=lambda: read.append([page.text for page in pages(path)])) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert read == [[f"page {number}" for number in range(20)]] * 4


def test_nothing_is_printed_about_broken_files(made, capfd):
    path = made(book("one", "two"))
    path.write_bytes(path.read_bytes()[:-300])

    pages(path)

    assert capfd.readouterr() == ("", "")


def test_a_preview_is_a_picture(made):
    with opened(made(book("one"))) as reader:
        assert isinstance(reader.render_page(1, max_px=50), Image.Image)
