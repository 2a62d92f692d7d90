"""A checkpoint is read strictly: what is wrong with one is said in a line that names file, expected and found."""

import json
import pickle
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from jina_clip_golden import V1, V2, copy_checkpoint, edit_json, edit_weights
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from encoders.base import BrokenCheckpoint
from encoders.jina_clip.config import ClipConfig, read_config
from encoders.jina_clip.encoder import JinaClipEncoder
from encoders.jina_clip.files import is_complete
from encoders.jina_clip.weights import expected_tensors, load_towers


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return copy_checkpoint(V2, tmp_path / "model")


def error_of(folder: Path) -> str:
    with pytest.raises(BrokenCheckpoint) as caught:
        JinaClipEncoder.load(folder, device="cpu")
    message = str(caught.value)
    assert "\n" not in message
    assert str(folder) in message
    return message


def test_the_count_of_tensors_is_told() -> None:
    for folder, count in ((V2, 159), (V1, 107)):
        towers = load_towers(folder, read_config(folder), device=torch.device("cpu"), dtype=torch.float32)
        assert towers.tensors == count


@pytest.mark.parametrize("folder", [V2, V1], ids=["v2", "v1"])
def test_the_modules_ask_for_just_what_the_file_holds(folder: Path) -> None:
    held = {key: tuple(tensor.shape) for key, tensor in load_file(folder / "model.safetensors").items()}

    assert expected_tensors(read_config(folder)) == held


def test_a_missing_tensor_is_named(checkpoint: Path) -> None:
    edit_weights(checkpoint, lambda tensors: tensors.pop("vision_model.blocks.1.mlp.w2.bias"))

    message = error_of(checkpoint)

    assert "model.safetensors: expected vision_model.blocks.1.mlp.w2.bias with shape [341], found none" in message
    assert "158 tensors found, 159 expected" in message


def test_an_unexpected_tensor_is_named(checkpoint: Path) -> None:
    edit_weights(checkpoint, lambda tensors: tensors.update({"vision_model.head.weight": torch.zeros(2)}))

    assert "found vision_model.head.weight, which this model does not have; 1 unexpected" in error_of(checkpoint)


def test_a_wrong_shape_is_told_with_both(checkpoint: Path) -> None:
    key = "text_model.transformer.roberta.encoder.layers.2.mixer.Wqkv.bias"
    edit_weights(checkpoint, lambda tensors: tensors.update({key: torch.zeros(383)}))

    assert f"{key}: expected shape [384], found [383]" in error_of(checkpoint)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_weight_that_is_no_number_is_found(checkpoint: Path, value: float) -> None:
    key = "vision_model.blocks.0.attn.q_bias"
    edit_weights(checkpoint, lambda tensors: tensors[key].__setitem__(3, value))

    assert f"{key}: expected numbers, found NaN or infinity" in error_of(checkpoint)


@pytest.mark.parametrize("keep", [0, 5, 100, 20_000, 2_875_161])
def test_a_truncated_file_is_found(checkpoint: Path, keep: int) -> None:
    weights = checkpoint / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep])

    message = error_of(checkpoint)

    assert "model.safetensors" in message
    assert not is_complete(checkpoint)
    assert f"{keep:,}" in message


def test_a_pickle_under_the_right_name_is_not_opened(checkpoint: Path) -> None:
    (checkpoint / "model.safetensors").write_bytes(pickle.dumps({"logit_scale": 1.0}))

    assert "expected a safetensors file, found a pickle" in error_of(checkpoint)


def test_torchs_own_format_is_not_opened(checkpoint: Path) -> None:
    torch.save({"logit_scale": torch.ones(())}, checkpoint / "model.safetensors")

    assert "expected a safetensors file, found a pickle" in error_of(checkpoint)


def test_a_pickle_in_place_of_the_weights_is_named(checkpoint: Path) -> None:
    (checkpoint / "model.safetensors").rename(checkpoint / "pytorch_model.bin")

    assert "expected model.safetensors, found pytorch_model.bin, a pickle" in error_of(checkpoint)


def test_a_git_lfs_pointer_is_recognised(checkpoint: Path) -> None:
    (checkpoint / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\nsize 1\n")

    assert "Git LFS pointer" in error_of(checkpoint)


def test_missing_files_are_listed(checkpoint: Path) -> None:
    (checkpoint / "tokenizer.json").unlink()

    assert "not found: tokenizer.json" in error_of(checkpoint)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda c: c.update(model_type="bert"), "model_type: expected 'jina_clip', found 'bert'"),
        (
            lambda c: c["text_config"].update(hf_model_name_or_path="xlm-roberta-base"),
            "text_config.hf_model_name_or_path: expected jinaai/jina-embeddings-v3 or",
        ),
        (lambda c: c.pop("vision_config"), "vision_config: expected an object, found None"),
        (
            lambda c: c["vision_config"].update(layers="four"),
            "vision_config.layers: expected a positive whole number, found 'four'",
        ),
        (
            lambda c: c["vision_config"].update(post_norm=True),
            "vision_config.post_norm: expected False, found True",
        ),
        (
            lambda c: c["vision_config"].update(head_width=33),
            "vision_config.width: expected a multiple of head_width 33, found 128",
        ),
        (
            lambda c: c["text_config"].update(pooler_type="cls_pooler"),
            "text_config.pooler_type: expected 'mean_pooler', found 'cls_pooler'",
        ),
        (lambda c: c.update(projection_dim=64), "width of both towers: expected 64, found '128, 128'"),
    ],
)
def test_another_models_config_is_refused(
    checkpoint: Path, edit: Callable[[dict[str, Any]], object], expected: str
) -> None:
    edit_json(checkpoint / "config.json", edit)

    assert f"config.json: {expected}" in error_of(checkpoint)


def test_a_config_of_other_sizes_does_not_load_these_weights(checkpoint: Path) -> None:
    edit_json(checkpoint / "config.json", lambda config: config["vision_config"].update(layers=5))

    assert "expected vision_model.blocks.4." in error_of(checkpoint)


def test_a_config_that_is_no_json_is_refused(checkpoint: Path) -> None:
    (checkpoint / "config.json").write_text("{")

    assert "expected a JSON file" in error_of(checkpoint)


def test_a_tokenizer_file_that_is_none_is_refused(checkpoint: Path) -> None:
    (checkpoint / "tokenizer.json").write_text("{}")

    assert "tokenizer.json: expected a tokenizer" in error_of(checkpoint)


def test_a_tokenizer_of_a_larger_vocabulary_is_refused(tmp_path: Path) -> None:
    folder = copy_checkpoint(V1, tmp_path / "model")
    (folder / "tokenizer.json").write_bytes((V2 / "tokenizer.json").read_bytes())

    assert "expected at most 400 tokens as in config.json, found 1,000" in error_of(folder)


@pytest.mark.parametrize("shape", [(), (1,)])
def test_the_logit_scale_may_be_a_scalar_or_a_list_of_one(checkpoint: Path, shape: tuple[int, ...]) -> None:
    edit_weights(checkpoint, lambda tensors: tensors.update(logit_scale=torch.ones(shape)))

    assert JinaClipEncoder.load(checkpoint, device="cpu").sizes == (64, 128)


# v1's released file may hold a rotary table: nobody could look.


def with_table(tmp_path: Path, name: str, change: Callable[[Tensor], Tensor]) -> JinaClipEncoder:
    folder = copy_checkpoint(V1, tmp_path / name)
    golden = load_file(V1 / "golden.safetensors")
    table = {f"vision_model.rope.freqs_{part}": change(golden[f"vision.rope.{part}"]) for part in ("cos", "sin")}
    edit_weights(folder, lambda tensors: tensors.update(table))
    return JinaClipEncoder.load(folder, device="cpu")


def test_a_rotary_table_in_the_file_is_used(tmp_path: Path) -> None:
    image = [Image.effect_mandelbrot((64, 64), (-2, -1.5, 1, 1.5), 50)]
    plain = JinaClipEncoder.load(V1, device="cpu").encode_images(image)

    same = with_table(tmp_path, "same", torch.clone).encode_images(image)
    other = with_table(tmp_path, "other", torch.neg).encode_images(image)

    assert np.array_equal(same, plain)
    assert np.abs(other - plain).max() > 1e-3


def test_a_rotary_table_of_another_grid_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenCheckpoint, match=r"rope.freqs_sin: expected shape \[16, 32\], found \[9, 32\]"):
        with_table(tmp_path, "smaller", lambda table: table[:9].contiguous())


# The released checkpoint: its configuration as published, and what is known of its file.

RELEASED: dict[str, Any] = {
    "model_type": "jina_clip",
    "projection_dim": 1024,
    "matryoshka_dimensions": [32, 64, 128, 256, 512, 768, 1024],
    "text_config": {
        "embed_dim": 1024,
        "hf_model_name_or_path": "jinaai/jina-embeddings-v3",
        "hf_model_config_kwargs": {
            "lora_alpha": 4,
            "lora_rank": 4,
            "lora_adaptations": ["retrieval.query"],
            "task_instructions": {"retrieval.query": "Represent the query for retrieving evidence documents: "},
        },
        "pooler_type": "mean_pooler",
        "proj_type": None,
    },
    "vision_config": {
        "embed_dim": 1024,
        "head_width": 64,
        "image_size": 512,
        "intp_freq": True,
        "layers": 24,
        "mlp_ratio": 2.6667,
        "patch_size": 14,
        "pt_hw_seq_len": 16,
        "rope_embeddings": True,
        "width": 1024,
    },
}


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> ClipConfig:
    folder = tmp_path_factory.mktemp("released")
    (folder / "config.json").write_text(json.dumps(RELEASED))
    return read_config(folder)


def test_the_released_configuration_gives_the_released_sizes(released: ClipConfig) -> None:
    assert released.sizes == (64, 128, 256, 512, 768, 1024)
    assert (released.vision.grid, released.vision.heads, released.vision.rope_reference) == (36, 16, 16)
    assert (released.text.layers, released.text.vocabulary) == (24, 250_002)
    assert (released.text.rope_base, released.text.lora_scale) == (20_000.0, 1.0)


def test_the_released_file_has_the_tensors_and_the_bytes_we_ask_for(released: ClipConfig) -> None:
    tensors = expected_tensors(released)
    values = sum(prod(shape) for shape in tensors.values())

    assert len(tensors) == 999
    assert values == 865_278_477
    assert 8 + len(safetensors_header(tensors)) + 2 * values == 1_730_688_642


def safetensors_header(tensors: dict[str, tuple[int, ...]]) -> bytes:
    """The header safetensors writes for these tensors in half precision, padded to eight bytes."""
    entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name in sorted(tensors):
        start, end = end, end + 2 * prod(tensors[name])
        entries[name] = {"dtype": "F16", "shape": list(tensors[name]), "data_offsets": [start, end]}
    header = json.dumps(entries, separators=(",", ":")).encode()
    return header + b" " * (-len(header) % 8)
