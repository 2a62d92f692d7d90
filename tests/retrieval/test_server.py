"""The store on a real Qdrant server, held to the contract over both of its interfaces, and what it promises besides."""

import http.server
import os
import random
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from qdrant_server import QdrantProcess, free_port
from store_contract import (
    ALL,
    COLLECTION,
    EAST,
    NORTH,
    StoreContract,
    make_point,
    mixed_points,
    random_vectors,
    terms,
    texts,
    write,
    write_texts,
)

from retrieval.errors import CollectionMismatch, StoreUnavailable
from retrieval.memory import MemoryStore
from retrieval.qdrant.connection import Server, ServerConnection
from retrieval.qdrant.server import Sharding, begin_beside, drop, open_server, read_server, switch
from retrieval.qdrant.store import QdrantStore
from retrieval.types import Collection, Filter

StartQdrant = Callable[[str | None], QdrantProcess]


@pytest.fixture
def name(qdrant: Server) -> Iterator[str]:
    """A library's name that no other test uses; what it stands for is dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    yield name
    drop(qdrant, name=name)


class ServerContract(StoreContract):
    prefer_grpc: ClassVar[bool]

    @pytest.fixture
    def store(self, qdrant: Server, name: str) -> Iterator[QdrantStore]:
        store = open_server(replace(qdrant, prefer_grpc=self.prefer_grpc), collection=COLLECTION, name=name)
        yield store
        store.close()


class TestServerOverRest(ServerContract):
    prefer_grpc = False


class TestServerOverGrpc(ServerContract):
    prefer_grpc = True


class TestLibrariesOnAServer:
    def test_points_are_there_after_reopening(self, qdrant: Server, name: str) -> None:
        with_points = open_server(qdrant, collection=COLLECTION, name=name)
        write(with_points, mixed_points(30), random_vectors(30, seed=6))
        expected = with_points.search(NORTH, limit=30, where=ALL)
        with_points.close()

        again = open_server(qdrant, collection=COLLECTION, name=name)

        assert again.search(NORTH, limit=30, where=ALL) == expected
        again.close()

    def test_two_libraries_of_one_server_do_not_mix(self, qdrant: Server, name: str) -> None:
        here = open_server(qdrant, collection=COLLECTION, name=name)
        there = open_server(qdrant, collection=COLLECTION, name=f"{name}_2")
        write(here, [make_point("north")], NORTH[None])

        assert (here.count(ALL), there.count(ALL)) == (1, 0)
        for store in (here, there):
            store.close()
        drop(qdrant, name=f"{name}_2")

    def test_a_library_that_does_not_exist_has_no_collection(self, qdrant: Server, name: str) -> None:
        assert read_server(qdrant, name=name) is None
        drop(qdrant, name=name)

    @pytest.mark.parametrize(
        ("other", "words"),
        [
            (Collection("other@2", (4, 8)), ["fake@1", "other@2", "--encoder fake", "re-embed"]),
            (Collection("fake@1", (2, 8)), ["4 and 8", "2 and 8", "reindex"]),
            (replace(COLLECTION, context=512), ["--context 0", "512", "reindex"]),
        ],
    )
    def test_another_encoder_size_or_context_is_refused_with_the_remedy(
        self, qdrant: Server, name: str, other: Collection, words: list[str]
    ) -> None:
        open_server(qdrant, collection=COLLECTION, name=name).close()

        with pytest.raises(CollectionMismatch) as caught:
            open_server(qdrant, collection=other, name=name)

        assert [word for word in words if word not in str(caught.value)] == []
        assert read_server(qdrant, name=name) == COLLECTION

    @pytest.mark.parametrize(("version", "words"), [(1, "polyglance reindex"), (99, "newer version")])
    def test_a_collection_of_another_version_is_refused(
        self, qdrant: Server, name: str, version: int, words: str
    ) -> None:
        open_server(qdrant, collection=COLLECTION, name=name).close()
        connection = ServerConnection(qdrant)
        connection.call(lambda client: client.update_collection(f"{name}-1", metadata={"version": version}))
        connection.close()

        with pytest.raises(CollectionMismatch, match=words):
            open_server(qdrant, collection=COLLECTION, name=name)

    def test_a_collection_of_another_program_is_left_alone(self, qdrant: Server, name: str) -> None:
        connection = ServerConnection(qdrant)
        connection.call(lambda client: client.create_collection(f"{name}-1", vectors_config={}))
        connection.close()

        with pytest.raises(StoreUnavailable, match="not made by this program"):
            open_server(qdrant, collection=COLLECTION, name=name)

    @pytest.mark.parametrize("bad", ["", "my library", "a/b", "library-2", "-", "größe"])
    def test_a_name_that_would_be_ambiguous_on_the_server_is_refused(self, qdrant: Server, bad: str) -> None:
        with pytest.raises(ValueError, match="cannot be a library's name"):
            open_server(qdrant, collection=COLLECTION, name=bad)

    def test_many_may_open_a_new_library_at_once(self, qdrant: Server, name: str) -> None:
        stores: list[QdrantStore] = []
        threads = [
            threading.Thread(target=lambda: stores.append(open_server(qdrant, collection=COLLECTION, name=name)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        write(stores[0], [make_point("north")], NORTH[None])

        assert [store.count(ALL) for store in stores] == [1] * 4
        for store in stores:
            store.close()

    def test_all_sizes_that_were_asked_for_are_kept_and_only_the_smallest_has_a_graph(
        self, qdrant: Server, name: str
    ) -> None:
        collection = Collection("fake@1", (2, 4, 8))
        open_server(qdrant, collection=collection, name=name, sharding=Sharding(shards=2)).close()

        connection = ServerConnection(qdrant)
        found = connection.call(lambda client: client.get_collection(name)).config.params
        connection.close()

        vectors = found.vectors
        assert isinstance(vectors, dict)
        assert {key: (params.size, params.hnsw_config.m) for key, params in vectors.items()} == {
            "d2": (2, 16),
            "d4": (4, 0),
            "d8": (8, 0),
        }
        assert all(params.on_disk for params in vectors.values())
        assert [key for key, params in vectors.items() if params.quantization_config] == ["d2"]
        assert vectors["d2"].quantization_config.scalar.always_ram
        assert found.shard_number == 2

    @pytest.mark.parametrize("sizes", [(32,), (16, 32)])
    def test_candidates_of_the_graph_are_scored_by_the_full_size(
        self, qdrant: Server, name: str, sizes: tuple[int, ...]
    ) -> None:
        """6,000 points: above the bound for exact search."""
        rng = np.random.default_rng(7)
        vectors = rng.normal(size=(6_000, 32)) * np.linspace(2, 0.2, 32)  # falls, as Matryoshka embeddings' energy
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        collection = Collection("fake@1", sizes)
        store, reference = open_server(qdrant, collection=collection, name=name), MemoryStore(collection)
        for written in (store, reference):
            write(written, mixed_points(6_000), vectors)

        found = store.search_many(vectors[:20], limit=10, where=ALL)
        expected = reference.search_many(vectors[:20], limit=10, where=ALL)
        pages = [hit for start in range(0, 60, 10) for hit in store.search(NORTH32, limit=10, where=ALL, offset=start)]
        store.close()

        ids = [
            ({hit.point.id for hit in one}, {hit.point.id for hit in other})
            for one, other in zip(found, expected, strict=True)
        ]
        assert sum(len(one & other) for one, other in ids) >= 0.95 * 20 * 10
        assert len({hit.point.id for hit in pages}) == 60


NORTH32 = np.eye(32, dtype=np.float32)[0]


class TestReindexOnAServer:
    def test_the_new_collection_is_filled_beside_the_old_one_and_then_takes_its_place(
        self, qdrant: Server, name: str
    ) -> None:
        old = open_server(qdrant, collection=COLLECTION, name=name)
        write_texts(old, "old")
        other = Collection("other@2", (8,))
        beside = begin_beside(qdrant, collection=other, name=name)
        write_texts(beside, "new")
        assert texts(old.search(NORTH, limit=5, where=ALL)) == ["old"]
        assert read_server(qdrant, name=name) == COLLECTION

        switch(qdrant, name=name)

        assert read_server(qdrant, name=name) == other
        now = open_server(qdrant, collection=other, name=name)
        assert texts(now.search(NORTH, limit=5, where=ALL)) == ["new"]
        assert collections(qdrant, name) == [f"{name}-2"]
        with pytest.raises(StoreUnavailable, match="open the library again"):
            old.search(NORTH, limit=5, where=ALL)
        for store in (old, beside, now):
            store.close()

    def test_an_interrupted_one_goes_on_where_it_was(self, qdrant: Server, name: str) -> None:
        open_server(qdrant, collection=COLLECTION, name=name).close()
        first = begin_beside(qdrant, collection=COLLECTION, name=name)
        write_texts(first, "half")
        first.close()

        again = begin_beside(qdrant, collection=COLLECTION, name=name)

        assert again.count(ALL) == 1
        again.close()

    def test_one_that_was_begun_for_something_else_is_begun_anew(self, qdrant: Server, name: str) -> None:
        open_server(qdrant, collection=COLLECTION, name=name).close()
        first = begin_beside(qdrant, collection=COLLECTION, name=name)
        write_texts(first, "half")
        first.close()

        again = begin_beside(qdrant, collection=Collection("other@2", (8,)), name=name)

        assert again.count(ALL) == 0
        assert collections(qdrant, name) == [f"{name}-1", f"{name}-2"]
        again.close()

    def test_changing_over_twice_changes_nothing_more(self, qdrant: Server, name: str) -> None:
        open_server(qdrant, collection=COLLECTION, name=name).close()
        begin_beside(qdrant, collection=COLLECTION, name=name).close()

        for _ in range(2):
            switch(qdrant, name=name)

        assert collections(qdrant, name) == [f"{name}-2"]

    def test_changing_over_to_nothing_is_refused(self, qdrant: Server, name: str) -> None:
        with pytest.raises(StoreUnavailable, match=name):
            switch(qdrant, name=name)

    def test_dropping_a_library_leaves_nothing_of_it(self, qdrant: Server, name: str) -> None:
        open_server(qdrant, collection=COLLECTION, name=name).close()
        begin_beside(qdrant, collection=COLLECTION, name=name).close()

        drop(qdrant, name=name)

        assert read_server(qdrant, name=name) is None
        assert collections(qdrant, name) == []


class TestServersThatFail:
    @pytest.mark.parametrize("prefer_grpc", [False, True], ids=["rest", "grpc"])
    def test_a_server_that_is_gone_for_a_while_is_waited_for(
        self, start_qdrant: StartQdrant, prefer_grpc: bool
    ) -> None:
        running = start_qdrant(None)
        server = replace(running.server, prefer_grpc=prefer_grpc)
        store = open_server(server, collection=COLLECTION, name="library")
        write_texts(store, "before")
        running.kill()
        back = threading.Timer(1.0, running.start)
        back.start()

        write(store, [make_point("meanwhile")], EAST[None])

        back.join()
        assert store.count(ALL) == 2
        assert store.search(EAST, limit=1, where=ALL)[0].point == make_point("meanwhile")
        store.close()
        running.kill()

    @pytest.mark.parametrize("prefer_grpc", [False, True], ids=["rest", "grpc"])
    def test_a_server_that_stays_away_is_one_clear_error_that_names_it(
        self, start_qdrant: StartQdrant, prefer_grpc: bool
    ) -> None:
        running = start_qdrant(None)
        server = replace(running.server, prefer_grpc=prefer_grpc, patience_s=0.5)
        store = open_server(server, collection=COLLECTION, name="library")
        running.kill()

        for call in (
            lambda: store.search(NORTH, limit=1, where=ALL),
            lambda: store.search_lexical(terms("a"), limit=1, where=ALL),
            lambda: write(store, [make_point("north")], NORTH[None]),
            lambda: open_server(server, collection=COLLECTION, name="library"),
        ):
            with pytest.raises(StoreUnavailable, match=server.url):
                call()
        store.close()

    @pytest.mark.parametrize("prefer_grpc", [False, True], ids=["rest", "grpc"])
    def test_a_full_disk_is_told_and_keeps_no_half_of_a_batch(self, small_disk: Path, prefer_grpc: bool) -> None:
        running = QdrantProcess(small_disk / "qdrant", settings={"QDRANT__STORAGE__WAL__WAL_CAPACITY_MB": "1"})
        running.start()
        try:
            store = open_server(replace(running.server, prefer_grpc=prefer_grpc), collection=COLLECTION, name="library")

            written, complaint = write_until_refused(store)

            assert "no room left on its disk and kept nothing of this request" in complaint
            counts = [store.count(in_document(number)) for number in range(written + 1)]
            assert counts == [128] * written + [0]
            subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
            write_wide(store, document=written)
            assert store.count(in_document(written)) == 128
            store.close()
        finally:
            running.kill()

    def test_a_store_closed_while_it_waits_stops_waiting(self, start_qdrant: StartQdrant) -> None:
        running = start_qdrant(None)
        store = open_server(running.server, collection=COLLECTION, name="library")
        running.kill()
        threading.Timer(0.3, store.close).start()

        with pytest.raises(StoreUnavailable, match="closed"):
            store.count(ALL)

    @pytest.mark.parametrize("prefer_grpc", [False, True], ids=["rest", "grpc"])
    @pytest.mark.parametrize("api_key", [None, "wrong"])
    def test_a_wrong_api_key_is_refused(self, locked: QdrantProcess, api_key: str | None, prefer_grpc: bool) -> None:
        server = replace(locked.server, api_key=api_key, prefer_grpc=prefer_grpc, patience_s=30)

        with pytest.raises(StoreUnavailable, match="refuses the API key"):
            open_server(server, collection=COLLECTION, name="library")

    def test_the_right_api_key_opens_and_is_never_shown(self, locked: QdrantProcess) -> None:
        store = open_server(locked.server, collection=COLLECTION, name="library")

        assert store.count(ALL) == 0
        assert "secret" not in repr(locked.server)
        store.close()

    def test_something_that_is_no_qdrant_is_told_from_one(self) -> None:
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"<h1>It works!</h1>")

            def log_message(self, *_: object) -> None:
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as web:
            threading.Thread(target=web.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{web.server_port}"
            with pytest.raises(StoreUnavailable, match="check the address"):
                open_server(Server(url, patience_s=30), collection=COLLECTION, name="library")
            web.shutdown()

    @pytest.mark.parametrize("url", ["", "localhost:6333", "ftp://localhost", "http://localhost:port"])
    def test_what_is_no_address_is_named(self, url: str) -> None:
        with pytest.raises(StoreUnavailable, match="not a server's address"):
            open_server(Server(url), collection=COLLECTION, name="library")

    def test_nobody_listening_is_an_error_within_its_patience(self) -> None:
        url = f"http://127.0.0.1:{free_port()}"

        with pytest.raises(StoreUnavailable, match=f"{url} does not answer"):
            open_server(Server(url, patience_s=0.2), collection=COLLECTION, name="library")

    def test_a_collection_dropped_by_another_program_is_named(self, qdrant: Server, name: str) -> None:
        store = open_server(qdrant, collection=COLLECTION, name=name)
        drop(qdrant, name=name)

        with pytest.raises(StoreUnavailable, match=f"{name}-1"):
            store.count(ALL)
        with pytest.raises(StoreUnavailable, match=f"{name}-1"):
            write(store, [make_point("north")], NORTH[None])
        store.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 60 MiB, in memory."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"this system mounts nothing: {mounted.stderr.decode()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def write_wide(store: QdrantStore, *, document: int) -> None:
    """A batch of points with 4 KB of text each."""
    points = [make_point(f"{document}/{row}", document=str(document)) for row in range(128)]
    rng = random.Random(document)
    points = [replace(point, text=rng.randbytes(2_000).hex()) for point in points]  # nothing to compress
    write(store, points, random_vectors(128, seed=document))


def write_until_refused(store: QdrantStore) -> tuple[int, str]:
    """How many documents were taken, and what was said of the next."""
    for document in range(100):
        try:
            write_wide(store, document=document)
        except StoreUnavailable as error:
            return document, str(error)
    pytest.fail("the disk was never full")


def in_document(number: int) -> Filter:
    return Filter(documents=frozenset({str(number)}))


@pytest.fixture(scope="module")
def locked(start_qdrant: StartQdrant) -> QdrantProcess:
    """A server that wants a key."""
    return start_qdrant("secret")


def collections(server: Server, name: str) -> list[str]:
    connection = ServerConnection(server)
    found = connection.call(lambda client: client.get_collections()).collections
    connection.close()
    return sorted(entry.name for entry in found if entry.name.startswith(name))
