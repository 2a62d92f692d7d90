"""The list of documents: only what is whole is shown, and a path stands for one content at a time."""

from pathlib import Path

import pytest

from ingest.manifest import Manifest, State
from ingest.types import Format

A, B = "a" * 64, "b" * 64


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return Manifest(tmp_path / "library.sqlite3")


def begin(manifest: Manifest, id: str, name: str = "note.txt") -> None:
    manifest.begin(id, name=name, format=Format.TEXT, size_bytes=5)


def add(manifest: Manifest, id: str, path: str, name: str = "note.txt") -> str | None:
    begin(manifest, id, name)
    return manifest.finish(id, source=Path(path), pages=1, chunks=2, problems=("page 1: torn",))


def test_a_document_under_way_is_not_shown(manifest: Manifest) -> None:
    begin(manifest, A)

    assert manifest.documents() == []
    assert [document.id for document in manifest.unfinished()] == [A]


def test_a_finished_document_is_shown_with_what_was_found_in_it(manifest: Manifest) -> None:
    add(manifest, A, "/home/note.txt")

    (document,) = manifest.documents()

    assert (document.name, document.format, document.state) == ("note.txt", Format.TEXT, State.READY)
    assert (document.pages, document.chunks, document.problems) == (1, 2, ("page 1: torn",))


def test_a_changed_file_replaces_what_its_path_held(manifest: Manifest) -> None:
    add(manifest, A, "/home/note.txt")

    assert add(manifest, B, "/home/note.txt") == A

    assert [document.id for document in manifest.documents()] == [B]
    assert [(document.id, document.state) for document in manifest.unfinished()] == [(A, State.REMOVING)]


def test_content_that_another_path_still_holds_is_not_replaced(manifest: Manifest) -> None:
    add(manifest, A, "/home/note.txt")
    manifest.point(Path("/home/copy.txt"), A)

    assert add(manifest, B, "/home/note.txt") is None

    assert {document.id for document in manifest.documents()} == {A, B}


def test_a_path_may_hold_bytes_that_are_no_unicode(manifest: Manifest) -> None:
    odd = "/home/\udcff.txt"

    add(manifest, A, odd)

    assert manifest.source(Path(odd)) == A


@pytest.mark.parametrize("key", [A, A[:8], "note.txt"])
def test_a_document_is_found_by_id_by_its_beginning_and_by_name(manifest: Manifest, key: str) -> None:
    add(manifest, A, "/home/note.txt")
    add(manifest, B, "/home/other.txt", name="other.txt")

    assert [document.id for document in manifest.find(key)] == [A]


def test_a_forgotten_document_leaves_no_path_behind(manifest: Manifest) -> None:
    add(manifest, A, "/home/note.txt")

    manifest.begin_removal(A)
    manifest.forget(A)

    assert manifest.get(A) is None
    assert manifest.source(Path("/home/note.txt")) is None


def test_what_was_written_is_there_after_a_restart(manifest: Manifest, tmp_path: Path) -> None:
    add(manifest, A, "/home/note.txt")
    manifest.close()

    assert [document.id for document in Manifest(tmp_path / "library.sqlite3").documents()] == [A]
