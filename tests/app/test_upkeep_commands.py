"""verify, duplicates and watch on the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.cli import OK, SOME_FAILED, main
from app.overview import read_documents
from app.settings import Settings
from ingest.files import Files

PATIENCE_S = 120  # before a test gives up


@pytest.fixture
def data(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a library that is not there yet, and that every command means."""
    monkeypatch.setenv("POLYGLANCE_DATA", str(settings.data))
    monkeypatch.setenv("POLYGLANCE_MODELS", str(settings.models))
    monkeypatch.setenv("POLYGLANCE_ENCODER", "starter")
    return settings.data


def test_verify_names_a_problem_and_mends_it(data: Path, manual: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["add", str(manual), str(manual)]) == OK
    (document,) = read_documents(data)
    Files(data).raster(document.id, 2).unlink()
    capfd.readouterr()

    assert main(["verify"]) == SOME_FAILED
    told = capfd.readouterr().out
    assert f"manual.pdf ({document.id[:8]}) lacks whole pictures of 1 of 3 pages (page 2). --repair draws them" in told
    assert "1 document, 6 points: 1 problem." in told

    assert main(["verify", "--repair", "--json"]) == OK
    verified = json.loads(capfd.readouterr().out)
    assert (verified["left"], verified["problems"][0]["ending"]) == (0, "mended")

    assert main(["verify"]) == OK
    assert capfd.readouterr().out == "1 document, 6 points: everything agrees.\n"


def test_duplicates_are_shown_page_by_page_or_as_ranges(
    data: Path, manual: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    again = manual.with_name("again.pdf")
    again.write_bytes(manual.read_bytes() + b"% another end")
    note = manual.with_name("note.txt")
    note.write_text("The moon circles the earth once a month.", encoding="utf-8")
    assert main(["add", str(manual), str(again), str(note)]) == OK
    capfd.readouterr()

    assert main(["duplicates"]) == OK
    told = capfd.readouterr().out
    assert told.strip().endswith(": 3 pages, of the first 1-3")
    assert set(told.partition(":")[0].split(" = ")) == {"manual.pdf", "again.pdf"}

    assert main(["duplicates", "--json"]) == OK
    found = json.loads(capfd.readouterr().out)
    assert [{page["page"] for page in group} for group in found["pages"]] == [{1}, {2}, {3}]
    assert found["files"] == []


def test_a_watch_tells_each_change_and_ends_at_ctrl_c(data: Path, manual: Path) -> None:
    environment = {
        **os.environ,
        "POLYGLANCE_DATA": str(data),
        "POLYGLANCE_MODELS": str(data.parent / "models"),
        "POLYGLANCE_ENCODER": "starter",
        "PYTHONUNBUFFERED": "1",
    }
    output = data.parent / "output"
    with output.open("w") as file:
        command = [sys.executable, "-c", "from app.cli import run; run()", "watch", str(manual.parent)]
        process = subprocess.Popen(command, stdout=file, stderr=file, env=environment, cwd=Path(__file__).parents[2])

    def await_line(beginning: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not any(line.startswith(beginning) for line in output.read_text().splitlines()):
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.1)

    try:
        await_line("added    manual.pdf, 3 pages")
        manual.rename(manual.with_name("handbook.pdf"))
        await_line("renamed  manual.pdf to handbook.pdf")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == OK
    finally:
        process.kill()

    assert output.read_text().splitlines()[-1] == "Stopped. What was finished is kept."
    assert [document.name for document in read_documents(data)] == ["handbook.pdf"]
    assert main(["verify"]) == OK


def test_a_folder_that_is_none_is_refused(data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", str(tmp_path / "typo")]) == 1

    assert "is no folder: check the path" in capfd.readouterr().err
