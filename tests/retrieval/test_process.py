"""A store in a process of its own: the contract, and what killing any of the processes costs."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from store_contract import ALL, COLLECTION, NORTH, make_point, mixed_points, random_vectors, texts, write
from test_stores import DiskStoreContract

from retrieval.edge.builder import copy_store
from retrieval.edge.generations import draft, newest, publish
from retrieval.edge.store import EdgeStore
from retrieval.errors import StoreLocked, StoreUnavailable
from retrieval.process import ProcessStore
from retrieval.store import VectorStore
from retrieval.stores import open_store
from retrieval.types import Collection, Filter

HERE = Path(__file__).parent  # where a child process finds the contract's helpers
ENOUGH = 5_001  # points that are worth an index


def write_named(store: VectorStore, names: list[str], *, document: str = "atlas") -> None:
    write(store, [make_point(name, document=document) for name in names], random_vectors(len(names), seed=1))


def wait_for_builder(store: ProcessStore) -> int:
    """The process that builds for the store's worker, soon after it has started."""
    while True:
        found = subprocess.run(["pgrep", "-P", str(store.pid)], capture_output=True, text=True)
        if found.stdout:
            return int(found.stdout.split()[0])
        time.sleep(0.01)


def open_when_free(folder: Path) -> EdgeStore:
    """The store in this process, as soon as no other has it open."""
    while True:
        try:
            return EdgeStore(folder, COLLECTION)
        except StoreLocked:
            time.sleep(0.05)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ProcessStore]:
    store = ProcessStore(tmp_path / "library", COLLECTION)
    yield store
    store.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library whose points are worth an index, in the document "atlas"."""
    folder = tmp_path_factory.mktemp("large") / "library"
    store = EdgeStore(folder, COLLECTION)
    write_named(store, [str(number) for number in range(ENOUGH)])
    store.close()
    return folder


@pytest.fixture
def large_store(large: Path, tmp_path: Path) -> Iterator[ProcessStore]:
    copy_store(large, tmp_path / "library")
    store = ProcessStore(tmp_path / "library", COLLECTION)
    yield store
    store.close()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as threads:
        yield threads


class TestProcessStore(DiskStoreContract):
    make = ProcessStore


class TestBuilding:
    def test_searches_and_writes_go_on_while_the_index_is_built_and_nothing_is_missed(
        self, large_store: ProcessStore, threads: ThreadPoolExecutor, tmp_path: Path
    ) -> None:
        write_named(large_store, ["other"], document="removed")

        building = threads.submit(large_store.optimize)
        wait_for_builder(large_store)
        large_store.delete("removed")
        rounds = 0
        while not building.done():
            write_named(large_store, [f"late {rounds}"], document="late")
            assert len(large_store.search(NORTH, limit=3, where=ALL)) == 3
            rounds += 1
        building.result()

        assert rounds > 0
        assert large_store.count(Filter(documents=frozenset({"late"}))) == rounds
        assert large_store.count(ALL) == ENOUGH + rounds
        assert newest(tmp_path / "library").name == "edge-1"

    def test_a_built_store_answers_as_before_and_only_its_files_are_left(self, tmp_path: Path) -> None:
        collection = Collection("fake@1", (16, 512))  # the engine builds no graph below 10,000 KB
        store = ProcessStore(tmp_path, collection)
        points, vectors = mixed_points(ENOUGH), random_vectors(ENOUGH, seed=2, size=512)
        write(store, points, vectors)
        before = store.search(vectors[0], limit=10, where=Filter(documents=frozenset({"d0"})))

        for _ in range(2):  # the second finds nothing to do
            store.optimize()

        assert store.search(vectors[0], limit=10, where=Filter(documents=frozenset({"d0"}))) == before
        assert sorted(path.name for path in tmp_path.iterdir()) == ["collection.json", "edge-1"]
        store.close()

    def test_holes_in_the_engines_files_stay_holes_in_the_copy(self, tmp_path: Path) -> None:
        EdgeStore(tmp_path / "library", COLLECTION).close()

        copy_store(tmp_path / "library", tmp_path / "copy")

        assert disk_bytes(tmp_path / "copy") <= disk_bytes(tmp_path / "library") + (64 << 10)
        copy = EdgeStore(tmp_path / "copy", COLLECTION)
        assert copy.count(ALL) == 0
        copy.close()

    def test_a_disk_without_room_for_a_copy_is_told_and_nothing_is_copied(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        EdgeStore(tmp_path / "library", COLLECTION).close()
        monkeypatch.setattr("retrieval.edge.builder._MARGIN_BYTES", 1 << 60)  # more than any disk has free

        with pytest.raises(StoreUnavailable, match="MiB are free"):
            copy_store(tmp_path / "library", tmp_path / "copy")

        assert not (tmp_path / "copy").exists()

    def test_closing_ends_a_build(self, large_store: ProcessStore, threads: ThreadPoolExecutor, tmp_path: Path) -> None:
        building = threads.submit(large_store.optimize)
        wait_for_builder(large_store)

        large_store.close()

        with pytest.raises(StoreUnavailable, match="closed"):
            building.result()
        again = open_when_free(tmp_path / "library")
        assert again.count(ALL) == ENOUGH
        again.close()

    def test_an_unfinished_copy_counts_for_nothing_and_is_removed(self, tmp_path: Path) -> None:
        folder = tmp_path / "library"
        self.make_store(folder, "kept")
        copy_store(folder, draft(folder))

        assert self.names_in(folder) == ["kept"]
        assert not draft(folder).exists()

    def test_of_two_generations_the_later_counts(self, tmp_path: Path) -> None:
        """A worker killed before it removed what it replaced."""
        folder = tmp_path / "library"
        self.make_store(folder, "replaced")
        newest(folder).rename(folder / "edge-9")
        self.make_store(tmp_path / "later", "later")

        publish(newest(tmp_path / "later"), folder)

        assert self.names_in(folder) == ["later"]
        assert sorted(path.name for path in folder.iterdir()) == ["collection.json", "edge-10"]

    def make_store(self, folder: Path, name: str) -> None:
        store = EdgeStore(folder, COLLECTION)
        write_named(store, [name])
        store.close()

    def names_in(self, folder: Path) -> list[str]:
        store = ProcessStore(folder, COLLECTION)
        found = texts(store.search(NORTH, limit=5, where=ALL))
        store.close()
        return found


class TestKilling:
    def test_a_killed_worker_fails_the_call_under_way_and_the_next_one_finds_everything(
        self, store: ProcessStore, threads: ThreadPoolExecutor
    ) -> None:
        acknowledged: list[str] = []

        def write_on() -> None:
            for number in range(100_000):
                write_named(store, [f"{number} {row}" for row in range(64)], document=str(number))
                acknowledged.append(str(number))

        writing = threads.submit(write_on)
        while len(acknowledged) < 5:
            time.sleep(0.01)
        kill(store.pid)

        with pytest.raises(StoreUnavailable, match=r"SIGKILL.*what was stored is kept"):
            writing.result()
        assert [store.count(Filter(documents=frozenset({name}))) for name in acknowledged] == [64] * len(acknowledged)

    def test_a_worker_killed_between_calls_is_replaced_without_a_word(self, store: ProcessStore) -> None:
        write_named(store, ["north"])
        killed = store.pid
        assert killed is not None
        kill(killed)
        while is_running(killed):
            time.sleep(0.01)

        assert store.count(ALL) == 1
        assert store.pid != killed

    def test_a_worker_killed_while_it_builds_loses_nothing(
        self, large_store: ProcessStore, threads: ThreadPoolExecutor
    ) -> None:
        building = threads.submit(large_store.optimize)
        wait_for_builder(large_store)
        write_named(large_store, ["late"], document="late")
        kill(large_store.pid)

        with pytest.raises(StoreUnavailable, match="SIGKILL"):
            building.result()
        assert large_store.count(ALL) == ENOUGH + 1
        large_store.optimize()
        assert large_store.count(ALL) == ENOUGH + 1

    def test_a_killed_builder_leaves_the_store_as_it_was(
        self, large_store: ProcessStore, threads: ThreadPoolExecutor, tmp_path: Path
    ) -> None:
        building = threads.submit(large_store.optimize)
        kill(wait_for_builder(large_store))

        with pytest.raises(StoreUnavailable, match=r"index of .*library was not built"):
            building.result()
        assert large_store.count(ALL) == ENOUGH
        large_store.optimize()
        assert large_store.count(ALL) == ENOUGH
        assert (tmp_path / "library" / "edge-1").exists()

    @pytest.mark.parametrize("moment", [0.1, 0.3, 0.6, 1.0, 1.5])
    def test_a_killed_parent_takes_its_worker_along_and_loses_nothing_acknowledged(
        self, large: Path, tmp_path: Path, moment: float
    ) -> None:
        copy_store(large, tmp_path / "library")
        parent = subprocess.Popen(
            [sys.executable, "-c", PARENT, str(tmp_path / "library")], cwd=HERE, stdout=subprocess.PIPE, text=True
        )
        assert parent.stdout is not None
        parent.stdout.readline()
        time.sleep(moment)  # in a build, or when it changes over
        parent.kill()
        acknowledged = ["0", *parent.stdout.read().split()]
        parent.wait()
        parent.stdout.close()

        store = open_when_free(tmp_path / "library")
        found = [store.count(Filter(documents=frozenset({name}))) for name in acknowledged]
        atlas = store.count(Filter(documents=frozenset({"atlas"})))
        store.close()

        assert atlas == ENOUGH
        assert found == [10] * len(acknowledged)

    def test_an_interrupted_call_does_not_mix_up_the_answers_of_later_ones(
        self, store: ProcessStore, threads: ThreadPoolExecutor
    ) -> None:
        write_named(store, ["north"])
        worker = store.pid
        assert worker is not None
        os.kill(worker, signal.SIGSTOP)  # so that no answer comes before the interruption
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        threads.submit(interrupt_main_thread, after=0.5)

        try:
            with pytest.raises(KeyboardInterrupt):
                store.count(ALL)
        finally:
            signal.signal(signal.SIGINT, before)

        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGCONT)
        assert texts(store.search(NORTH, limit=5, where=ALL)) == ["north"]


PARENT = """
import sys, threading
from pathlib import Path
from retrieval.process import ProcessStore
from store_contract import COLLECTION
from test_process import write_named

store = ProcessStore(Path(sys.argv[1]), COLLECTION)
threading.Thread(target=store.optimize, daemon=True).start()
for batch in range(100_000):
    write_named(store, [f"{batch}/{row}" for row in range(10)], document=str(batch))
    print(batch, flush=True)
"""


def test_a_library_opens_in_a_process_of_its_own_when_asked(tmp_path: Path) -> None:
    store = open_store(tmp_path, COLLECTION, own_process=True)

    assert isinstance(store, ProcessStore)
    assert store.collection == COLLECTION
    store.close()


def test_a_method_no_store_has_is_not_forwarded(store: ProcessStore) -> None:
    with pytest.raises(AttributeError, match="explode"):
        store.explode()


def test_neither_end_imports_an_encoder() -> None:
    script = "import retrieval.process, retrieval.edge.worker, sys; print(*sys.modules)"

    modules = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()

    assert not {"torch", "transformers", "timm", "icu4py", "qdrant_client"} & set(modules)


def kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def interrupt_main_thread(*, after: float) -> None:
    """Ctrl-C, also where the tests were started in the background and ignore it."""
    time.sleep(after)
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def is_running(child: int) -> bool:
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def disk_bytes(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*"))
