"""Works off a job: every file of it goes in whole, stays as it was, or fails with a reason."""

import logging
import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import suppress

from app.errors import LibraryError
from app.line import OF_ONE_FILE, Halted, Line, Outcome, is_full
from app.progress import Meter, Piece
from app.running import Run
from app.shelf import Shelf
from app.types import Added, AddStatus, Progress
from encoders.base import Encoder, EncoderError
from ingest.errors import IngestError
from ingest.files import digest
from ingest.formats import sniff
from ingest.jobs import FileState, Job, JobFile, Jobs, JobState, Wanted
from ingest.manifest import Document, State
from ingest.ocr.options import OcrOptions
from ingest.workers.pool import ReaderPool
from retrieval.errors import RetrievalError
from retrieval.types import Collection

log = logging.getLogger(__name__)

Prepare = Callable[[], tuple[Encoder, Collection]]

_CLAIM_S = 0.2
_STATES = {
    AddStatus.ADDED: FileState.ADDED,
    AddStatus.UNCHANGED: FileState.UNCHANGED,
    AddStatus.REPLACED: FileState.REPLACED,
    AddStatus.FAILED: FileState.FAILED,
}


class Adding:
    """One run of a job.

    Args:
        shelf: where its files go.
        jobs: where it is noted.
        job: which it is; its files that are waiting are done.
        pool: reads files.
        ocr: how pictures of text are read.
        prepare: gives the encoder and the collection it makes, at the first new content; what it raises concerns every
            file, and ends the run.
        stop: once set, the run is paused.
    """

    def __init__(
        self,
        shelf: Shelf,
        jobs: Jobs,
        job: Job,
        *,
        pool: ReaderPool,
        ocr: OcrOptions,
        prepare: Prepare,
        stop: threading.Event | None = None,
    ) -> None:
        self._shelf = shelf
        self._jobs = jobs
        self._job = job
        self._pool = pool
        self._ocr = ocr
        self._prepare = prepare
        self._stop = stop or threading.Event()
        self._run = Run()
        self._meter = _meter(jobs, job)
        self._claims = Claims()
        self._preparing = threading.Lock()
        self._line: Line | None = None

    def events(self, *, threads: int) -> Generator[Progress]:
        """Do it, and yield its progress.

        Raises:
            LibraryError: the disk is full.
            EncoderError: the encoder cannot be loaded.
            RetrievalError: the store fails, or is another encoder's. The job can be resumed, as after all of these.
        """
        self._jobs.set_state(self._job.id, JobState.RUNNING)
        try:
            yield from self._run.events(
                self._take_next, threads=threads, finish=self._finish, should_halt=self._should_halt
            )
        except (OSError, sqlite3.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise LibraryError(
                f"The library in {self._shelf.files.root} cannot be written ({reason or error}): make room, then go on "
                "with `polyglance jobs resume`. What was finished is kept."
            ) from error

    def _take_next(self) -> bool:
        if self._should_halt():  # as asked before the run began
            self._run.halt.set()
            return False
        file = self._jobs.next_waiting(self._job.id)
        if file is None:
            return False
        self._run.tell(self._meter.begin(_piece(file)))
        try:
            added = self._take(file)
        except Halted:
            return False
        except OSError as error:
            if is_full(error):
                raise
            added = failed(file.name, error)
        except OF_ONE_FILE as error:
            if self._line is None and isinstance(error, EncoderError):
                raise  # it cannot be loaded: no file would go in
            added = failed(file.name, error)
        if added is not None:
            self._end(file, added)
        return True

    def _take(self, file: JobFile) -> Added | None:
        """What became of a file at once; None where it is on its way."""
        format = sniff(file.path)
        document_id = digest(file.path)
        self._claims.take(document_id, self._run.halt)
        try:
            known = self._shelf.manifest.get(document_id)
            if known is not None and known.state is State.READY:
                replaced = self._shelf.stand_for(known, file.source, name=file.name)
                self._claims.release(document_id)
                return _added(known, AddStatus.REPLACED if replaced else AddStatus.UNCHANGED, file.name)
            line = self._open_line()
            document = self._shelf.begin(file.path, document_id, name=file.name, format=format, source=file.source)
            self._jobs.note_document(file.id, document_id)
            line.process(
                document,
                on_page=lambda done, pages, chunks: self._run.tell(self._meter.page(str(file.id), done, pages, chunks)),
                settle=lambda outcome: self._settle(file, document, outcome),
            )
        except BaseException:
            self._claims.release(document_id)
            raise
        return None

    def _settle(self, file: JobFile, document: Document, outcome: Outcome) -> None:
        try:
            if outcome.error is not None:
                self._shelf.take_back(document)
                added = failed(file.name, outcome.error)
            else:
                replaced = self._shelf.finish(
                    document.id,
                    source=file.source,
                    pages=outcome.pages,
                    chunks=outcome.chunks,
                    problems=outcome.problems,
                    language=outcome.language,
                    ocr_pages=outcome.ocr_pages,
                )
                whole = self._shelf.manifest.get(document.id) or document
                added = _added(whole, AddStatus.REPLACED if replaced else AddStatus.ADDED, file.name)
        finally:
            self._claims.release(document.id)
        self._end(file, added)

    def _end(self, file: JobFile, added: Added) -> None:
        self._jobs.finish_file(
            file.id,
            _STATES[added.status],
            document_id=added.id,
            pages=added.pages,
            chunks=added.chunks,
            error=added.error,
            problems=added.problems,
        )
        self._run.tell(self._meter.end(str(file.id), added))

    def _open_line(self) -> Line:
        with self._preparing:
            if self._line is None:
                encoder, collection = self._prepare()
                store = self._shelf.store(collection)
                assert store is not None  # a collection was given
                self._line = Line(
                    files=self._shelf.files,
                    pool=self._pool,
                    encoder=encoder,
                    store=store,
                    ledger=self._shelf.ledger,
                    ocr=self._ocr,
                    halt=self._run.halt,
                )
            return self._line

    def _should_halt(self) -> bool:
        return self._stop.is_set() or self._jobs.wanted(self._job.id) is not Wanted.RUN

    def _finish(self, error: BaseException | None) -> None:
        wanted = self._jobs.wanted(self._job.id)
        try:
            if self._line is not None:
                self._line.close(discard=self._run.halt.is_set())
            self._shelf.optimize()
        except BaseException as fault:
            error = error or fault
            raise
        finally:
            with suppress(sqlite3.Error):  # on a full disk it says "running", which the next start mends
                self._note_end(error, wanted)

    def _note_end(self, error: BaseException | None, wanted: Wanted) -> None:
        self._jobs.requeue(self._job.id)
        if wanted is Wanted.CANCEL:
            cancel(self._shelf, self._jobs, self._job.id)
        elif error is not None:
            self._jobs.set_state(self._job.id, JobState.INTERRUPTED)
        elif self._run.halt.is_set() and self._jobs.summary(self._job.id)[FileState.WAITING]:
            self._jobs.set_state(self._job.id, JobState.PAUSED)
        else:
            self._jobs.set_state(self._job.id, JobState.DONE)


class Claims:
    """Contents that are being taken in, so that the same one is never taken in twice at once."""

    def __init__(self) -> None:
        self._held: set[str] = set()
        self._changed = threading.Condition()

    def take(self, key: str, halt: threading.Event) -> None:
        """Hold a content; waits while it is held.

        Raises:
            Halted: meanwhile.
        """
        with self._changed:
            while key in self._held:
                if halt.is_set():
                    raise Halted
                self._changed.wait(_CLAIM_S)
            self._held.add(key)

    def release(self, key: str) -> None:
        """Let go of it."""
        with self._changed:
            self._held.discard(key)
            self._changed.notify_all()


def cancel(shelf: Shelf, jobs: Jobs, job_id: int) -> None:
    """End a job that is not running: what went in stays, what is half done is taken back."""
    for file in jobs.files(job_id, states=[FileState.WAITING]):
        document = shelf.manifest.get(file.document_id) if file.document_id else None
        if document is not None and document.state is State.ADDING:
            shelf.take_back(document)
    jobs.cancel(job_id)


def added_of(file: JobFile) -> Added | None:
    """What became of a file of a job; None where nothing did yet."""
    status = {state: status for status, state in _STATES.items()}.get(file.state)
    if status is None:
        return None
    done = status is not AddStatus.FAILED
    return Added(
        file.name,
        status,
        file.document_id if done else None,
        pages=file.pages,
        chunks=file.chunks,
        error=file.error,
        problems=file.problems,
    )


def failed(name: str, error: Exception) -> Added:
    """A file that could not go in, with the reason in one line."""
    log.info("%s failed: %s", name, error)
    reason = str(error)
    if isinstance(error, OSError):
        reason = f"{name} could not be stored: {error.strerror or error}. Check the file and the data folder."
    elif isinstance(error, EncoderError | RetrievalError):
        reason = f"{name} could not be encoded: {error}"
    elif not isinstance(error, IngestError):
        raise error
    return Added(name=name, status=AddStatus.FAILED, id=None, error=reason)


def _added(document: Document, status: AddStatus, name: str) -> Added:
    return Added(name, status, document.id, pages=document.pages, chunks=document.chunks, problems=document.problems)


def _meter(jobs: Jobs, job: Job) -> Meter:
    counts = jobs.summary(job.id)
    waiting = jobs.files(job.id, states=[FileState.WAITING])
    files, failures = sum(counts.values()), counts[FileState.FAILED]
    return Meter(job.id, [_piece(file) for file in waiting], files=files, failed=failures)


def _piece(file: JobFile) -> Piece:
    return Piece(str(file.id), file.name, file.bytes)
