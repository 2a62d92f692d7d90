"""Additions in the web page: they outlive tabs and servers, and do what their buttons say."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from documents import PAGES, write_pdf
from PIL import Image

from app.errors import LibraryError
from app.job_overview import JobOverview
from app.library import Library
from app.settings import Settings
from app.types import Added, AddStatus, Progress
from app.web import job_view
from app.web.arrivals import Upload
from app.web.intake import Kind, Task
from app.web.previews import Previews
from app.web.shelving import Shelved, Shelving
from encoders.base import Embeddings, Encoder
from ingest.jobs import JobState, Wanted

HOSTILE = "<img src=x onerror=alert(1)> ${value} {{x}}.txt"


class Held:
    """The starter, whose pictures wait for a gate."""

    def __init__(self, starter: Encoder) -> None:
        self._starter = starter
        self.has_begun = threading.Event()
        self.gate = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._starter, name)

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        self.has_begun.set()
        self.gate.wait(60)
        return self._starter.encode_images(images)

    def open_soon(self) -> None:
        """When what is asked for meanwhile has been noticed."""
        threading.Timer(2.0, self.gate.set).start()


@contextmanager
def opened(settings: Settings, encoder: Encoder) -> Iterator[tuple[Library, Shelving]]:
    with Library(settings, encoder=encoder) as library:
        shelving = Shelving(library, Previews(library))
        try:
            yield library, shelving
        finally:
            shelving.close()


def begin(shelving: Shelving, held: Held, path: Path) -> None:
    """Start to add a path, and look away once it is being read."""
    shown = shelving.add_folder(str(path))
    for _ in range(2):  # that it looks, that it has begun
        next(shown)
    shown.close()
    assert held.has_begun.wait(60)


def last(shown: Iterator[Shelved]) -> Shelved:
    """What is seen in the end, of parts that are sent only when they change."""
    card = controls = past = stamp = None
    for one in shown:
        card, controls = one.card or card, controls if one.controls is None else one.controls
        past, stamp = one.past or past, one.stamp or stamp
    return Shelved(card, controls, past, stamp)


def names(library: Library) -> list[str]:
    return [document.name for document in library.documents()]


@pytest.fixture
def bread(tmp_path: Path) -> Path:
    path = tmp_path / "bread.pdf"
    write_pdf(path, [f"Page {number}. {PAGES[2]}" for number in range(24)])
    return path


def test_an_upload_goes_on_in_the_next_server(settings: Settings, starter: Encoder, tmp_path: Path) -> None:
    path = tmp_path / "cache" / "upload"
    path.parent.mkdir()
    write_pdf(path, [f"Page {number}. {PAGES[2]}" for number in range(24)])
    held = Held(starter)
    with opened(settings, held) as (library, shelving):
        shown = shelving.add_uploads([Upload(path, "bread.pdf")])
        next(shown), next(shown)
        assert held.has_begun.wait(60)
        held.open_soon()
        shelving.close()
        assert names(library) == []

    with opened(settings, starter) as (library, shelving):
        shelving.start()
        assert "1 document added" in str(last(shelving.look()).card)
        assert names(library) == ["bread.pdf"]


def test_a_paused_addition_waits_and_goes_on_when_told(settings: Settings, starter: Encoder, bread: Path) -> None:
    held = Held(starter)
    with opened(settings, held) as (library, shelving):
        begin(shelving, held, bread)
        under_way = next(shelving.look())
        assert "Pause" in str(under_way.controls)
        held.open_soon()
        rests = last(shelving.act("pause", 1))
        assert "1 still to come, paused" in str(rests.card)
        assert "Go on" in str(rests.controls)
        assert "Pause" not in str(rests.controls)

    with opened(settings, starter) as (library, shelving):
        shelving.start()
        assert "paused" in str(last(shelving.look()).card)
        ended = last(shelving.act("resume", 1))
        assert "1 document added (24 pages)" in str(ended.card)
        assert ended.controls == ""
        assert names(library) == ["bread.pdf"]


def test_cancelling_keeps_what_went_in(settings: Settings, starter: Encoder, bread: Path, tmp_path: Path) -> None:
    (tmp_path / "a note.txt").write_text("The bishop moves along diagonals.")
    held = Held(starter)
    with opened(settings, held) as (library, shelving):
        list(shelving.add_folder(str(tmp_path / "a note.txt")))
        begin(shelving, held, bread)
        held.open_soon()
        cancelled = last(shelving.act("cancel", 2))
        assert "cancelled, 1 left out" in str(cancelled.card)
        assert cancelled.controls == ""
        assert names(library) == ["a note.txt"]
        with pytest.raises(LibraryError, match="Job 2 is over"):
            shelving.pause(2)


def test_a_paused_addition_can_be_cancelled(settings: Settings, starter: Encoder, bread: Path) -> None:
    held = Held(starter)
    with opened(settings, held) as (library, shelving):
        begin(shelving, held, bread)
        held.open_soon()
        list(shelving.act("pause", 1))
        list(shelving.act("cancel", 1))
        assert [job["state"] for job in shelving.jobs()] == ["cancelled"]
        assert names(library) == []


def test_an_addition_in_line_can_be_cancelled(
    settings: Settings, starter: Encoder, bread: Path, tmp_path: Path
) -> None:
    write_pdf(tmp_path / "later.pdf", [f"Page {number}. {PAGES[3]}" for number in range(24)])
    held = Held(starter)
    with opened(settings, held) as (library, shelving):
        begin(shelving, held, bread)
        held.open_soon()
        list(shelving.act("pause", 1))
        held.gate.clear()
        held.has_begun.clear()
        begin(shelving, held, tmp_path / "later.pdf")
        shelving.resume(1)
        shelving.cancel(1)  # while the other is at work
        held.gate.set()
        list(shelving.look())
        assert names(library) == ["later.pdf"]
        assert {job["job"]: job["state"] for job in shelving.jobs()} == {1: "cancelled", 2: "done"}


def test_what_failed_is_told_and_tried_again_once_it_is_mended(library: Library, tmp_path: Path) -> None:
    shelving = Shelving(library, Previews(library))
    broken = tmp_path / "letter.pdf"
    broken.write_bytes(b"%PDF-1.7\n1 0 obj\n<<")
    failed = last(shelving.add_folder(str(broken)))
    assert "1 not added" in str(failed.card)
    assert "letter.pdf is damaged" in str(failed.past)
    assert "Retry what failed" in str(failed.controls)

    write_pdf(broken, [PAGES[1]])
    mended = last(shelving.act("retry", 1))

    assert "1 document added (1 page)" in str(mended.card)
    assert mended.controls == ""
    assert names(library) == ["letter.pdf"]
    shelving.close()


def test_what_is_gone_cannot_be_tried_again(library: Library, tmp_path: Path) -> None:
    shelving = Shelving(library, Previews(library))
    failed = last(shelving.add_folder(str(tmp_path / "nowhere")))
    assert "nowhere does not exist" in str(failed.card)
    assert failed.controls == ""
    shelving.close()


def test_an_addition_steps_aside_for_a_removal(
    settings: Settings, starter: Encoder, bread: Path, tmp_path: Path
) -> None:
    (tmp_path / "old.txt").write_text("The bishop moves along diagonals.")
    held = Held(starter)
    seen: list[list[str]] = []

    class Watching(Previews):
        def forget(self, document_id: str) -> None:
            seen.append(names(library))

    with Library(settings, encoder=held) as library:
        [old] = library.add(tmp_path / "old.txt")
        shelving = Shelving(library, Watching(library))
        begin(shelving, held, bread)
        held.open_soon()
        removed = last(shelving.remove([str(old.id)]))
        assert "old.txt is removed" in str(removed.card)
        assert seen == [[]]  # the removal did not wait for the addition
        assert "1 document added (24 pages)" in str(last(shelving.look()).card)
        shelving.close()


def test_every_document_is_encoded_anew(library: Library, manual: Path) -> None:
    shelving = Shelving(library, Previews(library))
    with pytest.raises(LibraryError, match="is empty"):
        list(shelving.reindex())
    library.add(manual)
    assert "1 document re-indexed" in str(last(shelving.reindex()).card)
    assert library.search("bread")[0].document == "manual.pdf"
    shelving.close()


def test_a_running_addition_tells_how_far_it_is() -> None:
    task = Task(Kind.ADD, lambda _: False, job_id=1)
    why = f"{HOSTILE} is empty: add it when it is whole"
    task.report(
        Progress(
            HOSTILE, 3, 1200, 7, 40, 2, 0.25, pages_read=61, pages_per_second=12.34, seconds_left=200,
            finished=(Added("a", AddStatus.FAILED, None, error=why),),
        )
    )  # fmt: skip

    view = job_view.running(task, waiting=0)

    for words in (
        "3 of 1,200 files",
        "page 7 of 40",
        "61 pages read",
        "12.3 pages/s",
        "about 3 min left",
        "2 not added",
    ):
        assert words in view
    assert "is empty: add it when it is whole" in view
    assert_is_escaped(view)


@pytest.mark.parametrize("state", JobState)
def test_a_job_is_escaped_in_whatever_state(state: JobState) -> None:
    job = JobOverview(3, 0.0, state, Wanted.RUN, files=4, done=3, failed=1, current=())
    failed = Added(HOSTILE, AddStatus.FAILED, None, error=f"{HOSTILE} is damaged")
    added = Added(HOSTILE, AddStatus.ADDED, "0" * 64, pages=1, problems=(f"page 1: {HOSTILE}",))

    assert_is_escaped(job_view.outcome(job, [failed, added], error=HOSTILE))
    assert_is_escaped(job_view.history([job_view.Past(job, (failed,), can_retry=True)]))


def assert_is_escaped(view: str) -> None:
    assert "&lt;img src=x onerror=alert(1)&gt;" in view
    assert "<img" not in view
    assert "${" not in view
    assert "{{" not in view


def test_no_such_job_is_told_in_words(library: Library) -> None:
    shelving = Shelving(library, Previews(library))
    (library.settings.data / "library.sqlite3").touch()
    for act in (shelving.pause, shelving.resume, shelving.retry, shelving.cancel):
        with pytest.raises(LibraryError, match="There is no job 7"):
            act(7)
