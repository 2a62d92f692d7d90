"""Vectors that move to a server and back: nothing is lost on the way, whatever fails."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from qdrant_server import QdrantProcess

from app import migrating
from app.cli import main
from app.errors import LibraryError
from app.library import Library
from app.settings import Settings
from app.types import Copying
from encoders.base import Encoder
from ingest.types import Modality
from retrieval.errors import StoreUnavailable
from retrieval.metadata import read_metadata
from retrieval.places import Access, Place
from retrieval.qdrant.connection import Server
from retrieval.qdrant.server import begin_beside, open_server, read_server
from retrieval.store import VectorStore
from retrieval.stores import drop_store
from retrieval.types import Filter, Point

ALL = Filter()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, qdrant_access=Access(patience_s=0.5))


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number, text in enumerate(("Bread bakes in the oven.", "The ship sails at dawn.", "Everyone may learn.")):
        (folder / f"{number}.txt").write_text(text)
    return folder


@pytest.fixture
def library(settings: Settings, starter: Encoder, notes: Path) -> Iterator[Library]:
    with Library(settings, encoder=starter) as library:
        library.add(notes)
        yield library


@pytest.fixture
def _one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "_BATCH", 1)


def points(library: Library) -> list[Point]:
    return [stored.point for stored in library.stored(ALL)]


def place(settings: Settings) -> Place:
    metadata = read_metadata(settings.data / "vectors")
    assert metadata is not None
    return Place(metadata.url, metadata.name)


class Halt(Exception):
    """Stands for whatever ends a process."""


def halt_at(done: int) -> Callable[[Copying], None]:
    def on_progress(progress: Copying) -> None:
        if progress.done == done:
            raise Halt

    return on_progress


def copy_on(qdrant: Server, settings: Settings, library: Library) -> VectorStore:
    """The copy that a migration is making."""
    metadata = read_metadata(settings.data / "vectors.next")
    assert metadata is not None
    return begin_beside(qdrant, collection=library.collection, name=metadata.name)


def test_a_library_moves_to_a_server_and_back_with_all_it_finds(
    library: Library, settings: Settings, qdrant: Server
) -> None:
    before, stored = library.search("bread"), points(library)

    there = library.migrate(qdrant.url)

    on_server = place(settings)
    assert (there.source, there.target, there.points) == ("embedded", qdrant.url, 3)
    assert (there.compared, there.left) == (3, None)
    assert (library.search("bread"), points(library)) == (before, stored)
    names = {path.name for path in (settings.data / "vectors").iterdir()}
    assert {name for name in names if not name.startswith("ledger.")} == {"collection.json"}

    back = library.migrate("embedded")

    assert (back.source, back.target, back.points) == (qdrant.url, "embedded", 3)
    assert (library.search("bread"), points(library)) == (before, stored)
    assert read_server(qdrant, name=on_server.name) is None
    assert not list(settings.data.glob("vectors.*"))


@pytest.mark.usefixtures("_one_by_one")
def test_one_that_was_cut_short_leaves_the_library_as_it_was_and_goes_on_when_run_again(
    library: Library, settings: Settings, starter: Encoder, qdrant: Server
) -> None:
    with pytest.raises(Halt):
        library.migrate(qdrant.url, on_progress=halt_at(2))
    assert library.search("bread", modality=Modality.TEXT)[0].document == "0.txt"
    assert library.status().engine == "edge"
    library.close()
    told: list[Copying] = []

    with Library(settings, encoder=starter) as again:
        again.migrate(qdrant.url, on_progress=told.append)
        assert len(points(again)) == 3

    assert told == [Copying(2, 3), Copying(3, 3)]


@pytest.mark.usefixtures("_one_by_one")
def test_documents_that_came_or_went_in_between_are_not_missed(
    library: Library, qdrant: Server, tmp_path: Path
) -> None:
    with pytest.raises(Halt):
        library.migrate(qdrant.url, on_progress=halt_at(2))
    library.remove("1.txt")
    (tmp_path / "late.txt").write_text("The moon circles the earth.")
    library.add(tmp_path / "late.txt")

    library.migrate(qdrant.url)

    assert sorted(point.text[:8] for point in points(library)) == ["Bread ba", "Everyone", "The moon"]


@pytest.mark.usefixtures("_one_by_one")
def test_a_server_that_dies_in_the_middle_costs_nothing_and_the_rest_goes_later(
    library: Library, start_qdrant: Callable[[str | None], QdrantProcess]
) -> None:
    running = start_qdrant(None)

    def kill(progress: Copying) -> None:
        if progress.done == 2:
            running.kill()

    with pytest.raises(StoreUnavailable, match="does not answer"):
        library.migrate(running.server.url, on_progress=kill)
    assert library.status().engine == "edge"
    assert len(library.search("bread")) == 3

    running.start()
    library.migrate(running.server.url)

    assert library.status().server == running.server.url
    assert len(library.search("bread")) == 3
    running.kill()


def test_a_copy_that_lacks_a_point_is_not_taken(library: Library, settings: Settings, qdrant: Server) -> None:
    def spoil(progress: Copying) -> None:
        if progress.done == 3:
            copy = copy_on(qdrant, settings, library)
            copy.delete(points(library)[0].document_id)
            copy.close()

    with pytest.raises(LibraryError, match="2 text points instead of 3"):
        library.migrate(qdrant.url, on_progress=spoil)
    assert library.status().engine == "edge"
    assert not list(settings.data.glob("vectors.*"))

    assert library.migrate(qdrant.url).points == 3


def test_an_embedded_copy_that_differs_is_not_taken_either(
    library: Library, settings: Settings, qdrant: Server
) -> None:
    library.migrate(qdrant.url)

    def spoil(progress: Copying) -> None:
        if progress.done == 3:
            source = open_server(qdrant, collection=library.collection, name=place(settings).name)
            source.delete(source.scroll(where=ALL, limit=1)[0].point.document_id)
            source.close()

    with pytest.raises(LibraryError, match="3 text points instead of 2"):
        library.migrate("embedded", on_progress=spoil)

    assert library.status().server == qdrant.url
    assert not list(settings.data.glob("vectors.*"))


@pytest.mark.parametrize("what", ["vector", "text"])
def test_a_copy_that_differs_in_a_point_is_not_taken(
    library: Library, settings: Settings, qdrant: Server, what: str
) -> None:
    def spoil(progress: Copying) -> None:
        if progress.done == 3:
            copy = copy_on(qdrant, settings, library)
            (first, second) = copy.scroll(where=ALL, limit=2)
            if what == "vector":
                copy.upsert([first.point], second.vector[None], [first.lexical])
            else:
                copy.upsert([replace(first.point, text="other")], first.vector[None], [first.lexical])
            copy.close()

    with pytest.raises(LibraryError, match="another point"):
        library.migrate(qdrant.url, on_progress=spoil)

    assert library.status().engine == "edge"
    assert len(library.search("bread")) == 3


def test_a_large_library_is_compared_by_a_sample(
    settings: Settings, starter: Encoder, qdrant: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "_SAMPLES", 20)
    for number in range(30):
        (tmp_path / f"{number}.txt").write_text(f"Note {number}.")
    with Library(settings, encoder=starter) as library:
        library.add(*tmp_path.glob("*.txt"))

        migrated = library.migrate(qdrant.url)

        assert migrated.points == len(points(library)) == 30
        assert 0 < migrated.compared <= 20


def test_one_server_takes_a_library_of_another_and_the_other_keeps_nothing(
    library: Library, settings: Settings, qdrant: Server, start_qdrant: Callable[[str | None], QdrantProcess]
) -> None:
    library.migrate(qdrant.url)
    old = place(settings)
    running = start_qdrant(None)

    library.migrate(running.server.url)

    assert library.status().server == running.server.url
    assert len(library.search("bread")) == 3
    assert read_server(qdrant, name=old.name) is None
    running.kill()


def test_the_same_server_under_another_address_loses_nothing(library: Library, qdrant: Server) -> None:
    library.migrate(qdrant.url)

    library.migrate(qdrant.url.replace("127.0.0.1", "localhost"))

    assert len(library.search("bread")) == 3


def test_a_server_that_is_gone_when_the_vectors_have_left_it_is_told(
    library: Library, start_qdrant: Callable[[str | None], QdrantProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    running = start_qdrant(None)
    library.migrate(running.server.url)

    def drop_too_late(place: Place, *, access: Access) -> None:
        running.kill()
        drop_store(place, access=access)

    monkeypatch.setattr("app.vectors.drop_store", drop_too_late)
    migrated = library.migrate("embedded")

    assert migrated.left is not None
    assert running.server.url in migrated.left
    assert len(library.search("bread")) == 3


def test_nothing_to_move_and_nowhere_to_go_are_told(
    settings: Settings, library: Library, starter: Encoder, tmp_path: Path
) -> None:
    with pytest.raises(LibraryError, match="there already"):
        library.migrate("embedded")
    with (
        Library(replace(settings, data=tmp_path / "empty"), encoder=starter) as empty,
        pytest.raises(LibraryError, match="empty"),
    ):
        empty.migrate("http://localhost:6333")
    with pytest.raises(StoreUnavailable, match="http://localhost:6333"):
        library.migrate("somewhere")


def test_a_process_killed_between_the_two_renames_has_the_new_vectors(
    library: Library, settings: Settings, starter: Encoder
) -> None:
    library.close()
    (settings.data / "vectors").rename(settings.data / "vectors.next")
    (settings.data / "vectors.old").mkdir()

    with Library(settings, encoder=starter) as again:
        assert len(again.search("bread")) == 3
    assert not list(settings.data.glob("vectors.*"))


def test_the_command_line_moves_a_library_even_where_the_environment_names_the_server(
    library: Library,
    settings: Settings,
    qdrant: Server,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    library.close()
    monkeypatch.setenv("POLYGLANCE_QDRANT_URL", qdrant.url)

    assert main(["--data", str(settings.data), "migrate", "--to", qdrant.url]) == 0
    out = capfd.readouterr().out
    assert main(["--data", str(settings.data), "migrate", "--to", qdrant.url]) == 1

    assert f"3 points are moved: embedded → {qdrant.url}." in out
    assert "there already" in capfd.readouterr().err
