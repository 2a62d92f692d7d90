"""Which engine keeps a library: Qdrant Edge wherever it exists, else qdrant-client's local mode."""

import importlib.util
import logging
import os
from pathlib import Path

from retrieval.errors import StoreUnavailable
from retrieval.metadata import read_metadata
from retrieval.process import ProcessStore
from retrieval.store import VectorStore
from retrieval.types import Collection

logger = logging.getLogger(__name__)


def read_collection(folder: Path) -> Collection | None:
    """What the folder's collection was made with, without opening it; None where there is none yet.

    Raises:
        StoreUnavailable: the folder's collection.json is damaged.
    """
    metadata = read_metadata(folder)
    return metadata.collection if metadata else None


def open_store(folder: Path, collection: Collection, *, own_process: bool = False) -> VectorStore:
    """Open a library folder's store, or begin one.

    Args:
        folder: where it lies.
        collection: what it is, or shall be, made with.
        own_process: keep Edge in a process of its own, so that it stalls no thread of this one, where the
            system can (Linux and macOS). It takes a moment to start and answers a little later.

    Raises:
        CollectionMismatch: another encoder or other sizes made it.
        StoreLocked: another process has it open.
        StoreUnavailable: it cannot be read or written, or was made by an engine this machine lacks.
    """
    metadata = read_metadata(folder)
    has_edge = importlib.util.find_spec("qdrant_edge") is not None
    engine = metadata.engine if metadata else "edge" if has_edge else "local"
    if engine == "edge":
        if not has_edge:
            raise StoreUnavailable(
                f"{folder} was made with Qdrant Edge, which this Python lacks: install qdrant-edge-py, "
                "or add the documents to a new --data folder"
            )
        if own_process and os.name == "posix":
            return ProcessStore(folder, collection)
        from retrieval.edge.store import EdgeStore  # here: not every platform has its engine

        return EdgeStore(folder, collection)
    if engine == "local":
        from retrieval.qdrant.local import open_local  # here: importing qdrant_client takes half a second

        logger.warning(
            "Qdrant Edge does not exist for this platform: using qdrant-client's local mode, "
            "which compares with every point and is slow beyond 20,000 of them"
        )
        return open_local(folder, collection)
    raise StoreUnavailable(f"{folder} was made with the engine {engine!r}, which this version does not know")
