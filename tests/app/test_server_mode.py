"""A library whose vectors are on a Qdrant server, and the sizes they are stored in."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from qdrant_server import QdrantProcess, free_port

from app.cli import main
from app.errors import LibraryError, LibraryInUse
from app.library import Library
from app.overview import read_status
from app.settings import Settings
from encoders.base import Encoder, EncoderError
from ingest.types import Modality
from retrieval.errors import CollectionMismatch, StoreUnavailable
from retrieval.places import Access, server_url
from retrieval.qdrant.connection import Server
from retrieval.qdrant.server import drop, read_server


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "bread.txt"
    path.write_text("Bake the bread for forty minutes.")
    return path


@pytest.fixture
def served(settings: Settings, qdrant: Server) -> Settings:
    return replace(settings, qdrant=qdrant.url, qdrant_access=Access(patience_s=1))


def found(library: Library) -> list[str]:
    return [match.document for match in library.search("bread", modality=Modality.TEXT)]


def test_what_was_added_is_found_on_the_server_later_without_naming_it(
    served: Settings, settings: Settings, starter: Encoder, note: Path
) -> None:
    with Library(served, encoder=starter) as library:
        library.add(note)

    with Library(settings, encoder=starter) as library:
        assert found(library) == ["bread.txt"]
    names = {path.name for path in (settings.data / "vectors").iterdir()}
    assert {name for name in names if not name.startswith("ledger.")} == {"collection.json"}


def test_the_status_tells_which_server_and_under_which_name(
    served: Settings, starter: Encoder, note: Path, qdrant: Server
) -> None:
    with Library(served, encoder=starter) as library:
        library.add(note)

    status = read_status(served.data, access=served.qdrant_access)

    assert (status.engine, status.server) == ("server", qdrant.url)
    assert status.name is not None
    assert read_server(qdrant, name=status.name) is not None
    assert status.server_state is not None
    assert "1 points" in status.server_state


def test_two_libraries_of_one_server_do_not_mix(served: Settings, starter: Encoder, note: Path, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("Rye bread keeps longer.")
    with Library(served, encoder=starter) as here, Library(replace(served, data=tmp_path / "b"), encoder=starter) as b:
        here.add(note)
        b.add(tmp_path / "other.txt")

        assert (found(here), found(b)) == (["bread.txt"], ["other.txt"])


def test_grpc_finds_the_same(
    settings: Settings, start_qdrant: Callable[[str | None], QdrantProcess], starter: Encoder, note: Path
) -> None:
    running = start_qdrant(None)
    over_grpc = replace(
        settings, qdrant=running.server.url, qdrant_access=Access(grpc_port=running.grpc_port, patience_s=1)
    )
    with Library(over_grpc, encoder=starter) as library:
        library.add(note)
        assert found(library) == ["bread.txt"]
    running.kill()


def test_a_key_opens_a_locked_server_and_is_written_nowhere(
    settings: Settings, start_qdrant: Callable[[str | None], QdrantProcess], starter: Encoder, note: Path
) -> None:
    running = start_qdrant("secret-key")
    locked = replace(settings, qdrant=running.server.url, qdrant_access=Access(patience_s=1))
    with Library(locked, encoder=starter) as library, pytest.raises(StoreUnavailable, match="API key"):
        library.add(note)

    keyed = replace(locked, qdrant_access=Access("secret-key"))
    with Library(keyed, encoder=starter) as library:
        library.add(note)
        assert found(library) == ["bread.txt"]

    assert "secret-key" not in repr(keyed) + repr(keyed.qdrant_access)
    for path in settings.data.rglob("*"):
        assert path.is_dir() or b"secret-key" not in path.read_bytes()
    running.kill()


@pytest.mark.parametrize("is_embedded", [True, False])
def test_naming_another_server_than_the_vectors_are_on_points_to_migrate(
    settings: Settings, served: Settings, starter: Encoder, note: Path, is_embedded: bool
) -> None:
    with Library(settings if is_embedded else served, encoder=starter) as library:
        library.add(note)

    with pytest.raises(LibraryError, match=r"polyglance migrate --to http://elsewhere:6333$"):
        Library(replace(settings, qdrant="http://elsewhere"))


def test_a_server_that_does_not_answer_is_one_error_and_binds_the_library_to_nothing(
    settings: Settings, starter: Encoder, note: Path
) -> None:
    nowhere = replace(settings, qdrant=f"http://127.0.0.1:{free_port()}", qdrant_access=Access(patience_s=0.2))
    with Library(nowhere, encoder=starter) as library, pytest.raises(StoreUnavailable, match="does not answer"):
        library.add(note)

    with Library(settings, encoder=starter) as library:
        library.add(note)
        assert found(library) == ["bread.txt"]


def test_vectors_that_the_server_lost_are_missed_and_made_anew_by_a_reindex(
    served: Settings, starter: Encoder, note: Path, qdrant: Server
) -> None:
    with Library(served, encoder=starter) as library:
        library.add(note)
        name = library.status().name
    assert name is not None
    drop(qdrant, name=name)

    with Library(served, encoder=starter) as library:
        with pytest.raises(StoreUnavailable, match="polyglance reindex"):
            found(library)
        library.reindex()
        assert found(library) == ["bread.txt"]


@pytest.mark.parametrize(
    "address", ["localhost:6333", "ftp://host", "http://", "http://host:port", "http://me:secret@host", "grpc://host"]
)
def test_what_is_no_address_of_a_server_is_refused_and_shows_no_secret(settings: Settings, address: str) -> None:
    with pytest.raises(StoreUnavailable, match="http://localhost:6333") as caught:
        Library(replace(settings, qdrant=address))

    assert "secret" not in str(caught.value)


def test_an_address_has_one_form() -> None:
    assert server_url("HTTP://Host/") == server_url("http://host:6333") == "http://host:6333"
    assert server_url("https://host:443/qdrant/") == "https://host:443/qdrant"


def test_the_environment_names_server_key_and_way() -> None:
    settings = Settings.from_env(
        {
            "POLYGLANCE_QDRANT_URL": "http://host",
            "POLYGLANCE_QDRANT_API_KEY": "secret",
            "POLYGLANCE_QDRANT_GRPC": "6334",
        }
    )

    assert (settings.qdrant, settings.qdrant_access) == ("http://host", Access("secret", 6334))
    assert "secret" not in repr(settings) + repr(settings.qdrant_access)


def test_the_command_line_says_where_the_vectors_are_and_what_they_take(
    settings: Settings, note: Path, qdrant: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(settings.data)]
    assert main([*data, "--encoder", "starter", "--qdrant", qdrant.url, "add", str(note)]) == 0
    capfd.readouterr()

    assert main([*data, "status", "--json"]) == 0
    status = json.loads(capfd.readouterr().out)
    assert main([*data, "status"]) == 0
    words = "".join(capfd.readouterr().out.split())

    assert (status["engine"], status["server"]) == ("server", qdrant.url)
    assert [(one["name"], one["disk_bytes"], one["memory_bytes"]) for one in status["vectors"]] == [
        ("512", 2048, 0),
        ("words", None, None),
    ]
    assert qdrant.url in words
    assert "estimates" in words


class TestSizes:
    def test_those_asked_for_are_stored_and_the_full_one_always(
        self, settings: Settings, starter: Encoder, note: Path
    ) -> None:
        with Library(replace(settings, sizes=(64, 256)), encoder=starter) as library:
            library.add(note)
            assert library.status().sizes == (64, 256, starter.sizes[-1])
            assert found(library) == ["bread.txt"]

    def test_one_that_the_encoder_lacks_is_refused_with_those_it_has(
        self, settings: Settings, starter: Encoder, note: Path
    ) -> None:
        possible = ",".join(map(str, starter.sizes))
        with (
            Library(replace(settings, sizes=(64, 100)), encoder=starter) as library,
            pytest.raises(EncoderError, match=f"100 numbers: choose among --sizes {possible}"),
        ):
            library.add(note)

    def test_others_than_the_library_has_are_refused_until_a_reindex_which_keeps_them(
        self, settings: Settings, starter: Encoder, note: Path
    ) -> None:
        with Library(settings, encoder=starter) as library:
            library.add(note)
        other = replace(settings, sizes=(64,))

        with Library(other, encoder=starter) as library:
            with pytest.raises(CollectionMismatch, match=r"polyglance reindex --sizes 64,"):
                found(library)
            library.reindex()
            assert found(library) == ["bread.txt"]
        with Library(settings, encoder=starter) as library:
            library.reindex()
            assert library.status().sizes == (64, starter.sizes[-1])

    def test_nonsense_on_the_command_line_is_wrong_usage(self, capfd: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit, match="2"):
            main(["add", "x", "--sizes", "64,big"])

        assert "'big' is not a whole number" in capfd.readouterr().err


class TestAnotherProcess:
    def test_is_told_the_address_where_the_library_is_served(self, library: Library, settings: Settings) -> None:
        library.note_address("http://127.0.0.1:7860")

        with pytest.raises(LibraryInUse, match=r":7860; stop it \(kill \d+\); .*migrate --to URL"):
            Library(settings)

    def test_may_not_open_a_library_on_a_server_either(self, served: Settings, starter: Encoder) -> None:
        with Library(served, encoder=starter), pytest.raises(LibraryInUse, match="one process at a time"):
            Library(served)
