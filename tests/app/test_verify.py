"""A library proves that its parts agree, names what does not, and mends it."""

import shutil
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from documents import PAGES, write_pdf

from app.library import Library
from app.overview import MANIFEST
from app.problems import Ending, Problem
from app.settings import Settings
from app.types import Progress
from app.vectors import LEDGER
from encoders.base import Encoder
from ingest.files import Files
from ingest.ledger import Entry, Ledger
from ingest.manifest import Manifest
from ingest.types import Format, Modality
from retrieval.store import VectorStore
from retrieval.stores import open_store, read_collection
from retrieval.types import Filter, SparseVector

ORPHAN = "0" * 64
NO_WORDS = SparseVector((), ())
A_POINT = Entry("5d3c3ad8-2a58-4c5c-9d1e-0a3b7b1c2d3e", 1, Modality.TEXT, bytes(16))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, starter: Encoder) -> Path:
    """A folder with documents of three kinds, one of them in an archive, and the library they were added to."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "documents").mkdir()
    write_pdf(folder / "documents" / "manual.pdf", PAGES.values())
    (folder / "documents" / "note.txt").write_text("The moon circles the earth once a month.", encoding="utf-8")
    with zipfile.ZipFile(folder / "documents" / "old.zip", "w") as archive:
        archive.writestr("2019/tea.txt", "Green tea is steeped for two minutes at eighty degrees.")
    with Library(Settings(data=folder / "library", models=folder / "models", encoder="starter"), encoder=starter) as it:
        it.add(folder / "documents" / "manual.pdf", folder / "documents" / "note.txt", folder / "documents" / "old.zip")
    return folder


@pytest.fixture
def data(built: Path, settings: Settings) -> Path:
    """A copy of that library, to be broken."""
    shutil.copytree(built / "library", settings.data)
    return settings.data


@pytest.fixture
def opened(data: Path, settings: Settings, starter: Encoder) -> Iterator[Library]:
    with Library(settings, encoder=starter) as library:
        yield library


Verify = Callable[[bool], tuple[Problem, ...]]


@pytest.fixture
def verify(data: Path, settings: Settings, starter: Encoder) -> Verify:
    """Opens the library, as the command does, and verifies it."""

    def verify(repair: bool) -> tuple[Problem, ...]:
        with Library(settings, encoder=starter) as library:
            return library.verify(repair=repair).problems

    return verify


def lines(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.line for problem in problems]


def store_of(data: Path) -> VectorStore:
    collection = read_collection(data / "vectors")
    assert collection is not None
    return open_store(data / "vectors", collection)


def document_id(data: Path, name: str) -> str:
    manifest = Manifest(data / MANIFEST)
    (document,) = manifest.find(name)
    manifest.close()
    return document.id


def test_a_whole_library_has_no_problems(opened: Library) -> None:
    told: list[Progress] = []

    verified = opened.verify(on_progress=told.append)

    assert (verified.problems, verified.documents, verified.points) == ((), 3, 8)
    assert {progress.file for progress in told} >= {"the vectors", "manual.pdf", "note.txt"}
    assert told[-1].fraction == 1


def test_an_empty_library_has_no_problems(library: Library) -> None:
    assert library.verify().problems == ()


def drop_points(data: Path) -> None:
    store = store_of(data)
    whole = store.scroll(where=Filter(documents=frozenset({document_id(data, "manual.pdf")})), limit=9)
    store.delete(whole[0].point.document_id)
    store.upsert([one.point for one in whole[2:]], np.array([one.vector for one in whole[2:]]), [NO_WORDS] * 4)
    store.close()


def drop_rows(data: Path) -> None:
    ledger = Ledger(data / "vectors" / LEDGER)
    ledger.forget(document_id(data, "manual.pdf"))
    ledger.close()


def drop_ledger(data: Path) -> None:
    (data / "vectors" / LEDGER).unlink()


def note_a_point_that_is_not_there(data: Path) -> None:
    ledger = Ledger(data / "vectors" / LEDGER)
    ledger.record(document_id(data, "manual.pdf"), [A_POINT], pages_done=3)
    ledger.close()


def drop_vectors(data: Path) -> None:
    shutil.rmtree(data / "vectors")


def drop_raster(data: Path) -> None:
    Files(data).raster(document_id(data, "manual.pdf"), 2).unlink()


def cut_raster(data: Path) -> None:
    raster = Files(data).raster(document_id(data, "manual.pdf"), 3)
    raster.write_bytes(raster.read_bytes()[:-200])


def flip_a_byte(data: Path) -> None:
    original = Files(data).original(document_id(data, "manual.pdf"))
    content = bytearray(original.read_bytes())
    content[len(content) // 2] ^= 1
    original.write_bytes(content)


def drop_original_of_archive(data: Path) -> None:
    Files(data).original(document_id(data, "old.zip/2019/tea.txt")).unlink()


def write_odd_raster(data: Path) -> None:
    Files(data).keep_raster(document_id(data, "manual.pdf"), 4, b"of no page")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (drop_points, ["manual.pdf ({id}) lacks 2 of 6 points in the store. --repair indexes it again"]),
        (drop_rows, ["manual.pdf ({id}) has no point noted in the ledger, as in an older version's library. --repair"]),
        (note_a_point_that_is_not_there, ["manual.pdf ({id}) lacks 1 of 7 points in the store."]),
        (drop_raster, ["manual.pdf ({id}) lacks whole pictures of 1 of 3 pages (page 2). --repair draws"]),
        (cut_raster, ["manual.pdf ({id}) lacks whole pictures of 1 of 3 pages (page 3). --repair draws"]),
        (flip_a_byte, ["manual.pdf ({id}) has an original whose bytes have changed. --repair takes its original"]),
        (drop_original_of_archive, ["old.zip/2019/tea.txt ({tea}) has lost its original. --repair takes its original"]),
        (write_odd_raster, ["rasters/{id:.2}/{whole}/000004.jpg belongs to nothing in the library. --repair removes"]),
    ],
)
def test_what_is_broken_is_named_and_mended(
    data: Path, verify: Verify, damage: Callable[[Path], None], said: list[str]
) -> None:
    whole = document_id(data, "manual.pdf")
    tea = document_id(data, "old.zip/2019/tea.txt")
    damage(data)

    found, mended, after = verify(False), verify(True), verify(False)

    expected = [line.format(id=whole[:8], whole=whole, tea=tea[:8]) for line in said]
    assert [line.startswith(start) for line, start in zip(lines(found), expected, strict=True)] == [True], lines(found)
    assert [problem.ending for problem in mended] == [Ending.MENDED]
    assert after == ()


@pytest.mark.parametrize("damage", [drop_ledger, drop_vectors])
def test_documents_whose_points_or_notes_are_all_gone_are_indexed_again(
    data: Path, settings: Settings, starter: Encoder, damage: Callable[[Path], None]
) -> None:
    damage(data)

    with Library(settings, encoder=starter) as library:
        mended = library.verify(repair=True).problems
        assert [problem.ending for problem in mended] == [Ending.MENDED] * 3
        assert library.verify().problems == ()
        assert library.search("How long does bread bake?", modality=Modality.TEXT)[0].page == 2


def test_points_and_rows_of_no_document_are_removed(data: Path, verify: Verify) -> None:
    store = store_of(data)
    (some,) = store.scroll(where=Filter(), limit=1)
    store.upsert([replace(some.point, id=A_POINT.point_id, document_id=ORPHAN)], np.array([some.vector]), [NO_WORDS])
    store.close()
    ledger = Ledger(data / "vectors" / LEDGER)
    ledger.begin("1" * 64)
    ledger.close()

    found = verify(False)

    assert lines(found) == [
        "document (00000000) is not there, but has 1 points and 0 rows of the ledger. --repair removes them.",
        "document (11111111) is not there, but has 0 points and 0 rows of the ledger. --repair removes them.",
    ]
    assert [problem.ending for problem in verify(True)] == [Ending.MENDED] * 2
    assert verify(False) == ()


def test_a_surplus_point_of_a_document_goes(data: Path, verify: Verify) -> None:
    store = store_of(data)
    (some,) = store.scroll(where=Filter(documents=frozenset({document_id(data, "note.txt")})), limit=1)
    store.upsert([replace(some.point, id=A_POINT.point_id)], np.array([some.vector]), [NO_WORDS])
    store.close()

    assert "has 1 points in the store that the ledger does not name" in verify(True)[0].line
    assert verify(False) == ()


def test_what_lies_about_and_belongs_to_nobody_is_removed(opened: Library, data: Path) -> None:
    for name in (f"originals/00/{ORPHAN}", f"rasters/00/{ORPHAN}/000001.jpg", "originals/ab/notes.txt", "incoming/x/y"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(b"stray")

    mended = opened.verify(repair=True).problems

    assert sorted(problem.subject for problem in mended) == [
        "incoming/x/y",
        f"originals/00/{ORPHAN}",
        "originals/ab/notes.txt",
        f"rasters/00/{ORPHAN}",
    ]
    assert opened.verify().problems == ()
    assert not [path for path in (data / "incoming").rglob("*") if path.is_file()]


def test_a_document_left_half_way_is_taken_back(opened: Library, data: Path) -> None:
    manifest = Manifest(data / MANIFEST)
    note = document_id(data, "note.txt")
    manifest.begin(ORPHAN, name="half.pdf", format=Format.PDF, size_bytes=1)
    manifest.begin_removal(note)

    assert [problem.line.partition(", and")[0] for problem in opened.verify(repair=True).problems] == [
        "half.pdf (00000000) was left half way (adding)",
        f"note.txt ({note[:8]}) was left half way (removing)",
    ]
    assert opened.verify().problems == ()
    assert [document.name for document in opened.documents()] == ["manual.pdf", "old.zip/2019/tea.txt"]


def test_a_lost_original_whose_sources_are_gone_stays_named(library: Library, settings: Settings, manual: Path) -> None:
    library.add(manual)
    (document,) = library.documents()
    library.original(document.id).unlink()
    Files(settings.data).raster(document.id, 1).unlink()
    content = manual.read_bytes()
    manual.unlink()

    verified = library.verify(repair=True)

    assert verified.left == 2
    assert all("add the file again" in problem.line for problem in verified.problems)

    manual.write_bytes(content)
    library.add(manual)
    assert library.verify(repair=True).left == 0
    assert library.verify().problems == ()


def test_sources_that_are_gone_are_no_problem(library: Library, manual: Path) -> None:
    library.add(manual)
    manual.unlink()

    assert library.verify().problems == ()


@pytest.fixture
def paused(library: Library, tmp_path: Path) -> Library:
    """A library with a job that stopped half way through a document."""
    book = tmp_path / "book.pdf"
    write_pdf(book, [f"This is page number {number} of a long book." for number in range(100)])
    stop = threading.Event()

    def stop_soon(progress: Progress) -> None:
        if not stop.is_set() and library._shelf.collection and any(library._shelf.ledger.counts().values()):
            stop.set()
            time.sleep(1)  # until the run has seen it; meanwhile no more than some pages are read

    library.add(book, on_progress=stop_soon, stop=stop)
    assert library.jobs.unfinished()
    return library


def test_what_a_job_left_half_way_is_no_problem(paused: Library) -> None:
    assert paused.verify(repair=True).problems == ()


def test_a_job_whose_points_are_gone_begins_anew(paused: Library, settings: Settings, starter: Encoder) -> None:
    paused.close()
    store = store_of(settings.data)
    (some,) = store.scroll(where=Filter(), limit=1)
    store.delete(some.point.document_id)
    store.close()

    with Library(settings, encoder=starter) as library:
        (problem,) = library.verify(repair=True).problems
        assert problem.line.startswith("book.pdf")
        assert "is being added and lacks" in problem.line
        for _ in library.jobs.run(library.jobs.resume().id):
            pass

        assert library.documents()[0].chunks == 200
        assert library.verify().problems == ()
