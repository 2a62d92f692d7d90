"""The library at a glance, and its vectors moved."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from app.printing.console import OUT, say, say_error, size_in_words
from app.types import Migrated, Status, StoredVector
from ingest.types import Geometry

_ENGINES = {
    "edge": "embedded in this folder (Qdrant Edge)",
    "local": "embedded in this folder (qdrant-client's local mode)",
}
_GEOMETRIES = {
    Geometry.FIT: "seen whole (fit)",
    Geometry.CROP: "seen by their middle square (crop)",
    Geometry.TILES: "seen whole and in overlapping squares (tiles)",
}


def show_status(status: Status) -> None:
    """The library at a glance."""
    rows = {
        "library": str(status.data),
        "encoder": status.encoder or "none yet (the library is empty)",
        "vector sizes": ", ".join(map(str, status.sizes)) or "none yet",
        "pages and pictures": _GEOMETRIES[status.geometry] if status.geometry else "none yet",
        "passages": f"read within {status.context:,} tokens" if status.context else "each read by itself",
        "documents": f"{status.documents} ({status.pages} pages, {status.chunks} chunks)",
        "originals and rasters": size_in_words(status.files_bytes),
        "vectors": _place(status),
    }
    if status.server is None:
        rows["vectors on disk"] = f"{size_in_words(status.vectors_bytes)}, all files of the engine"
    if status.server_state:
        rows["the server says"] = status.server_state
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in rows.items():
        table.add_row(f"[dim]{name}", Text(value, overflow="fold"))
    OUT.print(table)
    if status.vectors:
        OUT.print(_vectors_table(status.vectors))


def show_migrated(migrated: Migrated) -> None:
    """What was moved, and what was left."""
    say(f"{migrated.points} points are moved: {migrated.source} → {migrated.target}.")
    say(f"Texts and pictures were counted on both sides and {migrated.compared} points compared: they are the same.")
    if migrated.left:
        say_error(migrated.left)
    else:
        say("The old ones are removed.")


def _place(status: Status) -> str:
    if status.server:
        return f"on the Qdrant server {status.server}, as {status.name}"
    return _ENGINES.get(status.engine or "", "none yet")


def _vectors_table(vectors: Sequence[StoredVector]) -> Table:
    table = Table(caption="estimates: points × numbers × 4 bytes, and the graph", caption_justify="right")
    table.add_column("vector", justify="right")
    table.add_column("for")
    table.add_column("disk", justify="right")
    table.add_column("memory", justify="right")
    for one in vectors:
        cells = ("?" if size is None else size_in_words(size) for size in (one.disk_bytes, one.memory_bytes))
        table.add_row(one.name, one.purpose, *cells)
    return table
