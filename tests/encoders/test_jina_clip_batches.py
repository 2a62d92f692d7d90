"""What goes together in a forward pass, and what is prepared meanwhile."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import torch
from jina_clip_golden import DATA, V1, V2
from jina_clip_towers import encoder_of
from PIL import Image

from encoders.jina_clip.batches import prepare_ahead, token_batches
from encoders.jina_clip.config import read_config
from encoders.jina_clip.encoder import JinaClipEncoder
from encoders.jina_clip.weights import Towers, load_towers

ROUNDING = 1e-6  # fp32, of a batch's shape
PATIENCE_S = 60  # for a thread that must come


def test_batches_hold_every_text_once_and_keep_to_the_budget() -> None:
    lengths = [3, 500, 7, 90, 90, 12, 1, 512, 64]

    batches = list(token_batches(lengths, budget=512))

    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert all(len(batch) * max(lengths[index] for index in batch) <= 512 for batch in batches)


def test_a_text_longer_than_the_budget_is_alone() -> None:
    assert list(token_batches([600, 2, 3], budget=512)) == [[0], [2, 1]]


@pytest.mark.parametrize("budget", [4_096, 16_384, 65_536], ids=["CPU", "MPS", "CUDA"])
def test_padding_stays_under_a_tenth_for_texts_of_mixed_lengths(budget: int) -> None:
    for seed in range(20):
        draw = random.Random(seed)
        lengths = [draw.randint(5, 512) for _ in range(256)]

        batches = list(token_batches(lengths, budget=budget))

        padded = sum(len(batch) * max(lengths[index] for index in batch) for batch in batches)
        assert padded <= 1.1 * sum(lengths)
        assert len(batches) <= 32


def test_a_few_short_texts_are_one_batch_whatever_their_lengths() -> None:
    assert len(list(token_batches([20, 15, 10, 5, 3], budget=4_096))) == 1


def test_what_is_prepared_comes_in_order() -> None:
    assert list(prepare_ahead(range(5), lambda batch: batch * batch)) == [(0, 0), (1, 1), (2, 4), (3, 9), (4, 16)]
    assert list(prepare_ahead([], str)) == []


def test_the_next_batch_is_prepared_meanwhile_and_no_other() -> None:
    begun = [Event() for _ in range(6)]

    for batch, _ in prepare_ahead(range(6), lambda batch: begun[batch].set()):
        assert batch == 5 or begun[batch + 1].wait(PATIENCE_S)
        assert not any(later.is_set() for later in begun[batch + 2 :])


def test_an_error_in_preparing_comes_out_where_the_batch_would() -> None:
    def prepare(batch: int) -> float:
        return 6 / (2 - batch)

    prepared = prepare_ahead(range(4), prepare)

    assert [next(prepared), next(prepared)] == [(0, 3.0), (1, 6.0)]
    with pytest.raises(ZeroDivisionError):
        next(prepared)


# Pictures.


@pytest.fixture
def towers() -> Towers:
    return load_towers(V2, read_config(V2), device=torch.device("cpu"), dtype=torch.float32)


class Album(Sequence[Image.Image]):
    """Files opened when a picture is asked for."""

    def __init__(self, pictures: int) -> None:
        self.files = sorted((DATA / "images").iterdir())
        self.asked = [Event() for _ in range(pictures)]

    def __len__(self) -> int:
        return len(self.asked)

    def __getitem__(self, index: int) -> Image.Image:  # type: ignore[override]
        self.asked[index].set()
        return Image.open(self.files[index % len(self.files)])

    def __iter__(self) -> Iterator[Image.Image]:
        return (self[index] for index in range(len(self)))


def test_pictures_are_made_ready_while_the_model_runs_two_batches_at_most(towers: Towers) -> None:
    album = Album(19)
    done: list[int] = []

    def look(_: object, inputs: tuple[torch.Tensor]) -> None:
        shown = sum(done) + len(inputs[0])  # and those before
        if shown < len(album):
            assert album.asked[shown].wait(PATIENCE_S)
        assert not any(later.is_set() for later in album.asked[shown + 4 :])
        done.append(len(inputs[0]))

    towers.vision.register_forward_pre_hook(look)

    rows = encoder_of(towers).encode_images(album)

    assert done == [4, 4, 4, 4, 3]
    plain = JinaClipEncoder.load(V2, device="cpu")
    alone = np.concatenate([plain.encode_images([image]) for image in album])
    assert np.abs(rows - alone).max() <= ROUNDING


def test_one_unread_file_may_be_there_several_times(towers: Towers) -> None:
    image = Album(1)[0]

    rows = encoder_of(towers).encode_images([image] * 7)

    assert np.abs(rows - encoder_of(towers).encode_images(Album(1))).max() <= ROUNDING


def test_a_picture_that_cannot_be_read_is_an_error(tmp_path: Path, towers: Towers) -> None:
    Image.effect_noise((300, 300), 50).save(tmp_path / "cut.png")
    content = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(content[: len(content) // 2])
    images = [*Album(9), Image.open(tmp_path / "cut.png"), *Album(3)]

    with pytest.raises(OSError, match="truncated"):
        encoder_of(towers).encode_images(images)


# Padding and attention.


@pytest.mark.parametrize("folder", [V2, V1], ids=["v2", "v1"])
def test_a_batch_without_padding_needs_no_mask(folder: Path) -> None:
    text = load_towers(folder, read_config(folder), device=torch.device("cpu"), dtype=torch.float32).text
    ids = torch.randint(5, 400, (3, 17), generator=torch.Generator().manual_seed(1))

    with torch.inference_mode():
        difference = (text(ids, padded=False) - text(ids)).abs().max()

    assert difference <= 1e-5


def test_only_batches_with_padding_have_a_mask(towers: Towers) -> None:
    masked: list[bool] = []
    towers.text.model.register_forward_pre_hook(
        lambda module, inputs, options: masked.append(options["attention_mask"] is not None), with_kwargs=True
    )
    encoder = encoder_of(towers)

    encoder.encode_texts(["a cat", "a dog", "a", "the cat"][:1])
    encoder.encode_texts(["a cat", "the beach at sunset"])
    encoder.encode_spans("a cat", [(0, 1), (2, 5)], context=512)
    encoder.encode_texts(["a <pad> cat"])  # spelled out, and masked as by the official code

    assert masked == [False, True, False, True]
