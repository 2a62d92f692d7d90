"""The text towers: transformers' JinaEmbeddingsV3Model (v2) and JinaBert (v1), mean-pooled."""

import torch
from torch import Tensor, nn
from transformers import JinaEmbeddingsV3Config, JinaEmbeddingsV3Model
from transformers.models.jina_embeddings_v3.modeling_jina_embeddings_v3 import (
    JinaEmbeddingsV3RotaryEmbedding,
)

from encoders.jina_clip.bert import JinaBert
from encoders.jina_clip.config import ClipConfig, TextConfig


class TextTower(nn.Module):
    """Token ids (B, T) to features (B, D), not normalised. Built without memory for its weights."""

    def __init__(self, config: ClipConfig) -> None:
        super().__init__()
        self.pad_id = config.text.pad_id
        self.model: nn.Module = _xlm_roberta(config.text) if config.family == "jina-clip-v2" else JinaBert(config.text)

    def hidden(self, ids: Tensor, *, padded: bool = True) -> Tensor:
        """Last hidden states: (B, T) to (B, T, D).

        Args:
            ids: rows are padded with the tokenizer's pad id.
            padded: false promises that no row has padding; attention then takes its fastest kernel.
        """
        mask = (ids != self.pad_id).long() if padded else None
        states: Tensor = self.model(ids, attention_mask=mask)[0]
        return states

    def forward(self, ids: Tensor, *, padded: bool = True) -> Tensor:
        """Mean of the real tokens' states, in fp32: (B, T) to (B, D); the arguments are those of `hidden`."""
        weights = (ids != self.pad_id).unsqueeze(1).float()  # (B, 1, T)
        return self.pool(ids, weights, padded=padded).squeeze(1) / weights.sum(dim=-1)

    def pool(self, ids: Tensor, weights: Tensor, *, padded: bool = True) -> Tensor:
        """Weighted sums of the states, in fp32: (B, T) and (B, P, T) to (B, P, D)."""
        return torch.bmm(weights, self.hidden(ids, padded=padded).float())


def _xlm_roberta(config: TextConfig) -> nn.Module:
    settings = JinaEmbeddingsV3Config(
        vocab_size=config.vocabulary,
        hidden_size=config.width,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        intermediate_size=config.mlp_width,
        max_position_embeddings=config.longest,
        type_vocab_size=config.token_types,
        layer_norm_eps=config.norm_eps,
        pad_token_id=config.pad_id,
        rope_parameters={"rope_type": "default", "rope_theta": config.rope_base},
    )
    settings._attn_implementation = "sdpa"
    with torch.device("meta"):
        model = JinaEmbeddingsV3Model(settings, add_pooling_layer=False)
    # These are not in the checkpoint and the meta device never filled them (hub reports of NaN vectors).
    model.rotary_emb = JinaEmbeddingsV3RotaryEmbedding(settings)
    positions = torch.arange(config.longest).unsqueeze(0)
    model.embeddings.register_buffer("position_ids", positions, persistent=False)
    model.embeddings.register_buffer("token_type_ids", torch.zeros_like(positions), persistent=False)
    return model
