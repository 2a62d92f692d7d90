"""Small real documents and a library with the real starter encoder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import PAGES, write_pdf

from app.library import Library
from app.settings import Settings
from encoders.base import Encoder
from encoders.registry import load_encoder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "library", models=tmp_path / "models", encoder="starter")


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    """Loaded once: it takes longer than most tests."""
    return load_encoder("starter", models=tmp_path_factory.mktemp("models"))


@pytest.fixture
def library(settings: Settings, starter: Encoder) -> Iterator[Library]:
    with Library(settings, encoder=starter) as library:
        yield library


@pytest.fixture
def tiny_checkpoint() -> Path:
    """Random weights in jina-clip's layout: another encoder, small enough to keep here."""
    return Path(__file__).parents[1] / "data" / "jina_clip" / "tiny-jina-clip-v2"


@pytest.fixture
def manual(tmp_path: Path) -> Path:
    """A PDF of three pages, each about something else."""
    path = tmp_path / "documents" / "manual.pdf"
    path.parent.mkdir(exist_ok=True)
    write_pdf(path, PAGES.values())
    return path
