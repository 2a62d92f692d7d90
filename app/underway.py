"""A document on its way in: which of its pages are read, and which are stored."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from ingest.ledger import Entry
from ingest.types import Chunk
from retrieval.indexing import Stored

Record = Callable[[Sequence[Entry], int], None]  # points that are stored, and the pages that are whole with them


class Underway:
    """Counts chunks of one document from their page into the store. Safe to call from several threads.

    Args:
        document_id: of the document.
        pages_done: pages, counted from the first, that an earlier run stored.
        record: notes what is stored, so that a killed job goes on there.
    """

    def __init__(self, document_id: str, *, pages_done: int, record: Record) -> None:
        self.document_id = document_id
        self.pages_before = pages_done
        self.error: Exception | None = None
        self._record = record
        self._lock = threading.Lock()
        self._open: Counter[int] = Counter()  # chunks of a page that are not stored yet
        self._looks: dict[str, bytes] = {}  # by point id
        self._read = self._done = pages_done
        self._is_settled = False
        self._reading_ended = False

    def page_read(self, number: int, chunks: Sequence[Chunk], looks: dict[str, bytes]) -> None:
        """A page was read; to be called before its chunks are on their way.

        Args:
            number: of the page; they come in order.
            chunks: all of it.
            looks: perceptual hashes of the chunks that show a whole page, by their ids.
        """
        with self._lock:
            self._read = number
            self._looks |= looks
            if chunks:
                self._open[number] = len(chunks)

    def chunks_stored(self, stored: Sequence[Stored]) -> None:
        """Some chunks are in the store."""
        with self._lock:
            self._open.subtract(one.chunk.page_number for one in stored)
            while self._done < self._read and not self._open[self._done + 1]:
                self._done += 1
                del self._open[self._done]
            entries = [
                Entry(
                    one.chunk.id,
                    one.chunk.page_number,
                    one.chunk.modality,
                    one.content,
                    self._looks.pop(one.chunk.id, None),
                )
                for one in stored
            ]
            self._record(entries, self._done)

    def fail(self, error: Exception) -> None:
        """It cannot go in; the first reason counts."""
        with self._lock:
            self.error = self.error or error

    def end_reading(self) -> None:
        """No more pages come."""
        with self._lock:
            self._reading_ended = True

    def settle(self) -> bool:
        """Whether all is said and done, told once: nothing more is read, and all is stored or it failed."""
        with self._lock:
            is_whole = self._reading_ended and (self.error is not None or not +self._open)
            is_first, self._is_settled = is_whole and not self._is_settled, is_whole or self._is_settled
            return is_first
