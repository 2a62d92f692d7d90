"""A file is what its content says, whatever its name."""

import os
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from ingest.errors import UnreadableDocument, UnsupportedFormat
from ingest.formats import sniff
from ingest.types import Format


def written(folder: Path, content: bytes, name: str = "file.bin") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def pdf_bytes() -> bytes:
    document = pymupdf.open()
    document.new_page()
    return document.tobytes()


@pytest.mark.parametrize(
    ("pillow_format", "expected"),
    [
        ("PNG", Format.PNG),
        ("JPEG", Format.JPEG),
        ("WEBP", Format.WEBP),
        ("TIFF", Format.TIFF),
        ("GIF", Format.GIF),
        ("BMP", Format.BMP),
    ],
)
def test_a_picture_is_told_by_its_bytes(tmp_path, pillow_format, expected):
    path = tmp_path / "lies.pdf"
    Image.new("RGB", (3, 2)).save(path, format=pillow_format)

    assert sniff(path) is expected


def test_a_pdf_may_have_a_kilobyte_of_junk_before_its_header(tmp_path):
    assert sniff(written(tmp_path, pdf_bytes())) is Format.PDF
    assert sniff(written(tmp_path, b"\x00\xff" * 500 + pdf_bytes())) is Format.PDF


def test_prose_about_pdf_is_text(tmp_path):
    assert sniff(written(tmp_path, b"A file that begins with %PDF-1.7 is a PDF.\n")) is Format.TEXT


@pytest.mark.parametrize("head", ["<!DOCTYPE html>\n<html>", "\ufeff <HTML lang=en>", "<!-- saved page -->\n<html>"])
def test_html_named_pdf_is_refused_as_html(tmp_path, head):
    path = written(tmp_path, f"{head}<body>%PDF-1.4 hello</body>".encode(), "report.pdf")

    with pytest.raises(UnsupportedFormat, match=r"report\.pdf is an HTML page"):
        sniff(path)


def test_an_office_file_is_refused_by_what_it_is(tmp_path):
    with pytest.raises(UnsupportedFormat, match=r"letter\.txt is a ZIP archive or Office file"):
        sniff(written(tmp_path, b"PK\x03\x04rest", "letter.txt"))


def test_an_svg_drawing_is_refused(tmp_path):
    drawing = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'
    with pytest.raises(UnsupportedFormat, match="SVG"):
        sniff(written(tmp_path, drawing))


def test_random_bytes_are_refused(tmp_path):
    noise = bytes((index * 7919 + index**3) % 256 for index in range(5000))
    with pytest.raises(UnsupportedFormat, match="of no known type"):
        sniff(written(tmp_path, noise, "notes.txt"))


def test_an_empty_file_is_unreadable(tmp_path):
    with pytest.raises(UnreadableDocument, match=r"empty\.pdf is empty"):
        sniff(written(tmp_path, b"", "empty.pdf"))


def test_the_name_tells_markdown_from_text_and_nothing_else(tmp_path):
    assert sniff(written(tmp_path, b"# Title\n", "a.MD")) is Format.MARKDOWN
    assert sniff(written(tmp_path, b"# Title\n", "a.markdown")) is Format.MARKDOWN
    assert sniff(written(tmp_path, b"# Title\n", "a.pdf")) is Format.TEXT


RUSSIAN = "Все люди рождаются свободными и равными в своём достоинстве и правах. Они наделены разумом и совестью."
JAPANESE = "すべての人間は、生れながらにして自由であり、かつ、尊厳と権利とについて平等である。"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (JAPANESE, "utf-8"),
        (JAPANESE, "utf-8-sig"),
        (JAPANESE, "utf-16"),
        (JAPANESE, "shift_jis"),
        (RUSSIAN, "utf-16"),
        (RUSSIAN, "cp1251"),
        ("Tous les êtres humains naissent libres et égaux en dignité et en droits.", "cp1252"),
    ],
)
def test_text_in_any_common_encoding_is_text(tmp_path, text, encoding):
    assert sniff(written(tmp_path, (text * 3).encode(encoding))) is Format.TEXT


def test_a_character_cut_at_the_end_of_the_probe_does_not_matter(tmp_path):
    for shift in range(3):
        assert sniff(written(tmp_path, b"x" * shift + "語".encode() * 20_000)) is Format.TEXT


def test_a_file_that_may_not_be_read_names_the_remedy(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may read every file")
    path = written(tmp_path, b"secret", "secret.txt")
    path.chmod(0)

    with pytest.raises(UnreadableDocument, match=r"secret\.txt may not be read.*permission"):
        sniff(path)


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(UnreadableDocument, match="not a regular file"):
        sniff(tmp_path / "pipe")


def test_a_missing_file_is_unreadable(tmp_path):
    with pytest.raises(UnreadableDocument, match="check the path"):
        sniff(tmp_path / "gone.pdf")
