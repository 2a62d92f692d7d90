"""What becomes of one file that is to be added."""

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path

from app.shelf import OnPage, Shelf
from app.types import Added, AddStatus
from encoders.base import Encoder, EncoderError
from ingest.errors import IngestError
from ingest.files import digest
from ingest.formats import sniff
from ingest.manifest import Document, State
from ingest.names import display_name
from retrieval.errors import RetrievalError
from retrieval.types import Collection

log = logging.getLogger(__name__)

_FAULTS = (IngestError, RetrievalError, EncoderError, OSError, sqlite3.Error)  # of one file, not of the batch


def add_file(
    shelf: Shelf,
    path: Path,
    *,
    source: Path | None,
    prepare: Callable[[], tuple[Encoder, Collection]],
    on_page: OnPage,
) -> Added:
    """Add one file, or say in one line why it cannot be.

    Args:
        shelf: where it goes.
        path: where its bytes are now.
        source: the path it stands for from now on; None where there is none.
        prepare: gives the encoder and the collection it makes, if the content is new; what it raises concerns
            every file, and is raised.
        on_page: called after every page.
    """
    name = display_name(path)
    try:
        format = sniff(path)
        document_id = digest(path)
        known = _find_whole(shelf, document_id)
        if known is not None:
            replaced = shelf.sweep(shelf.manifest.point(source, document_id) if source else None)
            return _added(known, AddStatus.REPLACED if replaced else AddStatus.UNCHANGED, name)
    except _FAULTS as error:
        return _failed(name, error)
    encoder, collection = prepare()
    try:
        document, replaced = shelf.add(
            path,
            document_id,
            name=name,
            format=format,
            source=source,
            encoder=encoder,
            collection=collection,
            on_page=on_page,
        )
    except _FAULTS as error:
        return _failed(name, error)
    return _added(document, AddStatus.REPLACED if replaced else AddStatus.ADDED, name)


def _find_whole(shelf: Shelf, document_id: str) -> Document | None:
    """The document, if it is there in full; the rest of a failed one is taken back first."""
    known = shelf.manifest.get(document_id)
    if known is not None and known.state is not State.READY:
        shelf.remove(known)
        return None
    return known


def _added(document: Document, status: AddStatus, name: str) -> Added:
    return Added(name, status, document.id, pages=document.pages, chunks=document.chunks, problems=document.problems)


def _failed(name: str, error: Exception) -> Added:
    log.info("%s failed: %s", name, error)
    reason = str(error)
    if isinstance(error, OSError):
        reason = f"{name} could not be stored: {error.strerror or error}. Free some space or check the data folder."
    elif isinstance(error, sqlite3.Error):
        reason = f"{name} could not be noted in the library: {error}. Free some space or check the data folder."
    elif isinstance(error, EncoderError):
        reason = f"{name} could not be encoded: {error}"
    return Added(name=name, status=AddStatus.FAILED, id=None, error=reason)
