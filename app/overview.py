"""What can be said of a library without opening it: works while another process has it open."""

from pathlib import Path

from app.types import Status, StoredVector
from ingest.files import Files
from ingest.manifest import Document, Manifest
from retrieval.errors import StoreUnavailable
from retrieval.metadata import INT8, Metadata, read_metadata
from retrieval.places import Access, Place
from retrieval.plan import EXACT_BELOW
from retrieval.stores import LOCAL, SERVER, ask_server

MANIFEST = "library.sqlite3"  # names inside a library's folder
VECTORS = "vectors"

_FLOAT_BYTES = 4
_GRAPH_BYTES = 42  # a point, measured with 16 links a point (docs/scale.md)


def read_documents(data: Path) -> list[Document]:
    """The documents that can be found, by name; none where there is no library."""
    if not (data / MANIFEST).exists():
        return []
    manifest = Manifest(data / MANIFEST)
    try:
        return manifest.documents()
    finally:
        manifest.close()


def read_status(data: Path, *, access: Access | None = None) -> Status:
    """The library at a glance.

    Args:
        data: its folder.
        access: how its server is reached, if that shall be asked; one that does not answer is told as its state.
    """
    documents = read_documents(data)
    metadata = read_metadata(data / VECTORS)
    collection = metadata.collection if metadata else None
    chunks = sum(document.chunks for document in documents)
    is_on_server = metadata is not None and metadata.engine == SERVER
    return Status(
        data=data,
        encoder=collection.encoder if collection else None,
        sizes=collection.sizes if collection else (),
        geometry=collection.geometry if collection else None,
        context=collection.context if collection else 0,
        documents=len(documents),
        pages=sum(document.pages for document in documents),
        chunks=chunks,
        files_bytes=Files(data).size_bytes() if documents else 0,
        vectors_bytes=_bytes_on_disk(data / VECTORS),
        engine=metadata.engine if metadata else None,
        server=metadata.url if metadata and is_on_server else None,
        name=metadata.name if metadata and is_on_server else None,
        server_state=_ask(Place(metadata.url, metadata.name), access) if metadata and is_on_server and access else None,
        vectors=_estimate(metadata, chunks) if metadata else (),
    )


def _ask(place: Place, access: Access) -> str:
    try:
        facts = ask_server(place, access=access)
    except StoreUnavailable as error:
        return str(error)
    return f"{facts.state}: {facts.points} points in {facts.segments} segments of {facts.collection}"


def _estimate(metadata: Metadata, points: int) -> tuple[StoredVector, ...]:
    """What each stored vector is for and takes. Every chunk is a point; the words' share depends on the texts."""
    small, full = metadata.collection.sizes[0], metadata.collection.sizes[-1]
    words = StoredVector("words", "search by words", None, None)
    if metadata.engine == LOCAL:  # keeps one size, and all of it in memory
        size_bytes = points * full * _FLOAT_BYTES
        return StoredVector(str(full), "all are compared, in memory", size_bytes, size_bytes), words
    has_int8 = metadata.version >= INT8
    has_graph = points > EXACT_BELOW  # fewer are compared one by one
    vectors = []
    for size in metadata.collection.sizes:
        disk_bytes, memory_bytes = points * size * _FLOAT_BYTES, 0
        if size == small and not has_int8:
            memory_bytes = disk_bytes
        if size == small and has_graph:
            int8_bytes = points * size if has_int8 else 0
            disk_bytes += int8_bytes
            memory_bytes += int8_bytes + points * _GRAPH_BYTES
        purpose = _purpose(size, small=small, full=full, has_int8=has_int8)
        vectors.append(StoredVector(str(size), purpose, disk_bytes, memory_bytes))
    return *vectors, words


def _purpose(size: int, *, small: int, full: int, has_int8: bool) -> str:
    if size != small:
        return "scores, on disk" if size == full else "no search needs it yet, on disk"
    job = "candidates and scores" if small == full else "candidates"
    place = "on disk; as int8 in memory, with a graph," if has_int8 else "in memory, with a graph"
    return f"{job}, {place} from 5,000 points"


def _bytes_on_disk(folder: Path) -> int:
    # Blocks, not lengths: the engine maps sparse files.
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())
