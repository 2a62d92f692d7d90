"""The self-test: what it says of a model that is not the published one, of one that has no figures, and of pictures.

Nobody here has the released weights, so a pass is shown with an encoder made to fit the card's figures.
"""

import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from jina_clip_golden import V1, V2
from PIL import Image

from encoders import card, registry
from encoders.base import Embeddings
from encoders.card import PicturesMissing, fetch_pictures, read_pictures
from encoders.jina_clip.encoder import JinaClipEncoder
from encoders.selftest import Check, SelfTest, run_self_test


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's own switches must not decide what is tested."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="module")
def tiny() -> JinaClipEncoder:
    return JinaClipEncoder.load(V2, geometry="crop", device="cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the local server's files lie."""
    folder = tmp_path / "served"
    folder.mkdir()
    return folder


@pytest.fixture
def pictures(folder: Path) -> list[Path]:
    paths = [folder / "one.jpg", folder / "two.png"]
    for path, colour in zip(paths, ("orange", "navy"), strict=True):
        Image.new("RGB", (90, 60), colour).save(path)
    return paths


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


def serve(handler: type[BaseHTTPRequestHandler] | partial[QuietHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:  # type: ignore[arg-type]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def site(folder: Path) -> Iterator[str]:
    yield from serve(partial(QuietHandler, directory=str(folder)))


class CardEncoder:
    """Gives exactly the card's similarities for the card's inputs, and a vector of its own to anything else."""

    def __init__(self, *, off_by: float = 0.0) -> None:
        self.name, self.sizes, self.max_tokens = f"{card.MODEL}@made/crop", (64, 1024), 512
        self._off_by = off_by
        self._others: dict[object, Embeddings] = {}
        expected = {sentence: figure for sentence, figure in card.SENTENCES.values()}
        self._to_query = {
            text: self._beside_query(figure, axis) for axis, (text, figure) in enumerate(expected.items(), 1)
        }
        first, second = card.QUERY_PICTURES
        rest = np.sqrt(1 - first**2)
        slant = (card.PICTURE_PICTURE - first * second) / rest
        self._pictures = np.zeros((2, 1024), dtype=np.float32)
        self._pictures[0, [0, 20]] = first, rest
        self._pictures[1, [0, 20, 21]] = second, slant, np.sqrt(1 - second**2 - slant**2)

    def _beside_query(self, figure: float, axis: int) -> Embeddings:
        row = np.zeros(1024, dtype=np.float32)
        row[0], row[axis] = figure + self._off_by, np.sqrt(1 - (figure + self._off_by) ** 2)
        return row

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def encode_queries(self, texts: Sequence[str]) -> Embeddings:
        return np.stack(
            [np.eye(1024, dtype=np.float32)[0] if text == card.QUERY else self._other(text) for text in texts]
        )

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        return np.stack([self._to_query.get(text, self._other(text)) for text in texts])

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        return self._pictures if len(images) == 2 else np.stack([self._other(image.tobytes()) for image in images])

    def _other(self, key: object) -> Embeddings:
        return self._others.setdefault(key, np.eye(1024, dtype=np.float32)[100 + len(self._others)])


def of_kind(test: SelfTest, kind: str) -> list[Check]:
    return [check for check in test.checks if check.kind == kind]


def test_a_model_with_the_cards_similarities_passes(pictures: list[Path]) -> None:
    test = run_self_test(CardEncoder(), pictures)

    assert test.passed is True
    assert (len(of_kind(test, "card texts")), len(of_kind(test, "card pictures"))) == (9, 3)
    assert test.lines()[0] == "Self-test of jina-clip-v2@made/crop: passed."


def test_unmet_sanity_is_a_warning_and_no_failure(pictures: list[Path]) -> None:
    test = run_self_test(CardEncoder(), pictures)  # its other vectors are at right angles: no translation is near

    assert any(not check.passed for check in of_kind(test, "sanity"))
    assert test.passed is True
    assert any(line.startswith("Warning: sentences whose nearest neighbour") for line in test.lines())


@pytest.mark.parametrize(("off_by", "passed"), [(0.05, True), (0.07, False), (-0.07, False)])
def test_the_tolerance_divides_pass_from_failure(pictures: list[Path], off_by: float, passed: bool) -> None:
    assert run_self_test(CardEncoder(off_by=off_by), pictures).passed is passed


def test_a_vector_that_is_no_number_fails() -> None:
    assert not Check("card texts", "query", expected=0.5, found=float("nan"), tolerance=0.06).passed


def test_another_model_of_the_same_layout_fails_and_is_told_where(tiny: JinaClipEncoder, pictures: list[Path]) -> None:
    test = run_self_test(tiny, pictures)

    assert test.passed is False
    lines = test.lines()
    assert lines[0] == f"Self-test of {tiny.name}: FAILED."
    assert "Model card, texts: 0 of 9 similarities met" in lines[1]
    assert any("query and its Arabic translation: expected 0.557, found" in line for line in lines)
    assert any("first and second picture: expected 0.934, found" in line for line in lines)
    assert "get the files anew" in lines[-1]


def test_the_texts_alone_can_tell_a_wrong_model(tiny: JinaClipEncoder) -> None:
    test = run_self_test(tiny, addresses=["http://127.0.0.1:9/1.jpg", "http://127.0.0.1:9/2.jpg"])

    assert test.passed is False
    assert of_kind(test, "card pictures") == []


def test_a_model_that_shows_pictures_whole_is_not_held_against_figures_of_cropped_ones(pictures: list[Path]) -> None:
    test = run_self_test(JinaClipEncoder.load(V2, geometry="fit", device="cpu"), pictures)

    assert of_kind(test, "card pictures") == []
    assert "middle square" in test.not_run[0]


def test_an_encoder_without_published_figures_is_neither_passed_nor_failed() -> None:
    test = run_self_test(JinaClipEncoder.load(V1, geometry="crop", device="cpu"))

    assert test.passed is None
    assert test.not_run == ("nobody published similarities for jina-clip-v1.",)
    assert [check.kind for check in test.checks] == ["sanity"] * 6
    assert "not everything could be compared" in test.lines()[0]


def test_vectors_have_length_one_and_do_not_change(tiny: JinaClipEncoder, pictures: list[Path]) -> None:
    length, difference = of_kind(run_self_test(tiny, pictures), "sanity")[:2]

    assert (length.passed, difference.passed) == (True, True)


def test_pictures_are_fetched_where_none_are_given(site: str, pictures: list[Path]) -> None:
    addresses = [f"{site}/{path.name}" for path in pictures]

    fetched = fetch_pictures(addresses)

    assert [image.tobytes() for image in fetched] == [image.tobytes() for image in read_pictures(pictures)]
    assert run_self_test(CardEncoder(), addresses=addresses).passed is True


def test_what_cannot_be_fetched_is_told_with_what_to_do_by_hand() -> None:
    addresses = ["http://127.0.0.1:9/beach1.jpg", "http://127.0.0.1:9/beach2.jpg"]

    test = run_self_test(CardEncoder(), addresses=addresses)

    assert test.passed is None
    (reason,) = test.not_run
    assert reason.startswith("http://127.0.0.1:9/beach1.jpg could not be fetched")
    assert f"save {addresses[0]} and {addresses[1]}" in reason
    assert "polyglance encoders --check --image FIRST --image SECOND" in reason


def test_an_address_that_is_gone_is_told(site: str) -> None:
    with pytest.raises(PicturesMissing, match="404"):
        fetch_pictures([f"{site}/gone.jpg"] * 2)


def test_a_page_in_place_of_a_picture_is_not_taken_for_one(site: str, folder: Path) -> None:
    (folder / "page.jpg").write_text("<html>This picture was removed.</html>")

    with pytest.raises(PicturesMissing, match=r"page\.jpg is not a picture"):
        fetch_pictures([f"{site}/page.jpg"] * 2)


def test_a_picture_cut_short_is_refused(folder: Path, pictures: list[Path]) -> None:
    Image.effect_noise((200, 200), 80).save(folder / "whole.jpg")
    (folder / "short.jpg").write_bytes((folder / "whole.jpg").read_bytes()[:2_000])

    with pytest.raises(PicturesMissing, match=r"short\.jpg is not a picture"):
        read_pictures([folder / "short.jpg", pictures[1]])


class Endless(QuietHandler):
    """Sends zeros for as long as somebody listens."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"\0" * 1_000_000)
        except OSError:
            return


def test_an_endless_answer_is_cut_off() -> None:
    for site in serve(Endless):
        with pytest.raises(PicturesMissing, match="larger than 20,000,000 bytes"):
            fetch_pictures([f"{site}/beach1.jpg"] * 2)


def test_offline_mode_keeps_the_network_untouched(site: str, pictures: list[Path]) -> None:
    # huggingface_hub reads the switch when it is imported, hence a process of its own.
    script = f"from encoders.card import fetch_pictures; fetch_pictures(['{site}/{pictures[0].name}'] * 2)"
    root = Path(registry.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=root,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert "PicturesMissing: HF_HUB_OFFLINE is set" in done.stderr


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_card_has_two_pictures_and_no_other_number_will_do(pictures: list[Path], count: int) -> None:
    with pytest.raises(PicturesMissing, match=f"two pictures, in its order; {count} given"):
        run_self_test(CardEncoder(), (pictures * 2)[:count])


def test_a_picture_that_is_not_there_is_named(tmp_path: Path, pictures: list[Path]) -> None:
    with pytest.raises(PicturesMissing, match=r"nowhere\.jpg"):
        run_self_test(CardEncoder(), [tmp_path / "nowhere.jpg", pictures[0]])


def test_pictures_of_any_mode_become_rgb(folder: Path, pictures: list[Path]) -> None:
    buffer = io.BytesIO()
    Image.new("CMYK", (20, 20)).save(buffer, "JPEG")
    (folder / "cmyk.jpg").write_bytes(buffer.getvalue())

    assert [image.mode for image in read_pictures([folder / "cmyk.jpg", pictures[0]])] == ["RGB", "RGB"]
