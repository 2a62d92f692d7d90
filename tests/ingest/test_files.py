"""Originals and rasters: whole or not at all, and gone without trace."""

from pathlib import Path

import pytest

from ingest.errors import UnreadableDocument
from ingest.files import Files, digest


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "library")


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "note.txt"
    path.write_text("hello")
    return path


def test_an_original_is_kept_under_its_content_hash(files: Files, note: Path) -> None:
    files.keep(note, digest(note))

    assert files.original(digest(note)).read_text() == "hello"


def test_a_file_that_changes_while_it_is_read_is_refused_and_leaves_nothing(files: Files, note: Path) -> None:
    before = digest(note)
    note.write_text("changed")

    with pytest.raises(UnreadableDocument, match=r"note\.txt changed"):
        files.keep(note, before)

    assert files.size_bytes() == 0


def test_removal_counts_the_original_and_every_raster(files: Files, note: Path) -> None:
    document = digest(note)
    files.keep(note, document)
    for page in (1, 2):
        files.keep_raster(document, page, b"a picture")

    assert files.remove(document) == 3
    assert files.remove(document) == 0
    assert files.size_bytes() == 0


def test_orphans_go_and_known_documents_stay(files: Files, note: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("other")
    for path in (note, other):
        files.keep(path, digest(path))
    files.original(digest(note)).with_suffix(".partial").write_text("half")

    assert files.remove_orphans(frozenset({digest(other)})) == 1

    assert not files.original(digest(note)).exists()
    assert not files.original(digest(note)).with_suffix(".partial").exists()
    assert files.original(digest(other)).exists()
