"""Our code against the reference's own numbers, on small random checkpoints in the official layout."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from jina_clip_golden import V1, V2, Golden, copy_checkpoint, edit_json

from encoders.base import truncate
from encoders.jina_clip.config import read_config
from encoders.jina_clip.encoder import JinaClipEncoder
from encoders.jina_clip.pixels import read_pixel_config, to_pixels
from encoders.jina_clip.tokens import ClipTokenizer
from encoders.jina_clip.weights import Towers, load_towers

FEATURES = 1e-5  # fp32 rounding through a few layers, values up to 6
UNIT = 1e-6  # the same on unit vectors
MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]


@pytest.fixture(scope="module", params=[V2, V1], ids=["v2", "v1"])
def golden(request: pytest.FixtureRequest) -> Golden:
    return Golden(request.param)


@pytest.fixture(scope="module")
def towers(golden: Golden) -> Towers:
    return load(golden.folder)


@pytest.fixture(scope="module")
def encoder(golden: Golden) -> JinaClipEncoder:
    return JinaClipEncoder.load(golden.folder, geometry="crop", device="cpu")


def load(folder: Path) -> Towers:
    return load_towers(folder, read_config(folder), device=torch.device("cpu"), dtype=torch.float32)


def difference(ours: Any, theirs: Any) -> float:
    return float(np.abs(np.asarray(ours) - np.asarray(theirs)).max())


@torch.inference_mode()
def image_difference(towers: Towers, golden: Golden) -> float:
    return difference(towers.vision(golden["in.pixel_values"]), golden["out.image_features"])


@torch.inference_mode()
def text_difference(towers: Towers, golden: Golden, output: str = "out.text_features") -> float:
    return difference(towers.text(golden["in.input_ids"]), golden[output])


def test_image_features_are_the_references(towers: Towers, golden: Golden) -> None:
    assert image_difference(towers, golden) <= FEATURES


def test_text_features_are_the_references(towers: Towers, golden: Golden) -> None:
    assert text_difference(towers, golden) <= FEATURES


def test_the_rotary_table_is_the_references_to_the_last_bit(towers: Towers, golden: Golden) -> None:
    table = torch.cat([golden["vision.rope.sin"], golden["vision.rope.cos"]], dim=-1)

    assert torch.equal(towers.vision.model.get_buffer("rope.pos_embed"), table)


def test_passages_are_encoded_as_by_the_reference(encoder: JinaClipEncoder, golden: Golden) -> None:
    case = golden.cases["strings.passage"]

    assert difference(encoder.encode_texts(case["texts"]), golden["strings.passage.embedding"]) <= UNIT


def test_queries_get_the_instruction_and_are_encoded_as_by_the_reference() -> None:
    golden, encoder = Golden(V2), JinaClipEncoder.load(V2, device="cpu")
    texts = golden.cases["strings.query"]["texts"]

    queries = encoder.encode_queries(texts)

    assert difference(queries, golden["strings.query.embedding"]) <= UNIT
    assert difference(queries, encoder.encode_texts(texts)) > 0.01


def test_v1_has_no_instruction_for_queries() -> None:
    encoder = JinaClipEncoder.load(V1, device="cpu")

    assert np.array_equal(encoder.encode_queries(["a cat"]), encoder.encode_texts(["a cat"]))


def test_a_long_text_is_cut_at_512_tokens_as_by_the_reference(encoder: JinaClipEncoder, golden: Golden) -> None:
    text = golden.cases["strings.long"]["texts"][0]

    assert encoder.count_tokens(text) > encoder.max_tokens == 512
    assert difference(encoder.encode_texts([text]), golden["strings.long.embedding"]) <= UNIT


def test_token_ids_are_the_references(golden: Golden) -> None:
    tokenizer = ClipTokenizer(golden.folder, vocabulary=1000, max_tokens=512)
    cases = [
        golden.cases[name] for name in ("strings.passage", "strings.query", "strings.long") if name in golden.cases
    ]

    assert len(cases) == (2 if golden.folder == V1 else 3)  # v1 has no query instruction
    for case in cases:
        assert tokenizer.encode([case["prefix"] + text for text in case["texts"]]) == case["ids"]


def test_a_tokenizer_file_set_to_cut_and_pad_at_77_is_overruled(tmp_path: Path) -> None:
    """A stored copy of the released file is set so, from the first training stage."""
    stage_one = {
        "truncation": {"direction": "Right", "max_length": 77, "strategy": "LongestFirst", "stride": 0},
        "padding": {
            "strategy": {"Fixed": 77},
            "direction": "Right",
            "pad_to_multiple_of": None,
            "pad_id": 1,
            "pad_type_id": 0,
            "pad_token": "<pad>",
        },
    }
    golden, folder = Golden(V2), copy_checkpoint(V2, tmp_path / "stage-one")
    edit_json(folder / "tokenizer.json", lambda content: content.update(stage_one))
    tokenizer = ClipTokenizer(folder, vocabulary=1000, max_tokens=512)

    for case in ("strings.passage", "strings.long"):
        assert tokenizer.encode(golden.cases[case]["texts"]) == golden.cases[case]["ids"]


def test_the_empty_text_has_a_vector(encoder: JinaClipEncoder, golden: Golden) -> None:
    row = golden.cases["strings.passage"]["texts"].index("")

    assert difference(encoder.encode_texts([""])[0], golden["strings.passage.embedding"][row]) <= UNIT


def test_pictures_of_every_mode_and_shape_become_the_references_pixels(golden: Golden) -> None:
    config = read_pixel_config(golden.folder, read_config(golden.folder).vision)
    # Stored as bytes to keep the repository small; this is torchvision's ToTensor and Normalize.
    channels = golden["images.pixels.shortest"].float().div(255)  # (N, 3, S, S)
    expected = channels.sub(torch.tensor(MEAN).view(3, 1, 1)).div(torch.tensor(STD).view(3, 1, 1))

    pixels = np.stack([to_pixels(image, config, "crop") for image in golden.images()])

    assert np.array_equal(pixels, expected.numpy())


def test_pictures_are_encoded_as_by_the_reference(encoder: JinaClipEncoder, golden: Golden) -> None:
    assert difference(encoder.encode_images(golden.images()), golden["images.embedding"]) <= UNIT


def test_each_size_is_the_normalised_head_of_the_vector(encoder: JinaClipEncoder, golden: Golden) -> None:
    texts, images = golden.cases["strings.passage"]["texts"], golden.images()
    text_rows, image_rows = encoder.encode_texts(texts), encoder.encode_images(images)

    assert difference(truncate(text_rows, 32), golden["strings.passage.embedding.trunc32"]) <= UNIT
    assert difference(truncate(image_rows, 32), golden["images.embedding.trunc32"]) <= UNIT
    for size in (16, 32, 64, *encoder.sizes):
        head = golden["strings.passage.raw"][:, :size]
        expected = torch.nn.functional.normalize(head, dim=-1)
        assert difference(truncate(text_rows, size), expected) <= UNIT


# What the comparisons above must notice.


def spoiled(tmp_path: Path, part: str, **fields: Any) -> Towers:
    folder = copy_checkpoint(V2, tmp_path / "spoiled")
    section = {"text": "text_config", "vision": "vision_config"}[part]

    def edit(config: dict[str, Any]) -> None:
        target = config[section]
        (target["hf_model_config_kwargs"] if part == "text" else target).update(fields)

    edit_json(folder / "config.json", edit)
    return load(folder)


def test_a_quarter_of_the_adapter_is_noticed(tmp_path: Path) -> None:
    """jina-embeddings-v3's own alpha of 1 would scale by 0.25."""
    assert text_difference(spoiled(tmp_path, "text", lora_alpha=1), Golden(V2)) > 0.1


def test_without_the_adapter_the_features_are_the_references_without_it(tmp_path: Path) -> None:
    towers = spoiled(tmp_path, "text", lora_alpha=0)

    assert text_difference(towers, Golden(V2), "debug.text_features_without_lora") <= FEATURES
    assert text_difference(towers, Golden(V2)) > 0.1


def test_the_implementations_default_rotary_base_is_noticed(tmp_path: Path) -> None:
    assert text_difference(spoiled(tmp_path, "text", rotary_emb_base=10_000.0), Golden(V2)) > 100 * FEATURES


def test_a_rotary_table_scaled_to_its_own_grid_is_noticed(tmp_path: Path) -> None:
    assert image_difference(spoiled(tmp_path, "vision", intp_freq=False), Golden(V2)) > 0.1
