"""Adding as a job: paused by Ctrl-C or from elsewhere, gone on with, tried again, taken back, told of."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from documents import PAGES, write_pdf

from app.cli import main
from app.job_overview import read_jobs
from app.library import Library
from app.overview import MANIFEST
from app.settings import Settings
from encoders.base import Encoder
from ingest.jobs import Jobs, JobState, NewFile
from ingest.ocr.choice import any_engine

PATIENCE_S = 120  # before a test gives up


@pytest.fixture
def data(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a library that is not there yet, and that every command means."""
    monkeypatch.setenv("POLYGLANCE_DATA", str(settings.data))
    monkeypatch.setenv("POLYGLANCE_MODELS", str(settings.models))
    monkeypatch.setenv("POLYGLANCE_ENCODER", "starter")
    return settings.data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two PDFs of 24 pages: more than a run reads ahead of whoever looks on, so that neither is done by then."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for name in ("one", "two"):
        write_pdf(folder / f"{name}.pdf", [f"{text} {name} {turn}" for turn in range(8) for text in PAGES.values()])
    return folder


@pytest.fixture
def run_json(data: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    def run(*argv: str | Path, code: int = 0) -> Any:
        assert main([str(argument) for argument in argv] + ["--json"]) == code
        return json.loads(capfd.readouterr().out)

    return run


@pytest.fixture
def opened(data: Path, settings: Settings, starter: Encoder) -> Iterator[Library]:
    with Library(settings, encoder=starter) as library:
        yield library


def pause_half_way(library: Library, folder: Path) -> None:
    with closing(library.ingest(folder)) as events:
        while not next(events).pages_read:
            pass


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.05)


def test_ctrl_c_pauses_an_addition_that_resume_completes(settings: Settings, manual: Path, run_json: Any) -> None:
    Library(settings).close()  # so that there is one to look at from the beginning
    manual.with_name("note.txt").write_text("Bread needs salt.")
    command = [sys.executable, "-c", "from app.cli import run; run()", "add", str(manual.parent)]
    with subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as adding:
        wait_for(lambda: any(job.current for job in read_jobs(settings.data)))
        (seen,) = run_json("jobs")["jobs"]
        os.killpg(adding.pid, signal.SIGINT)  # as a terminal does: to all processes of the command
        told = adding.communicate(timeout=PATIENCE_S)[1]

    assert adding.returncode == 130
    assert (seen["id"], seen["state"], seen["files"]) == (1, "running", 2)
    assert told.splitlines() == [
        "Paused: `polyglance jobs resume 1` goes on; `polyglance jobs cancel 1` takes back what is half done (0 of 2 "
        "files done)."
    ]

    resumed = run_json("jobs", "resume")

    assert resumed["job"] == 1
    assert [(one["name"], one["status"], one["pages"]) for one in resumed["documents"]] == [
        ("manual.pdf", "added", 3),
        ("note.txt", "added", 1),
    ]
    assert [job["state"] for job in run_json("jobs")["jobs"]] == ["done"]


def test_a_running_job_is_paused_from_elsewhere(opened: Library, folder: Path, data: Path, run_json: Any) -> None:
    with closing(opened.ingest(folder)) as events:
        while not next(events).pages_read:
            pass
        job = run_json("jobs", "pause")["job"]
        wait_for(lambda: read_jobs(data)[0].state is not JobState.RUNNING)

    assert (job["id"], job["state"], job["wanted"]) == (1, "running", "pause")
    assert run_json("jobs", "show", "1")["job"]["state"] == "paused"
    assert opened.documents() == []


def test_a_running_job_is_cancelled_from_elsewhere(opened: Library, folder: Path, run_json: Any) -> None:
    with closing(opened.ingest(folder)) as events:
        while not next(events).pages_read:
            pass
        assert run_json("jobs", "cancel", "1")["job"]["wanted"] == "cancel"
        for _ in events:
            pass

    shown = run_json("jobs", "show", "1")
    assert shown["job"]["state"] == "cancelled"
    assert {file["state"] for file in shown["files"]} <= {"cancelled", "added"}


@pytest.mark.parametrize("is_open", [True, False], ids=["beside a server", "by itself"])
def test_a_paused_job_is_cancelled(
    data: Path, settings: Settings, starter: Encoder, folder: Path, run_json: Any, *, is_open: bool
) -> None:
    with Library(settings, encoder=starter) as library:
        pause_half_way(library, folder)
        if is_open:
            run_json("jobs", "cancel")
    if not is_open:
        run_json("jobs", "cancel")

    assert [job["state"] for job in run_json("jobs")["jobs"]] == ["cancelled"]
    with Library(settings, encoder=starter) as library:
        assert library.documents() == []
        assert [path for path in (data / "originals").rglob("*") if path.is_file()] == []
        assert library.search("bread") == []


def test_failed_files_are_told_with_their_reason_and_tried_again(
    opened: Library, tmp_path: Path, run_json: Any
) -> None:
    note = tmp_path / "note.txt"
    note.touch()
    opened.add(note)
    opened.close()

    (file,) = run_json("jobs", "show", "1")["files"]
    note.write_text("Bread needs salt.")
    retried = run_json("jobs", "retry", "1")

    assert (file["name"], file["state"]) == ("note.txt", "failed")
    assert "note.txt is empty" in file["error"]
    assert [(one["name"], one["status"]) for one in retried["documents"]] == [("note.txt", "added")]


def test_an_unfinished_job_is_told_of_in_a_line(data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data.mkdir()
    jobs = Jobs(data / MANIFEST)
    jobs.create([NewFile(tmp_path / "note.txt", "note.txt", 1, 1, source=None)])  # by a process that died since
    jobs.close()

    for command in ("list", "status"):
        assert main([command]) == 0
        assert capfd.readouterr().err == (
            "Job 1 is interrupted at 0 of 1 file: `polyglance jobs resume 1` goes on; `polyglance jobs cancel 1` takes "
            "back what is half done.\n"
        )


def test_what_was_finished_is_summed_up_before_the_error_that_ends_the_batch(
    opened: Library, manual: Path, tiny_checkpoint: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    opened.add(manual)
    opened.close()
    manual.with_name("note.txt").write_text("Bread needs salt.")

    assert main(["--encoder", str(tiny_checkpoint), "add", str(manual.parent)]) == 1

    told = capfd.readouterr()
    assert "0 added (0 pages), 1 unchanged, 0 failed" in told.out
    stopped, error = told.err.splitlines()
    assert stopped.startswith("Stopped: `polyglance jobs resume 2` goes on")
    assert error.startswith("Error: This library was made with starter")


def test_people_get_a_table_of_jobs(opened: Library, manual: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (manual.parent / "empty.pdf").touch()
    opened.add(manual.parent)

    assert main(["jobs"]) == 0
    assert main(["jobs", "show", "1"]) == 0

    out = capfd.readouterr().out
    for words in ("done", "2/2", "Job 1, done: 2 of 2 files done, 1 failed.", "manual.pdf", "empty.pdf is empty"):
        assert words in out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["jobs", "show", "7"], "There is no job 7"),
        (["jobs", "resume"], "No job is unfinished"),
        (["jobs", "resume", "1"], "polyglance jobs retry 1"),
        (["jobs", "pause", "1"], "Job 1 is over (done)"),
        (["jobs", "cancel", "1"], "Job 1 is over (done)"),
        (["jobs", "retry", "7"], "There is no job 7"),
        (["--data", "/nowhere", "jobs", "show", "1"], "/nowhere holds no library"),
    ],
)
def test_a_job_that_is_not_there_is_one_line_with_a_remedy(
    opened: Library, argv: list[str], words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    list(opened.ingest())

    assert main(argv) == 1

    error = capfd.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_language_nothing_here_reads_is_refused_before_a_job_is_made(
    data: Path, manual: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", str(manual), "--ocr-language", "tlh"]) == 1

    assert "install" in capfd.readouterr().err
    assert read_jobs(data) == []


@pytest.mark.skipif(not any_engine(), reason="no OCR engine is installed")
def test_ocr_always_reads_pages_by_their_picture(run_json: Any, tmp_path: Path) -> None:
    write_pdf(tmp_path / "one.pdf", [PAGES[1]])

    run_json("add", tmp_path / "one.pdf", "--ocr", "always", "--ocr-language", "en")

    (document,) = run_json("list")["documents"]
    assert (document["pages"], document["ocr_pages"]) == (1, 1)
