"""The vision tower: timm's EVA02 with sizes from the checkpoint."""

import torch
from timm.layers.pos_embed_sincos import RotaryEmbeddingCat
from timm.models.eva import Eva
from torch import Tensor, nn

from encoders.jina_clip.config import VisionConfig


class VisionTower(nn.Module):
    """Pixels (B, 3, S, S) to features (B, D), not normalised. Built without memory for its weights."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.config = config
        # The sizes aside this is timm's eva02_large_patch14_clip_336. No classes: the checkpoint has no head.
        self.model: nn.Module = Eva(
            img_size=config.image_size,
            patch_size=config.patch_size,
            num_classes=0,
            global_pool="token",
            embed_dim=config.width,
            depth=config.layers,
            num_heads=config.heads,
            qkv_fused=False,
            mlp_ratio=config.mlp_ratio,
            swiglu_mlp=True,
            scale_mlp=True,
            scale_attn_inner=True,
            use_rot_pos_emb=True,
            device=torch.device("meta"),
        )
        # Not in the checkpoint, and never filled on the meta device: made anew, in fp32 whatever the weights'.
        self._rope = RotaryEmbeddingCat(
            config.width // config.heads,
            in_pixels=False,
            feat_shape=[config.grid, config.grid],
            ref_feat_shape=[config.rope_reference, config.rope_reference],
        )
        self.model.rope = self._rope

    def take_rope(self, sin: Tensor, cos: Tensor) -> float:
        """Take the rotary table a checkpoint brings along; returns its largest difference to the computed one.

        Args:
            sin: (patches, D / heads)
            cos: (patches, D / heads)
        """
        table = torch.cat([sin, cos], dim=-1).float()
        computed = self._rope.get_buffer("pos_embed")
        difference = (table - computed).abs().max().item()
        computed.copy_(table)
        return difference

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, 3, S, S) to (B, D)."""
        features: Tensor = self.model(pixels)
        return features
