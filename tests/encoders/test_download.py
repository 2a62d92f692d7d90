"""Fetching a checkpoint from a hub that runs on this machine.

huggingface_hub reads HF_ENDPOINT and HF_HUB_OFFLINE when it is imported, so each download is a process.
"""

import hashlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from filelock import FileLock
from jina_clip_golden import V2, copy_checkpoint

from encoders import registry
from encoders.download import RELEASES, DownloadFailed, Release, accept, accepted, download, is_genuine
from encoders.jina_clip.files import is_complete

REVISION = "0123456789abcdef0123456789abcdef01234567"
WEIGHTS = (V2 / "model.safetensors").read_bytes()
CHUNK = 65_536  # bytes; the library's 10 MB are more than the whole checkpoint
SCRIPT = """
import os, sys
from pathlib import Path
import huggingface_hub.constants
huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE = {chunk}
from encoders.base import EncoderError
from encoders.download import Release, download

def progress(file, done, total):
    print("progress", file, done, total, flush=True)
    if file == "model.safetensors" and done >= {die_at}:
        os._exit(9)

try:
    print("folder", download("tiny", Path({models!r}), progress=progress, releases={{"tiny": {release!r}}}))
except EncoderError as error:
    print("error", type(error).__name__, error)
    sys.exit(1)
"""


class Hub:
    """Answers as the hub does for one repository at one revision, and remembers what was asked."""

    def __init__(self) -> None:
        self.ranges: list[str | None] = []  # of each GET of the weights
        self.breaks_at: int | None = None  # hang up once after so many bytes of the weights
        self.ignores_ranges = False  # send the file from its start whatever was asked, as some mirrors do
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                self._answer(body=False)

            def do_GET(self) -> None:
                self._answer(body=True)

            def _answer(self, *, body: bool) -> None:
                match = re.fullmatch(rf"/maker/tiny/resolve/{REVISION}/([\w.]+)", self.path)
                file = V2 / match[1] if match else None
                if file is None or not file.is_file():
                    self.send_response(404)
                    self.send_header("X-Error-Code", "RevisionNotFound")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                content = file.read_bytes()
                wanted = self.headers.get("Range")
                if body and file.name == "model.safetensors":
                    hub.ranges.append(wanted)
                if hub.ignores_ranges:
                    wanted = None
                start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
                self.send_response(206 if wanted else 200)
                if wanted:
                    self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
                self.send_header("X-Repo-Commit", REVISION)
                self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
                self.send_header("Content-Length", str(len(content) - start))
                self.end_headers()
                if body and hub.breaks_at is not None and file.name == "model.safetensors":
                    self.wfile.write(content[: hub.breaks_at])
                    hub.breaks_at = None
                    self.close_connection = True
                elif body:
                    self.wfile.write(content[start:])

            def log_message(self, *_: object) -> None:
                """Tests are quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    yield hub
    hub.close()


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def release(*, sha256: str = hashlib.sha256(WEIGHTS).hexdigest(), revision: str = REVISION) -> Release:
    return Release("tiny", "maker/tiny", revision, sha256, len(WEIGHTS), licence="none")


def run(
    endpoint: str, models: Path, wanted: Release, *, die_at: int = 1 << 60, **environment: str
) -> subprocess.CompletedProcess[str]:
    script = SCRIPT.format(chunk=CHUNK, die_at=die_at, models=str(models), release=wanted)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    cache = str(models.parent / "hub")
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(registry.__file__).parents[1],
        env={**kept, "HF_ENDPOINT": endpoint, "HF_HOME": cache, "NO_PROXY": "127.0.0.1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_checkpoint_is_fetched_whole_and_with_progress(hub: Hub, models: Path) -> None:
    done = run(hub.endpoint, models, release())

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == f"folder {models / 'tiny'}"
    assert is_complete(models / "tiny")
    assert (models / "tiny" / "model.safetensors").read_bytes() == WEIGHTS
    assert f"progress model.safetensors {len(WEIGHTS)} {len(WEIGHTS)}" in done.stdout
    assert f"progress model.safetensors {CHUNK} {len(WEIGHTS)}" in done.stdout
    assert done.stderr == ""
    assert sorted(path.name for path in (models / "tiny").iterdir()) == [
        "config.json",
        "model.safetensors",
        "preprocessor_config.json",
        "tokenizer.json",
    ]
    assert not (models / "tiny.part").exists()


def test_what_is_there_is_not_fetched_again(hub: Hub, models: Path) -> None:
    run(hub.endpoint, models, release())

    again = run(hub.endpoint, models, release())

    assert again.returncode == 0
    assert "progress" not in again.stdout
    assert hub.ranges == [None]


def test_a_killed_download_is_not_loaded_and_goes_on_where_it_stopped(hub: Hub, models: Path) -> None:
    killed = run(hub.endpoint, models, release(), die_at=len(WEIGHTS) // 2)
    assert killed.returncode == 9
    assert not (models / "tiny").exists()
    assert not any(is_complete(folder) for folder in models.iterdir())

    again = run(hub.endpoint, models, release())

    assert again.returncode == 0, again.stdout + again.stderr
    assert (models / "tiny" / "model.safetensors").read_bytes() == WEIGHTS
    first, second = hub.ranges
    assert first is None
    assert second is not None
    assert int(second.removeprefix("bytes=").rstrip("-")) >= len(WEIGHTS) // 2 - CHUNK


def test_a_connection_that_breaks_is_taken_up_again(hub: Hub, models: Path) -> None:
    hub.breaks_at = len(WEIGHTS) // 2

    done = run(hub.endpoint, models, release())

    assert done.returncode == 0, done.stdout + done.stderr
    assert (models / "tiny" / "model.safetensors").read_bytes() == WEIGHTS
    assert hub.ranges[1:] == [f"bytes={len(WEIGHTS) // 2 // CHUNK * CHUNK}-"]


def test_a_hub_that_cannot_continue_a_file_never_leaves_a_wrong_one(hub: Hub, models: Path) -> None:
    run(hub.endpoint, models, release(), die_at=len(WEIGHTS) // 2)
    hub.ignores_ranges = True

    attempts = [run(hub.endpoint, models, release()) for _ in range(2)]

    assert [attempt.returncode for attempt in attempts][-1] == 0, attempts[-1].stdout + attempts[-1].stderr
    assert (models / "tiny" / "model.safetensors").read_bytes() == WEIGHTS


def test_a_part_longer_than_the_file_is_fetched_anew(hub: Hub, models: Path) -> None:
    (models / "tiny.part").mkdir(parents=True)
    (models / "tiny.part" / "model.safetensors.incomplete").write_bytes(WEIGHTS + b"of another revision")

    done = run(hub.endpoint, models, release())

    assert done.returncode == 0, done.stdout + done.stderr
    assert (models / "tiny" / "model.safetensors").read_bytes() == WEIGHTS


def test_a_damaged_part_is_found_out_and_not_continued_again(hub: Hub, models: Path) -> None:
    (models / "tiny.part").mkdir(parents=True)
    (models / "tiny.part" / "model.safetensors.incomplete").write_bytes(b"x" * (len(WEIGHTS) // 2))

    first, second = (run(hub.endpoint, models, release()) for _ in range(2))

    assert first.returncode == 1
    assert "is not the published file" in first.stdout
    assert second.returncode == 0, second.stdout + second.stderr
    assert (models / "tiny" / "model.safetensors").read_bytes() == WEIGHTS


def test_a_file_that_is_not_the_published_one_is_deleted_and_named(hub: Hub, models: Path) -> None:
    done = run(hub.endpoint, models, release(sha256="0" * 64))

    assert done.returncode == 1
    error = done.stdout.splitlines()[-1]
    assert error.startswith("error DownloadFailed maker/tiny: model.safetensors is not the published file")
    assert "0" * 64 in error
    assert hashlib.sha256(WEIGHTS).hexdigest() in error
    assert not (models / "tiny").exists()
    assert not list(models.rglob("model.safetensors*"))


def test_a_revision_the_hub_does_not_have_is_told(hub: Hub, models: Path) -> None:
    done = run(hub.endpoint, models, release(revision="f" * 40))

    assert done.returncode == 1
    assert "error DownloadFailed tiny was not downloaded. config.json: the hub answered" in done.stdout


def by_hand(models: Path) -> str:
    return (
        "copy config.json, preprocessor_config.json, tokenizer.json, model.safetensors of maker/tiny "
        f"(Hugging Face, revision {REVISION}) into {models / 'tiny'}"
    )


def test_without_a_network_the_error_says_what_to_copy_where(hub: Hub, models: Path) -> None:
    hub.close()

    done = run(hub.endpoint, models, release())

    assert done.returncode == 1
    assert "the hub cannot be reached" in done.stdout
    assert by_hand(models) in done.stdout
    assert "Traceback" not in done.stderr


def test_offline_mode_is_honoured(hub: Hub, models: Path) -> None:
    done = run(hub.endpoint, models, release(), HF_HUB_OFFLINE="1")

    assert done.returncode == 1
    assert "HF_HUB_OFFLINE is set" in done.stdout
    assert by_hand(models) in done.stdout
    assert hub.ranges == []


def test_offline_mode_keeps_nobody_from_what_is_there(hub: Hub, models: Path) -> None:
    copy_checkpoint(V2, models / "tiny")

    done = run(hub.endpoint, models, release(), HF_HUB_OFFLINE="1")

    assert done.returncode == 0
    assert done.stdout.splitlines() == [f"folder {models / 'tiny'}"]


def test_an_incomplete_folder_is_replaced(hub: Hub, models: Path) -> None:
    (models / "tiny").mkdir(parents=True)
    (models / "tiny" / "config.json").write_text("{}")

    assert run(hub.endpoint, models, release()).returncode == 0
    assert is_complete(models / "tiny")


def test_two_downloads_at_once_do_not_write_one_file(hub: Hub, models: Path) -> None:
    models.mkdir()
    with FileLock(models / ".tiny.lock"):
        done = run(hub.endpoint, models, release())

    assert done.returncode == 1
    assert "is being downloaded" in done.stdout
    assert hub.ranges == []


def no_progress(file: str, done: int, total: int) -> None:
    raise AssertionError(f"nothing is to be fetched, {file} was")


def test_too_little_room_is_told_before_a_byte_is_fetched(models: Path) -> None:
    huge = Release("tiny", "maker/tiny", REVISION, "0" * 64, 1 << 60, licence="none")

    with pytest.raises(DownloadFailed, match="make room"):
        download("tiny", models, progress=no_progress, releases={"tiny": huge})


def test_the_released_checkpoint_is_pinned() -> None:
    v2 = RELEASES["jina-clip-v2"]

    assert re.fullmatch("[0-9a-f]{40}", v2.revision)
    assert re.fullmatch("[0-9a-f]{64}", v2.weights_sha256)
    assert "CC BY-NC 4.0" in v2.licence


def test_a_download_under_way_is_not_taken_for_the_model(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(models / "empty"))
    copy_checkpoint(V2, models / "jina-clip-v2.part")

    assert registry.choose("auto", models=models).name == "starter"


def test_the_licence_is_accepted_once_for_all_later_downloads(models: Path) -> None:
    v2 = RELEASES["jina-clip-v2"]
    assert not accepted(v2, models)

    accept(v2, models)

    assert accepted(v2, models)
    assert not accepted(release(), models)


def test_accepting_one_licence_keeps_what_was_accepted_before(models: Path) -> None:
    for one in (release(), RELEASES["jina-clip-v2"]):
        accept(one, models)

    assert accepted(release(), models)


def test_a_licence_in_other_words_is_asked_for_again(models: Path) -> None:
    accept(release(), models)

    changed = Release("tiny", "maker/tiny", REVISION, "0" * 64, 1, licence="for money")

    assert not accepted(changed, models)


@pytest.mark.parametrize("note", ["", "[]", '{"tiny": true}', "\x00"])
def test_a_note_that_cannot_be_read_is_asked_for_again_and_replaced(models: Path, note: str) -> None:
    accept(release(), models)
    (models / ".accepted.json").write_text(note)
    assert not accepted(release(), models)

    accept(release(), models)

    assert accepted(release(), models)


def test_a_models_folder_that_cannot_be_written_is_told(models: Path) -> None:
    models.write_text("a file where the folder should be")

    with pytest.raises(DownloadFailed, match="could not be noted"):
        accept(release(), models)


def test_a_copied_checkpoint_is_genuine_only_to_the_last_byte(tmp_path: Path) -> None:
    copy = copy_checkpoint(V2, tmp_path / "copy")
    assert is_genuine(release(), copy)

    with (copy / "model.safetensors").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))

    assert not is_genuine(release(), copy)
