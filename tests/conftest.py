"""Real Qdrant servers, for the tests of every room that talks to one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # its client takes half a second to import, and few tests need it
    from qdrant_server import QdrantProcess

    from retrieval.qdrant.connection import Server


@pytest.fixture(scope="session")
def start_qdrant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str | None], QdrantProcess]]:
    """Starts servers of a test's own, with an API key or without; all are killed at the session's end."""
    from qdrant_server import QdrantProcess

    started: list[QdrantProcess] = []

    def start(api_key: str | None = None) -> QdrantProcess:
        started.append(QdrantProcess(tmp_path_factory.mktemp("qdrant"), api_key))
        started[-1].start()
        return started[-1]

    yield start
    for running in started:
        running.kill()


@pytest.fixture(scope="session")
def qdrant(start_qdrant: Callable[[str | None], QdrantProcess]) -> Server:
    """The session's one server, that nobody kills."""
    return start_qdrant(None).server
