"""What a document's points say of it: language, kind and day, through adding, uploading and reindexing."""

import os
from datetime import date, datetime
from pathlib import Path

import pymupdf
import pytest
from PIL import ExifTags, Image

from app.library import Library
from ingest.types import Modality
from retrieval.types import Filter, Point

DAY = date(2024, 2, 29)
GERMAN = "Die Garantie dauert zwei Jahre und beginnt mit dem Tag des Kaufs."


def stamp(path: Path) -> Path:
    """Let a file be last changed on DAY."""
    noon = datetime(2024, 2, 29, 12).timestamp()
    os.utime(path, (noon, noon))
    return path


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "note.txt"
    path.write_text(GERMAN, encoding="utf-8")
    return stamp(path)


def points(library: Library) -> list[Point]:
    return [stored.point for stored in library.stored(Filter())]


def dates(library: Library) -> set[date | None]:
    return {point.date for point in points(library)}


def test_a_file_is_of_the_day_it_was_last_changed(library: Library, note: Path) -> None:
    library.add(note)

    (point,) = points(library)
    assert (point.date, point.language, point.kind, point.owner, point.collection) == (DAY, "de", "text", "", "")


def test_an_upload_is_of_no_day(library: Library, note: Path) -> None:
    library.add(note, are_copies=True)

    assert dates(library) == {None}


@pytest.mark.parametrize("are_copies", [False, True])
def test_reindexing_changes_neither_day_nor_language(library: Library, note: Path, are_copies: bool) -> None:
    library.add(note, are_copies=are_copies)
    before = points(library)
    note.unlink()

    library.reindex()

    assert points(library) == before


def test_what_a_pdf_says_of_itself_counts_more_than_its_file(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "old.pdf"
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), GERMAN)
    document.set_metadata({"creationDate": "D:19990412"})
    document.save(path)
    library.add(stamp(path), are_copies=True)

    text, image = sorted(points(library), key=lambda point: point.modality is Modality.IMAGE)
    assert (text.date, image.date) == (date(1999, 4, 12), date(1999, 4, 12))
    assert (text.language, image.language) == ("de", "de")  # a page's picture is in the language of its words


def test_a_photo_is_of_the_day_it_was_taken_and_in_no_language(library: Library, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2001:09:09 01:46:40"
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (9, 9), "orange").save(path, exif=exif)
    library.add(stamp(path))

    (point,) = points(library)
    assert (point.date, point.language) == (date(2001, 9, 9), "")
