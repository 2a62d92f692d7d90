"""The small random checkpoints under tests/data/jina_clip, and how to spoil a copy of one."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor

torch.set_num_threads(1)  # matrices this small only wait for each other on a busy machine

DATA = Path(__file__).parents[1] / "data" / "jina_clip"
V2 = DATA / "tiny-jina-clip-v2"
V1 = DATA / "tiny-jina-clip-v1"


class Golden:
    """Inputs and outputs of the reference implementation for one checkpoint."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tensors: dict[str, Tensor] = load_file(folder / "golden.safetensors")
        self.cases: dict[str, Any] = json.loads((folder / "golden.json").read_text(encoding="utf-8"))["cases"]

    def __getitem__(self, name: str) -> Tensor:
        return self.tensors[name]

    def images(self) -> list[Image.Image]:
        return [Image.open(DATA / "images" / name) for name in self.cases["images"]["files"]]


def copy_checkpoint(source: Path, target: Path) -> Path:
    target.mkdir(parents=True)
    for name in ("config.json", "preprocessor_config.json", "tokenizer.json", "model.safetensors"):
        shutil.copyfile(source / name, target / name)
    return target


def edit_json(path: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    edit(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def edit_weights(folder: Path, edit: Callable[[dict[str, Tensor]], object]) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path)
    edit(tensors)
    save_file(tensors, path)
