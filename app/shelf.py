"""Manifest, files and vectors of one library, kept in step whatever dies in between."""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from app.journal import Journal
from app.overview import MANIFEST
from app.types import Removed
from app.vectors import Vectors
from encoders.base import ContextEncoder, Encoder, EncoderError
from ingest.chunk import chunk_page
from ingest.dates import modification_day
from ingest.errors import UnreadableDocument
from ingest.files import Files
from ingest.language import LanguageMarker
from ingest.limits import Limits
from ingest.manifest import Document, Manifest
from ingest.readers.registry import open_reader
from ingest.types import Chunk, Format, Geometry
from retrieval.errors import RetrievalError, StoreUnavailable
from retrieval.indexing import index_chunks
from retrieval.places import NO_KEY, Access
from retrieval.store import VectorStore
from retrieval.types import Collection, Filter

SMALLEST_CONTEXT = 256  # tokens; less would hold hardly more than the passage
SMALL_SIZE = 256  # candidates come from this Matryoshka size, scores from the full one (docs/decisions.md)

OnPage = Callable[[int, int], None]  # pages done, pages

log = logging.getLogger(__name__)


def collection_for(
    encoder: Encoder, *, geometry: Geometry = Geometry.FIT, context: int = 0, sizes: Sequence[int] | None = None
) -> Collection:
    """The layout for an encoder.

    Args:
        encoder: makes the vectors.
        geometry: how pages and pictures become squares.
        context: tokens a passage is read in; 0: each passage by itself.
        sizes: Matryoshka sizes to store beside the full one; None: one small size, for candidates.

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
    if sizes is None:
        sizes = [min((size for size in encoder.sizes if size >= SMALL_SIZE), default=full)]
    unknown = [str(size) for size in sizes if size not in encoder.sizes]
    if unknown:
        raise EncoderError(
            f"{encoder.name} has no vectors of {' or '.join(unknown)} numbers: "
            f"choose among --sizes {','.join(map(str, encoder.sizes))}"
        )
    return tuple(sorted({*sizes, full}))


class Shelf:
    """Documents with everything that is stored of them.

    A document goes in whole or not at all: its manifest row says *adding* until the last point is stored, and
    `recover` takes back whatever a crash left half done.

    Args:
        data: the library's folder.
        limits: what a file may cost.
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
        limits: Limits,
        url: str | None = None,
        access: Access = NO_KEY,
        own_process: bool = False,
    ) -> None:
        self._limits = limits
        self.vectors = Vectors(data, url=url, access=access, own_process=own_process)
        self.files = Files(data)
        self.manifest = Manifest(data / MANIFEST)

    def recover(self) -> None:
        """Finish or take back what an earlier process left half done."""
        self.vectors.recover()
        for document in self.manifest.unfinished():
            log.warning("%s was not finished when Polyglance last stopped; taking it back", document.name)
            try:
                self.remove(document)
            except RetrievalError as error:  # of an older version, or a server is away: it stays hidden
                log.warning("%s stays until the library is opened again or encoded anew: %s", document.name, error)
        self.files.remove_orphans(frozenset(document.id for document in self.manifest.documents()))

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

    def add(
        self,
        path: Path,
        document_id: str,
        *,
        name: str,
        format: Format,
        source: Path | None,
        encoder: Encoder,
        collection: Collection,
        on_page: OnPage,
    ) -> tuple[Document, Document | None]:
        """Store a document and index it.

        Args:
            path: where its bytes are now.
            document_id: their sha256.
            name: shown to people.
            format: what they are.
            source: the path it stands for from now on; None where there is none.
            encoder: makes the vectors.
            collection: made with that encoder, if there is none yet.
            on_page: called after every page.

        Returns:
            The document, and the one it replaced, which is gone.

        Raises:
            IngestError: it cannot be read; nothing of it is left.
        """
        store = self.store(collection)
        assert store is not None  # a collection was given
        self.manifest.begin(document_id, name=name, format=format, size_bytes=path.stat().st_size)
        try:
            kept = self.files.keep(path, document_id)
            os.utime(kept, (0, path.stat().st_mtime if source else 0))  # the day of an upload's copy says nothing
            pages, chunks, problems = self._index(document_id, name, format, encoder, store, on_page)
            replaced = self.manifest.finish(document_id, source=source, pages=pages, chunks=chunks, problems=problems)
        except BaseException:
            self._take_back(document_id)
            raise
        document = self.manifest.get(document_id)
        assert document is not None  # just finished
        return document, self.sweep(replaced)

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
        points = store.delete(document.id) if store else 0
        files = self.files.remove(document.id)
        self.manifest.forget(document.id)
        return Removed(name=document.name, id=document.id, points=points, files=files)

    def reindex(
        self, encoder: Encoder, collection: Collection, *, on_page: Callable[[Document, int, int], None]
    ) -> None:
        """Encode every document anew, beside the old vectors, and change over when all are done.

        What an interrupted reindex of the same collection has done is not done again.
        """
        documents = self.manifest.documents()
        store, notes = self.vectors.begin(collection, self.vectors.place, task="reindex")
        try:
            journal = Journal(notes / "documents")
            for gone in journal.begun - {document.id for document in documents}:
                store.delete(gone)
            for document in documents:
                report = _bind(on_page, document)
                if journal.is_done(document) and store.count(_of(document)) == document.chunks:
                    report(document.pages, document.pages)
                    continue
                journal.begin(document)
                pages, chunks, problems = self._index(
                    document.id, document.name, document.format, encoder, store, report
                )
                self.manifest.finish(document.id, source=None, pages=pages, chunks=chunks, problems=problems)
                journal.finish(document)
            store.optimize()
        finally:
            store.close()
        self.vectors.change_over()

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

    def _take_back(self, document_id: str) -> None:
        document = self.manifest.get(document_id)
        try:
            if document:
                self.remove(document)
        except (RetrievalError, OSError, sqlite3.Error) as error:  # a full disk refuses this too
            log.warning("the rest of a failed document goes when the library is next opened: %s", error)

    def _index(
        self,
        document_id: str,
        name: str,
        format: Format,
        encoder: Encoder,
        store: VectorStore,
        on_page: OnPage,
    ) -> tuple[int, int, tuple[str, ...]]:
        """Encode and store a document's pages: how many pages, how many chunks, and what could not be read."""
        problems: list[str] = []
        original, geometry, marker = self.files.original(document_id), store.collection.geometry, LanguageMarker()
        with open_reader(original, format=format, name=name, limits=self._limits, geometry=geometry) as reader:

            def read_chunks() -> Iterator[Chunk]:
                for page in reader.read_pages():
                    if page.image is not None:
                        self.files.keep_raster(document_id, page.number, page.image)
                    if page.problem:
                        problems.append(f"page {page.number}: {page.problem}")
                    yield from marker.mark(chunk_page(page, document_id=document_id, count_tokens=encoder.count_tokens))
                    on_page(page.number, reader.page_count)

            day = reader.date or modification_day(original)
            chunks = index_chunks(read_chunks(), encoder, store, name=name, kind=format.value, date=day)
            pages = reader.page_count
        if not chunks:
            reason = f" ({problems[0]})" if problems else ""
            raise UnreadableDocument(f"{name} has no page with text or a picture that can be read{reason}.")
        return pages, chunks, tuple(problems)


def _of(document: Document) -> Filter:
    return Filter(documents=frozenset({document.id}))


def _bind(on_page: Callable[[Document, int, int], None], document: Document) -> OnPage:
    return lambda done, pages: on_page(document, done, pages)
