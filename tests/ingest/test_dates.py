"""The day a document was made."""

import datetime
import os
from pathlib import Path

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from ingest.dates import modification_day, parse_exif_date, parse_pdf_date
from ingest.readers.registry import open_reader
from ingest.types import Format

DAY = datetime.date(2019, 7, 4)
ZONES = st.sampled_from(["", "Z", "+09'00'", "-03'30"])


def read_date(path: Path, format: Format) -> datetime.date | None:
    with open_reader(path, format=format, name=path.name) as reader:
        return reader.date


@given(moment=st.datetimes(), zone=ZONES, prefix=st.sampled_from(["D:", ""]))
def test_a_pdf_date_is_the_day_as_written_whatever_its_zone(moment: datetime.datetime, zone: str, prefix: str) -> None:
    written = f"{prefix}{moment.year:04}{moment:%m%d%H%M%S}{zone}"

    assert parse_pdf_date(written) == moment.date()


@given(moment=st.datetimes())
def test_an_exif_date_is_the_day_as_written(moment: datetime.datetime) -> None:
    assert parse_exif_date(f"{moment.year:04}:{moment:%m:%d %H:%M:%S}") == moment.date()


@given(text=st.text() | st.from_regex(r"(D:)?[0-9:]{0,20}"))
def test_any_other_text_is_a_day_or_none(text: str) -> None:
    for parse in (parse_pdf_date, parse_exif_date):
        assert parse(text) is None or isinstance(parse(text), datetime.date)


@pytest.mark.parametrize(("text", "month", "day"), [("D:2019", 1, 1), ("D:201907", 7, 1), ("20190704", 7, 4)])
def test_a_pdf_date_may_stop_early(text: str, month: int, day: int) -> None:
    assert parse_pdf_date(text) == datetime.date(2019, month, day)


@pytest.mark.parametrize("text", ["", "D:", "yesterday", "D:20191301", "D:00000000", "D:20190230"])
def test_what_is_no_pdf_date_is_none(text: str) -> None:
    assert parse_pdf_date(text) is None


@pytest.mark.parametrize(
    "text", ["", "0000:00:00 00:00:00", "    :  :     :  :  ", "2019-07-04", "2019:02:30 00:00:00"]
)
def test_a_camera_without_a_clock_gives_none(text: str) -> None:
    assert parse_exif_date(text) is None


@pytest.mark.parametrize(
    ("metadata", "day"),
    [
        ({"creationDate": "D:20190704120000+02'00'", "modDate": "D:20240101"}, DAY),
        ({"creationDate": "soon", "modDate": "D:20190704"}, DAY),
        ({}, None),
    ],
)
def test_a_pdf_says_when_it_was_made_else_when_it_was_changed(
    tmp_path: Path, metadata: dict[str, str], day: datetime.date | None
) -> None:
    path = tmp_path / "a.pdf"
    document = pymupdf.open()
    document.new_page()
    document.set_metadata(metadata)
    document.save(path)

    assert read_date(path, Format.PDF) == day


@pytest.mark.parametrize("format", [Format.JPEG, Format.WEBP])
def test_a_photo_says_when_it_was_taken(tmp_path: Path, format: Format) -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2019:07:04 12:00:00"
    path = tmp_path / "photo"
    Image.new("RGB", (8, 8)).save(path, format, exif=exif)

    assert read_date(path, format) == DAY


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # Pillow says so, and goes on
@pytest.mark.parametrize(
    "exif", [b"", b"Exif\0\0", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"Exif\0\0nonsense of some length"]
)
def test_damaged_exif_data_say_nothing(tmp_path: Path, exif: bytes) -> None:
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (8, 8)).save(path, "JPEG", exif=exif)

    assert read_date(path, Format.JPEG) is None


def test_a_text_file_says_nothing_and_was_changed_on_a_day(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("hello")
    noon = datetime.datetime(2019, 7, 4, 12).timestamp()
    os.utime(path, (noon, noon))

    assert read_date(path, Format.TEXT) is None
    assert modification_day(path) == DAY


@pytest.mark.parametrize("seconds", [0, -86_400])
def test_a_file_from_the_epoch_was_changed_nobody_knows_when(tmp_path: Path, seconds: int) -> None:
    path = tmp_path / "a.txt"
    path.touch()
    os.utime(path, (seconds, seconds))

    assert modification_day(path) is None
