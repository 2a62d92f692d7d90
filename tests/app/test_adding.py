"""A job survives whatever ends it, and goes on where it was; a bad file fails alone."""

import shutil
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from documents import PAGES, write_pdf
from PIL import Image

from app.errors import LibraryError
from app.library import Library
from app.settings import Settings
from app.types import Added, AddStatus, Progress
from encoders.base import BrokenCheckpoint, Embeddings, Encoder, EncoderError
from ingest.errors import UnreadableDocument
from ingest.files import Files
from ingest.jobs import JobState
from ingest.manifest import Manifest
from ingest.types import Modality
from retrieval.errors import StoreUnavailable
from retrieval.store import VectorStore
from retrieval.types import Filter

BOOK_PAGES = 40


class Counting:
    """The starter, with its pictures counted, and held up where a test wants it."""

    def __init__(self, starter: Encoder, *, before: Callable[[], object] = lambda: None) -> None:
        self._starter = starter
        self._before = before
        self.pictures = 0
        self.passages: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._starter, name)

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        self.passages += texts
        return self._starter.encode_texts(texts)

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        self._before()
        self.pictures += len(images)
        return self._starter.encode_images(images)


def write_book(path: Path, *, changed: int | None = None) -> None:
    write_pdf(
        path,
        [
            f"{'Another' if number == changed else 'The'} page number {number}. {PAGES[1]}"
            for number in range(BOOK_PAGES)
        ],
    )


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.pdf"
    write_book(path)
    return path


def by_name(added: Sequence[Added]) -> dict[str, Added]:
    return {one.name: one for one in added}


def point_ids(library: Library) -> list[str]:
    return sorted(stored.point.id for stored in library.stored(Filter()))


def test_a_stopped_job_keeps_what_is_stored_hides_it_and_goes_on_from_there(
    settings: Settings, starter: Encoder, book: Path
) -> None:
    stop = threading.Event()
    note = book.with_name("note.txt")
    note.write_text("Bread needs salt.")

    def wait() -> None:
        if not stop.is_set():
            assert stop.wait(60)
            time.sleep(1.5)  # until the run has seen it

    def stop_at_page_two(progress: Progress) -> None:
        if progress.file == "book.pdf" and progress.pages_done == 2:
            stop.set()

    encoder = Counting(starter, before=wait)
    with Library(settings, encoder=encoder) as library:
        added = library.add(note, book, on_progress=stop_at_page_two, stop=stop)

        assert "book.pdf" not in by_name(added)
        assert "book.pdf" not in {document.name for document in library.documents()}
        assert {match.document for match in library.search("page number")} <= {"note.txt"}
        (job,) = library.jobs.unfinished()
        assert job.state is JobState.PAUSED
        stored = encoder.pictures
        assert 0 < stored < BOOK_PAGES

    with Library(settings, encoder=encoder) as library:
        for _ in library.jobs.run(library.jobs.resume().id):
            pass
        assert by_name(library.jobs.results(job.id))["book.pdf"].status is AddStatus.ADDED
        assert encoder.pictures == BOOK_PAGES  # none twice
        assert len(library.search("page number", limit=100, modality=Modality.IMAGE)) == BOOK_PAGES
        assert library.jobs.unfinished() == []


def test_adding_the_same_again_goes_on_too(settings: Settings, starter: Encoder, book: Path) -> None:
    stop = threading.Event()

    def wait() -> None:
        if not stop.is_set():
            stop.set()
            time.sleep(1.5)

    encoder = Counting(starter, before=wait)
    with Library(settings, encoder=encoder) as library:
        library.add(book, stop=stop)
        (added,) = library.add(book)

        assert (added.status, added.pages) == (AddStatus.ADDED, BOOK_PAGES)
        assert encoder.pictures == BOOK_PAGES
        assert library.jobs.unfinished() == []  # the new job took over


def test_a_cancelled_job_is_taken_back(settings: Settings, starter: Encoder, book: Path) -> None:
    stop = threading.Event()

    def wait() -> None:
        if not stop.is_set():
            stop.set()
            time.sleep(1.5)

    with Library(settings, encoder=Counting(starter, before=wait)) as library:
        library.add(book, stop=stop)
        (job,) = library.jobs.unfinished()

        library.jobs.cancel(job.id)

        assert library.jobs.unfinished() == []
        assert point_ids(library) == []
        assert not [path for path in (settings.data / "originals").rglob("*") if path.is_file()]


ADD_SLOWLY = """
    import sys, time
    from pathlib import Path
    from app.library import Library
    from app.settings import Settings

    data, models, documents = map(Path, sys.argv[1:4])
    with Library(Settings(data=data, models=models, encoder="starter")) as library:
        print("ready", flush=True)
        for _ in library.ingest(documents):
            stored = library._shelf.vectors.collection and sum(library._shelf.ledger.counts().values())
            print(stored or 0, flush=True)
            time.sleep(0.1)
"""


def test_a_killed_job_leaves_the_same_points_as_an_undisturbed_one(
    settings: Settings, starter: Encoder, book: Path, tmp_path: Path
) -> None:
    with Library(Settings(tmp_path / "undisturbed", settings.models), encoder=starter) as library:
        library.add(book)
        expected = point_ids(library)
    command = [sys.executable, "-c", textwrap.dedent(ADD_SLOWLY), str(settings.data), str(settings.models), str(book)]

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        while process.stdout.readline().strip() in ("ready", "0"):
            pass
        process.kill()

    encoder = Counting(starter)
    with Library(settings, encoder=encoder) as library:
        (job,) = library.jobs.unfinished()
        assert job.state is JobState.INTERRUPTED
        assert library.documents() == []
        for _ in library.jobs.run(job.id):
            pass
        assert point_ids(library) == expected
        assert encoder.pictures + len(encoder.passages) < 2 * BOOK_PAGES


def test_a_changed_page_of_a_changed_file_is_all_that_is_encoded_again(
    settings: Settings, starter: Encoder, book: Path
) -> None:
    with Library(settings, encoder=starter) as library:
        library.add(book)
    write_book(book, changed=7)
    encoder = Counting(starter)

    with Library(settings, encoder=encoder) as library:
        (added,) = library.add(book)

        assert (added.status, added.pages) == (AddStatus.REPLACED, BOOK_PAGES)
        assert encoder.pictures == 1
        assert len(encoder.passages) == 1
        assert "Another page number 7" in encoder.passages[0]
        assert len(library.search("page", limit=100, modality=Modality.IMAGE)) == BOOK_PAGES


def test_a_renamed_file_keeps_its_points_and_takes_its_new_name(library: Library, manual: Path) -> None:
    library.add(manual)
    before = point_ids(library)
    manual.rename(manual.with_name("handbook.pdf"))

    (added,) = library.add(manual.parent)

    assert added.status is AddStatus.UNCHANGED
    assert [document.name for document in library.documents()] == ["handbook.pdf"]
    assert point_ids(library) == before


def test_equal_files_of_one_batch_are_one_document(library: Library, manual: Path) -> None:
    for number in range(5):
        shutil.copy(manual, manual.with_name(f"copy {number}.pdf"))

    added = library.add(manual.parent)

    assert sorted(one.status for one in added) == [AddStatus.ADDED, *[AddStatus.UNCHANGED] * 5]
    assert len(library.documents()) == 1
    assert len(point_ids(library)) == 6


def test_an_archive_goes_in_file_by_file_and_bad_members_are_told(library: Library, manual: Path) -> None:
    archive = manual.with_name("papers.zip")
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.write(manual, "2019/manual.pdf")
        zipped.writestr("2019/note.txt", "Bread needs salt.")
        zipped.writestr("2019/torn.pdf", b"%PDF-1.7 and no more")
        zipped.writestr("../evil.txt", "out of here")

    added = by_name(library.add(archive))

    assert added["papers.zip/2019/manual.pdf"].status is AddStatus.ADDED
    assert added["papers.zip/2019/note.txt"].status is AddStatus.ADDED
    assert added["papers.zip/2019/torn.pdf"].status is AddStatus.FAILED
    (evil,) = (one for name, one in added.items() if name.endswith("evil.txt"))
    assert evil.status is AddStatus.FAILED
    assert (
        len([path for path in (library.settings.data / "incoming").rglob("*") if path.is_file()]) == 1
    )  # to be retried


def test_a_changed_archive_replaces_only_the_members_that_changed(library: Library, tmp_path: Path) -> None:
    archive = tmp_path / "papers.zip"
    for text in ("Bread needs salt.", "Bread needs time."):
        with zipfile.ZipFile(archive, "w") as zipped:
            zipped.writestr("same.txt", "The ship left the harbour.")
            zipped.writestr("other.txt", text)
        added = by_name(library.add(archive))

    assert added["papers.zip/same.txt"].status is AddStatus.UNCHANGED
    assert added["papers.zip/other.txt"].status is AddStatus.REPLACED
    assert len(library.documents()) == 2


def test_a_file_that_cannot_be_encoded_fails_alone_and_leaves_nothing(
    settings: Settings, starter: Encoder, manual: Path
) -> None:
    def fail() -> None:
        raise EncoderError("the vectors are not finite")

    note = manual.with_name("note.txt")
    note.write_text("Bread needs salt.")
    with Library(settings, encoder=Counting(starter, before=fail)) as library:
        added = by_name(library.add(manual, note))

        assert added["manual.pdf"].error == "manual.pdf could not be encoded: the vectors are not finite"
        assert added["note.txt"].status is AddStatus.ADDED
        assert len(point_ids(library)) == 1
    manifest = Manifest(settings.data / "library.sqlite3")
    assert manifest.unfinished() == []
    manifest.close()


def test_a_half_stored_document_whose_file_can_no_longer_be_copied_leaves_nothing(
    settings: Settings, starter: Encoder, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()

    def wait() -> None:
        if not stop.is_set():
            stop.set()
            time.sleep(1.5)

    with Library(settings, encoder=Counting(starter, before=wait)) as library:
        library.add(book, stop=stop)
        assert point_ids(library)
        for original in (settings.data / "originals").rglob("*"):
            if original.is_file():
                original.unlink()

        def refuse(*_: object) -> None:
            raise UnreadableDocument("book.pdf changed while it was read; add it again when it is complete.")

        monkeypatch.setattr(Files, "keep", refuse)
        (added,) = library.add(book)

        assert added.status is AddStatus.FAILED
        assert point_ids(library) == []
        assert library.verify().problems == ()


def test_failed_files_are_tried_again_on_request(settings: Settings, starter: Encoder, manual: Path) -> None:
    whole = manual.read_bytes()
    manual.write_bytes(whole[:300])
    with Library(settings, encoder=starter) as library:
        (torn,) = library.add(manual)
        assert torn.status is AddStatus.FAILED
        manual.write_bytes(whole)

        job = library.jobs.retry(1)
        for _ in library.jobs.run(job.id):
            pass

        (added,) = library.jobs.results(job.id)
        assert (added.status, added.pages) == (AddStatus.ADDED, 3)


def test_an_encoder_that_does_not_load_ends_the_job_which_can_be_resumed(
    settings: Settings, manual: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{}")
    with Library(settings.override(encoder=str(broken))) as library:
        with pytest.raises(BrokenCheckpoint):
            library.add(manual)
        (job,) = library.jobs.unfinished()
        assert job.state is JobState.INTERRUPTED
    with Library(settings) as library:
        for _ in library.jobs.run(library.jobs.resume().id):
            pass
        assert [document.name for document in library.documents()] == ["manual.pdf"]


def test_a_store_that_goes_away_ends_the_job_at_once_and_it_can_be_resumed(
    settings: Settings, starter: Encoder, manual: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        shutil.copy(manual, manual.with_name(f"{number}.txt"))
        manual.with_name(f"{number}.txt").write_text(f"Note {number}.")
    with Library(settings, encoder=starter) as library:
        library.add(manual)
        store = library._shelf.store()
        assert store is not None
        asked = 0

        def refuse(*_: object) -> None:
            nonlocal asked
            asked += 1
            raise StoreUnavailable("the server does not answer: start it")

        with monkeypatch.context() as patch:
            patch.setattr(_type_of(store), "upsert", refuse)
            with pytest.raises(StoreUnavailable, match="start it"):
                library.add(manual.parent)
        assert asked <= 2  # once for texts, once for pictures
        for _ in library.jobs.run(library.jobs.resume().id):
            pass
        assert len(library.documents()) == 7


def _type_of(store: VectorStore) -> type:
    return type(store)


def test_progress_is_an_iterator_that_can_be_given_up(library: Library, book: Path) -> None:
    events = library.ingest(book)
    job = next(events).job
    next(events)
    events.close()

    assert job is not None
    assert [one.id for one in library.jobs.unfinished()] in ([job], [])
    for _ in library.jobs.run(job):
        pass
    assert [document.pages for document in library.documents()] == [BOOK_PAGES]


def test_unchanged_content_costs_no_encoder(settings: Settings, starter: Encoder, book: Path) -> None:
    with Library(settings, encoder=starter) as library:
        library.add(book)
    unloadable = settings.override(encoder="auto")

    with Library(unloadable) as library:
        assert [one.status for one in library.add(book)] == [AddStatus.UNCHANGED]
        assert library._encoder is None


def test_a_job_that_is_not_there_is_told(library: Library) -> None:
    with pytest.raises(LibraryError, match="no job 99"):
        library.jobs.resume(99)
    with pytest.raises(LibraryError, match="unfinished"):
        library.jobs.resume()
