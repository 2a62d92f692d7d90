"""Manifest, files and vectors of one library, kept in step whatever dies in between."""

import logging
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from app.overview import MANIFEST
from app.paths import is_gone
from app.types import Removed
from app.vectors import Vectors
from encoders.base import ContextEncoder, Encoder, EncoderError
from ingest.files import Files
from ingest.ledger import Ledger
from ingest.manifest import Document, Manifest, State
from ingest.types import Format, Geometry
from retrieval.errors import RetrievalError, StoreUnavailable
from retrieval.places import NO_KEY, Access
from retrieval.store import VectorStore
from retrieval.types import Collection

SMALLEST_CONTEXT = 256  # tokens; less would hold hardly more than the passage

log = logging.getLogger(__name__)


def collection_for(
    encoder: Encoder, *, geometry: Geometry = Geometry.FIT, context: int = 0, sizes: Sequence[int] | None = None
) -> Collection:
    """The layout for an encoder.

    Args:
        encoder: makes the vectors.
        geometry: how pages and pictures become squares.
        context: tokens a passage is read in; 0: each passage by itself.
        sizes: Matryoshka sizes to store beside the full one, the smallest for candidates; None: the full one alone.

    Raises:
        EncoderError: it has no such size, or cannot read passages in a context of that many tokens.
    """
    if context:
        if not isinstance(encoder, ContextEncoder):
            raise EncoderError(
                f"{encoder.name} reads every passage by itself: leave --context out, or use jina-clip-v2"
            )
        if not SMALLEST_CONTEXT <= context <= encoder.longest_context:
            raise EncoderError(
                f"{encoder.name} can read passages in a context of {SMALLEST_CONTEXT} to {encoder.longest_context} "
                f"tokens, not {context}: name another --context, or 0 for none"
            )
    return Collection(encoder.name, _choose_sizes(encoder, sizes), geometry, context)


def _choose_sizes(encoder: Encoder, sizes: Sequence[int] | None) -> tuple[int, ...]:
    full = encoder.sizes[-1]
    unknown = [str(size) for size in sizes or () if size not in encoder.sizes]
    if unknown:
        raise EncoderError(
            f"{encoder.name} has no vectors of {' or '.join(unknown)} numbers: "
            f"choose among --sizes {','.join(map(str, encoder.sizes))}"
        )
    return tuple(sorted({*(sizes or ()), full}))


class Shelf:
    """Documents with everything that is stored of them.

    A document is shown whole or not at all: its manifest row says *adding* until the last point is stored. What a crash
    left half done is gone on with by the job it belongs to, or else taken back by `recover`.

    Args:
        data: the library's folder.
        url: of the Qdrant server where the vectors shall be; None: where they are, or embedded.
        access: how a server is reached.
        own_process: keep the embedded store in a process of its own, so that it never stalls this one.

    Raises:
        LibraryError: the vectors are elsewhere than ``url`` says.
    """

    def __init__(
        self,
        data: Path,
        *,
        url: str | None = None,
        access: Access = NO_KEY,
        own_process: bool = False,
    ) -> None:
        self.vectors = Vectors(data, url=url, access=access, own_process=own_process)
        self.files = Files(data)
        self.manifest = Manifest(data / MANIFEST)

    def recover(self, *, resumable: frozenset[str] = frozenset()) -> None:
        """Finish or take back what an earlier process left half done.

        Args:
            resumable: documents of jobs that can be resumed; what is there of them stays, hidden.
        """
        self.vectors.recover()
        for document in self.manifest.unfinished():
            if document.state is State.ADDING and document.id in resumable:
                continue
            log.warning("%s was not finished when Polyglance last stopped; taking it back", document.name)
            try:
                self.remove(document)
            except RetrievalError as error:  # of an older version, or a server is away: it stays hidden
                log.warning("%s stays until the library is opened again or encoded anew: %s", document.name, error)
        known = [*self.manifest.documents(), *self.manifest.unfinished()]
        self.files.remove_orphans(frozenset(document.id for document in known))

    @property
    def collection(self) -> Collection | None:
        """What the vectors were made with; None while there are none."""
        return self.vectors.collection

    def store(self, collection: Collection | None = None) -> VectorStore | None:
        """The vector store, opened at the first call.

        Args:
            collection: makes the store where there is none yet, and must match the one there is.

        Returns:
            None where there are no vectors and no ``collection`` was given.

        Raises:
            CollectionMismatch: the vectors were made by another encoder.
        """
        return self.vectors.store(collection)

    @property
    def ledger(self) -> Ledger:
        """What of each document is stored in the vectors, which there have to be."""
        return self.vectors.ledger

    def begin(self, path: Path, document_id: str, *, name: str, format: Format, source: Path | None) -> Document:
        """Copy a document's original in; hidden, until `finish`.

        Args:
            path: where its bytes are now.
            document_id: their sha256.
            name: shown to people.
            format: what they are.
            source: the path it is to stand for; None where there is none.

        Raises:
            IngestError: it cannot be read; nothing of it is left.
            OSError: the disk is full, or the like; likewise.
        """
        known = self.manifest.get(document_id)
        if known is not None and known.state is State.REMOVING:
            self.remove(known)
        if known is None or known.state is not State.ADDING:
            self.manifest.begin(document_id, name=name, format=format, size_bytes=path.stat().st_size)
        try:
            if not self.files.original(document_id).exists():
                kept = self.files.keep(path, document_id)
                os.utime(kept, (0, path.stat().st_mtime if source else 0))  # the day of an upload's copy says nothing
            document = self.manifest.get(document_id)
            assert document is not None  # just begun
        except BaseException:
            begun = self.manifest.get(document_id)
            if begun is not None:
                self.take_back(begun)  # an earlier run may have stored points of it
            raise
        return document

    def finish(
        self,
        document_id: str,
        *,
        source: Path | None,
        pages: int,
        chunks: int,
        problems: tuple[str, ...],
        language: str,
        ocr_pages: int,
    ) -> Document | None:
        """Show a document, all of which is stored.

        Returns:
            The document that it replaced, which is gone.
        """
        self.ledger.finish(document_id)
        replaced = self.manifest.finish(
            document_id,
            source=source,
            pages=pages,
            chunks=chunks,
            problems=problems,
            language=language,
            ocr_pages=ocr_pages,
        )
        return self.sweep(replaced)

    def stand_for(self, document: Document, source: Path | None, *, name: str) -> Document | None:
        """Note that a path holds a document that is here; where its own file is gone, it was renamed to that.

        Args:
            document: it.
            source: the path, absolute; None where there is none.
            name: of the file there.

        Returns:
            The document that the path held before and no other path holds, which is gone.
        """
        if source is None:
            return None
        old = self.manifest.sources_of(document.id)
        replaced = self.sweep(self.manifest.point(source, document.id))
        gone = [path for path in old if path != source and is_gone(path)]
        for path in gone:
            self.manifest.drop_source(path)
        if old and len(gone) == len([path for path in old if path != source]) and source not in old:
            self.manifest.rename(document.id, name)
        return replaced

    def sweep(self, replaced: str | None) -> Document | None:
        """Remove a document that no path stands for any more, and say which it was."""
        old = self.manifest.get(replaced) if replaced else None
        if old:
            self.remove(old)
        return old

    def remove(self, document: Document) -> Removed:
        """Take a document's points and files away; safe to repeat after a crash."""
        self.manifest.begin_removal(document.id)
        store = self.store()
        points = 0
        if store is not None:
            self.ledger.forget(document.id)  # first: whoever looks for vectors to use again finds none of these
            points = store.delete(document.id)
        files = self.files.remove(document.id)
        self.manifest.forget(document.id)
        return Removed(name=document.name, id=document.id, points=points, files=files)

    def optimize(self) -> None:
        """Build what makes searches fast; they only stay slower where it fails."""
        store = self.store()
        if store is None:
            return
        try:
            store.optimize()
        except StoreUnavailable as error:
            log.warning("the index was not built; searches are slower until it is: %s", error)

    def close(self) -> None:
        """Let go of the store and the manifest."""
        self.vectors.close()
        self.manifest.close()

    def take_back(self, document: Document) -> None:
        """Remove what there is of a document that did not go in."""
        try:
            self.remove(document)
        except (RetrievalError, OSError, sqlite3.Error) as error:  # a full disk refuses this too
            log.warning("the rest of a failed document goes when the library is next opened: %s", error)
