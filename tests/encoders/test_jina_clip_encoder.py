"""What the jina-clip encoder promises beyond equal numbers."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from jina_clip_golden import V1, V2, Golden, copy_checkpoint, edit_json, edit_weights
from PIL import Image, ImageDraw

from encoders.base import BrokenCheckpoint, EncoderError
from encoders.jina_clip.config import read_config
from encoders.jina_clip.encoder import JinaClipEncoder
from encoders.jina_clip.pixels import PixelConfig, read_pixel_config, to_pixels

ROUNDING = 1e-6  # fp32, of a batch's shape
TEXTS = ["a cat", "", "海滩上美丽的日落 " * 40, "Sonnenuntergang", "one two three " * 20, "x"]


@pytest.fixture(scope="module")
def encoder() -> JinaClipEncoder:
    return JinaClipEncoder.load(V2, device="cpu")


@pytest.fixture(scope="module")
def images() -> list[Image.Image]:
    return Golden(V2).images()


def test_rows_are_unit_float32(encoder: JinaClipEncoder, images: list[Image.Image]) -> None:
    for rows in (encoder.encode_texts(TEXTS), encoder.encode_queries(TEXTS), encoder.encode_images(images)):
        assert rows.dtype == np.float32
        assert rows.shape[1] == encoder.sizes[-1] == 128
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)


def test_nothing_in_gives_a_matrix_of_no_rows(encoder: JinaClipEncoder) -> None:
    assert encoder.encode_texts([]).shape == (0, 128)
    assert encoder.encode_queries([]).shape == (0, 128)
    assert encoder.encode_images([]).shape == (0, 128)


def test_a_texts_vector_does_not_depend_on_its_neighbours(encoder: JinaClipEncoder) -> None:
    alone = np.concatenate([encoder.encode_texts([text]) for text in TEXTS])

    together = encoder.encode_texts(TEXTS)
    backwards = encoder.encode_texts(TEXTS[::-1])[::-1]

    assert np.abs(together - alone).max() <= ROUNDING
    assert np.abs(backwards - alone).max() <= ROUNDING


def test_v1_texts_do_not_depend_on_their_neighbours_either() -> None:
    encoder = JinaClipEncoder.load(V1, device="cpu")
    alone = np.concatenate([encoder.encode_texts([text]) for text in TEXTS])

    assert np.abs(encoder.encode_texts(TEXTS) - alone).max() <= ROUNDING


def test_more_pictures_than_a_batch_keep_their_order(encoder: JinaClipEncoder, images: list[Image.Image]) -> None:
    alone = np.concatenate([encoder.encode_images([image]) for image in images])

    assert np.abs(encoder.encode_images(images) - alone).max() <= ROUNDING


def test_threads_may_share_an_encoder(encoder: JinaClipEncoder, images: list[Image.Image]) -> None:
    torch.set_num_threads(
        1
    )  # for all threads: another test's thread may have set another number, which rounds otherwise
    texts, pictures = encoder.encode_texts(TEXTS), encoder.encode_images(images)

    with ThreadPoolExecutor(4) as pool:
        text_runs = [pool.submit(encoder.encode_texts, TEXTS) for _ in range(4)]
        image_runs = [pool.submit(encoder.encode_images, images) for _ in range(4)]

    assert all(np.array_equal(run.result(), texts) for run in text_runs)
    assert all(np.array_equal(run.result(), pictures) for run in image_runs)


def test_sizes_start_at_the_smallest_that_was_trained(encoder: JinaClipEncoder) -> None:
    assert encoder.sizes == (64, 128)  # the file also names 16 and 32
    assert JinaClipEncoder.load(V1, device="cpu").sizes == (96,)


def test_tokens_are_counted_beyond_the_limit_and_without_the_special_ones(encoder: JinaClipEncoder) -> None:
    assert encoder.count_tokens("") == 0
    assert encoder.count_tokens("a photo of a cat") == 5
    assert encoder.count_tokens("a photo of a cat " * 1000) == 5000


def test_a_longer_limit_reads_more_of_a_text() -> None:
    text = "beach sunset " * 400
    short = JinaClipEncoder.load(V2, device="cpu")
    long = JinaClipEncoder.load(V2, device="cpu", max_tokens=8192)

    assert long.max_tokens == 8192
    assert np.abs(short.encode_texts([text]) - long.encode_texts([text])).max() > 1e-4


def test_the_name_tells_everything_that_changes_vectors(tmp_path: Path, encoder: JinaClipEncoder) -> None:
    moved = copy_checkpoint(V2, tmp_path / "elsewhere")
    tuned = copy_checkpoint(V2, tmp_path / "tuned")
    edit_weights(tuned, lambda tensors: tensors["vision_model.norm.bias"].add_(1))
    rescaled = copy_checkpoint(V2, tmp_path / "rescaled")
    edit_json(
        rescaled / "config.json",
        lambda config: config["text_config"]["hf_model_config_kwargs"].update(lora_alpha=8),
    )

    names = {JinaClipEncoder.load(folder, device="cpu").name for folder in (V2, tuned, rescaled)}

    assert encoder.name.startswith("jina-clip-v2@")
    assert encoder.name.endswith("/fit")
    assert JinaClipEncoder.load(moved, device="cpu").name == encoder.name
    assert JinaClipEncoder.load(V2, device="cpu", geometry="crop").name not in names
    assert len(names) == 3


@pytest.mark.parametrize(("weight", "bias"), [(1e25, 0.0), (0.0, 0.0)], ids=["overflow", "all zero"])
def test_a_vector_without_direction_is_an_error_and_not_a_result(tmp_path: Path, weight: float, bias: float) -> None:
    def spoil(tensors: dict[str, torch.Tensor]) -> None:
        tensors["vision_model.norm.weight"] = torch.full((128,), weight)
        tensors["vision_model.norm.bias"] = torch.full((128,), bias)

    folder = copy_checkpoint(V2, tmp_path / "damaged")
    edit_weights(folder, spoil)
    encoder = JinaClipEncoder.load(folder, device="cpu")

    with pytest.raises(EncoderError, match="weights may be damaged"):
        encoder.encode_images([Image.new("RGB", (20, 20), "red")])


# How a whole page reaches the model.


@pytest.fixture(scope="module")
def pixel_config() -> PixelConfig:
    return read_pixel_config(V2, read_config(V2).vision)


def to_bytes(image: Image.Image, config: PixelConfig) -> np.ndarray:
    """The fitted picture as the model gets it, back in (S, S, 3) bytes."""
    pixels = to_pixels(image, config, "fit").transpose(1, 2, 0) * config.std + config.mean
    return np.rint(pixels * 255).astype(np.uint8)


def test_fit_keeps_all_corners_inside_what_the_model_sees(pixel_config: PixelConfig) -> None:
    page = Image.new("RGB", (700, 990), "blue")
    draw = ImageDraw.Draw(page)
    corners = {"red": (0, 0), "lime": (600, 0), "yellow": (0, 890), "magenta": (600, 890)}
    for colour, (x, y) in corners.items():
        draw.rectangle((x, y, x + 99, y + 99), fill=colour)

    seen = to_bytes(page, pixel_config)[: pixel_config.seen, : pixel_config.seen].reshape(-1, 3).tolist()

    for colour in ([255, 0, 0], [0, 255, 0], [255, 255, 0], [255, 0, 255]):
        assert seen.count(colour) > 20, colour


def test_fit_puts_white_around_and_nothing_where_the_model_does_not_look(pixel_config: PixelConfig) -> None:
    square = to_bytes(Image.new("RGB", (100, 50), "blue"), pixel_config)

    assert square.shape == (104, 104, 3)
    assert pixel_config.seen == 98
    assert (square[0] == 255).all()
    assert (square[:, 98:] == 255).all()
    assert (square[49, 0] == [0, 0, 255]).all()
    assert (square[49, 97] == [0, 0, 255]).all()


def test_fit_shows_transparent_pictures_on_white(pixel_config: PixelConfig) -> None:
    square = to_bytes(Image.new("RGBA", (50, 50), (0, 0, 0, 0)), pixel_config)

    assert (square == 255).all()


@pytest.mark.parametrize("size", [(1, 1), (5000, 1), (1, 5000)])
def test_pictures_of_extreme_shape_have_a_vector(encoder: JinaClipEncoder, size: tuple[int, int]) -> None:
    assert encoder.encode_images([Image.new("RGB", size, "red")]).shape == (1, 128)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("size", 224, "size: expected 104"),
        ("mean", [0.5], "mean: expected three"),
        ("interpolation", "nearest", "interpolation: expected 'bicubic'"),
    ],
)
def test_a_preprocessor_file_of_another_model_is_refused(
    tmp_path: Path, field: str, value: object, message: str
) -> None:
    folder = copy_checkpoint(V2, tmp_path / "copy")
    edit_json(folder / "preprocessor_config.json", lambda content: content.update({field: value}))

    with pytest.raises(BrokenCheckpoint, match=message):
        JinaClipEncoder.load(folder, device="cpu")
