"""Loads the encoder that the settings name."""

from app.settings import Settings
from encoders.base import Encoder
from encoders.registry import load_encoder


def load(
    settings: Settings, *, choice: str | None = None, crops: bool = False, max_tokens: int | None = None
) -> Encoder:
    """Load an encoder; see `encoders.registry.load_encoder`, which says what the last two mean and what is raised.

    Args:
        settings: which one, and how it runs.
        choice: in place of the one the settings name.
        crops: pictures lose what lies outside their middle square.
        max_tokens: how much of a text is read.
    """
    return load_encoder(
        choice or settings.encoder,
        models=settings.models,
        threads=settings.threads,
        crops=crops,
        max_tokens=max_tokens,
        compiled=settings.compiled,
    )
