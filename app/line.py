"""The line that documents go through: read in a process of their own, chunked, encoded, stored, noted."""

import errno
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from app.underway import Underway
from encoders.base import Encoder, EncoderError
from ingest.chunk import chunk_page
from ingest.dates import modification_day
from ingest.errors import IngestError, UnreadableDocument
from ingest.files import Files
from ingest.language import LanguageMarker
from ingest.ledger import Ledger
from ingest.looks import look_of
from ingest.manifest import Document
from ingest.ocr.options import OcrOptions
from ingest.types import ImageChunk, Page
from ingest.workers.pool import ReaderPool
from ingest.workers.task import ReadTask
from retrieval.errors import InvalidVectors
from retrieval.indexing import About, Indexer, Stored
from retrieval.store import VectorStore

OF_ONE_FILE = (IngestError, EncoderError, InvalidVectors)  # errors that concern it alone, not the batch

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}

OnPage = Callable[[int, int, int], None]  # pages read, pages, chunks of this page


class Halted(Exception):
    """The run was asked to stop; what is stored of a document under way stays, hidden, for the next run."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a document."""

    error: Exception | None  # why it could not go in; nothing more of it is written then, what was is still there
    pages: int = 0
    chunks: int = 0
    problems: tuple[str, ...] = ()
    language: str = ""  # most common, BCP 47; empty where unknown
    ocr_pages: int = 0  # whose text was recognised


Settle = Callable[[Outcome], None]


class Line:
    """Takes documents from their originals to points, several at a time; a context manager.

    Args:
        files: where originals are and rasters go.
        pool: reads them.
        encoder: makes the vectors.
        store: where the points go.
        ledger: where they are noted.
        ocr: how pictures of text are read.
        halt: when set, `process` raises `Halted` after its page.
    """

    def __init__(
        self,
        *,
        files: Files,
        pool: ReaderPool,
        encoder: Encoder,
        store: VectorStore,
        ledger: Ledger,
        ocr: OcrOptions,
        halt: threading.Event,
    ) -> None:
        self._files = files
        self._pool = pool
        self._encoder = encoder
        self._collection = store.collection
        self._ledger = ledger
        self._ocr = ocr
        self._halt = halt
        self._underway: dict[str, tuple[Underway, Callable[[], None]]] = {}
        self._settling = ThreadPoolExecutor(max_workers=1, thread_name_prefix="settling")
        self._settled: list[Future[None]] = []
        self._indexer = Indexer(
            encoder, store, on_stored=self._note, on_failed=self._fail, find=None if self._context else ledger.find
        )

    @property
    def _context(self) -> int:
        return self._collection.context

    def process(self, document: Document, *, on_page: OnPage, settle: Settle) -> None:
        """Read a document; returns while its last chunks are still on their way.

        Args:
            document: its original is in place.
            on_page: called after every page that was read.
            settle: called once, on another thread, when all is stored or it failed; what it raises ends the run.

        Raises:
            Halted: by request; it is not settled, and goes on where it was in another run.
            RetrievalError: the store failed, which concerns all documents.
            OSError: so does the disk.
        """
        done = self._ledger.begin(document.id)
        underway = Underway(
            document.id,
            pages_done=0 if self._context else done,  # neighbours are read together: from the beginning
            record=lambda entries, pages: self._ledger.record(document.id, entries, pages_done=pages),
        )
        seen = _Seen()

        def finish() -> None:
            self._indexer.drop(document.id)
            outcome = self._outcome(document, underway, seen)
            del self._underway[document.id]
            settle(outcome)

        self._underway[document.id] = underway, finish
        try:
            self._read(document, underway, seen, on_page)
        except OF_ONE_FILE as error:
            underway.fail(error)
        except OSError as error:
            if is_full(error):
                raise
            underway.fail(error)
        underway.end_reading()
        self._settle(document.id)

    def close(self, *, discard: bool = False) -> None:
        """Wait until everything is stored and settled, or only for what is under way just now.

        Raises:
            RetrievalError: the store failed.
            OSError: the disk did.
        """
        try:
            self._indexer.close(discard=discard)
        finally:
            self._settling.shutdown(wait=True, cancel_futures=False)
        for settled in self._settled:
            settled.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close(discard=self._halt.is_set())
            return
        try:
            self.close(discard=True)
        except Exception as also:
            error.add_note(f"while closing: {also}")

    def _read(self, document: Document, underway: Underway, seen: "_Seen", on_page: OnPage) -> None:
        original, marker = self._files.original(document.id), LanguageMarker()
        task = ReadTask(
            path=original,
            format=document.format,
            name=document.name,
            geometry=self._collection.geometry,
            ocr=self._ocr,
            draw_from=underway.pages_before + 1,
            rendition=self._files.rendition(document.id),
        )
        with self._pool.read(task) as reading:
            seen.pages = reading.page_count
            about = About(document.name, document.format, reading.date or modification_day(original))
            for read in reading.pages():
                page = read.page
                chunks = marker.mark(chunk_page(page, document_id=document.id, count_tokens=self._encoder.count_tokens))
                seen.note(page)
                if page.number > underway.pages_before:
                    if read.jpeg is not None:
                        self._files.keep_raster(document.id, page.number, read.jpeg)
                    whole = next((chunk for chunk in chunks if isinstance(chunk, ImageChunk)), None)
                    looks = {whole.id: look_of(page.image)} if whole and page.image else {}
                    underway.page_read(page.number, chunks, looks)
                    self._indexer.put(chunks, about)
                on_page(page.number, reading.page_count, len(chunks))
                if underway.error:
                    return
                if self._halt.is_set():
                    raise Halted
        self._indexer.end(document.id)
        seen.language = marker.common

    def _note(self, stored: Sequence[Stored]) -> None:
        by_document: dict[str, list[Stored]] = defaultdict(list)
        for one in stored:
            by_document[one.chunk.document_id].append(one)
        for document_id, theirs in by_document.items():
            self._underway[document_id][0].chunks_stored(theirs)
            self._settle(document_id)

    def _fail(self, document_id: str, error: Exception) -> None:
        self._underway[document_id][0].fail(error)
        self._settle(document_id)

    def _settle(self, document_id: str) -> None:
        underway, finish = self._underway[document_id]
        if underway.settle():
            self._settled.append(self._settling.submit(finish))

    def _outcome(self, document: Document, underway: Underway, seen: "_Seen") -> Outcome:
        chunks = self._ledger.count(document.id)
        if underway.error is None and not chunks:
            reason = f" ({seen.problems[0]})" if seen.problems else ""
            underway.fail(
                UnreadableDocument(f"{document.name} has no page with text or a picture that can be read{reason}.")
            )
        return Outcome(underway.error, seen.pages, chunks, tuple(seen.problems), seen.language, seen.ocr_pages)


def is_full(error: OSError) -> bool:
    """Whether the disk takes no more, which concerns every file."""
    return error.errno in _NO_ROOM


class _Seen:
    """What was met while a document was read."""

    def __init__(self) -> None:
        self.pages = 0
        self.problems: list[str] = []
        self.language = ""
        self.ocr_pages = 0

    def note(self, page: Page) -> None:
        if page.problem:
            self.problems.append(f"page {page.number}: {page.problem}")
        if page.hidden:
            self.problems.append(f"page {page.number}: some of its text cannot be seen on the page")
        if page.needs_ocr:
            self.problems.append(f"page {page.number}: it shows text that the file has no usable letters for")
        self.ocr_pages += page.confidence is not None
