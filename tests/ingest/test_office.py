"""Office files, which LibreOffice converts where it is installed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from office_files import docx, odp, ods, odt, pptx, rtf, with_macro, xlsx

from ingest.errors import DocumentTooLarge, UnreadableDocument
from ingest.formats import sniff
from ingest.limits import Limits
from ingest.readers.office import find_libreoffice
from ingest.readers.registry import DocumentReader, open_reader
from ingest.types import RASTER_PX, Page

needs_libreoffice = pytest.mark.skipif(find_libreoffice() is None, reason="LibreOffice is not installed")


def opened(path: Path, limits: Limits | None = None, rendition: Path | None = None) -> DocumentReader:
    return open_reader(path, format=sniff(path), name=path.name, limits=limits or Limits(), rendition=rendition)


def pages(path: Path, rendition: Path | None = None) -> list[Page]:
    with opened(path, rendition=rendition) as reader:
        return list(reader.read_pages())


def running(folder: Path) -> list[int]:
    """Processes that work in that folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue  # it has just ended
        if os.fsencode(folder) in command and int(process.name) != os.getpid():
            found.append(int(process.name))
    return found


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """An address, and what was asked for there."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_OPTIONS = do_PROPFIND = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}", asked
        listening.shutdown()


@needs_libreoffice
@pytest.mark.parametrize(
    ("write", "words"),
    [
        (docx, ["Minutes of the meeting"]),
        (odt, ["Minutes of the meeting"]),
        (rtf, ["Minutes of the meeting"]),
        (xlsx, ["Harbour dues"]),
        (ods, ["Harbour dues"]),
        (pptx, ["First slide", "Second slide"]),
        (odp, ["First slide", "Second slide"]),
    ],
)
def test_an_office_file_is_read_as_the_pages_it_prints(tmp_path, write, words):
    read = pages(write(tmp_path / f"file.{write.__name__}"))

    assert [page.number for page in read] == list(range(1, len(words) + 1))
    assert all(wanted in page.text for wanted, page in zip(words, read, strict=True))
    assert all(page.image.size == (RASTER_PX, RASTER_PX) for page in read)


@needs_libreoffice
def test_the_pdf_is_kept_and_read_again(tmp_path, monkeypatch):
    path = docx(tmp_path / "letter.docx")
    kept = tmp_path / "kept" / "rendition.pdf"
    first = pages(path, rendition=kept)
    monkeypatch.setenv("PATH", "")  # LibreOffice is gone

    assert [page.text for page in pages(path, rendition=kept)] == [page.text for page in first]
    assert [file.name for file in kept.parent.iterdir()] == ["rendition.pdf"]


def test_where_libreoffice_is_missing_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    if find_libreoffice() is not None:
        pytest.skip("LibreOffice is where it is always found")

    with pytest.raises(
        UnreadableDocument, match=r"letter\.docx needs LibreOffice, .* apt install .* brew .* winget "
    ) as told:
        opened(docx(tmp_path / "letter.docx"))
    assert "\n" not in str(told.value)


@needs_libreoffice
def test_a_file_that_libreoffice_cannot_open_is_named_and_leaves_nothing(tmp_path):
    path = docx(tmp_path / "letter.docx")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"<w:document", b"<w:dacument"))
    kept = tmp_path / "rendition.pdf"

    with pytest.raises(UnreadableDocument, match=r"letter\.docx (cannot be opened by LibreOffice|is damaged)"):
        pages(path, rendition=kept)
    assert not kept.exists()


def test_a_file_under_a_password_is_named(tmp_path):
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(30, b"\0") + b"\x09\0"
    path = tmp_path / "secret.docx"
    path.write_bytes(header.ljust(512, b"\0") + "EncryptedPackage".encode("utf-16-le").ljust(128, b"\0"))

    with pytest.raises(UnreadableDocument, match=r"secret\.docx needs a password"):
        opened(path)


@needs_libreoffice
def test_links_are_not_followed(tmp_path, server):
    address, asked = server

    pages(odt(tmp_path / "a.odt", picture=f"{address}/a.png", section=f"{address}/b.odt"))

    assert asked == []


@needs_libreoffice
def test_macros_do_not_run(tmp_path):
    trace = tmp_path / "trace"

    (page,) = pages(with_macro(tmp_path / "a.odt", f'Open "{trace}" For Output As #1\nPrint #1, "ran"\nClose #1'))

    assert "Minutes of the meeting" in page.text
    assert not trace.exists()


@needs_libreoffice
def test_one_that_takes_too_long_is_stopped_with_all_its_processes(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = docx(tmp_path / "letter.docx")

    with pytest.raises(DocumentTooLarge, match=r"letter\.docx keeps LibreOffice busy for more than 0\.3 s"):
        opened(path, Limits(seconds_to_convert=0.3))
    assert running(tmp_path) == []
    assert [file.name for file in tmp_path.iterdir()] == ["letter.docx"]


@needs_libreoffice
def test_libreoffice_ends_with_the_process_that_wanted_it(tmp_path):
    path = docx(tmp_path / "letter.docx")
    program = (
        "import sys; from pathlib import Path; from ingest.readers.registry import open_reader;"
        "open_reader(Path(sys.argv[1]), format='docx', name='letter.docx')"
    )
    reader = subprocess.Popen([sys.executable, "-c", program, path], env={**os.environ, "TMPDIR": str(tmp_path)})
    _wait_until(lambda: len(running(tmp_path)) > 2)

    reader.send_signal(signal.SIGKILL)
    reader.wait()

    _wait_until(lambda: not running(tmp_path))


def _wait_until(is_so) -> None:
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)
