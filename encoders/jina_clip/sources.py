"""Where each of our modules' tensors lies in the official file.

Our modules are timm's and transformers' own, which name things differently. The map goes from our names to the
official ones, so that the modules themselves say which keys and shapes a checkpoint must have.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from encoders.jina_clip.config import ClipConfig

Shape: TypeAlias = tuple[int, ...]

LOGIT_SCALE = "logit_scale"  # a scalar for training and zero-shot classes; vectors do not depend on it
VISION = "vision_model."
TEXT_V2 = "text_model.transformer.roberta."
TEXT_V1 = "text_model.transformer."

_VISION_NAMES = (
    (r"\.attn\.(q|v)_proj\.bias$", r".attn.\1_bias"),
    (r"\.attn\.norm\.", ".attn.inner_attn_ln."),
    (r"\.mlp\.fc1_g\.", ".mlp.w1."),
    (r"\.mlp\.fc1_x\.", ".mlp.w2."),
    (r"\.mlp\.norm\.", ".mlp.ffn_ln."),
    (r"\.mlp\.fc2\.", ".mlp.w3."),
)
_TEXT_NAMES = (
    (r"^embeddings\.LayerNorm\.", "emb_ln."),
    (r"^layers\.", "encoder.layers."),
    (r"\.self_attn\.[qkv]_proj\.", ".mixer.Wqkv."),
    (r"\.self_attn\.o_proj\.", ".mixer.out_proj."),
    (r"\.post_attention_layernorm\.", ".norm1."),
    (r"\.post_mlp_layernorm\.", ".norm2."),
)
_ADAPTED = re.compile(r"(_embeddings|Wqkv|out_proj|fc1|fc2)\.weight$")


@dataclass(frozen=True, slots=True)
class Source:
    """The official tensor, or group of tensors, that one of ours is made from."""

    key: str  # official name; of the merged weight where there is an adapter
    adapter: Literal["linear", "embedding"] | None = None
    third: int | None = None  # which of three equal row blocks: query, key, value

    def shapes(self, ours: Shape, rank: int) -> dict[str, Shape]:
        """Official keys and shapes, told from the shape of our tensor and the adapter's rank."""
        merged = ours if self.third is None else (3 * ours[0], *ours[1:])
        if self.adapter is None:
            return {self.key: merged}
        rows, columns = merged
        first, second = (rows, rank), (rank, columns)
        if self.adapter == "linear":
            first, second = (rank, columns), (rows, rank)
        return {self.original: merged, self.lora_a: (1, *first), self.lora_b: (1, *second)}

    @property
    def original(self) -> str:
        """Key of the weight before the adapter is added."""
        return f"{self._parametrized}.original"

    @property
    def lora_a(self) -> str:
        """Key of the adapter's first factor."""
        return f"{self._parametrized}.0.lora_A"

    @property
    def lora_b(self) -> str:
        """Key of the adapter's second factor."""
        return f"{self._parametrized}.0.lora_B"

    @property
    def _parametrized(self) -> str:
        return f"{self.key.removesuffix('weight')}parametrizations.weight"


def vision_sources(names: Iterable[str]) -> dict[str, Source]:
    """Sources of timm's Eva tensors."""
    return {name: Source(VISION + _renamed(name, _VISION_NAMES)) for name in names}


def text_sources(names: Iterable[str], config: ClipConfig) -> dict[str, Source]:
    """Sources of the text tower's tensors: JinaEmbeddingsV3Model's, or JinaBert's as they are."""
    if config.family == "jina-clip-v1":
        return {name: Source(TEXT_V1 + name) for name in names}
    return {name: _adapted_source(name, adapters=config.text.lora_rank > 0) for name in names}


def _adapted_source(name: str, *, adapters: bool) -> Source:
    official = _renamed(name, _TEXT_NAMES)
    third = re.search(r"\.self_attn\.([qkv])_proj\.", name)
    adapter: Literal["linear", "embedding"] | None = None
    if adapters and _ADAPTED.search(official):
        adapter = "embedding" if "_embeddings." in official else "linear"
    return Source(TEXT_V2 + official, adapter, "qkv".index(third[1]) if third else None)


def _renamed(name: str, patterns: Iterable[tuple[str, str]]) -> str:
    for pattern, replacement in patterns:
        name = re.sub(pattern, replacement, name)
    return name


def official_shapes(sources: Mapping[str, Source], shapes: Mapping[str, Shape], rank: int) -> dict[str, Shape]:
    """Every official key the sources need, with its shape."""
    return {key: shape for name, source in sources.items() for key, shape in source.shapes(shapes[name], rank).items()}
