"""Puts right what a verification found."""

import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from app.adding import Prepare
from app.jobs import INCOMING
from app.line import Line, Outcome, is_full
from app.problems import Ending, Problem, Repair, Verified
from app.progress import Meter, Piece
from app.shelf import Shelf
from app.types import Progress
from app.verifying import is_raster
from ingest.archives import expand
from ingest.errors import IngestError
from ingest.files import digest
from ingest.ledger import Ledger
from ingest.limits import Limits
from ingest.manifest import Document
from ingest.ocr.options import OcrMode, OcrOptions
from ingest.types import Geometry
from ingest.workers.pool import ReaderPool
from ingest.workers.task import ReadTask
from retrieval.errors import RetrievalError

OnProgress = Callable[[Progress], None]

_REMEDY = "add the file again and repeat this, or remove the document"


class Mending:
    """One repair of a library that nobody else changes meanwhile.

    Args:
        shelf: what is mended.
        pool: reads originals.
        limits: of archives that originals are taken from.
        ocr: how pictures of text are read.
        prepare: gives the encoder and the collection, where something is to be indexed again.
        on_progress: called after every page of a document that is indexed again.
    """

    def __init__(
        self,
        shelf: Shelf,
        *,
        pool: ReaderPool,
        limits: Limits,
        ocr: OcrOptions,
        prepare: Prepare,
        on_progress: OnProgress | None = None,
    ) -> None:
        self._shelf = shelf
        self._pool = pool
        self._limits = limits
        self._ocr = ocr
        self._prepare = prepare
        self._tell = on_progress or (lambda progress: None)
        self._ended: dict[Problem, Problem] = {}

    def mend(self, found: Verified) -> Verified:
        """Do what each problem calls for.

        Returns:
            The same problems, each mended, or left with its reason.

        Raises:
            EncoderError: something is to be indexed again and the encoder cannot be loaded.
            OSError: the disk is full.
        """
        ways = {
            Repair.REMOVE_FILE: self._remove_file,
            Repair.TAKE_BACK: self._take_back,
            Repair.REMOVE_POINTS: self._remove_points,
            Repair.BEGIN_ANEW: lambda problem: self._shelf.ledger.forget(_id(problem)),
            Repair.RESTORE: self._restore,
            Repair.INDEX: None,
            Repair.DRAW: self._draw,
        }
        for repair, way in ways.items():
            problems = [problem for problem in found.problems if problem.repair is repair]
            if way is None:
                self._index(problems)
                continue
            for problem in problems:
                self._attempt(problem, way)
        return replace(found, problems=tuple(self._ended[problem] for problem in found.problems))

    def _attempt(self, problem: Problem, way: Callable[[Problem], None]) -> None:
        try:
            self._check_original(problem)
            way(problem)
        except _Left as left:
            self._end(problem, str(left))
        except (IngestError, RetrievalError, sqlite3.Error) as error:
            self._end(problem, str(error))
        except OSError as error:
            if is_full(error):
                raise
            self._end(problem, f"{error.strerror or error}; check the library's folder.")
        else:
            self._end(problem)

    def _end(self, problem: Problem, reason: str = "") -> None:
        self._ended[problem] = replace(problem, ending=Ending.LEFT if reason else Ending.MENDED, reason=reason)

    def _check_original(self, problem: Problem) -> None:
        """Nothing can be made of an original that was found bad and is so still."""
        if problem.repair in (Repair.INDEX, Repair.DRAW):
            for other in self._ended.values():
                if other.document_id == problem.document_id and other.ending is Ending.LEFT:
                    raise _Left(other.reason)

    def _remove_file(self, problem: Problem) -> None:
        path = self._shelf.files.root / problem.subject
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def _take_back(self, problem: Problem) -> None:
        self._shelf.remove(self._document(problem))

    def _remove_points(self, problem: Problem) -> None:
        self._forget_points(_id(problem))

    def _forget_points(self, document_id: str) -> None:
        store = self._shelf.store()
        if store is not None:
            self._shelf.ledger.forget(document_id)
            store.delete(document_id)

    def _restore(self, problem: Problem) -> None:
        document_id = _id(problem)
        incoming = self._shelf.files.root / INCOMING  # which is swept, should this be killed
        incoming.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=incoming) as folder:
            for source in self._shelf.manifest.sources_of(document_id):
                for path in self._files_of(source, Path(folder)):
                    if digest(path) == document_id:
                        kept = self._shelf.files.keep(path, document_id)
                        os.utime(kept, (0, path.stat().st_mtime))
                        return
        raise _Left(f"no file it was added from has its bytes any more; {_REMEDY}.")

    def _files_of(self, source: Path, folder: Path) -> Iterator[Path]:
        """The file at a source, or those of the archive that it was in."""
        if source.is_file():
            yield source
            return
        archive = next((parent for parent in source.parents if parent.is_file()), None)
        if archive is not None:
            inside = folder / str(len(list(folder.iterdir())))
            yield from (member.path for member in expand(archive, inside, self._limits).members)

    def _index(self, problems: list[Problem]) -> None:
        waiting: list[tuple[Problem, Document]] = []
        for problem in problems:
            try:
                self._check_original(problem)
                waiting.append((problem, self._document(problem)))
            except _Left as left:
                self._end(problem, str(left))
        if not waiting:
            return
        encoder, collection = self._prepare()
        store = self._shelf.store(collection)
        assert store is not None  # a collection was given
        meter = Meter(None, [_piece(document) for _, document in waiting])
        with Line(
            files=self._shelf.files,
            pool=self._pool,
            encoder=encoder,
            store=store,
            ledger=self._shelf.ledger,
            ocr=self._ocr,
            halt=threading.Event(),
        ) as line:
            for problem, document in waiting:
                self._tell(meter.begin(_piece(document)))
                self._forget_points(document.id)  # a reader of another version may have made others
                on_page = partial(self._tell_page, meter, document.id)
                line.process(document, on_page=on_page, settle=partial(self._settle, problem, self._shelf.ledger))
                self._tell(meter.end(document.id))
        self._shelf.optimize()

    def _tell_page(self, meter: Meter, document_id: str, done: int, pages: int, chunks: int) -> None:
        self._tell(meter.page(document_id, done, pages, chunks))

    def _settle(self, problem: Problem, ledger: Ledger, outcome: Outcome) -> None:
        if outcome.error is not None:
            self._end(problem, f"{outcome.error} Or {_REMEDY}.")
            return
        ledger.finish(_id(problem))
        self._shelf.manifest.finish(
            _id(problem),
            source=None,
            pages=outcome.pages,
            chunks=outcome.chunks,
            problems=outcome.problems,
            language=outcome.language,
            ocr_pages=outcome.ocr_pages,
        )
        self._end(problem)

    def _draw(self, problem: Problem) -> None:
        document, wanted = self._document(problem), set(problem.pages)
        wanted -= {page for page in wanted if is_raster(self._shelf.files.raster(document.id, page))}
        if not wanted:
            return  # drawn when it was indexed again
        task = ReadTask(
            path=self._shelf.files.original(document.id),
            format=document.format,
            name=document.name,
            geometry=Geometry.FIT,  # the whole page, whatever the encoder sees
            ocr=OcrOptions(OcrMode.OFF),
            draw_from=min(wanted),
            rendition=self._shelf.files.rendition(document.id),
        )
        with self._pool.read(task) as reading:
            for read in reading.pages():
                if read.page.number in wanted and read.jpeg is not None:
                    self._shelf.files.keep_raster(document.id, read.page.number, read.jpeg)
                    wanted.remove(read.page.number)
                if not wanted:
                    return
        raise _Left(f"page {min(wanted)} cannot be drawn; {_REMEDY}.")

    def _document(self, problem: Problem) -> Document:
        document = self._shelf.manifest.get(_id(problem))
        if document is None:
            raise _Left("it was removed meanwhile.")
        return document


class _Left(Exception):
    """A problem stays, for this reason."""


def _id(problem: Problem) -> str:
    assert problem.document_id is not None  # only stray files have none
    return problem.document_id


def _piece(document: Document) -> Piece:
    return Piece(document.id, document.name, document.bytes)
