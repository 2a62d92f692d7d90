"""Settings: a frozen value built once, at the edge. The only reader of the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

DEFAULT_ENCODER = "auto"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a library is opened with."""

    data: Path  # the library's folder; everything of it lies there
    models: Path  # downloaded checkpoints, shared by all libraries
    encoder: str = DEFAULT_ENCODER  # "auto", a name `polyglance encoders` lists, or a checkpoint's folder
    threads: int = 2  # of the encoder
    chat_url: str | None = None  # an OpenAI-compatible endpoint; None: no chat model
    chat_model: str | None = None
    chat_key: str | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Read ``POLYGLANCE_DATA``, ``_MODELS``, ``_ENCODER``, ``_THREADS``, and ``_CHAT_URL``, ``_MODEL``, ``_KEY``.

        What is not set, or is no number where one is needed, keeps its default.
        """
        home = platformdirs.user_data_path("polyglance", appauthor=False)
        return cls(
            data=Path(env.get("POLYGLANCE_DATA") or home / "library"),
            models=Path(env.get("POLYGLANCE_MODELS") or home / "models"),
            encoder=env.get("POLYGLANCE_ENCODER") or DEFAULT_ENCODER,
            threads=_threads(env.get("POLYGLANCE_THREADS")),
            chat_url=env.get("POLYGLANCE_CHAT_URL") or None,
            chat_model=env.get("POLYGLANCE_CHAT_MODEL") or None,
            chat_key=env.get("POLYGLANCE_CHAT_KEY") or None,
        )

    def override(self, *, data: Path | None = None, encoder: str | None = None) -> "Settings":
        """Copy with what the caller names put in place of what the environment says."""
        return replace(self, data=data or self.data, encoder=encoder or self.encoder)

    def __repr__(self) -> str:
        return f"Settings(data={str(self.data)!r}, encoder={self.encoder!r})"  # never the key


def _threads(value: str | None) -> int:
    if value and value.isdecimal() and int(value) > 0:
        return int(value)
    return max(1, min(os.cpu_count() or 1, 8))
