"""Readers in processes of their own: the same pages, and what a crash, a hang or a hunger for memory costs."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import date
from io import BytesIO
from pathlib import Path

import pymupdf
import pytest
from crafted import book, encrypted, laughs, png, with_deep_outline
from PIL import Image, ImageChops, ImageStat

from ingest.errors import DocumentTooLarge, UnreadableDocument
from ingest.formats import sniff
from ingest.limits import Limits
from ingest.ocr.options import OcrMode, OcrOptions
from ingest.readers.registry import open_reader
from ingest.types import RASTER_PX, Format, Geometry, Heading, Page, PrintedRow
from ingest.workers.pool import PoolClosed, ReaderPool
from ingest.workers.task import ReadTask
from ingest.workers.wire import message_to_page, message_to_task, page_to_message, receive, send, task_to_message

HERE = Path(__file__).parent
FOR_EVER = 14  # levels of laughs, ten for each of the level before
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc, or for what only Linux does")
needs_poppler = pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler-utils is not installed")


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file."""

    def save(content: bytes, name: str = "file.pdf") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return save


@pytest.fixture
def pool() -> Iterator[ReaderPool]:
    with ReaderPool(workers=1, limits=Limits()) as pool:
        yield pool


def task(path: Path, *, geometry: Geometry = Geometry.FIT, draw_from: int = 1) -> ReadTask:
    return ReadTask(path, sniff(path), path.name, geometry, OcrOptions(mode=OcrMode.OFF), draw_from)


def read(path: Path, pool: ReaderPool) -> list[Page]:
    with pool.read(task(path)) as reading:
        return [read.page for read in reading.pages()]


def workers_of(pid: int) -> set[int]:
    """The reader processes that it started."""
    found = subprocess.run(["pgrep", "-P", str(pid), "-f", "ingest.workers.worker"], capture_output=True, text=True)
    return {int(line) for line in found.stdout.split()}


def the_worker() -> int:
    (worker,) = workers_of(os.getpid())
    return worker


def wait_until(is_so: Callable[[], bool]) -> None:
    """Fails by the time limit of tests."""
    while not is_so():
        time.sleep(0.01)


def group(leader: int) -> str:
    """The processes of a group, by name."""
    return subprocess.run(["pgrep", "-l", "-g", str(leader)], capture_output=True, text=True).stdout


def is_gone(pid: int) -> bool:
    """Whether it has ended, reaped or not."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def different() -> bytes:
    """A PDF with text, headings, an outline, a date and a picture of its own on every page."""
    document = pymupdf.open()
    for number in range(1, 4):
        sheet = document.new_page(width=400, height=900)
        sheet.insert_text((72, 100), f"Heading {number}", fontsize=24)
        sheet.insert_text((72, 300 + 20 * number), f"Words of page {number}: żółw, 東京, مرحبا", fontsize=11)
        sheet.draw_rect((100 * number, 500, 100 * number + 60, 600), fill=(1, 0, 0))
    document.set_toc([[1, f"Heading {number}", number] for number in range(1, 4)])
    document.set_metadata({"creationDate": "D:20200102030405Z"})
    return bytes(document.tobytes())


class TestReading:
    @pytest.mark.parametrize("geometry", Geometry)
    def test_pages_are_those_of_the_reader_itself(self, saved, pool, geometry):
        path = saved(different())
        with open_reader(path, format=Format.PDF, name=path.name, geometry=geometry) as reader:
            expected = list(reader.read_pages())

        with pool.read(task(path, geometry=geometry)) as reading:
            pages = [read.page for read in reading.pages()]

        assert reading.page_count == 3
        assert reading.date == date(2020, 1, 2)
        assert pages == expected

    def test_every_field_of_a_page_crosses(self):
        image, view = Image.effect_noise((RASTER_PX, RASTER_PX), 50).convert("RGB"), Image.new("RGB", (512, 512), "red")
        sent = Page(
            number=7,
            label="vii",
            text='línea "one"\n東京 \ud800',
            image=image,
            headings=(Heading(0, 2, "línea"),),
            path=("Part", "Chapter"),
            problem="half of it",
            views=(image, view),
            rows=(PrintedRow(0, 5, (0.1, 0.2, 0.3, 1 / 3)),),
            hidden=((1, 3),),
            needs_ocr=True,
            confidence=0.75,
        )
        defaults = {field.name: field.default for field in fields(Page)}
        assert [name for name in defaults if getattr(sent, name) == defaults[name]] == []

        assert carried(sent) == sent

    def test_a_page_without_picture_crosses(self):
        sent = Page(1, "1", "words", None)

        assert carried(sent) == sent

    def test_every_field_of_a_task_crosses(self, tmp_path):
        sent = ReadTask(
            path=tmp_path / os.fsdecode(b"not \xff UTF-8"),
            format=Format.PDF,
            name="naïve.pdf",
            geometry=Geometry.TILES,
            ocr=OcrOptions(mode=OcrMode.ALWAYS, languages=("deu", "jpn"), cache=tmp_path),
            draw_from=3,
            rendition=tmp_path / "rendition.pdf",
        )

        assert message_to_task(json.loads(json.dumps(task_to_message(sent)))) == sent

    def test_the_jpeg_is_the_pages_image(self, saved, pool):
        with pool.read(task(saved(different()))) as reading:
            for read in reading.pages():
                stored = Image.open(BytesIO(read.jpeg))

                assert stored.format == "JPEG"
                assert stored.size == read.page.image.size
                assert max(ImageStat.Stat(ImageChops.difference(stored, read.page.image)).mean) < 2  # of 255

    def test_pages_before_the_first_to_draw_have_text_and_no_picture(self, saved, pool):
        with pool.read(task(saved(book(3)), draw_from=3)) as reading:
            pages = list(reading.pages())

        assert all("Words that are kept" in read.page.text for read in pages)
        assert [read.page.image is not None for read in pages] == [False, False, True]
        assert [read.jpeg is not None for read in pages] == [False, False, True]

    def test_a_text_file_has_no_picture(self, saved, pool):
        with pool.read(task(saved(b"Words", "words.txt"))) as reading:
            (only,) = reading.pages()

        assert (only.page.text, only.page.image, only.jpeg) == ("Words", None, None)

    def test_errors_keep_their_class_and_words(self, saved):
        locked, long = saved(encrypted("secret", "owner"), "locked.pdf"), saved(book(3), "long.pdf")
        with ReaderPool(workers=1, limits=Limits(max_pages=2)) as pool:
            with pytest.raises(UnreadableDocument, match=r"^locked.pdf needs a password to open: save a copy"):
                read(locked, pool)
            with pytest.raises(DocumentTooLarge, match=r"^long.pdf has 3 pages, the limit is 2: split it"):
                read(long, pool)

    def test_a_path_is_found_from_wherever_the_process_was_started(self, saved, pool, monkeypatch):
        path = saved(book(1))
        read(path, pool)
        monkeypatch.chdir(path.parent)

        assert len(read(Path(path.name), pool)) == 1

    def test_a_missing_file_is_told(self, tmp_path, pool):
        absent = ReadTask(tmp_path / "absent.pdf", Format.PDF, "absent.pdf", Geometry.FIT, OcrOptions(mode=OcrMode.OFF))

        with pytest.raises(UnreadableDocument, match=r"absent\.pdf cannot be read"), pool.read(absent):
            pass


def carried(sent: Page) -> Page:
    pipe = BytesIO()
    message, behind = page_to_message(sent)
    send(pipe, message, behind)
    pipe.seek(0)
    return message_to_page(*receive(pipe)).page


@only_linux
class TestProcesses:
    def test_a_process_serves_many_files(self, saved, pool):
        path = saved(book(1))

        read(path, pool)
        first = the_worker()
        for _ in range(5):
            read(path, pool)

        assert the_worker() == first

    def test_there_are_as_many_as_files_at_once_and_no_more(self, saved):
        path = saved(book(1))
        with ReaderPool(workers=2, limits=Limits()) as pool:
            with pool.read(task(path)), pool.read(task(path)):
                assert len(workers_of(os.getpid())) == 2
                third = threading.Thread(target=read, args=(path, pool))
                third.start()
                third.join(0.3)
                assert third.is_alive()  # it waits
            third.join()

            assert len(workers_of(os.getpid())) <= 2

    def test_one_that_died_idle_is_replaced_without_a_word(self, saved, pool):
        path = saved(book(1))
        read(path, pool)
        os.kill(the_worker(), signal.SIGKILL)

        assert len(read(path, pool)) == 1

    def test_ctrl_c_in_the_terminal_does_not_reach_it(self, saved, pool):
        read(saved(book(1)), pool)

        assert os.getpgid(the_worker()) == the_worker()

    def test_closing_leaves_no_process_and_no_descriptor(self, saved):
        good, hanging = saved(book(2)), saved(laughs(FOR_EVER, after=1), "hanging.pdf")
        before = os.listdir("/proc/self/fd")

        with ReaderPool(workers=2, limits=Limits(seconds_per_page=1)) as pool:
            read(good, pool)
            read(hanging, pool)
            with pool.read(task(good)):
                pass

        assert workers_of(os.getpid()) == set()
        assert os.listdir("/proc/self/fd") == before

    def test_closing_ends_a_reading_that_hangs(self, saved):
        pool = ReaderPool(workers=1, limits=Limits())
        with pool.read(task(saved(laughs(FOR_EVER, before=1)))) as reading:
            pages = reading.pages()
            next(pages)
            closing = threading.Timer(0.2, pool.close)
            closing.start()

            with pytest.raises(PoolClosed):
                next(pages)

            closing.join()

    def test_leaving_early_ends_the_process_at_once(self, saved, pool):
        with pool.read(task(saved(laughs(FOR_EVER, before=1)))) as reading:
            next(reading.pages())
            hanging = the_worker()

        assert is_gone(hanging)
        assert len(read(saved(book(2)), pool)) == 2

    @pytest.mark.parametrize("pages_read", [1, 2], ids=["deep in C", "idle"])
    def test_it_ends_with_its_parent(self, saved, pages_read):
        path = saved(laughs(FOR_EVER, before=1) if pages_read == 1 else book(2))
        parent = subprocess.Popen(
            [sys.executable, "-c", PARENT, str(path), str(pages_read)], cwd=HERE, stdout=subprocess.PIPE
        )
        assert parent.stdout is not None
        parent.stdout.readline()
        (worker,) = workers_of(parent.pid)
        time.sleep(0.2)  # for it to get there

        parent.kill()
        parent.wait()
        parent.stdout.close()

        wait_until(lambda: is_gone(worker))

    def test_it_loads_no_encoder_and_no_store_and_its_parent_no_reader(self):
        assert loaded_by("ingest.workers.worker") & {"torch", "numpy", "retrieval", "encoders", "app"} == set()
        assert loaded_by("ingest.workers.pool") & {"torch", "pymupdf", "retrieval"} == set()


PARENT = """
import sys, time
from itertools import islice
from pathlib import Path
from ingest.limits import Limits
from ingest.workers.pool import ReaderPool
from test_workers import task

with ReaderPool(workers=1, limits=Limits()) as pool, pool.read(task(Path(sys.argv[1]))) as reading:
    for page in islice(reading.pages(), int(sys.argv[2])):
        print(page.page.number, flush=True)
    time.sleep(1000)
"""


def loaded_by(module: str) -> set[str]:
    script = f"import {module}, sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


class TestHanging:
    def test_a_page_that_hangs_is_left_out_and_the_others_come(self, saved):
        path = saved(laughs(FOR_EVER, before=2, after=2))
        with ReaderPool(workers=1, limits=Limits(seconds_per_page=1)) as pool:
            pages = read(path, pool)

        assert [page.number for page in pages] == [1, 2, 3, 4, 5]
        assert [page.number for page in pages if page.problem] == [3]
        assert pages[2].problem == "it took more than 1 s, and was left out"
        assert [page.image is not None for page in pages] == [True, True, False, True, True]

    def test_after_some_such_pages_the_file_is_given_up(self, saved):
        path = saved(laughs(FOR_EVER, before=1, hanging=3))
        with ReaderPool(workers=1, limits=Limits(seconds_per_page=1, max_broken_pages=1)) as pool:
            with pool.read(task(path)) as reading:
                pages = reading.pages()
                kept = [next(pages).page.number for _ in range(2)]
                with pytest.raises(
                    DocumentTooLarge,
                    match=r"^file.pdf cannot be read past page 3 \(it took .* pages before it failed too: 1\): print",
                ):
                    next(pages)

            assert kept == [1, 2]
            assert len(read(saved(book(1)), pool)) == 1

    def test_a_file_of_which_nothing_is_left_is_refused(self, saved):
        with (
            ReaderPool(workers=1, limits=Limits(seconds_per_page=1)) as pool,
            pytest.raises(DocumentTooLarge, match=r"cannot be read past page 1 \(it took more than 1 s\)"),
        ):
            read(saved(laughs(FOR_EVER)), pool)

    @only_linux
    def test_a_file_that_does_not_open_in_time_is_refused(self, saved):
        path = saved(book(1))
        with ReaderPool(workers=1, limits=Limits(seconds_to_open=3)) as pool:
            read(path, pool)
            os.kill(the_worker(), signal.SIGSTOP)

            with pytest.raises(DocumentTooLarge, match=r"^file.pdf cannot be opened \(it took more than 3 s\)"):
                read(path, pool)

            assert len(read(path, pool)) == 1

    def test_a_slow_consumer_is_no_hang(self, saved):
        with (
            ReaderPool(workers=1, limits=Limits(seconds_per_page=1)) as pool,
            pool.read(task(saved(book(2)))) as reading,
        ):
            pages = reading.pages()
            next(pages)
            time.sleep(1.5)

            assert next(pages).page.problem is None


@only_linux
class TestCrashing:
    def test_a_page_that_crashes_is_left_out_and_the_others_come(self, saved, pool):
        with pool.read(task(saved(laughs(FOR_EVER, before=1, after=2)))) as reading:
            pages = reading.pages()
            read = [next(pages)]
            os.kill(the_worker(), signal.SIGSEGV)  # while it is on page 2
            read += pages

        assert [(page.page.number, page.page.problem) for page in read] == [
            (1, None),
            (2, "the reader crashed, SIGSEGV, and was left out"),
            (3, None),
            (4, None),
        ]
        assert [page.jpeg is not None for page in read] == [True, False, True, True]

    def test_a_crash_that_an_earlier_file_may_have_prepared_is_tried_again(self, saved, pool):
        good = saved(book(40))
        read(good, pool)

        with pool.read(task(good)) as reading:
            pages = reading.pages()
            numbers = [next(pages).page.number]
            os.kill(the_worker(), signal.SIGSEGV)
            rest = [read.page for read in pages]

        assert numbers + [page.number for page in rest] == list(range(1, 41))
        assert [page.problem for page in rest] == [None] * 39
        assert all(page.image is not None for page in rest)

    def test_a_file_that_crashes_when_it_is_opened_is_refused(self, saved, pool):
        good = saved(book(1))
        read(good, pool)

        with pytest.raises(UnreadableDocument, match=r"^deep.pdf cannot be opened \(the reader crashed, SIGSEGV\)"):
            read(saved(with_deep_outline(100_000), "deep.pdf"), pool)

        assert len(read(good, pool)) == 1

    @needs_poppler
    def test_the_second_renderer_ends_with_the_process(self, saved):
        only_for_poppler = b"[" * 2_000 + b"]" * 2_000  # MuPDF gives up, Poppler goes on and laughs
        path = saved(laughs(FOR_EVER, before=1, after=1, content=only_for_poppler))
        with (
            ReaderPool(workers=1, limits=Limits(seconds_per_page=2)) as pool,
            pool.read(task(path)) as reading,
        ):
            pages = reading.pages()
            next(pages)
            worker = the_worker()
            wait_until(lambda: "pdftoppm" in group(worker))
            rest = [read.page for read in pages]

        assert [(page.number, page.problem) for page in rest] == [
            (2, "it took more than 2 s, and was left out"),
            (3, None),
        ]
        wait_until(lambda: "pdftoppm" not in group(worker))


@only_linux
def test_a_fault_in_the_reader_is_told_and_costs_no_process(saved):
    pdf, text = saved(book(2)), saved(b"Words", "words.txt")
    with ReaderPool(workers=1, limits=Limits(max_pages="many")) as pool:  # wrong on purpose; text is not counted
        read(text, pool)
        before = the_worker()

        with pytest.raises(UnreadableDocument, match=r"^file.pdf cannot be opened \(the reader failed, TypeError: "):
            read(pdf, pool)

        assert read(text, pool)[0].text == "Words"
        assert the_worker() == before


class TestMemory:
    def test_a_file_that_needs_too_much_is_refused_and_the_next_is_read(self, saved):
        bomb, good = saved(png(12_000, 12_000, depth=16), "bomb.png"), saved(book(2))
        with ReaderPool(workers=1, limits=Limits(memory_bytes=256 << 20)) as pool:
            with pytest.raises(
                DocumentTooLarge, match=r"^bomb.png cannot be read past page 1 \(it needs too much memory"
            ):
                read(bomb, pool)

            assert len(read(good, pool)) == 2
