"""The vectors of one library: where they are, others that are made beside them, and the change-over.

A library's folder has them in `vectors`, or a note there that says on which server they are. New ones are made in
`vectors.next` and take the place of the old by a rename, so the process may be killed at any moment: either the old
ones count or the new ones do.
"""

import logging
import shutil
import threading
from contextlib import suppress
from pathlib import Path

from app.errors import LibraryError
from app.overview import VECTORS
from ingest.ledger import Ledger
from retrieval.errors import StoreUnavailable
from retrieval.places import EMBEDDED, NO_KEY, Access, Place, new_place, server_url
from retrieval.store import VectorStore
from retrieval.stores import begin_store, drop_store, open_store, publish_store, read_collection, read_place
from retrieval.types import Collection, Filter

LEDGER = "ledger.sqlite"  # beside the vectors it describes
NOTES = "unfinished"  # a folder beside new vectors, for what is known of their making
_TASK = "task"  # what they are made for; written once they are properly begun
_WHOLE = "whole"  # there once they are to take the place of those under the same name on a server

log = logging.getLogger(__name__)


class Vectors:
    """Opens the store of a library, and replaces it.

    Args:
        data: the library's folder.
        url: of the Qdrant server where the vectors shall be; None: where they are, or embedded.
        access: how a server is reached.
        own_process: keep an embedded store in a process of its own.

    Raises:
        LibraryError: the vectors are elsewhere than ``url`` says.
        StoreUnavailable: ``url`` is not an address.
    """

    def __init__(
        self, data: Path, *, url: str | None = None, access: Access = NO_KEY, own_process: bool = False
    ) -> None:
        self._current = data / VECTORS
        self._next = data / f"{VECTORS}.next"
        self._old = data / f"{VECTORS}.old"
        self._url = server_url(url) if url else None
        self._access = access
        self._own_process = own_process
        self._store: VectorStore | None = None
        self._ledger: Ledger | None = None
        self._opening = threading.RLock()  # of the store, and its replacement
        if self._url:
            self._check_place(self._url)

    @property
    def collection(self) -> Collection | None:
        """What the vectors were made with; None while there are none."""
        return self._store.collection if self._store else read_collection(self._current)

    @property
    def place(self) -> Place:
        """Where they are, or will be once there are some."""
        return read_place(self._current) or (new_place(self._url) if self._url else EMBEDDED)

    def recover(self) -> None:
        """Finish a change-over that was cut short; what an unfinished task made beside the vectors stays.

        Raises:
            StoreUnavailable: the change-over needs a server that does not answer.
        """
        if self._old.exists() and not self._current.exists():
            self._next.rename(self._current)  # killed between the two renames
        if (self._next / NOTES / _WHOLE).exists():
            self.change_over()
        self._discard(self._old)
        if not (self._next / NOTES / _TASK).exists():
            self._discard(self._next)
        shutil.rmtree(self._current / NOTES, ignore_errors=True)

    def store(self, collection: Collection | None = None) -> VectorStore | None:
        """The store, opened at the first call.

        Args:
            collection: makes the store where there is none yet, and must match the one there is.

        Returns:
            None where there are no vectors and no ``collection`` was given.

        Raises:
            CollectionMismatch: the vectors were made by another encoder.
            StoreUnavailable: the store cannot be opened.
        """
        with self._opening:
            wanted = collection or read_collection(self._current)
            if self._store is None and wanted is not None:
                self._store = open_store(
                    self._current, wanted, place=self.place, access=self._access, own_process=self._own_process
                )
            return self._store

    @property
    def ledger(self) -> Ledger:
        """What is stored in the vectors in use, which there have to be."""
        with self._opening:
            if self._ledger is None:
                self._ledger = Ledger(self._current / LEDGER)
            return self._ledger

    def begin(self, collection: Collection, place: Place, *, task: str) -> tuple[VectorStore, Path]:
        """A store beside the one in use: with what an interrupted run of the same task left there, else empty.

        Args:
            collection: what it shall be made with.
            place: where it shall be.
            task: two runs of one task may go on with each other's work.

        Returns:
            The store, to be closed by the caller, and the folder that goes with it: its ledger is `LEDGER` there, and
            notes that only concern its making are put in `NOTES`.

        Raises:
            StoreUnavailable: it cannot be written, or the server does not answer.
        """
        begun, notes = self._begun(collection, place, task), self._next / NOTES
        if begun is None:
            self._discard(self._next)
        store = begin_store(
            self._next, collection, place=begun or place, access=self._access, own_process=self._own_process
        )
        try:
            if begun is None:
                _empty(store)
                notes.mkdir()
                (notes / _TASK).write_text(task, encoding="utf-8")
        except BaseException:
            store.close()
            raise
        return store, self._next

    def give_up(self) -> None:
        """Remove what was made beside the vectors in use."""
        self._discard(self._next)

    def change_over(self) -> str | None:
        """Let the vectors of `begin`, closed by now, take the place of those in use, which are removed.

        Returns:
            What could not be removed, in words.

        Raises:
            StoreUnavailable: a server does not answer; the old vectors still count.
        """
        place, old = read_place(self._next) or EMBEDDED, read_place(self._current) or EMBEDDED
        with self._opening:
            self._let_go()
            self._ledger = self._store = None
            if place.url and place == old:
                (self._next / NOTES / _WHOLE).touch()  # the next step drops the old ones
            publish_store(place, access=self._access)
            if self._current.exists():
                self._current.rename(self._old)
            self._next.rename(self._current)
        shutil.rmtree(self._current / NOTES, ignore_errors=True)
        return self._discard(self._old)

    def close(self) -> None:
        """Let go of the store."""
        with self._opening:
            self._let_go()

    def _let_go(self) -> None:
        if self._ledger:
            self._ledger.close()
        if self._store:
            self._store.close()

    def _check_place(self, url: str) -> None:
        place = read_place(self._current)
        if place is not None and place.url != url:
            where = f"on the Qdrant server {place.url}" if place.url else f"embedded in {self._current}"
            raise LibraryError(
                f"The vectors of this library are {where}, not on {url}. Leave --qdrant and POLYGLANCE_QDRANT_URL out "
                f"to go on with them, or move them: polyglance migrate --to {url}"
            )

    def _begun(self, collection: Collection, place: Place, task: str) -> Place | None:
        """Where an interrupted run of the task went on, if there is one."""
        with suppress(OSError, StoreUnavailable):
            begun = read_place(self._next)
            same_task = (self._next / NOTES / _TASK).read_text(encoding="utf-8") == task
            if begun and same_task and begun.url == place.url and read_collection(self._next) == collection:
                return begun
        return None

    def _discard(self, folder: Path) -> str | None:
        """Remove vectors that do not count; what could not be removed, in words."""
        left: str | None = None
        place: Place | None = None
        with suppress(StoreUnavailable):
            place = read_place(folder)
        try:
            if place and place.url and place != read_place(self._current):
                drop_store(place, access=self._access)
        except StoreUnavailable as error:
            left = f"The collections {place.name if place else ''}-* are still there: {error}"
            log.warning(left)
        shutil.rmtree(folder, ignore_errors=True)
        return left


def _empty(store: VectorStore) -> None:
    """Remove all points; a server may still have some of a task that was given up."""
    while points := store.scroll(where=Filter(), limit=1):
        store.delete(points[0].point.document_id)
