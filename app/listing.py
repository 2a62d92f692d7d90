"""The documents of a library with all their names, read without opening it."""

from dataclasses import dataclass
from pathlib import Path

from app.overview import MANIFEST
from ingest.manifest import Document, Manifest


@dataclass(frozen=True, slots=True)
class Listed:
    """A document as it is listed."""

    document: Document
    names: tuple[str, ...]  # its own, then those of other files of the same content


def read_listing(data: Path) -> list[Listed]:
    """The documents that can be found, by name; none where there is no library."""
    if not (data / MANIFEST).exists():
        return []
    manifest = Manifest(data / MANIFEST)
    try:
        return [Listed(document, tuple(manifest.names(document.id))) for document in manifest.documents()]
    finally:
        manifest.close()
