"""JinaBert, the text tower of jina-clip-v1: BERT with ALiBi instead of positions and a gated MLP.

Transformers has no such model. Names follow the official keys, so the checkpoint loads as it is. Facts from
jinaai/jina-bert-flash-implementation; the ALiBi rule is that of Press et al. 2022, made symmetric.
"""

import math
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from encoders.jina_clip.config import TextConfig


class JinaBert(nn.Module):
    """Token ids (B, T) to last hidden states (B, T, D). Built without memory for its weights."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self._slopes = alibi_slopes(config.heads)
        with torch.device("meta"):
            self.embeddings = _Embeddings(config)
            self.emb_ln = nn.LayerNorm(config.width, eps=config.norm_eps)
            self.encoder = nn.ModuleDict({"layers": nn.ModuleList(map(_Layer, [config] * config.layers))})

    def forward(self, ids: Tensor, attention_mask: Tensor | None) -> tuple[Tensor]:
        """Hidden states, in a tuple as transformers' models give them.

        Args:
            ids: (B, T)
            attention_mask: (B, T), 1 for a token, 0 for padding; None where there is no padding.
        """
        states = self.emb_ln(self.embeddings(ids))  # (B, T, D)
        bias = self._bias(states, attention_mask)  # (B or 1, heads, T, T)
        for layer in cast(nn.ModuleList, self.encoder["layers"]):
            states = layer(states, bias)
        return (states,)

    def _bias(self, states: Tensor, mask: Tensor | None) -> Tensor:
        positions = torch.arange(states.shape[1], device=states.device)
        distance = (positions[:, None] - positions[None, :]).abs()  # (T, T)
        alibi = -torch.tensor(self._slopes, device=states.device)[:, None, None] * distance  # (heads, T, T)
        bias = alibi.unsqueeze(0)
        if mask is not None:
            bias = bias.masked_fill(mask[:, None, None, :] == 0, -torch.inf)
        return bias.to(states.dtype)


def alibi_slopes(heads: int) -> list[float]:
    """One slope a head: a geometric series, filled up from the next finer one where heads is no power of two."""
    power = 2 ** math.floor(math.log2(heads))
    slopes = [2 ** (-8 * (index + 1) / power) for index in range(power)]
    finer = [2 ** (-4 * (index + 1) / power) for index in range(2 * power)]
    return slopes + finer[0::2][: heads - power]


class _Embeddings(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(config.vocabulary, config.width)
        self.token_type_embeddings = nn.Embedding(config.token_types, config.width)

    def forward(self, ids: Tensor) -> Tensor:
        states: Tensor = self.word_embeddings(ids) + self.token_type_embeddings.weight[0]
        return states


class _Layer(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.mixer = _Attention(config)
        self.norm1 = nn.LayerNorm(config.width, eps=config.norm_eps)
        self.mlp = _GatedMlp(config)
        self.norm2 = nn.LayerNorm(config.width, eps=config.norm_eps)

    def forward(self, states: Tensor, bias: Tensor) -> Tensor:
        states = self.norm1(states + self.mixer(states, bias))
        normed: Tensor = self.norm2(states + self.mlp(states))
        return normed


class _Attention(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self._heads = config.heads
        self.Wqkv = nn.Linear(config.width, 3 * config.width)
        self.out_proj = nn.Linear(config.width, config.width)

    def forward(self, states: Tensor, bias: Tensor) -> Tensor:
        batch, tokens, width = states.shape
        split = self.Wqkv(states).view(batch, tokens, 3, self._heads, width // self._heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)  # each (B, heads, T, D / heads)
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        projected: Tensor = self.out_proj(mixed.transpose(1, 2).reshape(batch, tokens, width))
        return projected


class _GatedMlp(nn.Module):
    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.gated_layers = nn.Linear(config.width, 2 * config.mlp_width, bias=False)
        self.wo = nn.Linear(config.mlp_width, config.width)

    def forward(self, states: Tensor) -> Tensor:
        gate, content = self.gated_layers(states).chunk(2, dim=-1)
        mixed: Tensor = self.wo(F.gelu(gate) * content)
        return mixed
