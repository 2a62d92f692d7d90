"""Three nodes set up as in docker-compose.yml: one is killed while points are written, and returns."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from qdrant_server import QdrantProcess, free_port
from store_contract import ALL, COLLECTION, NORTH, make_point, mixed_points, random_vectors, write

from retrieval.qdrant.connection import ServerConnection
from retrieval.qdrant.server import open_server

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[QdrantProcess]]:
    environment = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["qdrant-1"]["environment"]
    settings = {key: value for key, value in environment.items() if not key.endswith("API_KEY")}
    peers = [free_port() for _ in range(3)]
    uris = [f"http://127.0.0.1:{port}" for port in peers]
    nodes = [
        QdrantProcess(
            tmp_path / str(number),
            settings=settings | {"QDRANT__CLUSTER__P2P__PORT": str(peers[number])},
            arguments=("--uri", uris[number], *(("--bootstrap", uris[0]) if number else ())),
        )
        for number in range(3)
    ]
    for node in nodes:
        node.start()
    yield nodes
    for node in nodes:
        node.kill()


@pytest.mark.slow
def test_a_cluster_of_which_a_node_dies_refuses_nothing_and_loses_nothing(nodes: list[QdrantProcess]) -> None:
    server = replace(nodes[0].server, patience_s=60)
    store = open_server(server, collection=COLLECTION, name="library")
    connection = ServerConnection(server)
    params = connection.call(lambda client: client.get_collection("library")).config.params
    assert (params.shard_number, params.replication_factor, params.write_consistency_factor) == (6, 3, 2)

    for batch in range(60):
        if batch == 15:
            nodes[2].kill()
        if batch == 40:
            nodes[2].start()
        points = [make_point(f"{batch}/{row}", document=str(batch)) for row in range(50)]
        write(store, points, random_vectors(50, seed=batch))
        assert len(store.search(NORTH, limit=10, where=ALL)) == 10

    assert store.count(ALL) == 60 * 50
    returned = open_server(replace(nodes[2].server, patience_s=60), collection=COLLECTION, name="library")
    assert returned.count(ALL) == 60 * 50
    for opened in (store, returned, connection):
        opened.close()


@pytest.mark.slow
def test_a_batch_that_too_few_nodes_could_take_is_sent_again_until_one_is_back(nodes: list[QdrantProcess]) -> None:
    store = open_server(replace(nodes[0].server, patience_s=100), collection=COLLECTION, name="library")
    write(store, [make_point("before")], NORTH[None])
    for node in nodes[1:]:
        node.kill()
    assert store.count(ALL) == 1
    back = threading.Timer(3, nodes[1].start)
    back.start()

    write(store, mixed_points(200), random_vectors(200, seed=1))

    assert not back.is_alive()
    assert store.count(ALL) == 201
    store.close()
