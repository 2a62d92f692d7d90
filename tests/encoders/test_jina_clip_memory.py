"""A device whose memory runs out: the batch is tried again in smaller parts, and nothing is lost."""

import os
import subprocess
import sys
import textwrap
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from jina_clip_golden import V1, V2, Golden
from jina_clip_towers import encoder_of
from PIL import Image
from torch import nn

from encoders.base import EncoderError
from encoders.jina_clip.config import read_config
from encoders.jina_clip.encoder import JinaClipEncoder
from encoders.jina_clip.weights import Towers, load_towers

ROUNDING = 1e-6  # fp32, of a batch's shape
ERRORS = {
    "CUDA": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    "MPS": RuntimeError("MPS backend out of memory (MPS allocated: 17.90 GB, other allocations: 1.2 GB)."),
    "CPU": RuntimeError(
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: "
        "you tried to allocate 4096 bytes."
    ),
}
TEXTS = [" ".join(["cat"] * length) for length in range(1, 60)]


@pytest.fixture
def towers() -> Towers:
    return load_towers(V2, read_config(V2), device=torch.device("cpu"), dtype=torch.float32)


@pytest.fixture(scope="module")
def unlimited() -> JinaClipEncoder:
    return JinaClipEncoder.load(V2, device="cpu")


def limit_rows(module: nn.Module, most: int, error: RuntimeError = ERRORS["CUDA"]) -> list[int]:
    """Make a module fail above so many rows; returns the list of how many it was given."""
    given: list[int] = []

    def check(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        given.append(len(inputs[0]))
        if len(inputs[0]) > most:
            raise error

    module.register_forward_pre_hook(check)
    return given


@pytest.mark.parametrize("device", ERRORS)
def test_pictures_are_tried_again_in_halves(towers: Towers, unlimited: JinaClipEncoder, device: str) -> None:
    images = Golden(V2).images()[:6]
    given = limit_rows(towers.vision, 1, ERRORS[device])
    encoder = encoder_of(towers)

    rows = encoder.encode_images(images)
    again = encoder.encode_images(images[:2])

    assert given == [4, 2, *[1] * 6, *[1] * 2]  # the smaller size stays
    assert np.abs(rows - unlimited.encode_images(images)).max() <= ROUNDING
    assert np.array_equal(again, rows[:2])


def test_texts_are_tried_again_in_halves_and_keep_their_order(towers: Towers, unlimited: JinaClipEncoder) -> None:
    given: list[int] = []

    def check(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        given.append(inputs[0].numel())
        if given[-1] > 200:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    towers.text.register_forward_pre_hook(check)
    encoder = encoder_of(towers)

    rows = encoder.encode_texts(TEXTS)
    again = encoder.encode_texts(TEXTS[::-1])[::-1]

    failures = [place for place, tokens in enumerate(given) if tokens > 200]
    assert failures == [0, 1]  # the smaller size stays
    assert np.abs(rows - unlimited.encode_texts(TEXTS)).max() <= ROUNDING
    assert np.abs(again - rows).max() <= ROUNDING


def test_windows_of_a_long_text_are_tried_again_in_halves(towers: Towers, unlimited: JinaClipEncoder) -> None:
    text = " ".join(TEXTS)
    spans = [(start, start + 40) for start in range(0, len(text) - 40, 100)]
    given = limit_rows(towers.text.model.get_submodule("embeddings.word_embeddings"), 3)

    rows = encoder_of(towers).encode_spans(text, spans, context=128)

    assert max(given) > 3
    assert np.abs(rows - unlimited.encode_spans(text, spans, context=128)).max() <= ROUNDING


def test_what_a_failed_attempt_held_is_free_before_the_next(towers: Towers) -> None:
    held: list[weakref.ref[torch.Tensor]] = []

    def fill(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        assert not any(reference() is not None for reference in held)
        if len(inputs[0]) > 1:
            activations = torch.ones(8)
            held.append(weakref.ref(activations))
            raise torch.OutOfMemoryError("CUDA out of memory.")

    towers.vision.register_forward_pre_hook(fill)

    encoder_of(towers).encode_images(Golden(V2).images()[:4])

    assert len(held) == 2


def test_too_little_memory_for_one_input_is_an_error_that_names_device_and_remedy(towers: Towers) -> None:
    limit_rows(towers.vision, 0)
    limit_rows(towers.text, 0)
    encoder = encoder_of(towers)

    with pytest.raises(EncoderError, match="cpu has too little memory for one picture: close other programs"):
        encoder.encode_images([Image.new("RGB", (20, 20))] * 5)
    with pytest.raises(EncoderError, match=r"cpu has too little memory for one text of 4 tokens: .* max_tokens"):
        encoder.encode_texts(["a cat"])


def test_other_errors_are_not_taken_for_it(towers: Towers) -> None:
    given = limit_rows(towers.text, 0, RuntimeError("mat1 and mat2 shapes cannot be multiplied"))

    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        encoder_of(towers).encode_texts(["a cat", "a cat"])

    assert given == [2]


@pytest.mark.skipif(sys.platform != "linux", reason="a process's address space is limited as on Linux")
def test_allocations_that_really_fail_are_tried_again() -> None:
    program = """
        import resource, sys
        import numpy as np, torch
        from pathlib import Path
        from encoders.base import EncoderError
        from encoders.jina_clip.encoder import JinaClipEncoder

        torch.set_num_threads(1)
        encoder = JinaClipEncoder.load(Path(sys.argv[1]), device="cpu", max_tokens=8192)
        # Attention with ALiBi holds 12 x T x T numbers a text: 85 MiB at 1,365 tokens.
        texts = [" ".join(["a"] * length) for length in (1363, 1360, 1357)]
        expected = np.concatenate([encoder.encode_texts([text]) for text in texts])

        def limit(mebibytes):
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            resource.setrlimit(resource.RLIMIT_AS, (pages * 4096 + mebibytes * 2**20, resource.RLIM_INFINITY))

        limit(int(sys.argv[2]))
        print(np.abs(encoder.encode_texts(texts) - expected).max() <= 1e-6)
        limit(100)
        try:
            encoder.encode_texts([" ".join(["a"] * 6000)])
        except EncoderError as error:
            print(error)
        print(np.abs(encoder.encode_texts(["a"]) - encoder.encode_texts(["a", "a"])).max() <= 1e-6)
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(V1), "260"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "MALLOC_ARENA_MAX": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    first, second, third = run.stdout.splitlines()
    assert first == third == "True"
    assert "cpu has too little memory for one text of 6,002 tokens" in second
    assert "ran out of memory" in run.stderr
