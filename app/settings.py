"""Settings: a frozen value built once, at the edge. The only reader of the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

from ingest.ocr.options import OcrMode
from ingest.types import Geometry
from retrieval.places import NO_KEY, Access

DEFAULT_ENCODER = "auto"
DEFAULT_CHAT_TOKENS = 3_000  # leaves room for the answer where a server's context is 4,096, as Ollama's is by default


@dataclass(frozen=True, slots=True)
class Settings:
    """What a library is opened with."""

    data: Path  # the library's folder; everything of it lies there
    models: Path  # downloaded checkpoints, shared by all libraries
    encoder: str = DEFAULT_ENCODER  # "auto", a name `polyglance encoders` lists, or a checkpoint's folder
    geometry: Geometry | None = None  # of pages and pictures; None: as the library was made, else FIT
    context: int | None = None  # tokens a passage is read in; None: as the library was made, else 0
    sizes: tuple[int, ...] | None = None  # Matryoshka sizes to store; None: as the library was made, else a small one
    threads: int = 2  # of the encoder
    readers: int = 2  # files read at once, each in a process of its own
    ocr: OcrMode = OcrMode.AUTO  # which pages' text is recognised in their picture
    ocr_languages: tuple[str, ...] = ()  # BCP 47; none: told from the page
    compiled: bool = False  # jina-clip's towers compiled: minutes at the start, faster on a GPU
    qdrant: str | None = None  # a server's address; None: where the vectors are, else in the library's folder
    qdrant_access: Access = NO_KEY
    chat_url: str | None = None  # an OpenAI-compatible endpoint; None: no chat model
    chat_model: str | None = None
    chat_key: str | None = None
    chat_sees: bool = False  # the chat model is shown pictures of pages
    chat_tokens: int = DEFAULT_CHAT_TOKENS  # of a prompt

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Read the variables ``POLYGLANCE_DATA``, ``_MODELS``, ``_ENCODER`` and so on, one a field.

        What is not set, or is nothing that can be meant there, keeps its default.
        """
        home = platformdirs.user_data_path("polyglance", appauthor=False)
        return cls(
            data=Path(env.get("POLYGLANCE_DATA") or home / "library"),
            models=Path(env.get("POLYGLANCE_MODELS") or home / "models"),
            encoder=env.get("POLYGLANCE_ENCODER") or DEFAULT_ENCODER,
            geometry=_geometry(env.get("POLYGLANCE_GEOMETRY")),
            context=_whole(env.get("POLYGLANCE_CONTEXT")),
            threads=_whole(env.get("POLYGLANCE_THREADS")) or max(1, min(os.cpu_count() or 1, 8)),
            readers=_whole(env.get("POLYGLANCE_READERS")) or max(2, min((os.cpu_count() or 1) // 2, 8)),
            ocr=_ocr(env.get("POLYGLANCE_OCR")),
            ocr_languages=tuple((env.get("POLYGLANCE_OCR_LANGUAGES") or "").replace(",", " ").split()),
            compiled=env.get("POLYGLANCE_COMPILE") == "1",
            qdrant=env.get("POLYGLANCE_QDRANT_URL") or None,
            qdrant_access=Access(
                env.get("POLYGLANCE_QDRANT_API_KEY") or None, _whole(env.get("POLYGLANCE_QDRANT_GRPC"))
            ),
            chat_url=env.get("POLYGLANCE_CHAT_URL") or None,
            chat_model=env.get("POLYGLANCE_CHAT_MODEL") or None,
            chat_key=env.get("POLYGLANCE_CHAT_KEY") or None,
            chat_sees=env.get("POLYGLANCE_CHAT_SEES") == "1",
            chat_tokens=_whole(env.get("POLYGLANCE_CHAT_TOKENS")) or DEFAULT_CHAT_TOKENS,
        )

    def override(
        self,
        *,
        data: Path | None = None,
        encoder: str | None = None,
        geometry: Geometry | None = None,
        context: int | None = None,
        sizes: tuple[int, ...] | None = None,
        qdrant: str | None = None,
        ocr: OcrMode | None = None,
        ocr_languages: tuple[str, ...] | None = None,
        chat_url: str | None = None,
        chat_model: str | None = None,
        chat_sees: bool | None = None,
    ) -> "Settings":
        """Copy with what the caller names put in place of what the environment says."""
        return replace(
            self,
            data=data or self.data,
            encoder=encoder or self.encoder,
            geometry=geometry or self.geometry,
            context=self.context if context is None else context,
            sizes=sizes or self.sizes,
            qdrant=qdrant or self.qdrant,
            ocr=ocr or self.ocr,
            ocr_languages=ocr_languages or self.ocr_languages,
            chat_url=chat_url or self.chat_url,
            chat_model=chat_model or self.chat_model,
            chat_sees=self.chat_sees if chat_sees is None else chat_sees,
        )

    def __repr__(self) -> str:
        return f"Settings(data={str(self.data)!r}, encoder={self.encoder!r})"  # never the key


def _whole(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() else None


def _ocr(value: str | None) -> OcrMode:
    return OcrMode(value) if value in list(OcrMode) else OcrMode.AUTO


def _geometry(value: str | None) -> Geometry | None:
    return Geometry(value) if value in list(Geometry) else None
