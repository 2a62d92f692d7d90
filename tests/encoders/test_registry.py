"""Which encoder is used, and what people are told about it."""

import subprocess
import sys
from pathlib import Path

import pytest
from jina_clip_golden import V1, V2, copy_checkpoint, edit_json

from encoders import registry
from encoders.base import BrokenCheckpoint, UnknownEncoder
from encoders.download import RELEASES
from encoders.registry import EncoderStatus, choose, list_encoders, load_encoder

UPGRADE = "polyglance download jina-clip-v2"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Hugging Face cache in place of the machine's own."""
    folder = tmp_path / "hub"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(folder))
    return folder


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


def by_name(rows: list[EncoderStatus]) -> dict[str, EncoderStatus]:
    return {row.name: row for row in rows}


def test_auto_takes_the_starter_where_there_is_nothing_better_and_says_why(models: Path) -> None:
    chosen = choose("auto", models=models)

    assert (chosen.name, chosen.checkpoint) == ("starter", None)
    assert "jina-clip-v2 is not on this machine" in chosen.reason
    assert UPGRADE in chosen.reason


def test_auto_takes_jina_clip_v2_from_the_models_folder(models: Path) -> None:
    folder = copy_checkpoint(V2, models / "jina-clip-v2")

    chosen = choose("auto", models=models)

    assert (chosen.name, chosen.checkpoint) == ("jina-clip-v2", folder)


def test_auto_takes_jina_clip_v2_from_the_hugging_face_cache(models: Path, cache: Path) -> None:
    snapshots = cache / "models--jinaai--jina-clip-v2" / "snapshots"
    copy_checkpoint(V2, snapshots / "0000000000000000000000000000000000000000")
    assert choose("auto", models=models).checkpoint == snapshots / ("0" * 40)

    pinned = copy_checkpoint(V2, snapshots / RELEASES["jina-clip-v2"].revision)
    assert choose("auto", models=models).checkpoint == pinned


def test_a_snapshot_without_weights_is_passed_over(models: Path, cache: Path) -> None:
    """As after someone fetched the tokenizer alone."""
    folder = copy_checkpoint(V2, cache / "models--jinaai--jina-clip-v2" / "snapshots" / "abc")
    (folder / "model.safetensors").unlink()

    assert choose("auto", models=models).name == "starter"


def test_a_damaged_checkpoint_is_not_taken_and_not_hidden(models: Path) -> None:
    weights = copy_checkpoint(V2, models / "jina-clip-v2") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])

    chosen = choose("auto", models=models)

    assert chosen.name == "starter"
    assert "damaged" in chosen.reason
    assert str(weights) in chosen.reason


def test_an_encoder_asked_for_but_absent_is_an_error_that_says_how_to_get_it(models: Path) -> None:
    with pytest.raises(UnknownEncoder, match=UPGRADE) as caught:
        choose("jina-clip-v2", models=models)
    assert str(models / "jina-clip-v2") in str(caught.value)

    with pytest.raises(UnknownEncoder, match="copy the files of jinaai/jina-clip-v1"):
        choose("jina-clip-v1", models=models)


def test_an_unknown_name_is_answered_with_the_known_ones(models: Path) -> None:
    with pytest.raises(UnknownEncoder, match=r"'clip'.*auto, starter, jina-clip-v2, jina-clip-v1, or a folder"):
        choose("clip", models=models)


def test_a_folder_is_taken_for_what_its_configuration_says(models: Path) -> None:
    assert choose(str(V2), models=models).name == "jina-clip-v2"
    assert choose(str(V1), models=models).name == "jina-clip-v1"


def test_a_folder_that_is_no_checkpoint_is_refused(models: Path) -> None:
    with pytest.raises(BrokenCheckpoint, match=r"not found: config\.json"):
        choose(str(models), models=models)

    other = copy_checkpoint(V2, models / "other")
    edit_json(other / "config.json", lambda config: config.update(model_type="siglip"))
    with pytest.raises(BrokenCheckpoint, match="expected 'jina_clip', found 'siglip'"):
        choose(str(other), models=models)


def test_the_list_names_all_encoders_and_marks_the_active_one(models: Path) -> None:
    rows = by_name(list_encoders("auto", models=models))

    assert list(rows) == ["jina-clip-v2", "jina-clip-v1", "starter"]
    assert [row.active for row in rows.values()] == [False, False, True]
    assert [row.available for row in rows.values()] == [False, False, True]
    assert rows["jina-clip-v2"].upgrade == rows["starter"].upgrade == UPGRADE
    assert rows["jina-clip-v1"].upgrade is None


def test_the_starter_is_described_with_its_limits(models: Path) -> None:
    starter = by_name(list_encoders(models=models))["starter"]

    assert "ar de en es fr it ja ko nl pl pt ru th tr zh zh-TW" in starter.can
    assert "1,000 everyday objects" in starter.cannot
    assert "pages" in starter.cannot


def test_nothing_is_left_to_upgrade_once_the_best_is_active(models: Path) -> None:
    copy_checkpoint(V2, models / "jina-clip-v2")

    rows = by_name(list_encoders("auto", models=models))

    assert rows["jina-clip-v2"].active
    assert str(models / "jina-clip-v2") in rows["jina-clip-v2"].reason
    assert all(row.upgrade is None for row in rows.values())
    assert not rows["starter"].active


def test_a_folder_marks_its_family_active(models: Path) -> None:
    rows = by_name(list_encoders(str(V1), models=models))

    assert [name for name, row in rows.items() if row.active] == ["jina-clip-v1"]
    assert str(V1) in rows["jina-clip-v1"].reason


def test_a_choice_that_cannot_be_met_leaves_none_active(models: Path) -> None:
    assert not any(row.active for row in list_encoders("jina-clip-v2", models=models))


def test_a_folder_is_loaded(models: Path) -> None:
    encoder = load_encoder(str(V2), models=models)

    assert encoder.name.startswith("jina-clip-v2@")
    assert encoder.encode_texts(["a cat"]).shape == (1, 128)


def test_the_starter_is_loaded_where_there_is_nothing_better(models: Path) -> None:
    assert load_encoder("auto", models=models, threads=1).name.startswith("starter@")


def test_listing_imports_neither_torch_nor_the_hub_library(models: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from encoders.registry import list_encoders;"
        f"list_encoders('auto', models=Path({str(models)!r}));"
        "print(sorted({'torch', 'timm', 'transformers', 'huggingface_hub.file_download'} & set(sys.modules)))"
    )
    root = Path(registry.__file__).parents[1]

    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
