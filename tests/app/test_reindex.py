"""A reindex that is cut short goes on where it was, and searches have the old vectors until it is done."""

import json
import subprocess
import sys
import textwrap
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.library import Library
from app.settings import Settings
from app.types import Progress
from encoders.base import Embeddings, Encoder
from ingest.types import Modality
from retrieval.places import Access, Place
from retrieval.qdrant.connection import Server
from retrieval.qdrant.server import read_server
from retrieval.stores import publish_store
from retrieval.types import Filter

COUNT = 6

REINDEX_SLOWLY = """
    import sys, time
    from pathlib import Path
    from app.library import Library
    from app.settings import Settings

    def report(progress):
        print(progress.files_done, flush=True)
        time.sleep(0.2)

    data, models = map(Path, sys.argv[1:])
    with Library(Settings(data=data, models=models, encoder="starter", sizes=(64,))) as library:
        library.reindex(on_progress=report)
"""


class Remembering:
    """An encoder that remembers the passages it was given."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.passages: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        self.passages += texts
        return self._encoder.encode_texts(texts)


class Halt(Exception):
    """Stands for whatever ends a process."""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(COUNT):
        (folder / f"{number}.txt").write_text(f"Note {number} is about bread.")
    return folder


@pytest.fixture(params=["embedded", "server"])
def filled(settings: Settings, starter: Encoder, notes: Path, request: pytest.FixtureRequest) -> Settings:
    """A library of six notes, embedded or on a server; what it is opened with, to be reindexed in other sizes."""
    if request.param == "server":
        settings = replace(settings, qdrant=request.getfixturevalue("qdrant").url)
    with Library(settings, encoder=starter) as library:
        library.add(notes)
    return replace(settings, sizes=(64,), qdrant=None)


def halt_at(files_done: int) -> Callable[[Progress], None]:
    def on_progress(progress: Progress) -> None:
        if progress.files_done == files_done:
            raise Halt

    return on_progress


def texts(library: Library) -> list[str]:
    return sorted(stored.point.text for stored in library.stored(Filter()))


def cut_short(settings: Settings, encoder: Encoder) -> None:
    with Library(settings, encoder=encoder) as library, pytest.raises(Halt):
        library.reindex(on_progress=halt_at(3))


def test_a_killed_one_leaves_the_old_vectors_and_goes_on_with_what_was_not_done(
    filled: Settings, starter: Encoder
) -> None:
    command = [sys.executable, "-c", textwrap.dedent(REINDEX_SLOWLY), str(filled.data), str(filled.models)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        while process.stdout.readline().strip() not in ("3", ""):
            pass
        process.kill()
    remembering = Remembering(starter)

    with Library(replace(filled, sizes=None), encoder=starter) as library:
        assert len(library.search("bread", modality=Modality.TEXT)) == COUNT
        assert library.status().sizes == starter.sizes[-1:]
    with Library(filled, encoder=remembering) as library:
        library.reindex()
        assert texts(library) == [f"Note {number} is about bread." for number in range(COUNT)]
        assert len(library.search("bread", modality=Modality.TEXT)) == COUNT
        assert library.status().sizes == (64, starter.sizes[-1])

    again = [passage for passage in remembering.passages if passage.startswith("Note")]
    assert len(again) == len(set(again)) <= COUNT - 3
    assert not list(filled.data.glob("vectors.*"))


def test_what_was_removed_or_came_meanwhile_is_reckoned_with(
    filled: Settings, starter: Encoder, tmp_path: Path
) -> None:
    cut_short(filled, starter)
    (tmp_path / "late.txt").write_text("A late note.")
    with Library(replace(filled, sizes=None), encoder=starter) as library:
        library.remove("0.txt")
        library.add(tmp_path / "late.txt")

    with Library(filled, encoder=starter) as library:
        library.reindex()

        assert texts(library) == ["A late note.", *(f"Note {number} is about bread." for number in range(1, COUNT))]


def test_other_settings_begin_anew(filled: Settings, starter: Encoder) -> None:
    cut_short(filled, starter)
    remembering = Remembering(starter)

    with Library(replace(filled, sizes=(256,)), encoder=remembering) as library:
        library.reindex()

        assert library.status().sizes == (256, starter.sizes[-1])
        assert len(texts(library)) == COUNT
    assert len([passage for passage in remembering.passages if passage.startswith("Note")]) == COUNT


def test_searches_go_on_meanwhile_and_afterwards(filled: Settings, starter: Encoder) -> None:
    found: list[int] = []

    with Library(replace(filled, sizes=None), encoder=starter) as library:

        def search(progress: Progress | None = None) -> None:
            found.append(len(library.search("bread", modality=Modality.TEXT)))

        library.reindex(on_progress=search)
        search()

    assert len(found) > COUNT
    assert set(found) == {COUNT}


def test_a_server_keeps_only_the_new_collection(
    settings: Settings, starter: Encoder, notes: Path, qdrant: Server
) -> None:
    served = replace(settings, qdrant=qdrant.url)
    with Library(served, encoder=starter) as library:
        library.add(notes)
        name = library.status().name
    assert name is not None

    with Library(replace(served, sizes=(64,)), encoder=starter) as library:
        library.reindex()

        assert library.status().name == name
    found = read_server(qdrant, name=name)
    assert found is not None
    assert found.sizes == (64, starter.sizes[-1])
    names = {entry["name"] for entry in _collections(qdrant)}
    assert {one for one in names if one.startswith(name)} == {f"{name}-2"}


def test_a_change_over_that_was_cut_short_on_the_server_is_finished_at_the_next_opening(
    settings: Settings, starter: Encoder, notes: Path, qdrant: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = replace(settings, qdrant=qdrant.url)
    with Library(served, encoder=starter) as library:
        library.add(notes)

    def publish_and_halt(place: Place, *, access: Access) -> None:
        publish_store(place, access=access)
        raise Halt

    with monkeypatch.context() as patch, Library(replace(served, sizes=(64,)), encoder=starter) as library:
        patch.setattr("app.vectors.publish_store", publish_and_halt)
        with pytest.raises(Halt):
            library.reindex()

    with Library(settings, encoder=starter) as library:
        assert library.status().sizes == (64, starter.sizes[-1])
        assert len(library.search("bread", modality=Modality.TEXT)) == COUNT
    assert not list(settings.data.glob("vectors.*"))


def _collections(qdrant: Server) -> list[dict[str, str]]:
    with urllib.request.urlopen(f"{qdrant.url}/collections") as answer:
        found: list[dict[str, str]] = json.load(answer)["result"]["collections"]
        return found
