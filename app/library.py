"""The library: add, search, prompt, remove. What the command line, the web page and Python programs call."""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from langchain_core.messages import BaseMessage
from PIL import Image

from app import encoder as encoders
from app.answering.evidence import gather
from app.answering.prompt import build_prompt
from app.duplicates import Duplicates, find_duplicates
from app.errors import LibraryError
from app.jobs import JobRunner
from app.lock import LibraryLock
from app.mending import Mending
from app.migrating import migrate
from app.overview import MANIFEST, read_status
from app.problems import Verified
from app.reindexing import Reindexing
from app.settings import Settings
from app.shelf import Shelf, collection_for
from app.syncing import Synced, Syncing
from app.types import Added, Copying, Match, Migrated, Progress, Removed, Status
from app.verifying import Verifier
from encoders.base import Encoder, UnknownEncoder
from ingest.jobs import Jobs
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.manifest import Document
from ingest.ocr.options import OcrOptions
from ingest.raster import square
from ingest.readers.picture import read_picture
from ingest.readers.registry import open_reader
from ingest.types import Geometry, Modality, chunk_id
from ingest.workers.pool import ReaderPool
from retrieval.errors import CollectionMismatch, StoreUnavailable
from retrieval.metadata import check_layout
from retrieval.query import Query, Results
from retrieval.search import Searcher, check
from retrieval.store import VectorStore
from retrieval.types import Collection, Filter, StoredPoint

OnProgress = Callable[[Progress], None]

log = logging.getLogger(__name__)

_SCROLL = 512  # points read at once
_QUERIES_TOGETHER = 32
_MOST_PASSAGES = 256  # of a page that are looked through


class Library:
    """A folder of indexed documents.

    Open it once per process and share it between threads; searches run side by side, changes one after another.

    Attributes:
        jobs: additions that are under way, paused or done.

    Args:
        settings: where it lies and which encoder makes its vectors.
        encoder: a loaded one to share between libraries, in place of the one the settings name.
        limits: what a file may cost.
        own_process: keep the embedded store in a process of its own: it takes a moment more to open, and threads of
            this program are never held up by it.

    Raises:
        LibraryInUse: another process has it open.
        LibraryError: the folder cannot be written.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        encoder: Encoder | None = None,
        limits: Limits = DEFAULT_LIMITS,
        own_process: bool = False,
    ) -> None:
        self.settings = settings
        self._limits = limits
        self._changing = threading.Lock()
        self._loading = threading.Lock()
        self._loaded = encoder
        self._encoder: Encoder | None = None
        self._searching: tuple[VectorStore, Searcher] | None = None
        try:
            settings.data.mkdir(parents=True, exist_ok=True)
            self._lock = LibraryLock(settings.data)
        except OSError as error:
            raise _cannot_open(settings.data, error) from error
        try:
            self._shelf = Shelf(
                settings.data,
                url=settings.qdrant,
                access=settings.qdrant_access,
                own_process=own_process,
            )
            self._jobs = Jobs(settings.data / MANIFEST)
            self._jobs.recover()
            self._shelf.recover(resumable=self._jobs.documents_under_way())
        except (OSError, sqlite3.Error) as error:
            self._lock.release()
            raise _cannot_open(settings.data, error) from error
        except BaseException:
            self._lock.release()
            raise
        self._ocr = OcrOptions(settings.ocr, settings.ocr_languages, settings.data / "ocr")
        self.jobs = JobRunner(
            self._shelf,
            self._jobs,
            limits=limits,
            ocr=self._ocr,
            readers=settings.readers,
            prepare=self._prepare,
            changing=self._changing,
        )

    @classmethod
    def open(cls, data: Path | str | None = None, *, encoder: str | None = None) -> Self:
        """Open a library, made where it is missing.

        Args:
            data: its folder; else ``POLYGLANCE_DATA``, else the platform's user data folder.
            encoder: "auto", a name that ``polyglance encoders`` lists, or the folder of a checkpoint.
        """
        return cls(Settings.from_env().override(data=Path(data) if data else None, encoder=encoder))

    @property
    def collection(self) -> Collection:
        """What the library's vectors were made with.

        Raises:
            LibraryError: it is empty.
        """
        collection = self._shelf.collection
        if collection is None:
            raise LibraryError(f"{self.settings.data} is empty. Add something: polyglance add FOLDER")
        return collection

    @property
    def encoder(self) -> Encoder:
        """The encoder, loaded at first use.

        Raises:
            EncoderError: it cannot be found or loaded.
            CollectionMismatch: the library's vectors were made by another one.
        """
        with self._loading:
            if self._encoder is None:
                collection = self._shelf.collection
                encoder = self._loaded or self._load(collection)
                if collection is not None:
                    _check(encoder, collection, self.settings)
                self._encoder = encoder
            return self._encoder

    def warm_up(self) -> None:
        """Load what the first search would wait for."""
        store = self._shelf.store()
        if store is not None:
            self._searcher(store).warm_up()

    def add(
        self,
        *paths: Path | str,
        are_copies: bool = False,
        on_progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> list[Added]:
        """Add files and folders. One bad file never stops the rest.

        Args:
            paths: files, and folders that are searched for files.
            are_copies: they soon go, as uploads do: no path is remembered, so none replaces what one held before.
            on_progress: called after every page and every file.
            stop: when set, the call returns soon; what is stored of the files under way stays, hidden, and is gone on
                with by the next `add` of them, or by `jobs.run`.

        Returns:
            One entry for each file that is done, in the order they were met.
        """
        job = self.jobs.create([Path(path).absolute() for path in paths], are_copies=are_copies)
        return self.finish_job(job.id, on_progress=on_progress, stop=stop)

    def finish_job(
        self, job_id: int, *, on_progress: OnProgress | None = None, stop: threading.Event | None = None
    ) -> list[Added]:
        """Go on with a job, as `add` does with its own; what became of all its files that are done."""
        with closing(self.jobs.run(job_id, stop=stop)) as events:
            for progress in events:
                if on_progress:
                    on_progress(progress)
        return self.jobs.results(job_id)

    def ingest(
        self, *paths: Path | str, are_copies: bool = False, stop: threading.Event | None = None
    ) -> Generator[Progress]:
        """`add`, as an iterator of its progress: the first says the job's number, the next come as files go in.

        Give it up half way (`close` it) and the job is paused; `jobs.run` goes on with it.
        """
        job = self.jobs.create([Path(path).absolute() for path in paths], are_copies=are_copies)
        yield Progress("", 0, sum(self._jobs.summary(job.id).values()), 0, 0, 0, 0.0, job=job.id)
        yield from self.jobs.run(job.id, stop=stop)

    def search(
        self,
        text: str | None = None,
        *,
        image: Path | str | Image.Image | None = None,
        limit: int = 10,
        modality: Modality | None = None,
        documents: Sequence[str] | None = None,
    ) -> list[Match]:
        """Find pages and pictures by words, by a picture, or by both together.

        Args:
            text: a question or words, in any language the encoder knows.
            image: a picture's path, or an RGB image.
            limit: pages at most.
            modality: only what matches by its words, or only by its look; None: both.
            documents: ids of the only documents to look at; None: all.

        Raises:
            ValueError: neither text nor image, or a limit below 1.
            IngestError: the image cannot be read.
        """
        picture = image if image is None or isinstance(image, Image.Image) else read_picture(Path(image))
        where = Filter(modality=modality, documents=None if documents is None else frozenset(documents))
        return self.matches(self.query(Query(text or "", picture, where=where, limit=limit)))

    def matches(self, results: Results, *, offset: int = 0) -> list[Match]:
        """What `query` found, with names of documents and pictures of pages.

        Args:
            results: hits of documents that were removed meanwhile are left out.
            offset: the query's; ranks go on from there.
        """
        names = {document.id: document.name for document in self.documents()}
        found = [hit for hit in results.hits if hit.point.document_id in names]
        return [
            Match(
                rank=rank,
                id=hit.point.id,
                document=names[hit.point.document_id],
                document_id=hit.point.document_id,
                page=hit.point.page_number,
                page_label=hit.point.page_label,
                modality=hit.point.modality,
                score=hit.score,
                strength=hit.strength,
                language=hit.point.language,
                text=hit.point.text,
                headings=hit.point.path,
                image=self._raster(hit.point.document_id, hit.point.page_number),
                boxes=hit.point.boxes,
                is_hidden=hit.point.is_hidden,
            )
            for rank, hit in enumerate(found, start=offset + 1)
        ]

    def query(self, query: Query) -> Results:
        """Search with everything that can be asked; see `retrieval.query`.

        Raises:
            ValueError: nothing is asked, or a number is out of range.
        """
        check(query)
        store = self._shelf.store()
        if store is None:
            return Results((), False, ())
        try:
            return self._searcher(store).search(self._allowed(query, store))
        except StoreUnavailable:
            now = self._shelf.store()
            if now is None or now is store:
                raise
            return self._searcher(now).search(self._allowed(query, now))  # a reindex or a migration changed over

    async def aquery(self, query: Query) -> Results:
        """`query`, for a program with an event loop: runs on a thread of its own."""
        return await asyncio.to_thread(self.query, query)

    def query_many(self, queries: Iterable[Query]) -> Iterator[Results]:
        """Answer one query after the other, as the answers are asked for; `queries` may be endless.

        Reads up to 32 of them ahead, whose words are encoded together.
        """
        coming = iter(queries)
        while batch := list(islice(coming, _QUERIES_TOGETHER)):
            store = self._shelf.store()
            if store is None:
                yield from map(self.query, batch)
                continue
            try:
                yield from list(self._searcher(store).search_many([self._allowed(query, store) for query in batch]))
            except StoreUnavailable:  # a reindex or a migration changed over meanwhile
                yield from map(self.query, batch)

    def stored(self, where: Filter) -> Iterator[StoredPoint]:
        """Every stored passage and picture that passes, with its vector, by id."""
        store = self._shelf.store()
        last = ""
        while store is not None and (points := store.scroll(where=where, limit=_SCROLL, after=last)):
            yield from points
            last = points[-1].point.id

    def prompt(self, question: str, matches: Sequence[Match]) -> list[BaseMessage]:
        """The cited prompt: rules, numbered sources, the question last; see `app.answering.prompt.build_prompt`.

        A page that matched by its look is quoted by the passage of it that is nearest to the question.
        """
        return list(build_prompt(question, gather(self, question, matches)).messages)

    def documents(self) -> list[Document]:
        """The documents that can be found, by name."""
        return self._shelf.manifest.documents()

    def original(self, document_id: str) -> Path:
        """The library's own copy of a document, not to be changed."""
        return self._shelf.files.original(document_id)

    def find(self, id_or_name: str) -> list[Document]:
        """The document of this id, or of a unique beginning of it (8 characters or more), or all of this name.

        Raises:
            LibraryError: there is none.
        """
        found = self._shelf.manifest.find(id_or_name)
        if not found:
            near = get_close_matches(id_or_name, sorted({document.name for document in self.documents()}), cutoff=0.5)
            remedy = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
            raise LibraryError(
                f"No document is called {id_or_name!r} or has that id. {remedy}`polyglance list` shows them all."
            )
        return found

    def point_on(self, document_id: str, page: int) -> str:
        """Id of what stands for a page in ``Query(like=...)``: its longest passage, else its picture.

        Raises:
            LibraryError: there is nothing on such a page.
        """
        store = self._shelf.store()
        texts = [chunk_id(document_id, page, Modality.TEXT, position) for position in range(_MOST_PASSAGES)]
        stored = store.retrieve([*texts, chunk_id(document_id, page, Modality.IMAGE, 0)]) if store else []
        if not stored:
            raise LibraryError(f"Document {document_id[:8]} has nothing to compare on a page {page}.")
        return max((one.point for one in stored), key=lambda point: len(point.text)).id

    def remove(self, id_or_name: str) -> list[Removed]:
        """Remove the document of this id, or all of this name, with every point and file.

        Raises:
            LibraryError: there is none.
        """
        found = self.find(id_or_name)
        with self._changing:
            return [self._shelf.remove(document) for document in found]

    def reindex(self, *, on_progress: OnProgress | None = None) -> int:
        """Encode every document anew with the encoder named at opening; how many there were.

        Searches go on with the old vectors until all is done. Cut short and run again with the same settings, it goes
        on with the documents that were not done.
        """
        old = self._shelf.collection
        geometry = self.settings.geometry or (old.geometry if old else Geometry.FIT)
        context = self.settings.context if self.settings.context is not None else (old.context if old else 0)
        encoder = self._loaded or self._load(None, geometry=geometry)
        sizes = self.settings.sizes
        if sizes is None and old is not None and old.sizes[-1] == encoder.sizes[-1]:
            sizes = old.sizes if set(old.sizes) <= set(encoder.sizes) else None
        collection = collection_for(encoder, geometry=geometry, context=context, sizes=sizes)
        with self._changing, ReaderPool(workers=self.settings.readers, limits=self._limits) as pool:
            reindexing = Reindexing(self._shelf, encoder, collection, pool=pool, ocr=self._ocr)
            with closing(reindexing.events(threads=self.settings.readers)) as events:
                for progress in events:
                    if on_progress:
                        on_progress(progress)
            with self._loading:
                self._encoder = encoder
        return len(self.documents())

    def migrate(self, to: str, *, on_progress: Callable[[Copying], None] | None = None) -> Migrated:
        """Move the vectors to the Qdrant server at ``to``, or back into the library's folder: "embedded".

        Raises:
            LibraryError: it is empty, is there already, or the copy differs from it; it stays as it was.
            StoreUnavailable: a server does not answer; it stays as it was, and run again this goes on.
        """
        with self._changing:
            return migrate(self._shelf, to, on_progress=on_progress)

    def verify(self, *, repair: bool = False, on_progress: OnProgress | None = None) -> Verified:
        """Whether store, ledger, manifest and files agree; with ``repair`` what does not is put right.

        Raises:
            RetrievalError: the store cannot be read.
            EncoderError: something is to be indexed again, and the encoder cannot be loaded.
        """
        with self._changing, ReaderPool(workers=1, limits=self._limits) as pool:
            verified = Verifier(self._shelf, self._jobs, on_progress=on_progress).verify()
            if not repair:
                return verified
            mending = Mending(
                self._shelf,
                pool=pool,
                limits=self._limits,
                ocr=self._ocr,
                prepare=self._prepare,
                on_progress=on_progress,
            )
            return mending.mend(verified)

    def duplicates(self) -> Duplicates:
        """Near-duplicate pages, and files that lie in several places.

        Raises:
            RetrievalError: the store cannot be read.
        """
        with self._changing:
            return find_duplicates(self._shelf)

    def sync(
        self,
        folder: Path | str,
        changed: Sequence[Path] | None = None,
        *,
        on_progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> Synced:
        """Bring the library in step with a folder: add what is new, rename what moved, remove what is gone.

        Args:
            folder: archives in it count as folders.
            changed: the only paths in it to look at, there or gone; None: all.
            on_progress: called after every page and every file.
            stop: when set, the call returns soon, and nothing is removed.

        Raises:
            FolderGone: documents came from it, and it is not there or empty; nothing was done.
            LibraryError: it is no folder, or the library itself lies in it.
        """
        syncing = Syncing(self._shelf, self._jobs, self.jobs, changing=self._changing)
        return syncing.sync(Path(folder), changed, on_progress=on_progress, stop=stop)

    def note_address(self, url: str) -> None:
        """Let other processes know where this one serves the library."""
        self._lock.note_address(url)

    def page_image(self, document_id: str, page: int, *, max_px: int = 1200) -> Image.Image:
        """Draw a page or picture from the original, its longer side ``max_px``.

        Raises:
            LibraryError: there is no such document or page, or it is a text file.
            IngestError: the page cannot be drawn.
        """
        document = self._shelf.manifest.get(document_id)
        if document is None:
            raise LibraryError(f"No document has the id {document_id!r}.")
        original = self._shelf.files.original(document_id)
        with open_reader(
            original,
            format=document.format,
            name=document.name,
            limits=self._limits,
            rendition=self._shelf.files.rendition(document_id),
        ) as reader:
            if not 1 <= page <= reader.page_count:
                raise LibraryError(f"{document.name} has pages 1 to {reader.page_count}, not {page}.")
            image = reader.render_page(page, max_px=max_px)
        if image is None:
            raise LibraryError(f"{document.name} is a text file and has no picture.")
        return image

    def status(self) -> Status:
        """The library at a glance."""
        return read_status(self.settings.data)

    def close(self) -> None:
        """Write everything out and let the next process in."""
        with self._changing:
            self._shelf.close()
            self._jobs.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prepare(self) -> tuple[Encoder, Collection]:
        """The encoder, and the collection there is or that it makes; its store is open."""
        encoder = self.encoder
        collection = self._shelf.collection or collection_for(
            encoder,
            geometry=self.settings.geometry or Geometry.FIT,
            context=self.settings.context or 0,
            sizes=self.settings.sizes,
        )
        self._shelf.store(collection)  # here: a server that does not answer concerns every file
        return encoder, collection

    def _load(self, collection: Collection | None, *, geometry: Geometry | None = None) -> Encoder:
        choice = self.settings.encoder
        geometry = geometry or (collection.geometry if collection else self.settings.geometry)
        if choice == "auto" and collection is not None:
            choice = collection.encoder.partition("@")[0]  # what the library was made with, not the newest
        try:
            return encoders.load(self.settings, choice=choice, crops=geometry is Geometry.CROP)
        except UnknownEncoder as error:
            if choice == self.settings.encoder or collection is None:
                raise
            raise UnknownEncoder(
                f"This library was made with {collection.encoder}. If that checkpoint lies in a folder, name it: "
                f"--encoder FOLDER. Else: {error}"
            ) from error

    def _allowed(self, query: Query, store: VectorStore) -> Query:
        """The query for documents that may be shown, its picture as those of the library are."""
        check(query)
        hidden = frozenset(document.id for document in self._shelf.manifest.unfinished())
        picture = None if query.image is None else square(query.image, store.collection.geometry)
        return replace(query, image=picture, where=replace(query.where, without=query.where.without | hidden))

    def _searcher(self, store: VectorStore) -> Searcher:
        with self._loading:
            if self._searching is None or self._searching[0] is not store:
                self._searching = store, Searcher(store, lambda: self.encoder)
            return self._searching[1]

    def _raster(self, document_id: str, page: int) -> Path | None:
        path = self._shelf.files.raster(document_id, page)
        return path if path.exists() else None


def _cannot_open(data: Path, error: Exception) -> LibraryError:
    reason = error.strerror if isinstance(error, OSError) else error
    return LibraryError(f"{data} cannot be opened as a library: {reason}. Mend it, or name another folder with --data.")


def _check(encoder: Encoder, collection: Collection, settings: Settings) -> None:
    check_layout(collection, geometry=settings.geometry, context=settings.context)
    if encoder.name != collection.encoder:
        raise CollectionMismatch(
            f"This library was made with {collection.encoder}, not {encoder.name}, and their vectors do not compare. "
            f"Leave --encoder out to go on with it, or re-embed everything: polyglance --encoder NAME reindex"
        )
    if settings.sizes is not None:
        asked = collection_for(encoder, sizes=settings.sizes).sizes
        if asked != collection.sizes:
            here, there = (",".join(map(str, sizes)) for sizes in (collection.sizes, asked))
            raise CollectionMismatch(
                f"This library was made with --sizes {here}, not {there}: leave --sizes out to go on with it, or "
                f"re-embed everything: polyglance reindex --sizes {there}"
            )
