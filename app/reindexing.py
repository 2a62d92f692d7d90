"""Encodes every document anew, beside the vectors in use, which are changed over when all is done."""

import logging
import threading
from collections import deque
from collections.abc import Generator, Iterator
from functools import partial

from app.errors import LibraryError
from app.line import Halted, Line, Outcome
from app.progress import Meter, Piece
from app.running import Run
from app.shelf import Shelf
from app.types import Progress
from app.vectors import LEDGER
from encoders.base import Encoder
from ingest.ledger import Ledger
from ingest.manifest import Document
from ingest.ocr.options import OcrOptions
from ingest.workers.pool import ReaderPool
from retrieval.store import VectorStore
from retrieval.types import Collection, Filter

log = logging.getLogger(__name__)


class Reindexing:
    """One run; what an interrupted one of the same collection has done is not done again.

    Args:
        shelf: whose documents are encoded.
        encoder: makes the vectors.
        collection: what they are to be.
        pool: reads the originals.
        ocr: how pictures of text are read.
    """

    def __init__(
        self, shelf: Shelf, encoder: Encoder, collection: Collection, *, pool: ReaderPool, ocr: OcrOptions
    ) -> None:
        self._shelf = shelf
        self._encoder = encoder
        self._collection = collection
        self._pool = pool
        self._ocr = ocr
        self._run = Run()
        self._taking = threading.Lock()
        self._failed: dict[str, str] = {}  # reasons by name

    def events(self, *, threads: int) -> Generator[Progress]:
        """Do it, and yield its progress.

        Raises:
            LibraryError: documents cannot be read or encoded any more; the vectors in use stay.
            RetrievalError: the store fails; likewise.
        """
        documents = self._shelf.manifest.documents()
        store, folder = self._shelf.vectors.begin(self._collection, self._shelf.vectors.place, task="reindex")
        ledger = Ledger(folder / LEDGER)
        try:
            waiting = deque(_sort_out(documents, store, ledger))
            meter = Meter(None, [_piece(document) for document in waiting], files=len(documents))
            line = Line(
                files=self._shelf.files,
                pool=self._pool,
                encoder=self._encoder,
                store=store,
                ledger=ledger,
                ocr=self._ocr,
                halt=self._run.halt,
            )

            def finish(error: BaseException | None) -> None:
                line.close(discard=self._run.halt.is_set())

            yield from self._run.events(
                partial(self._take_next, waiting, line, ledger, meter),
                threads=threads,
                finish=finish,
                should_halt=lambda: False,
            )
            self._check(len(documents))
            store.optimize()
        finally:
            ledger.close()
            store.close()
        self._shelf.vectors.change_over()

    def _take_next(self, waiting: deque[Document], line: Line, ledger: Ledger, meter: Meter) -> bool:
        with self._taking:
            if not waiting:
                return False
            document = waiting.popleft()
        self._run.tell(meter.begin(_piece(document)))
        try:
            line.process(
                document,
                on_page=lambda done, pages, chunks: self._run.tell(meter.page(document.id, done, pages, chunks)),
                settle=partial(self._settle, document, ledger, meter),
            )
        except Halted:
            return False
        return True

    def _settle(self, document: Document, ledger: Ledger, meter: Meter, outcome: Outcome) -> None:
        if outcome.error is not None:
            self._failed[document.name] = str(outcome.error)
        else:
            ledger.finish(document.id)
            self._shelf.manifest.finish(
                document.id,
                source=None,
                pages=outcome.pages,
                chunks=outcome.chunks,
                problems=outcome.problems,
                language=outcome.language,
                ocr_pages=outcome.ocr_pages,
            )
        self._run.tell(meter.end(document.id))

    def _check(self, documents: int) -> None:
        if self._failed:
            name, reason = next(iter(self._failed.items()))
            raise LibraryError(
                f"{len(self._failed)} of {documents} documents could not be encoded anew, so the vectors stay as they "
                f"were. The first is {name}: {reason} Mend or remove them and run the same command again."
            )


def _sort_out(documents: list[Document], store: VectorStore, ledger: Ledger) -> Iterator[Document]:
    """Remove what an interrupted run stored of documents that are gone since; the documents that it left undone."""
    counts = ledger.counts()
    for gone in counts.keys() - {document.id for document in documents}:
        ledger.forget(gone)
        store.delete(gone)
    for document in documents:
        here = Filter(documents=frozenset({document.id}))
        if not ledger.is_done(document.id) or store.count(here) != counts[document.id]:
            yield document


def _piece(document: Document) -> Piece:
    return Piece(document.id, document.name, document.bytes)
