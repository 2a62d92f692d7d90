"""Makes a jina-clip-v2 checkpoint of full size with random weights, in the official layout.

    python tests/encoders/jina_clip_full_size.py FOLDER

It computes as much as the official one, but its vectors mean nothing. `benchmarks/encoders.py` uses it too.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from encoders.jina_clip.config import read_config
from encoders.jina_clip.files import CONFIG, PREPROCESSOR, TOKENIZER, WEIGHTS
from encoders.jina_clip.sources import LOGIT_SCALE, Shape
from encoders.jina_clip.weights import expected_tensors

TINY = Path(__file__).parents[1] / "data" / "jina_clip" / "tiny-jina-clip-v2"

# As the released config.json has them; what is absent is jina-embeddings-v3's own.
_TEXT_KEYS = (
    "load_trained_adapters",
    "lora_adaptations",
    "lora_alpha",
    "lora_dropout_p",
    "lora_main_params_trainable",
    "lora_rank",
    "task_instructions",
    "use_flash_attn",
)
_VISION = {"embed_dim": 1024, "head_width": 64, "image_size": 512, "layers": 24, "width": 1024}
_SIZES = [32, 64, 128, 256, 512, 768, 1024]
_LOGIT_SCALE = 2.6592
_DEVIATION = 0.02


def make_checkpoint(folder: Path, *, seed: int = 0) -> Path:
    """Write config, preprocessor, tokenizer and weights: 1.7 GB on disk, 2.6 GB of memory while it works.

    Args:
        folder: is made; files of the same names are replaced.
        seed: equal seeds give equal files.

    Returns:
        ``folder``. Its tokenizer is the small one of the tests, whose ids stay below 1,000.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = _read(TINY / CONFIG)
    text = config["text_config"]
    arguments = text["hf_model_config_kwargs"]
    text |= {"embed_dim": 1024, "hf_model_config_kwargs": {key: arguments[key] for key in _TEXT_KEYS}}
    config |= {"projection_dim": 1024, "matryoshka_dimensions": _SIZES, "text_config": text}
    config["vision_config"] |= _VISION
    _write(folder / CONFIG, config)
    _write(folder / PREPROCESSOR, _read(TINY / PREPROCESSOR) | {"size": 512})
    shutil.copyfile(TINY / TOKENIZER, folder / TOKENIZER)
    generator = torch.Generator().manual_seed(seed)
    shapes = expected_tensors(read_config(folder))
    tensors = {key: _tensor(key, shapes[key], generator) for key in sorted(shapes)}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    return folder


def _tensor(key: str, shape: Shape, generator: torch.Generator) -> Tensor:
    """At the scale both libraries initialise with, and norms near 1, so that biases and gains count too."""
    if key == LOGIT_SCALE:
        return torch.tensor(_LOGIT_SCALE, dtype=torch.float16)
    is_gain = len(shape) == 1 and key.endswith("weight")
    return torch.randn(shape, generator=generator).mul_(_DEVIATION).add_(1.0 if is_gain else 0.0).half()


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    make_checkpoint(parser.parse_args().folder)
