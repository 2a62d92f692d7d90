"""Which engine keeps a library: a Qdrant server where one is named, else Qdrant Edge, else the client's local mode."""

import importlib.util
import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.errors import StoreUnavailable
from retrieval.metadata import Metadata, read_metadata, write_metadata
from retrieval.places import EMBEDDED, NO_KEY, Access, Place, ServerFacts
from retrieval.process import ProcessStore
from retrieval.store import VectorStore
from retrieval.types import Collection

if TYPE_CHECKING:
    from retrieval.qdrant.connection import Server

SERVER, EDGE, LOCAL = "server", "edge", "local"  # engines, as a folder's collection.json names them

logger = logging.getLogger(__name__)


def read_collection(folder: Path) -> Collection | None:
    """What the folder's collection was made with, without opening it; None where there is none yet.

    Raises:
        StoreUnavailable: the folder's collection.json is damaged.
    """
    metadata = read_metadata(folder)
    return metadata.collection if metadata else None


def read_place(folder: Path) -> Place | None:
    """Where the folder's vectors are; None where there are none yet.

    Raises:
        StoreUnavailable: the folder's collection.json is damaged.
    """
    metadata = read_metadata(folder)
    if metadata is None:
        return None
    return Place(metadata.url, metadata.name) if metadata.engine == SERVER else EMBEDDED


def open_store(
    folder: Path,
    collection: Collection,
    *,
    place: Place = EMBEDDED,
    access: Access = NO_KEY,
    own_process: bool = False,
) -> VectorStore:
    """Open a library folder's store, or begin one.

    Args:
        folder: where it lies, or says on which server its vectors are.
        collection: what it is, or shall be, made with.
        place: where a store that is begun goes; one that exists stays where it is.
        access: how a server is reached.
        own_process: keep Edge in a process of its own, so that it stalls no thread of this one, where the
            system can (Linux and macOS). It takes a moment to start and answers a little later.

    Raises:
        CollectionMismatch: another encoder or other sizes made it.
        StoreLocked: another process has it open.
        StoreUnavailable: it cannot be read or written, its server does not answer, or it was made by an engine this
            machine lacks.
    """
    metadata = read_metadata(folder)
    if metadata and metadata.engine == SERVER:
        place = Place(metadata.url, metadata.name)
        _check_exists(place, access)
        return _open_on_server(place, collection, access)
    if metadata is None and place.url:
        store = _open_on_server(place, collection, access)
        _note(folder, collection, place)
        return store
    return _open_embedded(folder, collection, engine=metadata.engine if metadata else None, own_process=own_process)


def begin_store(
    folder: Path, collection: Collection, *, place: Place, access: Access = NO_KEY, own_process: bool = False
) -> VectorStore:
    """Begin a store beside the one in use, or go on with it; `publish_store` lets it count.

    Args:
        folder: of the new store; on a server it holds only where that is.
        collection: what it shall be made with.
        place: where it goes. Under the name of the store in use, a server keeps it beside that one.
        access: how a server is reached.
        own_process: as `open_store` has it.

    Raises:
        StoreUnavailable: it cannot be written, or the server does not answer.
    """
    if not place.url:
        return open_store(folder, collection, own_process=own_process)
    from retrieval.qdrant.server import begin_beside

    _note(folder, collection, place)
    return begin_beside(_server(place, access), collection=collection, name=place.name)


def publish_store(place: Place, *, access: Access = NO_KEY) -> None:
    """Let the name on a server stand for what `begin_store` made there; what it stood for is dropped. Safe to repeat.

    Raises:
        StoreUnavailable: the server does not answer.
    """
    if place.url:
        from retrieval.qdrant.server import switch

        switch(_server(place, access), name=place.name)


def drop_store(place: Place, *, access: Access = NO_KEY) -> None:
    """Remove everything of a library from its server; embedded vectors go with their folder.

    Raises:
        StoreUnavailable: the server does not answer.
    """
    if place.url:
        from retrieval.qdrant.server import drop

        drop(_server(place, access), name=place.name)


def ask_server(place: Place, *, access: Access = NO_KEY) -> ServerFacts:
    """What a server tells of the collection there.

    Raises:
        StoreUnavailable: the server does not answer, or has no such collection.
    """
    from retrieval.qdrant.server import measure

    return measure(_server(place, access), name=place.name)


def _server(place: Place, access: Access) -> "Server":
    from retrieval.qdrant.connection import Server  # here: importing qdrant_client takes half a second

    assert place.url is not None
    server = Server(place.url, api_key=access.api_key, patience_s=access.patience_s)
    return replace(server, prefer_grpc=True, grpc_port=access.grpc_port) if access.grpc_port else server


def _note(folder: Path, collection: Collection, place: Place) -> None:
    """Let a folder say where its vectors are."""
    assert place.url is not None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"{folder} cannot be written ({error}): check space and rights") from error
    write_metadata(folder, Metadata(collection, SERVER, url=place.url, name=place.name))


def _check_exists(place: Place, access: Access) -> None:
    """An empty collection must not take the place of one that the server lost."""
    from retrieval.qdrant.server import read_server

    if read_server(_server(place, access), name=place.name) is None:
        raise StoreUnavailable(
            f"Qdrant at {place.url} has no collection of the library {place.name}: restore its data there, "
            "or encode the documents anew with `polyglance reindex`"
        )


def _open_on_server(place: Place, collection: Collection, access: Access) -> VectorStore:
    from retrieval.qdrant.server import open_server

    return open_server(_server(place, access), collection=collection, name=place.name)


def _open_embedded(folder: Path, collection: Collection, *, engine: str | None, own_process: bool) -> VectorStore:
    has_edge = importlib.util.find_spec("qdrant_edge") is not None
    engine = engine or (EDGE if has_edge else LOCAL)
    if engine == EDGE:
        if not has_edge:
            raise StoreUnavailable(
                f"{folder} was made with Qdrant Edge, which this Python lacks: install qdrant-edge-py, "
                "or add the documents to a new --data folder"
            )
        if own_process and os.name == "posix":
            return ProcessStore(folder, collection)
        from retrieval.edge.store import EdgeStore  # here: not every platform has its engine

        return EdgeStore(folder, collection)
    if engine == LOCAL:
        from retrieval.qdrant.local import open_local  # here: importing qdrant_client takes half a second

        logger.warning(
            "Qdrant Edge does not exist for this platform: using qdrant-client's local mode, "
            "which compares with every point and is slow beyond 20,000 of them"
        )
        return open_local(folder, collection)
    raise StoreUnavailable(f"{folder} was made with the engine {engine!r}, which this version does not know")
