"""The list of documents: only what is whole is shown, and a path stands for one content at a time."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ingest.database import UnsuitableVersion
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


def test_what_was_learned_of_a_document_is_kept_with_it(manifest: Manifest) -> None:
    begin(manifest, A)
    manifest.finish(A, source=None, pages=3, chunks=9, problems=(), language="th", ocr_pages=2)

    (document,) = manifest.documents()

    assert (document.language, document.ocr_pages) == ("th", 2)


def test_the_same_bytes_under_two_names_are_one_document_with_two_names(manifest: Manifest) -> None:
    add(manifest, A, "/home/note.txt")
    manifest.point(Path("/home/copy.txt"), A)
    manifest.point(Path("/elsewhere/note.txt"), A)

    assert manifest.names(A) == ["note.txt", "copy.txt"]
    assert [document.id for document in manifest.find("copy.txt")] == [A]
    assert [document.id for document in manifest.documents()] == [A]


def test_a_document_can_be_given_another_name(manifest: Manifest) -> None:
    add(manifest, A, "/home/note.txt")

    manifest.rename(A, "letter.txt")

    assert [document.name for document in manifest.documents()] == ["letter.txt"]
    assert manifest.names(A) == ["letter.txt", "note.txt"]


def test_the_paths_of_a_document_are_told(manifest: Manifest) -> None:
    add(manifest, A, "/home/note.txt")
    add(manifest, B, "/home/other.txt")
    manifest.point(Path("/home/copy.txt"), A)

    assert manifest.sources_of(A) == [Path("/home/copy.txt"), Path("/home/note.txt")]


def test_a_folder_is_asked_for_the_paths_inside_it_and_no_others(manifest: Manifest) -> None:
    inside = ["/home/a/1.txt", "/home/a/b/2.txt", "/home/a/\udcff/3.txt"]
    for path in [*inside, "/home/a", "/home/a.txt", "/home/a0/4.txt", "/home/A/5.txt", "/home/a-/6.txt"]:
        add(manifest, A, path)

    assert manifest.sources_below(Path("/home/a")) == [(Path(path), A) for path in inside]
    assert len(manifest.sources_below(Path("/"))) == 8


def test_a_document_goes_with_the_last_of_its_paths(manifest: Manifest) -> None:
    add(manifest, A, "/home/note.txt")
    manifest.point(Path("/home/copy.txt"), A)

    assert manifest.drop_source(Path("/home/note.txt")) is None
    assert [document.id for document in manifest.documents()] == [A]
    assert manifest.drop_source(Path("/home/copy.txt")) == A
    assert [(document.id, document.state) for document in manifest.unfinished()] == [(A, State.REMOVING)]


def test_a_path_that_stands_for_nothing_is_dropped_without_harm(manifest: Manifest) -> None:
    add(manifest, A, "/home/note.txt")

    assert manifest.drop_source(Path("/home/other.txt")) is None
    assert [document.id for document in manifest.documents()] == [A]


def test_a_renamed_file_keeps_its_document(manifest: Manifest) -> None:
    add(manifest, A, "/home/old.txt", name="old.txt")

    assert manifest.point(Path("/home/new.txt"), A) is None
    assert manifest.drop_source(Path("/home/old.txt")) is None

    assert manifest.sources_of(A) == [Path("/home/new.txt")]


def test_a_document_that_is_begun_anew_is_hidden_and_keeps_its_paths(manifest: Manifest) -> None:
    add(manifest, A, "/home/note.txt")

    begin(manifest, A)

    assert manifest.documents() == []
    assert manifest.sources_of(A) == [Path("/home/note.txt")]


def test_a_name_that_is_no_unicode_can_be_noted(manifest: Manifest) -> None:
    add(manifest, A, "/home/x", name="caf\udce9.txt")

    assert [document.name for document in manifest.documents()] == ["caf\\udce9.txt"]
    assert [document.id for document in manifest.find("caf\udce9.txt")] == [A]


VERSION_1 = """
CREATE TABLE IF NOT EXISTS documents (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, format TEXT NOT NULL, bytes INTEGER NOT NULL, state TEXT NOT NULL,
    pages INTEGER NOT NULL DEFAULT 0, chunks INTEGER NOT NULL DEFAULT 0, problems TEXT NOT NULL DEFAULT '[]',
    added_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS sources (
    path BLOB PRIMARY KEY, document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS sources_by_document ON sources (document_id);
"""


@pytest.mark.parametrize("version", [1, 0])  # 0: killed between making the tables and noting the version
def test_a_file_of_the_first_version_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    with closing(sqlite3.connect(tmp_path / "old.sqlite3")) as old:
        old.executescript(VERSION_1)
        old.execute(
            "INSERT INTO documents VALUES (?, 'note.txt', 'text', 5, 'ready', 1, 2, '[\"page 1: torn\"]', 7.5)", (A,)
        )
        old.execute("INSERT INTO sources VALUES (?, ?)", (b"/home/caf\xe9.txt", A))
        old.execute(f"PRAGMA user_version = {version}")
        old.commit()

    for _ in range(2):
        manifest = Manifest(tmp_path / "old.sqlite3")
        (document,) = manifest.documents()
        assert (document.name, document.pages, document.problems, document.added_at) == (
            "note.txt", 1, ("page 1: torn",), 7.5,
        )  # fmt: skip
        assert (document.language, document.ocr_pages) == ("", 0)
        assert manifest.names(A) == ["note.txt", "caf\\xe9.txt"]
        assert manifest.sources_of(A) == [Path("/home/caf\udce9.txt")]
        manifest.close()


def test_a_file_of_a_newer_polyglance_is_left_alone(manifest: Manifest, tmp_path: Path) -> None:
    add(manifest, A, "/home/note.txt")
    manifest.close()
    with closing(sqlite3.connect(tmp_path / "library.sqlite3")) as newer:
        newer.execute("PRAGMA user_version = 99")

    with pytest.raises(UnsuitableVersion, match=r"library\.sqlite3 is of version 99.*install the newer one"):
        Manifest(tmp_path / "library.sqlite3")
