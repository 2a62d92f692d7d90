"""The stores, held to the contract, and what those on disk promise besides."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from store_contract import (
    ALL,
    COLLECTION,
    EAST,
    NORTH,
    StoreContract,
    make_point,
    mixed_points,
    random_vectors,
    texts,
    write,
)

from encoders.base import Embeddings
from retrieval.edge.store import EdgeStore
from retrieval.errors import CollectionMismatch, StoreLocked, StoreUnavailable
from retrieval.memory import MemoryStore
from retrieval.metadata import FILE_NAME
from retrieval.qdrant.local import open_local
from retrieval.qdrant.store import QdrantStore
from retrieval.store import VectorStore
from retrieval.stores import open_store, read_collection
from retrieval.types import Collection, Filter

HERE = Path(__file__).parent  # where a child process finds the contract's helpers


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore(COLLECTION)

    def test_the_caller_may_reuse_its_buffer(self, store: MemoryStore) -> None:
        buffer = NORTH[None].copy()
        write(store, [make_point("north")], buffer)
        buffer[:] = EAST

        assert store.search(NORTH, limit=1, where=ALL)[0].score == pytest.approx(1)


class DiskStoreContract(StoreContract):
    """What a store with a folder promises besides."""

    make: Callable[[Path, Collection], VectorStore]

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[VectorStore]:
        store = self.make(tmp_path / "library", COLLECTION)
        yield store
        store.close()

    def test_points_are_there_after_reopening(self, store: VectorStore, tmp_path: Path) -> None:
        write(store, mixed_points(30), random_vectors(30, seed=6))
        store.delete("d0")
        expected = store.search(NORTH, limit=30, where=ALL)
        store.close()

        again = self.make(tmp_path / "library", COLLECTION)

        assert again.search(NORTH, limit=30, where=ALL) == expected
        assert len(expected) == 20
        again.close()

    @pytest.mark.parametrize(
        ("other", "words"),
        [
            (Collection("other@2", (4, 8)), ["fake@1", "other@2", "--encoder fake", "re-embed"]),
            (Collection("fake@1", (2, 8)), ["4 and 8", "2 and 8", "re-embed"]),
            (Collection("fake@1", (16,)), ["4 and 8", "16", "re-embed"]),
        ],
    )
    def test_another_encoder_or_size_is_refused_with_the_remedy(
        self, store: VectorStore, tmp_path: Path, other: Collection, words: list[str]
    ) -> None:
        write(store, [make_point("north")], NORTH[None])
        store.close()

        with pytest.raises(CollectionMismatch) as caught:
            self.make(tmp_path / "library", other)

        assert [word for word in words if word not in str(caught.value)] == []
        again = self.make(tmp_path / "library", COLLECTION)
        assert again.count(ALL) == 1
        again.close()

    def test_a_second_store_of_the_same_process_is_refused(self, store: VectorStore, tmp_path: Path) -> None:
        with pytest.raises(StoreLocked, match="library is in use"):
            self.make(tmp_path / "library", COLLECTION)

        write(store, [make_point("still works")], NORTH[None])

    def test_a_second_process_is_refused(self, store: VectorStore, tmp_path: Path) -> None:
        script = (
            "import sys; from pathlib import Path\n"
            "from retrieval.errors import StoreLocked; from retrieval.stores import open_store\n"
            "from store_contract import COLLECTION\n"
            "try: open_store(Path(sys.argv[1]), COLLECTION)\n"
            "except StoreLocked as error: print('refused:', error)\n"
        )

        outcome = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / "library")],
            cwd=HERE,
            capture_output=True,
            text=True,
            timeout=60,
        )

        assert "refused:" in outcome.stdout, outcome.stderr
        assert "another process" in outcome.stdout

    def test_a_folder_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")

        with pytest.raises(StoreUnavailable, match="file"):
            self.make(tmp_path / "file" / "library", COLLECTION)

    def test_a_damaged_metadata_file_is_named(self, store: VectorStore, tmp_path: Path) -> None:
        store.close()
        (tmp_path / "library" / FILE_NAME).write_text('{"version": 1, "enc')

        with pytest.raises(StoreUnavailable, match=FILE_NAME):
            self.make(tmp_path / "library", COLLECTION)


class TestEdgeStore(DiskStoreContract):
    make = EdgeStore

    def test_points_without_their_metadata_are_not_taken_for_anyones(self, store: VectorStore, tmp_path: Path) -> None:
        write(store, [make_point("north")], NORTH[None])
        store.close()
        (tmp_path / "library" / FILE_NAME).unlink()

        with pytest.raises(StoreUnavailable, match=FILE_NAME):
            EdgeStore(tmp_path / "library", COLLECTION)

    def test_damaged_engine_files_are_an_error_in_our_words(self, store: VectorStore, tmp_path: Path) -> None:
        store.close()
        (tmp_path / "library" / "edge" / "edge_config.json").write_text("{")

        with pytest.raises(StoreUnavailable, match="library"):
            EdgeStore(tmp_path / "library", COLLECTION)

    @pytest.mark.parametrize("sizes", [(32,), (16, 32)])
    def test_candidates_of_the_graph_are_scored_by_the_full_size_as_written(
        self, tmp_path: Path, sizes: tuple[int, ...]
    ) -> None:
        store = EdgeStore(tmp_path, Collection("fake@1", sizes))
        reference = fill_with_many(store)
        assert store.index_is_behind()
        store.optimize()
        assert not store.index_is_behind()  # short vectors are indexed too

        shared = recall(store, reference)
        pages = [
            hit.point.id
            for start in range(0, 60, 10)
            for hit in store.search(MANY[0], limit=10, where=ALL, offset=start)
        ]
        store.close()

        assert shared >= 0.95
        assert len(set(pages)) == 60

    @pytest.mark.parametrize("sizes", [(32,), (16, 32)])
    def test_a_library_made_before_int8_is_searched_as_it_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, ...]
    ) -> None:
        monkeypatch.setattr("retrieval.edge.engine._INT8", None)
        monkeypatch.setattr("retrieval.metadata.VERSION", 2)
        before = EdgeStore(tmp_path, Collection("fake@1", sizes))
        reference = fill_with_many(before)
        before.close()
        entry = json.loads((tmp_path / FILE_NAME).read_text())
        (tmp_path / FILE_NAME).write_text(json.dumps(entry | {"version": 2}))
        monkeypatch.undo()

        store = EdgeStore(tmp_path, Collection("fake@1", sizes))
        flat = recall(store, reference)
        store.optimize()
        indexed = recall(store, reference)
        store.close()

        assert flat >= 0.95
        assert indexed >= 0.95
        assert "int8" not in (tmp_path / "edge" / "edge_config.json").read_text()

    def test_one_that_is_refused_does_not_harm_the_files_of_the_one_that_has_them(
        self, store: VectorStore, tmp_path: Path
    ) -> None:
        """The engine's own lock comes too late: it has cut the journals of unflushed writes by then."""
        for part in range(3):
            points = [make_point(f"{part}/{row}") for row in range(2_000)]
            write(store, points, random_vectors(2_000, seed=part))
            with pytest.raises(StoreLocked):
                EdgeStore(tmp_path / "library", COLLECTION)
        store.close()

        again = EdgeStore(tmp_path / "library", COLLECTION)
        assert again.count(ALL) == 6_000
        again.close()

    def test_what_is_written_survives_a_power_cut_by_the_log_alone(self, tmp_path: Path) -> None:
        """The worst one: of all files only those of the log have reached the disk since the store was opened."""
        EdgeStore(tmp_path / "library", COLLECTION).close()
        shutil.copytree(tmp_path / "library", tmp_path / "disk")
        store = EdgeStore(tmp_path / "library", COLLECTION)
        write(store, mixed_points(300), random_vectors(300, seed=6))
        store.delete("d0")
        expected = store.search(NORTH, limit=10, where=ALL)

        shutil.copytree(tmp_path / "library" / "edge" / "wal", tmp_path / "disk" / "edge" / "wal", dirs_exist_ok=True)
        store.close()

        again = EdgeStore(tmp_path / "disk", COLLECTION)
        assert again.count(ALL) == 200
        assert again.search(NORTH, limit=10, where=ALL) == expected
        again.close()

    def test_a_disk_without_room_is_refused_before_it_is_full(
        self, store: VectorStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("retrieval.edge.store._RESERVE_BYTES", 1 << 60)  # more than any disk has free

        with pytest.raises(StoreUnavailable, match="almost full"):
            write(store, [make_point("north")], NORTH[None])

        assert store.count(ALL) == 0

    def test_the_log_stays_small_however_much_is_written(self, tmp_path: Path) -> None:
        store = EdgeStore(tmp_path, Collection("fake@1", (1024,)))
        points, vectors = mixed_points(500), random_vectors(500, seed=8, size=1024)

        for _ in range(50):
            write(store, points, vectors)
        log_mib = _disk_mib(tmp_path / "edge" / "wal")
        store.close()

        assert log_mib < 80  # two segments of 32 MiB; what was written fills more than four


class TestLocalMode(DiskStoreContract):
    make = staticmethod(open_local)


class TestOpenStore:
    def test_a_new_folder_gets_edge_where_it_exists(self, tmp_path: Path) -> None:
        store = open_store(tmp_path / "library", COLLECTION)

        assert isinstance(store, EdgeStore)
        assert read_collection(tmp_path / "library") == COLLECTION
        store.close()

    def test_an_unused_folder_has_no_collection(self, tmp_path: Path) -> None:
        assert read_collection(tmp_path / "nothing") is None

    def test_where_edge_does_not_exist_local_mode_is_used_with_a_warning(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setitem(sys.modules, "qdrant_edge", None)

        store = open_store(tmp_path / "library", COLLECTION)

        assert isinstance(store, QdrantStore)
        assert "slow beyond 20,000" in caplog.text
        store.close()

    def test_a_library_stays_with_the_engine_that_made_it(self, tmp_path: Path) -> None:
        open_local(tmp_path / "library", COLLECTION).close()

        store = open_store(tmp_path / "library", COLLECTION)

        assert isinstance(store, QdrantStore)
        store.close()

    def test_a_library_made_with_edge_needs_edge(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        EdgeStore(tmp_path / "library", COLLECTION).close()
        monkeypatch.setitem(sys.modules, "qdrant_edge", None)

        with pytest.raises(StoreUnavailable, match="install qdrant-edge-py"):
            open_store(tmp_path / "library", COLLECTION)

    def test_a_library_of_a_newer_version_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / FILE_NAME).write_text('{"version": 4, "engine": "edge", "encoder": "fake@1", "sizes": [4, 8]}')

        with pytest.raises(CollectionMismatch, match="newer version"):
            open_store(tmp_path, COLLECTION)

    def test_a_library_of_an_earlier_version_is_to_be_reindexed_and_still_says_what_it_was(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / FILE_NAME).write_text('{"version": 1, "engine": "edge", "encoder": "fake@1", "sizes": [4, 8]}')

        with pytest.raises(CollectionMismatch, match="polyglance reindex"):
            open_store(tmp_path, COLLECTION)
        assert read_collection(tmp_path) == COLLECTION


WRITER = """
import sys
from pathlib import Path
from retrieval.stores import open_store
from store_contract import COLLECTION, make_point, random_vectors, write

store = open_store(Path(sys.argv[1]), COLLECTION)
for batch in range(10_000):
    points = [make_point(f"{batch}/{row}", document=str(batch)) for row in range(64)]
    write(store, points, random_vectors(64, seed=batch))
    print(batch, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [1, 40, 150])
def test_a_process_killed_while_writing_loses_nothing_acknowledged(tmp_path: Path, acknowledged: int) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], cwd=HERE, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    for _ in range(acknowledged):
        writer.stdout.readline()
    time.sleep(0.003 * (acknowledged % 7))  # anywhere in a write
    os.kill(writer.pid, signal.SIGKILL)
    batches = acknowledged + len(writer.stdout.read().split())
    writer.wait()

    store = open_store(tmp_path, COLLECTION)
    counts = [store.count(Filter(documents=frozenset({str(batch)}))) for batch in range(batches)]
    unacknowledged = store.count(Filter(documents=frozenset({str(batches)})))
    write(store, [make_point("after")], NORTH[None])

    assert counts == [64] * batches
    assert unacknowledged in (0, 64)
    assert store.count(ALL) == 64 * batches + unacknowledged + 1
    assert "after" in texts(store.search(NORTH, limit=1, where=ALL))
    store.close()


def _many() -> Embeddings:
    """6,000 rows whose energy falls over the coordinates, as Matryoshka embeddings' does."""
    rows = np.random.default_rng(7).normal(size=(6_000, 32)) * np.linspace(2, 0.2, 32)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


MANY = _many()  # above the bound for exact search


def fill_with_many(store: VectorStore) -> MemoryStore:
    """Write them, and give a store to compare with."""
    reference = MemoryStore(store.collection)
    for written in (store, reference):
        write(written, mixed_points(len(MANY)), MANY)
    return reference


def recall(store: VectorStore, reference: MemoryStore) -> float:
    """Share of the ten nearest that are found; what is found has its true score."""
    shared = 0
    for where in (ALL, Filter(without=frozenset({"none"}))):
        for query in MANY[:50]:
            found = {hit.point.id: hit.score for hit in store.search(query, limit=10, where=where)}
            expected = {hit.point.id: hit.score for hit in reference.search(query, limit=10, where=where)}
            both = found.keys() & expected.keys()
            assert [found[one] for one in both] == pytest.approx([expected[one] for one in both], abs=2e-6)
            shared += len(both)
    return shared / (2 * 50 * 10)


def _disk_mib(folder: Path) -> float:
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file()) / 2**20
