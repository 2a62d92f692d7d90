"""The embedded store of platforms without Qdrant Edge: qdrant-client's local mode, exact and slow."""

import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from qdrant_client import QdrantClient

from retrieval.errors import StoreLocked, StoreUnavailable
from retrieval.metadata import Metadata, check_collection, read_metadata, write_metadata
from retrieval.qdrant.convert import dense_layout, sparse_layout
from retrieval.qdrant.store import QdrantStore
from retrieval.types import Collection

ENGINE = "local"
_FOLDER = "local"  # of the engine's files, in the library's folder
_NAME = "points"  # of the one collection in it

T = TypeVar("T")


def open_local(folder: Path, collection: Collection) -> QdrantStore:
    """Open a collection in a folder, or begin one; in one process at a time, and every search compares all points.

    Only the full size is kept: smaller ones save nothing where there is no index.

    Raises:
        CollectionMismatch: another encoder, other sizes or an earlier version made it.
        StoreLocked: another process, or another store of this one, has it open.
        StoreUnavailable: it cannot be read or written.
    """
    found = read_metadata(folder)
    if found is not None:
        check_collection(str(folder), found=found, asked=collection)
    connection = _LocalConnection(folder)
    try:
        if not connection.call(lambda client: client.collection_exists(_NAME)):
            connection.call(
                lambda client: client.create_collection(
                    _NAME, vectors_config=dense_layout(collection.sizes[-1:]), sparse_vectors_config=sparse_layout()
                )
            )
        if read_metadata(folder) is None:
            write_metadata(folder, Metadata(collection, ENGINE))
    except BaseException:
        connection.close()
        raise
    return QdrantStore(connection, collection=collection, name=_NAME, has_graph=False)


class _LocalConnection:
    """The client's own engine, one request at a time: it is not safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        try:
            self._client: QdrantClient | None = QdrantClient(path=str(folder / _FOLDER))
        except RuntimeError as error:
            if "already accessed" not in str(error):
                raise
            raise StoreLocked(
                f"{folder} is in use by another process: close it there, or choose another --data folder"
            ) from error
        except OSError as error:
            raise StoreUnavailable(f"{folder} cannot be read or written ({error})") from error

    def call(self, request: Callable[[QdrantClient], T]) -> T:
        """Run a request."""
        with self._lock, warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Local mode")  # `open_store` warns that it is slow
            client = self._client
            if client is None:
                raise StoreUnavailable(f"{self._folder} is closed: open the library again")
            try:
                return request(client)
            except OSError as error:
                raise StoreUnavailable(f"{self._folder} cannot be read or written ({error})") from error

    def check_open(self) -> None:
        """Raise StoreUnavailable once closed."""
        if self._client is None:
            raise StoreUnavailable(f"{self._folder} is closed: open the library again")

    def close(self) -> None:
        """Let go of the files; closing again does nothing."""
        with self._lock:
            client, self._client = self._client, None
            if client is not None:
                client.close()
