"""A file is what its content says, whatever its name."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from ingest.errors import UnreadableDocument, UnsupportedFormat
from ingest.formats import sniff
from ingest.readers.registry import kinds, open_reader
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

    assert sniff(path) == expected


def test_a_pdf_may_have_a_kilobyte_of_junk_before_its_header(tmp_path):
    assert sniff(written(tmp_path, pdf_bytes())) == Format.PDF
    assert sniff(written(tmp_path, b"\x00\xff" * 500 + pdf_bytes())) == Format.PDF


def test_prose_about_pdf_is_text(tmp_path):
    assert sniff(written(tmp_path, b"A file that begins with %PDF-1.7 is a PDF.\n")) == Format.TEXT


@pytest.mark.parametrize(
    "head",
    [
        "<!DOCTYPE html>\n<html>",
        "\ufeff <HTML lang=en>",
        "<!-- saved page -->\n<html>",
        '<?xml version="1.0"?><!-- a --><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "x.dtd"><!-- b --><html>',
    ],
)
def test_html_named_pdf_is_html(tmp_path, head):
    assert sniff(written(tmp_path, f"{head}<body>%PDF-1.4 hello</body>".encode(), "report.pdf")) == "html"


def test_a_piece_of_a_page_is_html_by_its_name(tmp_path):
    assert sniff(written(tmp_path, b"<p>Hello</p>", "part.htm")) == "html"
    assert sniff(written(tmp_path, b"<p>Hello</p>", "part.txt")) == "text"
    assert sniff(written(tmp_path, b"Hello", "part.html")) == "text"


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "svg"),
        (b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd" [<!ENTITY a "<b>">]><svg/>', "svg"),
        (b'<?xml version="1.0"?><?xml-stylesheet href="x"?><FictionBook/>', "fb2"),
        ('<?xml version="1.0" encoding="utf-16"?><FictionBook/>'.encode("utf-16"), "fb2"),
        (b'<?xml version="1.0"?><recipe/>', "text"),
    ],
)
def test_markup_is_told_by_its_first_element(tmp_path, markup, expected):
    assert sniff(written(tmp_path, markup)) == expected


@pytest.mark.parametrize(
    "head", [b"<!-- -->" * 2000, b"<!--" * 4000, b" " * 16_000, b"<?a?>" * 3000, b"<!doctype " * 1600]
)
def test_no_beginning_is_slow_to_tell(tmp_path, head):
    assert sniff(written(tmp_path, head + b"words")) == "text"


WORD = {"[Content_Types].xml": "", "word/document.xml": ""}


@pytest.mark.parametrize(
    ("members", "name", "expected"),
    [
        (WORD, "a.zip", "docx"),
        ({"[Content_Types].xml": "", "ppt/presentation.xml": ""}, "a.zip", "pptx"),
        ({"[Content_Types].xml": "", "xl/workbook.xml": ""}, "a.zip", "xlsx"),
        ({"[Content_Types].xml": "", "FixedDocSeq.fdseq": ""}, "a.zip", "xps"),
        ({"mimetype": "application/epub+zip", "META-INF/container.xml": ""}, "a.zip", "epub"),
        ({"META-INF/container.xml": "", "mimetype": "application/epub+zip"}, "a.zip", "epub"),
        ({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": ""}, "a.zip", "odt"),
        ({"mimetype": "application/vnd.oasis.opendocument.presentation"}, "a.zip", "odp"),
        ({"mimetype": "application/vnd.oasis.opendocument.spreadsheet-template"}, "a.zip", "ods"),
        ({"1.png": "", "ComicInfo.xml": ""}, "a.zip", "cbz"),
        ({"1.png": ""}, "a.cbz", "cbz"),
        ({"1.png": ""}, "a.zip", "zip"),
        (WORD, "a.cbz", "docx"),
        ({"letters/word/document.xml": ""}, "a.docx", "zip"),
        ({}, "a.zip", "zip"),
    ],
)
def test_a_zip_file_is_told_by_what_lies_in_it(tmp_path, members, name, expected):
    with zipfile.ZipFile(tmp_path / name, "w") as file:
        for member, content in members.items():
            file.writestr(member, content)

    assert sniff(tmp_path / name) == expected


@pytest.mark.parametrize(
    "member", ["META-INF/MANIFEST.MF", "polyglance-1.dist-info/WHEEL", "[Content_Types].xml", "Index/Document.iwa"]
)
def test_a_package_of_a_program_is_no_archive(tmp_path, member):
    with zipfile.ZipFile(tmp_path / "a.jar", "w") as file:
        file.writestr(member, "")

    with pytest.raises(UnsupportedFormat, match=r"a\.jar is of no known type"):
        sniff(tmp_path / "a.jar")


def test_a_drawing_of_an_office_that_no_reader_knows_is_no_archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.odg", "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.graphics")
        file.writestr("content.xml", "<office:document-content/>")

    with pytest.raises(UnsupportedFormat, match=r"a\.odg is of no known type"):
        sniff(tmp_path / "a.odg")


def test_a_damaged_zip_file_is_named_with_its_remedy(tmp_path):
    with pytest.raises(UnreadableDocument, match=r"letter\.docx is damaged and cannot be unpacked: get a whole copy"):
        sniff(written(tmp_path, b"PK\x03\x04[Content_Types].xml word/document.xml", "letter.docx"))


def compound(*streams: str) -> bytes:
    """As Office wrote them until 2003: a header, and a directory of streams after it."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(30, b"\0") + b"\x09\0"
    header = header.ljust(48, b"\0") + (0).to_bytes(4, "little")
    return header.ljust(512, b"\0") + b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in streams)


@pytest.mark.parametrize(
    ("stream", "expected"),
    [("WordDocument", "doc"), ("Workbook", "xls"), ("Book", "xls"), ("PowerPoint Document", "ppt")],
)
def test_an_old_office_file_is_told_by_its_streams(tmp_path, stream, expected):
    assert sniff(written(tmp_path, compound("Root Entry", "\x05SummaryInformation", stream))) == expected


def test_a_compound_file_of_another_program_is_refused(tmp_path):
    with pytest.raises(UnsupportedFormat, match="of no known type"):
        sniff(written(tmp_path, compound("Root Entry", "__properties_version1.0"), "mail.msg"))


def test_what_is_refused_is_told_what_is_read(tmp_path):
    with pytest.raises(UnsupportedFormat, match=r"a\.rar is a RAR archive: Polyglance reads AVIF, .*PDF.* and ZIP;"):
        sniff(written(tmp_path, b"Rar!\x1a\x07\x00", "a.rar"))


def test_every_format_has_one_reader_and_names_of_its_own():
    formats = [kind.format for kind in kinds()]
    suffixes = [suffix for kind in kinds() for suffix in kind.suffixes]

    assert len(set(formats)) == len(formats)
    assert len(set(suffixes)) == len(suffixes)
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in suffixes)


GOPHER = """
from ingest.readers.registry import Kind, Shows
from ingest.readers.text import TextReader
from ingest.types import Format

KINDS = (
    Kind(
        Format("gopher"),
        "Gopher",
        (".gopher",),
        lambda head: head.start.startswith(b"GOPHER"),
        lambda opening: TextReader(opening.path.read_text()[6:]),
        shows=Shows.TEXT,
    ),
)
"""


def test_a_new_format_is_one_new_file(tmp_path):
    (tmp_path / "gopher.py").write_text(GOPHER)
    path = written(tmp_path, b"GOPHER holes", "a.gopher")
    program = (
        "import sys; from pathlib import Path; import ingest.kinds; ingest.kinds.__path__.append(sys.argv[1])\n"
        "from ingest.formats import sniff; from ingest.readers import registry\n"
        "path = Path(sys.argv[2]); told = sniff(path); reader = registry.open_reader(path, format=told, name='a')\n"
        "print(told, 'Gopher' in registry.readable(), *(page.text for page in reader.read_pages()))"
    )

    told = subprocess.run([sys.executable, "-c", program, tmp_path, path], capture_output=True, text=True, check=True)

    assert told.stdout.split() == ["gopher", "True", "holes"]


def test_a_format_that_nobody_reads_is_refused_by_name(tmp_path):
    with pytest.raises(UnsupportedFormat, match=r"a\.djvu is DJVU, which is not read"):
        open_reader(written(tmp_path, b"AT&TFORM"), format=Format("djvu"), name="a.djvu")


def test_an_archive_is_no_document(tmp_path):
    with pytest.raises(UnsupportedFormat, match=r"a\.zip is a ZIP archive: unpack it"):
        open_reader(written(tmp_path, b"PK\x05\x06" + bytes(18)), format=Format("zip"), name="a.zip")


def test_telling_formats_loads_no_reader(tmp_path):
    path = written(tmp_path, pdf_bytes())
    program = (
        "import sys; from pathlib import Path; from ingest.formats import sniff; sniff(Path(sys.argv[1]));"
        "print([name for name in ('pymupdf', 'pillow_heif', 'lxml') if name in sys.modules])"
    )

    told = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"


def test_random_bytes_are_refused(tmp_path):
    noise = bytes((index * 7919 + index**3) % 256 for index in range(5000))
    with pytest.raises(UnsupportedFormat, match="of no known type"):
        sniff(written(tmp_path, noise, "notes.txt"))


def test_an_empty_file_is_unreadable(tmp_path):
    with pytest.raises(UnreadableDocument, match=r"empty\.pdf is empty"):
        sniff(written(tmp_path, b"", "empty.pdf"))


def test_the_name_tells_markdown_from_text_and_nothing_else(tmp_path):
    assert sniff(written(tmp_path, b"# Title\n", "a.MD")) == Format.MARKDOWN
    assert sniff(written(tmp_path, b"# Title\n", "a.markdown")) == Format.MARKDOWN
    assert sniff(written(tmp_path, b"# Title\n", "a.pdf")) == Format.TEXT


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
    assert sniff(written(tmp_path, (text * 3).encode(encoding))) == Format.TEXT


def test_a_character_cut_at_the_end_of_the_probe_does_not_matter(tmp_path):
    for shift in range(3):
        assert sniff(written(tmp_path, b"x" * shift + "語".encode() * 20_000)) == Format.TEXT


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
