"""Vectors for use elsewhere: `polyglance embed`."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from app.cli import ERROR, OK, USAGE, main
from encoders.base import truncate
from encoders.registry import load_encoder

PHOTOS = Path(__file__).parents[1] / "data" / "photos"
TEXTS = ["a cat", "海滩上美丽的日落", ""]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert main([*words, "--json"]) == OK
    printed: dict[str, object] = json.loads(capsys.readouterr().out)
    return printed


def test_texts_give_one_unit_vector_each_in_order(capsys: pytest.CaptureFixture[str], tiny_checkpoint: Path) -> None:
    encoder = load_encoder(str(tiny_checkpoint), models=Path())

    printed = run(capsys, "--encoder", str(tiny_checkpoint), "embed", *TEXTS)

    assert printed["encoder"] == encoder.name
    assert printed["dim"] == encoder.sizes[-1]
    rows = np.array(printed["vectors"], dtype=np.float32)
    assert np.abs(rows - encoder.encode_texts(TEXTS)).max() < 1e-6
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1, 1], abs=1e-6)


def test_a_question_is_encoded_as_one(capsys: pytest.CaptureFixture[str], tiny_checkpoint: Path) -> None:
    encoder = load_encoder(str(tiny_checkpoint), models=Path())

    printed = run(capsys, "--encoder", str(tiny_checkpoint), "embed", "--query", *TEXTS)

    rows = np.array(printed["vectors"], dtype=np.float32)
    assert np.abs(rows - encoder.encode_queries(TEXTS)).max() < 1e-6
    assert np.abs(rows - encoder.encode_texts(TEXTS)).max() > 1e-3


def test_a_smaller_size_is_a_unit_vector_again(capsys: pytest.CaptureFixture[str], tiny_checkpoint: Path) -> None:
    encoder = load_encoder(str(tiny_checkpoint), models=Path())

    printed = run(capsys, "--encoder", str(tiny_checkpoint), "embed", "--dim", "64", *TEXTS)

    assert printed["dim"] == 64
    rows = np.array(printed["vectors"], dtype=np.float32)
    assert np.abs(rows - truncate(encoder.encode_texts(TEXTS), 64)).max() < 1e-6


def test_pictures_are_encoded_as_the_models_authors_do(
    capsys: pytest.CaptureFixture[str], tiny_checkpoint: Path
) -> None:
    golden = load_file(tiny_checkpoint / "golden.safetensors")["images.embedding"]
    names = json.loads((tiny_checkpoint / "golden.json").read_text())["cases"]["images"]["files"]
    files = [str(tiny_checkpoint.parent / "images" / name) for name in names]  # portrait, palette, transparent, ...

    printed = run(capsys, "--encoder", str(tiny_checkpoint), "embed", "--image", *files)

    assert np.abs(np.array(printed["vectors"]) - golden).max() < 1e-6


def test_pictures_can_be_encoded_whole(capsys: pytest.CaptureFixture[str], tiny_checkpoint: Path) -> None:
    files = [PHOTOS / "rocket.jpg", PHOTOS / "chelsea.jpg"]
    encoder = load_encoder(str(tiny_checkpoint), models=Path())

    printed = run(capsys, "--encoder", str(tiny_checkpoint), "embed", "--geometry", "fit", "--image", *map(str, files))

    assert printed["encoder"] == encoder.name
    rows = encoder.encode_images([Image.open(file) for file in files])
    assert np.abs(np.array(printed["vectors"]) - rows).max() < 1e-6


def test_the_starter_needs_no_checkpoint(capsys: pytest.CaptureFixture[str]) -> None:
    printed = run(capsys, "--encoder", "starter", "embed", "a cat", "une chatte")

    first, second = np.array(printed["vectors"])
    assert first @ second > 0.5


def test_without_json_each_line_is_a_vector(capsys: pytest.CaptureFixture[str], tiny_checkpoint: Path) -> None:
    assert main(["--encoder", str(tiny_checkpoint), "embed", "--dim", "64", "one", "two"]) == OK

    lines = capsys.readouterr().out.splitlines()
    assert [len(line.split()) for line in lines] == [64, 64]


def test_a_long_text_is_read_as_far_as_asked(capsys: pytest.CaptureFixture[str], tiny_checkpoint: Path) -> None:
    words = ["--encoder", str(tiny_checkpoint), "embed", "one two three four " * 300 + "the end"]

    cut, whole = run(capsys, *words), run(capsys, *words, "--max-tokens", "4000")

    assert np.abs(np.array(cut["vectors"]) - np.array(whole["vectors"])).max() > 1e-3


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["embed"], USAGE, "give texts"),
        (["embed", "text", "--image", "x.png"], USAGE, "not both"),
        (["embed", "text", "--dim", "9999"], ERROR, "not 9999"),
        (["embed", "text", "--max-tokens", "600"], ERROR, "starter"),
        (["embed", "--image", "missing.png"], ERROR, "missing.png"),
        (["embed", "--image", __file__], ERROR, "test_embedding.py"),
    ],
)
def test_what_cannot_be_embedded_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], words: list[str], status: int, told: str
) -> None:
    assert main(["--encoder", "starter", *words]) == status

    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert told in captured.err
