"""Whether store, ledger, manifest and files of a library agree, document by document."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from PIL import Image

from app.jobs import INCOMING, stray_files
from app.problems import Problem, Repair, Verified
from app.progress import Meter, Piece
from app.shelf import Shelf
from app.types import Progress
from ingest.errors import IngestError
from ingest.files import digest
from ingest.jobs import Jobs
from ingest.ledger import Entry, Recorded
from ingest.manifest import Document, State
from ingest.types import RASTER_PX, Modality
from retrieval.types import Filter

OnProgress = Callable[[Progress], None]

_SCROLL = 512  # points read at once
_POINT_BYTES = 4_096  # that a point weighs in the progress, beside the bytes of originals
_NAMED = 5  # pages that a problem names
_JPEG_END = b"\xff\xd9"


class _Print(NamedTuple):
    """What sets of point ids are told apart by; each id is in them once."""

    size: int
    xor: int

    def add(self, point_id: str) -> "_Print":
        return _Print(self.size + 1, self.xor ^ UUID(point_id).int)


_NOTHING = _Print(0, 0)


class Verifier:
    """One look at a library that nobody changes meanwhile.

    Memory grows with the number of documents and the points of the largest one, not with all points.

    Args:
        shelf: what is looked at.
        jobs: whose half done documents are no problem.
        on_progress: called after every document, and often while the store is read.
    """

    def __init__(self, shelf: Shelf, jobs: Jobs, *, on_progress: OnProgress | None = None) -> None:
        self._shelf = shelf
        self._jobs = jobs
        self._store = shelf.store()
        self._on_progress = on_progress

    def verify(self) -> Verified:
        """Look at everything.

        Raises:
            RetrievalError: the store cannot be read.
        """
        ready, unfinished = self._shelf.manifest.documents(), self._shelf.manifest.unfinished()
        claimed = {one.id for one in unfinished if one.state is State.ADDING} & self._jobs.documents_under_way()
        recorded = {one.document_id: one for one in self._shelf.ledger.documents()} if self._store else {}
        points = self._store.count(Filter()) if self._store else 0
        meter = Meter(None, [_vectors(points), *map(_piece, ready)])
        prints = self._read_store(points, meter)
        problems: list[Problem] = []
        for document in ready:
            self._tell(meter.begin(_piece(document)))
            problems += self._check(document, recorded.get(document.id), prints.get(document.id, _NOTHING))
            self._tell(meter.end(document.id))
        for document in unfinished:
            problems += self._check_unfinished(document, document.id in claimed)
        known = {document.id for document in (*ready, *unfinished)}
        problems += self._orphan_points(prints, recorded.keys() - known, known)
        problems += self._stray_files({one.id: one.pages for one in ready}, frozenset(one.id for one in unfinished))
        problems += self._stray_folders()
        return Verified(len(ready) + len(unfinished), sum(one.size for one in prints.values()), tuple(problems))

    def _tell(self, progress: Progress) -> None:
        if self._on_progress:  # no page is read: the meter counts points
            self._on_progress(replace(progress, pages_done=0, pages=0, pages_read=0, pages_per_second=0.0))

    def _read_store(self, points: int, meter: Meter) -> dict[str, _Print]:
        piece = _vectors(points)
        self._tell(meter.begin(piece))
        prints: dict[str, _Print] = {}
        for done, (document_id, point_id) in enumerate(self._stored(Filter()), start=1):
            prints[document_id] = prints.get(document_id, _NOTHING).add(point_id)
            if done % _SCROLL == 0:
                self._tell(meter.page(piece.key, done, points, 0))
        self._tell(meter.end(piece.key))
        return prints

    def _stored(self, where: Filter) -> Iterator[tuple[str, str]]:
        """Document and id of every stored point that passes."""
        last = ""
        while self._store is not None and (page := self._store.scroll(where=where, limit=_SCROLL, after=last)):
            yield from ((one.point.document_id, one.point.id) for one in page)
            last = page[-1].point.id

    def _check(self, document: Document, recorded: Recorded | None, stored: _Print) -> Iterator[Problem]:
        def problem(what: str, repair: Repair, pages: tuple[int, ...] = ()) -> Problem:
            return Problem(document.name, document.id, what, repair, pages=pages)

        damage = self._damage(document)
        if damage:
            yield problem(damage, Repair.RESTORE)
        entries = self._shelf.ledger.entries(document.id) if recorded else []
        if recorded is None:
            yield problem("has no point noted in the ledger, as in an older version's library", Repair.INDEX)
        elif fault := self._fault(document, recorded, entries, stored):
            yield problem(fault, Repair.INDEX)
        shown = sorted({entry.page for entry in entries if entry.modality is Modality.IMAGE})
        pages = tuple(page for page in shown if not is_raster(self._shelf.files.raster(document.id, page)))
        if pages:
            named = ", ".join(map(str, pages[:_NAMED])) + (", …" if len(pages) > _NAMED else "")
            what = f"lacks whole pictures of {len(pages)} of {len(shown)} pages (page {named})"
            yield problem(what, Repair.DRAW, pages)

    def _damage(self, document: Document) -> str | None:
        original = self._shelf.files.original(document.id)
        if not original.is_file():
            return "has lost its original"
        try:
            return None if digest(original) == document.id else "has an original whose bytes have changed"
        except IngestError:
            return "has an original that cannot be read"

    def _fault(self, document: Document, recorded: Recorded, entries: list[Entry], stored: _Print) -> str | None:
        """What is wrong with the points of a document."""
        if not recorded.is_done:
            return "is not indexed to its end"
        if fault := self._compare(document.id, entries, stored):
            return fault
        if len(entries) != document.chunks:
            return f"has {len(entries)} points, where the manifest says {document.chunks}"
        return None

    def _compare(self, document_id: str, entries: list[Entry], stored: _Print) -> str | None:
        noted = _NOTHING
        for entry in entries:
            noted = noted.add(entry.point_id)
        if noted == stored:
            return None
        here = {point_id for _, point_id in self._stored(Filter(documents=frozenset({document_id})))}
        there = {entry.point_id for entry in entries}
        missing, surplus = len(there - here), len(here - there)
        said = [f"lacks {missing} of {len(there)} points in the store"] if missing else []
        said += [f"has {surplus} points in the store that the ledger does not name"] if surplus else []
        return " and ".join(said)

    def _check_unfinished(self, document: Document, is_claimed: bool) -> Iterator[Problem]:
        if not is_claimed:
            what = f"was left half way ({document.state}), and no job goes on with it"
            yield Problem(document.name, document.id, what, Repair.TAKE_BACK)
        elif self._store is not None:
            noted = {entry.point_id for entry in self._shelf.ledger.entries(document.id)}
            here = {point_id for _, point_id in self._stored(Filter(documents=frozenset({document.id})))}
            if noted - here:  # points that the ledger does not name yet are written again by the job
                what = f"is being added and lacks {len(noted - here)} of {len(noted)} points that are noted as stored"
                yield Problem(document.name, document.id, what, Repair.BEGIN_ANEW)

    def _orphan_points(self, prints: Mapping[str, _Print], noted: set[str], known: set[str]) -> Iterator[Problem]:
        for document_id in sorted((prints.keys() - known) | noted):
            points, rows = prints.get(document_id, _NOTHING).size, self._shelf.ledger.count(document_id)
            what = f"is not there, but has {points} points and {rows} rows of the ledger"
            yield Problem("document", document_id, what, Repair.REMOVE_POINTS)

    def _stray_files(self, pages: Mapping[str, int], unfinished: frozenset[str]) -> Iterator[Problem]:
        files = self._shelf.files
        for path in sorted(files.root.glob("originals/*/*")):
            is_half = path.stem in unfinished  # a copy that was cut short is made again
            if not is_half and (path.name not in pages or path != files.original(path.name)):
                yield self._stray(path)
        for folder in sorted(files.root.glob("rasters/*/*")):
            if folder.name in unfinished:
                continue
            if folder.name not in pages or not folder.is_dir():
                yield self._stray(folder)
                continue
            kept = {files.raster(folder.name, page) for page in range(1, pages[folder.name] + 1)}
            kept.add(files.rendition(folder.name))
            yield from (self._stray(path) for path in sorted(folder.iterdir()) if path not in kept)

    def _stray_folders(self) -> Iterator[Problem]:
        yield from map(self._stray, stray_files(self._shelf.files.root / INCOMING, self._jobs))

    def _stray(self, path: Path) -> Problem:
        name = path.relative_to(self._shelf.files.root).as_posix()
        return Problem(name, None, "belongs to nothing in the library", Repair.REMOVE_FILE)


def is_raster(path: Path) -> bool:
    """Whether a page's picture is there, of the right size and not cut short."""
    try:
        with path.open("rb") as file:
            file.seek(-len(_JPEG_END), 2)
            if file.read() != _JPEG_END:
                return False
            file.seek(0)
            with Image.open(file, formats=("JPEG",)) as image:
                return image.size == (RASTER_PX, RASTER_PX)
    except OSError:
        return False


def _vectors(points: int) -> Piece:
    return Piece("", "the vectors", points * _POINT_BYTES)


def _piece(document: Document) -> Piece:
    return Piece(document.id, document.name, document.bytes)
