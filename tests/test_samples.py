"""The sample library: complete, listed, small, and readable in every language it claims."""

import re
import unicodedata
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
LIBRARY = SAMPLES / "library"
DECLARATION = LIBRARY / "declaration"
SCANS = ("scan-droits-de-l-homme.pdf", "scan-gettysburg-address.pdf")
ARTICLE_1 = {
    "udhr-chinese-traditional.pdf": "人人生而自由，在尊嚴和權利上一律平等",
    "udhr-dutch.pdf": "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren",
    "udhr-english.pdf": "All human beings are born free and equal in dignity and rights",
    "udhr-french.pdf": "Tous les êtres humains naissent libres et égaux en dignité et en droits",
    "udhr-german.pdf": "Alle Menschen sind frei und gleich an Würde und Rechten geboren",
    "udhr-greek.pdf": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια",
    "udhr-hebrew.pdf": "כל בני אדם נולדו בני חורין ושווים בערכם ובזכויותיהם",
    "udhr-hindi.pdf": "सभी मनुष्यों को गौरव और अधिकारों के मामले में",
    "udhr-italian.pdf": "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti",
    "udhr-polish.pdf": "Wszyscy ludzie rodzą się wolni i równi",
    "udhr-portuguese.pdf": "Todos os seres humanos nascem livres e iguais em dignidade e em direitos",
    "udhr-spanish.pdf": "Todos los seres humanos nacen libres e iguales en dignidad y derechos",
    "udhr-swahili.pdf": "Watu wote wamezaliwa huru, hadhi na haki zao ni sawa",
    "udhr-thai.pdf": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกัน",
    "udhr-turkish.pdf": "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar",
    "udhr-ukrainian.pdf": "Всі люди народжуються вільними і рівними у своїй гідності та правах",
    "udhr-vietnamese.pdf": "Tất cả mọi người sinh ra đều được tự do và bình đẳng",
    "Всеобщая декларация прав человека.pdf": "Все люди рождаются свободными и равными в своем достоинстве и правах",
    "الإعلان العالمي لحقوق الإنسان.pdf": "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق",
    "世界人权宣言.pdf": "人人生而自由,在尊严和权利上一律平等",
    "世界人権宣言.pdf": "すべての人間は、生まれながらにして自由であり",
    "세계인권선언.pdf": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다",
}


def without_spaces(text: str) -> str:
    """Lines break inside sentences, and inside words of scripts that write no spaces."""
    return re.sub(r"\s", "", unicodedata.normalize("NFC", text))


def text_of(path: Path) -> str:
    with pymupdf.open(path) as document:
        return "".join(page.get_text() for page in document)


def files() -> list[Path]:
    return [path for path in LIBRARY.rglob("*") if path.is_file()]


def test_the_readme_lists_every_file_and_no_other():
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([^`]+)` \|", readme, re.M)
    present = [path.relative_to(LIBRARY).as_posix() for path in files()]

    assert sorted(unicodedata.normalize("NFC", name) for name in present) == sorted(listed)


def test_all_files_together_stay_below_8_mb():
    assert sum(path.stat().st_size for path in files()) < 8_000_000


def test_every_edition_of_the_declaration_has_its_phrase_below():
    names = {unicodedata.normalize("NFC", path.name) for path in DECLARATION.iterdir()}

    assert names == set(ARTICLE_1)


@pytest.mark.parametrize("file", ARTICLE_1)
def test_article_1_reads_in_logical_order(file):
    assert without_spaces(ARTICLE_1[file]) in without_spaces(text_of(DECLARATION / file))


@pytest.mark.parametrize("file", ARTICLE_1)
def test_an_edition_has_an_outline_of_all_30_articles_within_its_pages(file):
    with pymupdf.open(DECLARATION / file) as document:
        below_the_title = [page for level, _, page in document.get_toc() if level == 2]
        last = len(document)

    assert len(below_the_title) >= 30  # the Hebrew edition has no heading over its preamble
    assert below_the_title == sorted(below_the_title)
    assert 1 <= below_the_title[0] < below_the_title[-1] <= last


@pytest.mark.parametrize("file", ARTICLE_1)
def test_an_edition_embeds_every_font_it_uses(file):
    with pymupdf.open(DECLARATION / file) as document:
        fonts = [font for page in document for font in page.get_fonts()]

    assert fonts
    assert all(extension != "n/a" for _, extension, *_ in fonts)


@pytest.mark.parametrize("file", ["udhr-english.pdf", "udhr-french.pdf"])
def test_front_matter_is_labelled_in_roman_numbers(file):
    with pymupdf.open(DECLARATION / file) as document:
        labels = [page.get_label() for page in document]

    assert labels == ["i", "ii", *(str(number) for number in range(1, len(labels) - 1))]
    assert len(labels) > 6


@pytest.mark.parametrize("file", SCANS)
def test_a_scan_is_one_picture_a_page_and_no_text(file):
    with pymupdf.open(LIBRARY / "scans" / file) as document:
        pages = [(page.get_text(), len(page.get_images())) for page in document]

    assert pages
    assert all(page == ("", 1) for page in pages)


def test_every_picture_opens_and_is_at_most_900_pixels_long():
    for path in (LIBRARY / "pictures").iterdir():
        with Image.open(path) as picture:
            picture.load()
            assert max(picture.size) <= 900, path.name


def test_pictures_come_in_every_format_we_read():
    opened = [Image.open(path) for path in (LIBRARY / "pictures").iterdir()]

    assert {picture.format for picture in opened} == {"BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP"}
    assert {picture.mode for picture in opened} >= {"L", "P", "RGB", "RGBA"}
    assert [picture.n_frames for picture in opened if picture.format == "TIFF"] == [4]


def test_notes_are_utf_8_in_spanish_and_japanese():
    notes = {path.suffix: path.read_text(encoding="utf-8") for path in (LIBRARY / "notes").iterdir()}

    assert "Cuidar una bicicleta" in notes[".md"]
    assert "味噌汁の作り方" in notes[".txt"]
