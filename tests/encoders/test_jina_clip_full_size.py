"""A checkpoint of the official size: what is read from it, and what smaller numbers cost."""

from collections.abc import Iterator
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from jina_clip_full_size import make_checkpoint
from jina_clip_golden import V2, Golden
from PIL import Image

from encoders.base import Embeddings
from encoders.jina_clip.encoder import JinaClipEncoder
from encoders.jina_clip.files import WEIGHTS, read_header

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ROUNDING = 1e-5  # fp32, of a batch's shape, through 24 layers
TEXTS = ["a cat", "", "海滩上美丽的日落", "Sonnenuntergang am Strand", "one two three " * 20]


@pytest.fixture(scope="module")
def checkpoint() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield make_checkpoint(Path(folder))


@pytest.fixture(scope="module")
def encoder(checkpoint: Path) -> JinaClipEncoder:
    return JinaClipEncoder.load(checkpoint, device="cpu", dtype="float32", threads=2)


@pytest.fixture(scope="module")
def images() -> list[Image.Image]:
    return Golden(V2).images()[:2]


@pytest.fixture(scope="module")
def text_rows(encoder: JinaClipEncoder) -> Embeddings:
    return encoder.encode_texts(TEXTS)


@pytest.fixture(scope="module")
def image_rows(encoder: JinaClipEncoder, images: list[Image.Image]) -> Embeddings:
    return encoder.encode_images(images)


def cosines(rows: Embeddings, others: Embeddings) -> np.ndarray:
    return (rows * others).sum(axis=1)


# The file.


def published_shapes() -> dict[str, tuple[int, ...]]:
    """jina-clip-v2's tensors, written out by hand from the published sizes."""
    width, hidden, mlp, rank = 1024, 2730, 4096, 4
    shapes: dict[str, tuple[int, ...]] = {
        "logit_scale": (),
        "vision_model.cls_token": (1, 1, width),
        "vision_model.pos_embed": (1, 36 * 36 + 1, width),
        "vision_model.patch_embed.proj.weight": (width, 3, 14, 14),
        "vision_model.patch_embed.proj.bias": (width,),
    }

    def add_norm(name: str, size: int) -> None:
        shapes.update({f"{name}.weight": (size,), f"{name}.bias": (size,)})

    def add_linear(name: str, out: int, into: int) -> None:
        shapes.update({f"{name}.weight": (out, into), f"{name}.bias": (out,)})

    def add_adapted(name: str, rows: int, columns: int, *, embedding: bool = False) -> None:
        first, second = ((rows, rank), (rank, columns)) if embedding else ((rank, columns), (rows, rank))
        weight = f"{name}.parametrizations.weight"
        shapes[f"{weight}.original"] = (rows, columns)
        shapes.update({f"{weight}.0.lora_A": (1, *first), f"{weight}.0.lora_B": (1, *second)})
        if not embedding:
            shapes[f"{name}.bias"] = (rows,)

    for number in range(24):
        block = f"vision_model.blocks.{number}"
        for name in ("norm1", "norm2", "attn.inner_attn_ln"):
            add_norm(f"{block}.{name}", width)
        for name in "qkv":
            shapes[f"{block}.attn.{name}_proj.weight"] = (width, width)
        shapes.update({f"{block}.attn.q_bias": (width,), f"{block}.attn.v_bias": (width,)})
        add_linear(f"{block}.attn.proj", width, width)
        add_linear(f"{block}.mlp.w1", hidden, width)
        add_linear(f"{block}.mlp.w2", hidden, width)
        add_norm(f"{block}.mlp.ffn_ln", hidden)
        add_linear(f"{block}.mlp.w3", width, hidden)
    add_norm("vision_model.norm", width)

    text = "text_model.transformer.roberta"
    add_adapted(f"{text}.embeddings.word_embeddings", 250_002, width, embedding=True)
    add_adapted(f"{text}.embeddings.token_type_embeddings", 1, width, embedding=True)
    add_norm(f"{text}.emb_ln", width)
    for number in range(24):
        layer = f"{text}.encoder.layers.{number}"
        add_adapted(f"{layer}.mixer.Wqkv", 3 * width, width)
        add_adapted(f"{layer}.mixer.out_proj", width, width)
        add_adapted(f"{layer}.mlp.fc1", mlp, width)
        add_adapted(f"{layer}.mlp.fc2", width, mlp)
        add_norm(f"{layer}.norm1", width)
        add_norm(f"{layer}.norm2", width)
    return shapes


def test_the_modules_ask_for_the_published_tensors(checkpoint: Path) -> None:
    shapes = {name: tensor.shape for name, tensor in read_header(checkpoint / WEIGHTS).items()}

    assert shapes == published_shapes()
    assert len(shapes) == 999
    assert sum(map(prod, shapes.values())) == 865_278_477


def test_in_f16_the_file_has_the_published_size(checkpoint: Path) -> None:
    assert {tensor.dtype for tensor in read_header(checkpoint / WEIGHTS).values()} == {"F16"}
    assert (checkpoint / WEIGHTS).stat().st_size == 1_730_688_642


# The vectors.


def test_texts_and_pictures_have_unit_vectors(text_rows: Embeddings, image_rows: Embeddings) -> None:
    for rows in (text_rows, image_rows):
        assert rows.shape[1] == 1024
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)


def test_inputs_are_far_enough_apart_for_comparisons_to_mean_something(
    text_rows: Embeddings, image_rows: Embeddings
) -> None:
    for rows in (text_rows, image_rows):
        assert (rows @ rows.T)[~np.eye(len(rows), dtype=bool)].max() < 0.95


def test_a_vector_does_not_depend_on_its_neighbours(
    encoder: JinaClipEncoder, images: list[Image.Image], text_rows: Embeddings, image_rows: Embeddings
) -> None:
    texts_alone = np.concatenate([encoder.encode_texts([text]) for text in TEXTS])
    images_alone = np.concatenate([encoder.encode_images([image]) for image in images])

    assert np.abs(texts_alone - text_rows).max() <= ROUNDING
    assert np.abs(images_alone - image_rows).max() <= ROUNDING


def test_bf16_turns_no_vector_noticeably(
    checkpoint: Path, images: list[Image.Image], text_rows: Embeddings, image_rows: Embeddings
) -> None:
    encoder = JinaClipEncoder.load(checkpoint, device="cpu", dtype="bfloat16")

    assert cosines(encoder.encode_texts(TEXTS), text_rows).min() >= 0.999
    assert cosines(encoder.encode_images(images), image_rows).min() >= 0.999
