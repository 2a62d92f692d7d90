"""A checkpoint's ``config.json`` as typed sizes.

The released files name sizes only where they differ from the model they build on, so each family's base
configuration (jina-embeddings-v3, jina-bert-flash) is written here as defaults.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from encoders.base import BrokenCheckpoint
from encoders.jina_clip.files import CONFIG, read_json

Family: TypeAlias = Literal["jina-clip-v2", "jina-clip-v1"]

SMALLEST_SIZE = 64  # the technical report trains Matryoshka sizes from 64; config.json also names 32

_FAMILIES: dict[str, Family] = {
    "jinaai/jina-embeddings-v3": "jina-clip-v2",
    "jinaai/jina-bert-flash-implementation": "jina-clip-v1",
}
_TEXT_DEFAULTS: dict[Family, dict[str, Any]] = {
    "jina-clip-v2": {
        "hidden_size": 1024,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "intermediate_size": 4096,
        "vocab_size": 250_002,
        "type_vocab_size": 1,
        "layer_norm_eps": 1e-5,
        "pad_token_id": 1,
        "rotary_emb_base": 20_000.0,  # the implementation's own default of 10,000 gives wrong vectors
        "max_position_embeddings": 8194,
        "hidden_act": "gelu",
        "lora_rank": 4,
        "lora_alpha": 1,
    },
    "jina-clip-v1": {
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
        "vocab_size": 30_528,
        "type_vocab_size": 2,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
        "rotary_emb_base": 0.0,  # ALiBi instead
        "max_position_embeddings": 8192,
        "hidden_act": "gelu",
        "lora_rank": 0,
        "lora_alpha": 0,
    },
}
_QUERY_TASK = "retrieval.query"


@dataclass(frozen=True, slots=True)
class VisionConfig:
    """Sizes of the EVA02 tower."""

    width: int
    layers: int
    heads: int
    image_size: int  # pixels
    patch_size: int  # pixels
    mlp_ratio: float
    rope_reference: int  # side of the grid whose positions the rotary table is scaled to

    @property
    def grid(self) -> int:
        """Patches along one side."""
        return self.image_size // self.patch_size


@dataclass(frozen=True, slots=True)
class TextConfig:
    """Sizes of the text tower."""

    width: int
    layers: int
    heads: int
    mlp_width: int
    vocabulary: int
    token_types: int
    norm_eps: float
    pad_id: int
    rope_base: float
    longest: int  # tokens, special ones included
    lora_rank: int  # 0: no adapter
    lora_scale: float
    query_prefix: str


@dataclass(frozen=True, slots=True)
class ClipConfig:
    """Everything a checkpoint's ``config.json`` decides."""

    family: Family
    vision: VisionConfig
    text: TextConfig
    sizes: tuple[int, ...]  # Matryoshka sizes, ascending; the last is the full width


def read_config(folder: Path) -> ClipConfig:
    """Read ``config.json`` of a checkpoint folder.

    Raises:
        BrokenCheckpoint: it is of another model, or names a size or a switch this code does not support.
    """
    return _ConfigReader(folder / CONFIG).read()


class _ConfigReader:
    """Reads fields with their full name at hand for the error."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._root = read_json(path)

    def read(self) -> ClipConfig:
        self._expect("", self._root, "model_type", "jina_clip")
        vision, text = self._section("vision_config"), self._section("text_config")
        base = text.get("hf_model_name_or_path")
        if base not in _FAMILIES:
            raise self._error("text_config.hf_model_name_or_path", " or ".join(_FAMILIES), base)
        family = _FAMILIES[base]
        config = ClipConfig(family, self._vision(vision), self._text(text, family), self._sizes())
        if not config.vision.width == config.text.width == config.sizes[-1]:
            raise self._error(
                "width of both towers", f"{config.sizes[-1]}", f"{config.vision.width}, {config.text.width}"
            )
        return config

    def _vision(self, section: dict[str, Any]) -> VisionConfig:
        name = "vision_config."
        # Only switches that leave the tensors' names as they are: the strict load catches the others.
        self._expect(name, section, "post_norm", False, default=False)
        self._expect(name, section, "rope_embeddings", True, default=True)
        width = self._whole(name, section, "width")
        head = self._whole(name, section, "head_width")
        if width % head:
            raise self._error(f"{name}width", f"a multiple of head_width {head}", width)
        config = VisionConfig(
            width=width,
            layers=self._whole(name, section, "layers"),
            heads=width // head,
            image_size=self._whole(name, section, "image_size"),
            patch_size=self._whole(name, section, "patch_size"),
            mlp_ratio=self._number(name, section, "mlp_ratio"),
            rope_reference=self._whole(name, {"pt_hw_seq_len": 16, **section}, "pt_hw_seq_len"),
        )
        if section.get("intp_freq", False):
            return config
        # Positions as they are: a table scaled to its own grid.
        return replace(config, rope_reference=config.grid)

    def _text(self, section: dict[str, Any], family: Family) -> TextConfig:
        self._expect("text_config.", section, "pooler_type", "mean_pooler")
        name = "text_config.hf_model_config_kwargs."
        values = {**_TEXT_DEFAULTS[family], **section.get("hf_model_config_kwargs", {})}
        self._expect(name, values, "hidden_act", "gelu")
        rank = int(values["lora_rank"])
        tasks = values.get("task_instructions") or {}
        return TextConfig(
            width=self._whole(name, values, "hidden_size"),
            layers=self._whole(name, values, "num_hidden_layers"),
            heads=self._whole(name, values, "num_attention_heads"),
            mlp_width=self._whole(name, values, "intermediate_size"),
            vocabulary=self._whole(name, values, "vocab_size"),
            token_types=self._whole(name, values, "type_vocab_size"),
            norm_eps=self._number(name, values, "layer_norm_eps"),
            pad_id=int(values["pad_token_id"]),
            rope_base=float(values["rotary_emb_base"]),
            longest=self._whole(name, values, "max_position_embeddings"),
            lora_rank=rank,
            lora_scale=float(values["lora_alpha"]) / rank if rank else 0.0,
            query_prefix=str(tasks.get(_QUERY_TASK, "")),
        )

    def _sizes(self) -> tuple[int, ...]:
        full = self._whole("", self._root, "projection_dim")
        named = self._root.get("matryoshka_dimensions") or []
        return tuple(sorted({size for size in named if SMALLEST_SIZE <= size < full} | {full}))

    def _section(self, name: str) -> dict[str, Any]:
        section = self._root.get(name)
        if not isinstance(section, dict):
            raise self._error(name, "an object", section)
        return section

    def _whole(self, prefix: str, section: dict[str, Any], field: str) -> int:
        value = section.get(field)
        if not isinstance(value, int) or value <= 0:
            raise self._error(prefix + field, "a positive whole number", value)
        return value

    def _number(self, prefix: str, section: dict[str, Any], field: str) -> float:
        value = section.get(field)
        if not isinstance(value, int | float) or value <= 0:
            raise self._error(prefix + field, "a positive number", value)
        return float(value)

    def _expect(self, prefix: str, section: dict[str, Any], field: str, value: Any, *, default: Any = None) -> None:
        if section.get(field, default) != value:
            raise self._error(prefix + field, repr(value), section.get(field))

    def _error(self, field: str, expected: str, found: Any) -> BrokenCheckpoint:
        return BrokenCheckpoint(f"{self._path}: {field}: expected {expected}, found {found!r}")
