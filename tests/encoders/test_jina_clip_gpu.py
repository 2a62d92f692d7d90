"""What must hold on a GPU. `pytest -m gpu` runs it on CUDA, `pytest -m slow` the same on the CPU."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypeAlias

import numpy as np
import pytest
import torch
from jina_clip_full_size import make_checkpoint
from jina_clip_golden import V1, V2, Golden
from PIL import Image

from encoders.base import Embeddings
from encoders.jina_clip.encoder import JinaClipEncoder

pytestmark = pytest.mark.timeout(1800)

Device: TypeAlias = Literal["cpu", "cuda"]

PASSAGE = "a beach at sunset, das Meer, 海滩 "
LENGTHS = (1, 2, 3, 5, 8, 12, 20, 100)  # repeats of it, the last more than 512 tokens
SPARE = 512 * 2**20  # bytes; too few for a first batch, enough for one input


@dataclass(frozen=True)
class Case:
    """A checkpoint with inputs and what they should give: the reference's vectors or, at full size, ours in fp32."""

    folder: Path
    texts: list[str]
    images: list[Image.Image]
    text_rows: Embeddings
    image_rows: Embeddings


@pytest.fixture(
    scope="module", params=[pytest.param("cpu", marks=pytest.mark.slow), pytest.param("cuda", marks=pytest.mark.gpu)]
)
def device(request: pytest.FixtureRequest) -> Device:
    return need(request.param)


def need(device: Device) -> Device:
    if device == "cuda" and not torch.cuda.is_available():
        pytest.fail("torch finds no CUDA device; run `pytest -m gpu` on a machine that has one")
    return device


@pytest.fixture(scope="module")
def full_size() -> Iterator[Case]:
    texts = [PASSAGE * repeats for repeats in LENGTHS]
    images = Golden(V2).images()
    with TemporaryDirectory() as folder:
        encoder = JinaClipEncoder.load(
            make_checkpoint(Path(folder)), geometry="crop", device="cpu", dtype="float32", threads=2
        )
        text_rows, image_rows = encoder.encode_texts(texts), encoder.encode_images(images)
        del encoder
        yield Case(Path(folder), texts, images, text_rows, image_rows)


@pytest.fixture(scope="module", params=["tiny v2", "tiny v1", "full size"])
def case(request: pytest.FixtureRequest) -> Case:
    if request.param == "full size":
        return request.getfixturevalue("full_size")
    golden = Golden({"tiny v2": V2, "tiny v1": V1}[request.param])
    rows = [golden["strings.passage.embedding"].numpy(), golden["images.embedding"].numpy()]
    return Case(golden.folder, golden.cases["strings.passage"]["texts"], golden.images(), rows[0], rows[1])


def load(
    case: Case, device: Device, dtype: Literal["float32", "bfloat16"], *, compiled: bool = False
) -> JinaClipEncoder:
    return JinaClipEncoder.load(case.folder, geometry="crop", device=device, dtype=dtype, compiled=compiled)


def least_cosine(rows: Embeddings, expected: Embeddings) -> float:
    return float((rows * expected).sum(axis=1).min())


def test_fp32_gives_the_vectors_of_the_cpu(device: Device, case: Case) -> None:
    encoder = load(case, device, "float32")

    assert np.abs(encoder.encode_texts(case.texts) - case.text_rows).max() <= 1e-4
    assert np.abs(encoder.encode_images(case.images) - case.image_rows).max() <= 1e-4


def test_bf16_turns_no_vector_noticeably(device: Device, case: Case) -> None:
    encoder = load(case, device, "bfloat16")

    assert least_cosine(encoder.encode_texts(case.texts), case.text_rows) >= 0.999
    assert least_cosine(encoder.encode_images(case.images), case.image_rows) >= 0.999


def test_compiled_towers_give_the_same_vectors(device: Device, case: Case) -> None:
    encoder = load(case, device, "bfloat16", compiled=True)

    assert least_cosine(encoder.encode_texts(case.texts), case.text_rows) >= 0.999
    assert least_cosine(encoder.encode_images(case.images), case.image_rows) >= 0.999


# Memory that really runs out; on the CPU `test_jina_clip_memory.py` sees to it.


@pytest.fixture(scope="module")
def cuda() -> Device:
    return need("cuda")


@contextmanager
def little_memory() -> Iterator[None]:
    """Refuse this process more than so many bytes above what it holds on the GPU."""
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties("cuda").total_memory
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + SPARE) / total)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


@pytest.mark.gpu
def test_texts_are_encoded_in_parts_when_memory_runs_out(
    cuda: Device, full_size: Case, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = load(full_size, cuda, "bfloat16")
    texts = full_size.texts + [full_size.texts[-1]] * 127  # a first batch's budget

    with little_memory():
        rows = encoder.encode_texts(texts)

    assert "ran out of memory" in caplog.text
    assert least_cosine(rows[: len(full_size.texts)], full_size.text_rows) >= 0.999
    assert least_cosine(rows[len(full_size.texts) :], full_size.text_rows[-1:]) >= 0.999


@pytest.mark.gpu
def test_pictures_are_encoded_in_parts_when_memory_runs_out(
    cuda: Device, full_size: Case, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = load(full_size, cuda, "bfloat16")
    images = full_size.images[:4] * 16  # a first batch

    with little_memory():
        rows = encoder.encode_images(images)

    assert "ran out of memory" in caplog.text
    assert least_cosine(rows, np.tile(full_size.image_rows[:4], (len(images) // 4, 1))) >= 0.999
