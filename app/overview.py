"""What can be said of a library without opening it: works while another process has it open."""

from pathlib import Path

from app.types import Status
from ingest.files import Files
from ingest.manifest import Document, Manifest
from retrieval.stores import read_collection

MANIFEST = "library.sqlite3"  # names inside a library's folder
VECTORS = "vectors"


def read_documents(data: Path) -> list[Document]:
    """The documents that can be found, by name; none where there is no library."""
    if not (data / MANIFEST).exists():
        return []
    manifest = Manifest(data / MANIFEST)
    try:
        return manifest.documents()
    finally:
        manifest.close()


def read_status(data: Path) -> Status:
    """The library at a glance."""
    documents = read_documents(data)
    collection = read_collection(data / VECTORS)
    return Status(
        data=data,
        encoder=collection.encoder if collection else None,
        sizes=collection.sizes if collection else (),
        geometry=collection.geometry if collection else None,
        context=collection.context if collection else 0,
        documents=len(documents),
        pages=sum(document.pages for document in documents),
        chunks=sum(document.chunks for document in documents),
        files_bytes=Files(data).size_bytes() if documents else 0,
        vectors_bytes=_bytes_on_disk(data / VECTORS),
    )


def _bytes_on_disk(folder: Path) -> int:
    # Blocks, not lengths: the engine maps sparse files.
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())
