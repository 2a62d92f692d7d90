"""OCR: pages that are pictures of text get that text, and nothing else is slowed down or broken by it."""

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from ocr_pictures import CHINESE, ENGLISH, GERMAN, PAGE, as_pdf, page_of, scanned, share_found, typeset
from PIL import Image, ImageDraw, ImageFont

from ingest.formats import sniff
from ingest.ocr import tesseract
from ingest.ocr.choice import OcrUnavailable, check, installed
from ingest.ocr.options import OcrMode, OcrOptions
from ingest.ocr.paper import looks_like_a_page
from ingest.ocr.rapid import RapidEngine
from ingest.ocr.reading import read_with_ocr
from ingest.ocr.tesseract import TesseractEngine
from ingest.raster import to_raster
from ingest.readers.registry import open_reader
from ingest.types import Page

PHOTOS = sorted((Path(__file__).parent.parent / "data" / "photos").glob("*.jpg"))
NO_ENGINE = "no OCR engine is installed: pip install rapidocr onnxruntime, or install tesseract-ocr"

needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract-ocr is not installed")


def pages(path: Path, options: OcrOptions | None = None, draw_from: int = 1) -> list[Page]:
    with open_reader(path, format=sniff(path), name=path.name) as reader:
        return list(read_with_ocr(reader, options or OcrOptions(), draw_from=draw_from))


def saved(path: Path, image: Image.Image) -> Path:
    image.save(path)
    return path


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts a Tesseract of a test's own, a shell script, before all other programs; None: there is none."""

    def install(script: str | None) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        if script is not None:
            (folder / "tesseract").write_text(f"#!/bin/sh\n{script}\n")
            (folder / "tesseract").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin" if script is not None else str(folder))
        forget()

    def forget() -> None:
        tesseract.installed_languages.cache_clear()
        tesseract.version.cache_clear()

    yield install
    monkeypatch.undo()
    forget()


LISTS_ENGLISH = """case "$*" in
--list-langs) printf 'List of available languages (1):\\neng\\n';;
--version) echo 'tesseract 5.3.0';;
*) cat >/dev/null; echo 'out of cheese' >&2; exit 1;;
esac"""


@pytest.fixture
def no_engines(program, monkeypatch):
    program(None)
    monkeypatch.setitem(sys.modules, "rapidocr", None)


@pytest.mark.parametrize("text", [ENGLISH, GERMAN, CHINESE], ids=["en", "de", "zh"])
def test_rapidocr_reads_latin_letters_and_chinese(text):
    lines = RapidEngine().recognise(scanned(page_of(text)))

    assert share_found(" ".join(line.text for line in lines), text) > 0.9
    assert all(line.confidence > RapidEngine.good_confidence for line in lines)


@needs_tesseract
@pytest.mark.parametrize(("text", "language"), [(ENGLISH, "eng"), (GERMAN, "deu"), (CHINESE, "chi_sim")])
def test_tesseract_reads_the_languages_it_has(text, language):
    if language not in tesseract.installed_languages():
        pytest.skip(f"Tesseract has no {language} here")

    lines = TesseractEngine((language,)).recognise(scanned(page_of(text)))

    assert share_found(" ".join(line.text for line in lines), text) > 0.9
    assert all(line.confidence > TesseractEngine.good_confidence for line in lines)


def test_a_scanned_page_gets_its_text_its_rows_and_a_confidence(tmp_path):
    (page,) = pages(as_pdf(tmp_path / "scan.pdf", scanned(page_of(GERMAN))))

    assert share_found(page.text, GERMAN) > 0.9
    assert "\n" not in page.text  # one paragraph
    assert (page.needs_ocr, page.problem, page.number) == (False, None, 1)
    assert page.confidence > 0.8
    assert page.image is not None
    assert [row.start for row in page.rows] == sorted(row.start for row in page.rows)
    assert page.text[page.rows[0].start : page.rows[0].end].startswith("Jeder hat das Recht")
    x0, y0, x1, y1 = page.rows[0].box
    assert x0 == pytest.approx(30 / PAGE[0], abs=0.03)
    assert y0 == pytest.approx(42 / PAGE[1], abs=0.05)
    assert x1 > 0.8
    assert 0.02 < y1 - y0 < 0.1


@needs_tesseract
def test_a_page_scanned_sideways_is_read_and_its_boxes_are_those_of_the_page_as_it_is_shown(tmp_path):
    text = f"{GERMAN} {ENGLISH}"
    upright = scanned(typeset(((30, 40, 390, 300), f"{text} {text}"), size=(420, 340)))

    (page,) = pages(as_pdf(tmp_path / "scan.pdf", upright.rotate(90, expand=True)))

    assert share_found(page.text, GERMAN) > 0.85
    _, y0, x1, y1 = page.rows[0].box  # now a column along the left edge
    assert x1 < 0.25
    assert y1 - y0 > 0.6


def test_columns_are_read_one_after_the_other(tmp_path):
    picture = typeset(((30, 20, 200, 230), ENGLISH), ((230, 20, 400, 230), GERMAN))

    (page,) = pages(as_pdf(tmp_path / "scan.pdf", picture), OcrOptions(languages=("en",)))

    assert page.text.index("Education shall be free") < page.text.index("Jeder hat das Recht auf Erholung")


def test_empty_paper_has_no_text_and_no_problem(tmp_path):
    blank = scanned(Image.new("RGB", (1200, 900), "white"))

    (page,) = pages(as_pdf(tmp_path / "scan.pdf", blank), OcrOptions(mode=OcrMode.ALWAYS))

    assert (page.text, page.rows, page.problem, page.confidence) == ("", (), None, None)


def test_a_scan_saved_as_a_picture_is_read(tmp_path):
    (page,) = pages(saved(tmp_path / "scan.jpg", scanned(page_of(ENGLISH))), OcrOptions(languages=("en",)))

    assert share_found(page.text, ENGLISH) > 0.9


@pytest.mark.parametrize("text", [ENGLISH, GERMAN, CHINESE], ids=["en", "de", "zh"])
def test_a_page_photographed_on_a_table_looks_like_a_page(text):
    page = scanned(typeset(((30, 40, 390, 560), " ".join([text] * 6)), size=(420, 600)), tilt=3)
    table = Image.new("RGB", (page.width * 5 // 4, page.height * 5 // 4), (120, 80, 50))
    table.paste(page, (page.width // 8, page.height // 8))

    assert looks_like_a_page(to_raster(page))
    assert looks_like_a_page(to_raster(page.rotate(90, expand=True)))
    assert looks_like_a_page(to_raster(table))


@pytest.mark.parametrize("photo", PHOTOS, ids=lambda path: path.stem)
def test_photographs_are_not_recognised(photo, monkeypatch):
    monkeypatch.setattr(RapidEngine, "recognise", lambda *_: pytest.fail("it costs seconds"))
    monkeypatch.setattr(TesseractEngine, "recognise", lambda *_: pytest.fail("it costs seconds"))

    (page,) = pages(photo)

    assert (page.text, page.problem, page.confidence) == ("", None, None)


def test_a_picture_of_30000_pixels_width_is_read(tmp_path):
    wide = Image.new("RGB", (30_000, 900), "white")
    font = ImageFont.load_default(size=500)
    ImageDraw.Draw(wide).text((800, 150), "Everyone has the right to rest and leisure, and to holidays", "black", font)

    (page,) = pages(saved(tmp_path / "wide.png", wide), OcrOptions(mode=OcrMode.ALWAYS, languages=("en",)))

    assert share_found(page.text, "Everyone has the right to rest") > 0.8


def test_pages_that_have_their_text_are_left_alone(tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("Some words.", encoding="utf-8")

    for mode in OcrMode:
        assert [page.text for page in pages(note, OcrOptions(mode=mode))] == ["Some words."]


def test_a_page_before_draw_from_has_the_same_text(tmp_path):
    frames = [scanned(page_of(ENGLISH)), scanned(page_of(GERMAN))]
    path = tmp_path / "scan.tiff"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    options = OcrOptions(cache=tmp_path / "cache")

    first, again = pages(path, options), pages(path, options, draw_from=2)

    assert [page.text for page in first] == [page.text for page in again]
    assert share_found(again[0].text, ENGLISH) > 0.9
    assert again[0].image is None


def test_a_cached_page_is_equal_and_costs_no_engine(tmp_path, monkeypatch):
    path = as_pdf(tmp_path / "scan.pdf", scanned(page_of(CHINESE)))
    options = OcrOptions(languages=("zh",), cache=tmp_path / "cache")
    (first,) = pages(path, options)
    monkeypatch.setattr(RapidEngine, "recognise", lambda *_: pytest.fail("it is in the cache"))

    (again,) = pages(path, options)

    assert share_found(again.text, CHINESE) > 0.9
    assert replace(again, image=None, views=()) == replace(first, image=None, views=())


def test_off_leaves_pages_as_the_file_has_them(tmp_path):
    (page,) = pages(saved(tmp_path / "scan.png", page_of(ENGLISH)), OcrOptions(mode=OcrMode.OFF))

    assert (page.text, page.confidence) == ("", None)


def test_a_broken_engine_costs_the_text_and_says_so(tmp_path, program, monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    program(LISTS_ENGLISH)

    (page,) = pages(saved(tmp_path / "scan.png", page_of(ENGLISH)))

    assert (page.text, page.image is not None) == ("", True)
    assert page.problem == "its text cannot be recognised: Tesseract failed (out of cheese)"


def test_without_an_engine_a_page_of_text_says_what_to_install(tmp_path, no_engines):
    (page,) = pages(saved(tmp_path / "scan.png", page_of(ENGLISH)))

    assert (page.text, page.image is not None) == ("", True)
    assert page.problem == f"it is a picture of text and {NO_ENGINE}"
    assert (installed().rapid, installed().tesseract, installed().languages) == (None, None, ())


def test_without_an_engine_photographs_have_no_problem(no_engines):
    assert [page.problem for path in PHOTOS for page in pages(path)] == [None] * len(PHOTOS)


def test_always_without_an_engine_is_refused_at_the_start(no_engines):
    check(OcrOptions(mode=OcrMode.AUTO))
    check(OcrOptions(mode=OcrMode.OFF, languages=("de",)))

    with pytest.raises(OcrUnavailable, match="no OCR engine is installed"):
        check(OcrOptions(mode=OcrMode.ALWAYS))


def test_a_language_that_nothing_reads_is_refused_with_its_package(program):
    program(LISTS_ENGLISH)

    check(OcrOptions(languages=("en", "de", "ja", "zh-TW")))  # RapidOCR reads all but English here
    with pytest.raises(OcrUnavailable, match=r"reads th, ar-EG: install tesseract-ocr-tha tesseract-ocr-ara$"):
        check(OcrOptions(languages=("en", "th", "ar-EG")))


def test_letters_that_no_engine_reads_give_no_text_but_a_hint(tmp_path, program):
    program(None)  # RapidOCR alone
    greek = "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι. "

    (page,) = pages(saved(tmp_path / "scan.png", page_of(greek * 8)))

    assert page.text == ""
    assert "install tesseract-ocr" in page.problem


def test_installed_names_engines_and_languages():
    have = installed()

    assert have.rapid
    assert {"de", "en", "ja", "zh"} <= set(have.languages)
    assert (have.tesseract is None) == (shutil.which("tesseract") is None)
