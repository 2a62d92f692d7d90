"""`polyglance download` without a hub: the licence is asked for once, and the way out is told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from encoders.download import RELEASES, accept, accepted


def download(models: Path, *words: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "POLYGLANCE_MODELS": str(models), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", "from app.cli import run; run()", "download", "jina-clip-v2", *words]
    return subprocess.run(command, input=answer, capture_output=True, text=True, env=environment, check=False)


def test_whoever_declines_the_licence_gets_nothing(tmp_path: Path) -> None:
    declined = download(tmp_path, answer="n\n")

    assert declined.returncode == 1
    assert "CC BY-NC 4.0" in declined.stdout
    assert not accepted(RELEASES["jina-clip-v2"], tmp_path)


def test_an_accepted_licence_is_not_shown_again(tmp_path: Path) -> None:
    first, second = download(tmp_path, "--yes"), download(tmp_path)

    assert "CC BY-NC 4.0" in first.stdout
    assert "CC BY-NC 4.0" not in second.stdout


def test_without_a_network_it_says_what_to_copy_where(tmp_path: Path) -> None:
    accept(RELEASES["jina-clip-v2"], tmp_path)

    told = download(tmp_path)

    assert told.returncode == 1
    line = " ".join(told.stderr.split())
    assert "HF_HUB_OFFLINE is set" in line
    assert "model.safetensors" in line
    assert str(tmp_path / "jina-clip-v2") in line


@pytest.mark.parametrize("images", [["one.png"], ["one.png", "two.png", "three.png"]])
def test_the_check_wants_the_cards_two_pictures(tiny_checkpoint: Path, images: list[str]) -> None:
    pictures = [word for image in images for word in ("--image", image)]
    command = [sys.executable, "-c", "from app.cli import run; run()", "--encoder", str(tiny_checkpoint)]

    told = subprocess.run([*command, "encoders", "--check", *pictures], capture_output=True, text=True, check=False)

    assert told.returncode == 1
    assert told.stderr.startswith("Error:")
