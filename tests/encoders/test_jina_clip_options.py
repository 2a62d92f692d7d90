"""The encoder in other precisions, compiled, and in 8-bit whole numbers."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from jina_clip_golden import V1, V2, Golden
from torch.utils._python_dispatch import TorchDispatchMode

from encoders.base import Embeddings
from encoders.jina_clip.config import read_config
from encoders.jina_clip.device import choose_device, choose_dtype
from encoders.jina_clip.encoder import JinaClipEncoder
from encoders.jina_clip.weights import load_towers

UNIT = 1e-6  # fp32 rounding on unit vectors


@pytest.fixture(scope="module", params=[V2, V1], ids=["v2", "v1"])
def golden(request: pytest.FixtureRequest) -> Golden:
    return Golden(request.param)


def load(golden: Golden, **options: Any) -> JinaClipEncoder:
    return JinaClipEncoder.load(golden.folder, geometry="crop", device="cpu", **options)


def lowest_cosines(encoder: JinaClipEncoder, golden: Golden) -> tuple[float, float]:
    """Of texts and of pictures, to the reference's vectors in fp32."""
    texts = encoder.encode_texts(golden.cases["strings.passage"]["texts"])
    images = encoder.encode_images(golden.images())
    return lowest(texts, golden["strings.passage.embedding"].numpy()), lowest(
        images, golden["images.embedding"].numpy()
    )


def lowest(ours: Embeddings, theirs: Embeddings) -> float:
    assert ours.dtype == np.float32
    assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-6)
    return float((ours * theirs).sum(axis=1).min())


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_gives_nearly_the_same_unit_vectors(golden: Golden, dtype: Any) -> None:
    encoder = load(golden, dtype=dtype)

    assert min(lowest_cosines(encoder, golden)) >= 0.999
    assert encoder.name == load(golden).name


def test_half_precision_reads_passages_in_context_too(golden: Golden) -> None:
    text, spans = "the cat at the beach, a photo of sunset", [(0, 7), (8, 20), (22, 39)]

    ours = load(golden, dtype="bfloat16").encode_spans(text, spans, context=512)

    assert lowest(ours, load(golden).encode_spans(text, spans, context=512)) >= 0.999


def test_half_precision_really_computes_in_it(golden: Golden) -> None:
    texts = golden.cases["strings.passage"]["texts"]

    difference = np.abs(load(golden, dtype="bfloat16").encode_texts(texts) - load(golden).encode_texts(texts)).max()

    assert difference > 100 * UNIT


def test_rotary_tables_stay_in_fp32(golden: Golden) -> None:
    towers = load_towers(golden.folder, read_config(golden.folder), device=torch.device("cpu"), dtype=torch.bfloat16)
    tables = [
        tensor
        for tower in (towers.vision, towers.text)
        for name, tensor in tower.model.named_buffers()
        if name in ("rope.pos_embed", "rotary_emb.inv_freq")
    ]

    assert len(tables) == (2 if golden.folder == V2 else 1)  # v1's text tower has ALiBi instead
    assert {table.dtype for table in tables} == {torch.float32}
    assert {weight.dtype for weight in towers.vision.parameters()} == {torch.bfloat16}


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(ValueError, match="dtype: expected auto, float32, bfloat16, float16, found 'fp8'"):
        JinaClipEncoder.load(V2, device="cpu", dtype="fp8")  # type: ignore[arg-type]


def test_the_cpu_and_apples_gpu_compute_in_fp32_unless_told() -> None:
    assert choose_dtype("auto", torch.device("cpu")) == torch.float32
    assert choose_dtype("auto", torch.device("mps")) == torch.float32
    assert choose_dtype("float16", torch.device("mps")) == torch.float16
    assert choose_device("cpu") == torch.device("cpu")


class WatchTypes(TorchDispatchMode):
    """Notes the type of every tensor that an operation gives."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[torch.dtype] = set()

    def __torch_dispatch__(
        self, operation: Callable[..., Any], types: Any, arguments: Any = (), options: Any = None
    ) -> Any:
        output = operation(*arguments, **(options or {}))
        outputs = output if isinstance(output, tuple | list) else (output,)
        self.seen.update(tensor.dtype for tensor in outputs if isinstance(tensor, torch.Tensor))
        return output


def test_nothing_is_computed_in_fp64_which_apples_gpu_lacks(golden: Golden) -> None:
    towers = load_towers(golden.folder, read_config(golden.folder), device=torch.device("cpu"), dtype=torch.float32)
    ids = golden["in.input_ids"]

    with torch.no_grad(), WatchTypes() as watch:
        towers.vision(golden["in.pixel_values"])
        towers.text(ids)
        towers.text(ids[:1, :4], padded=False)
        towers.text.pool(ids, torch.ones(len(ids), 2, ids.shape[1]))

    assert torch.float32 in watch.seen
    assert torch.float64 not in watch.seen


@pytest.mark.slow
@pytest.mark.timeout(1800)  # a C++ compiler works on it for minutes
@pytest.mark.skipif(shutil.which("c++") is None, reason="needs a C++ compiler")
def test_compiled_towers_give_the_same_vectors(golden: Golden, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    plain, encoder = load(golden), load(golden, compiled=True)
    batches = [
        ["a cat"],
        ["a photo of a cat"],
        ["a cat", "海滩上美丽的日落"],
        ["a cat", "one", "海滩上美丽的日落 " * 9],
    ]
    images = golden.images()[:6]  # a whole batch and a rest

    for texts in batches:
        assert np.abs(encoder.encode_texts(texts) - plain.encode_texts(texts)).max() <= UNIT
    assert np.abs(encoder.encode_images(images) - plain.encode_images(images)).max() <= UNIT
    spans = [(0, 5), (6, 10)]
    ours, theirs = (each.encode_spans("a cat on the beach", spans, context=512) for each in (encoder, plain))
    assert np.abs(ours - theirs).max() <= UNIT
    assert encoder.name == plain.name
