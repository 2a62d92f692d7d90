"""Moves a library's vectors to a Qdrant server, to another one, or back into its folder."""

import hashlib
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np

from app.errors import LibraryError
from app.shelf import Shelf
from app.types import Copying, Migrated
from app.vectors import LEDGER, NOTES
from ingest.types import Modality
from retrieval.places import EMBEDDED, new_place, server_url
from retrieval.store import VectorStore
from retrieval.types import Filter, SparseVector, StoredPoint

EMBEDDED_WORD = "embedded"  # says "in the library's folder" where a server's address could stand

_BATCH = 512  # points copied at once
_SAMPLES, _RUN = 200, 10  # points compared with their copies, so many neighbours at each of random places
_LOWEST_COSINE = 0.9999  # of a vector and its copy
_WEIGHT_TOLERANCE = 1e-5  # of a term's weight, relative

ALL = Filter()


def migrate(shelf: Shelf, to: str, *, on_progress: Callable[[Copying], None] | None = None) -> Migrated:
    """Copy every point, compare, change over, and remove what was copied.

    Until the change-over the library is as it was, whatever fails. Run again, it goes on where it was cut short,
    unless documents came or went in between.

    Args:
        shelf: of the library.
        to: a server's address, or "embedded".
        on_progress: called after every batch.

    Raises:
        LibraryError: it is empty, is there already, or the copy differs from it.
        CollectionMismatch: an earlier version made it.
        StoreUnavailable: a store fails, or a server does not answer.
    """
    url = None if to == EMBEDDED_WORD else server_url(to)
    old = shelf.vectors.place
    source = shelf.store()
    if source is None:
        raise LibraryError("The library is empty, there is nothing to move. Add to it with --qdrant URL instead.")
    if old.url == url:
        raise LibraryError(f"The vectors of this library are there already ({old}).")
    target, folder = shelf.vectors.begin(
        source.collection, new_place(url) if url else EMBEDDED, task=f"migrate {_fingerprint(shelf)}"
    )
    try:
        with closing(target):
            points = _copy(source, target, folder / NOTES / "copied", on_progress or (lambda _: None))
            target.optimize()
            compared = _compare(source, target)
        shelf.ledger.copy(folder / LEDGER)
    except LibraryError:  # the copy differs: it must not be gone on with
        shelf.vectors.give_up()
        raise
    left = shelf.vectors.change_over()
    return Migrated(str(old), url or EMBEDDED_WORD, points, compared, left)


def _fingerprint(shelf: Shelf) -> str:
    """Changes with the documents, so that an old copy is not taken for one of them."""
    rows = sorted((document.id, document.added_at) for document in shelf.manifest.documents())
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def _copy(source: VectorStore, target: VectorStore, note: Path, tell: Callable[[Copying], None]) -> int:
    """Copy what was not copied yet, and note after every batch how far it is; how many points the source has."""
    points, done = source.count(ALL), target.count(ALL)
    last = note.read_text(encoding="utf-8") if done and note.exists() else ""
    tell(Copying(done, points))
    while batch := source.scroll(where=ALL, limit=_BATCH, after=last):
        vectors = np.stack([stored.vector for stored in batch])
        target.upsert([stored.point for stored in batch], vectors, [stored.lexical for stored in batch])
        last = batch[-1].point.id
        _write_whole(note, last)
        done = min(done + len(batch), points)  # a batch that was cut short may be copied twice
        tell(Copying(done, points))
    return points


def _write_whole(file: Path, text: str) -> None:
    draft = file.with_suffix(".tmp")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


def _compare(source: VectorStore, target: VectorStore) -> int:
    """Compare counts, and a sample of points with their copies; how many were compared."""
    for modality in Modality:
        theirs, ours = (store.count(Filter(modality=modality)) for store in (target, source))
        if theirs != ours:
            raise _differs(f"{theirs} {modality} points instead of {ours}")
    sample = _sample(source)
    copies = {copy.point.id: copy for copy in target.retrieve(list({stored.point.id for stored in sample}))}
    for stored in sample:
        copy = copies.get(stored.point.id)
        if copy is None or not _is_same(stored, copy):
            raise _differs(f"another point {stored.point.id}")
    return len(copies)


def _sample(source: VectorStore) -> list[StoredPoint]:
    if source.count(ALL) <= _SAMPLES:
        return source.scroll(where=ALL, limit=_SAMPLES)
    starts = [str(uuid.uuid4()) for _ in range(_SAMPLES // _RUN)]
    return [stored for start in starts for stored in source.scroll(where=ALL, limit=_RUN, after=start)]


def _is_same(stored: StoredPoint, copy: StoredPoint) -> bool:
    return (
        stored.point == copy.point
        and float(stored.vector @ copy.vector) >= _LOWEST_COSINE
        and _are_same_terms(stored.lexical, copy.lexical)
    )


def _are_same_terms(one: SparseVector, other: SparseVector) -> bool:
    return one.indices == other.indices and np.allclose(one.weights, other.weights, rtol=_WEIGHT_TOLERANCE)


def _differs(how: str) -> LibraryError:
    return LibraryError(
        f"The copy of the vectors has {how}, so it was removed. The library is as it was; run the same command again."
    )
