"""What a collection says about itself: in a folder one small JSON file, on a server the collection's own metadata."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.types import Geometry
from retrieval.errors import CollectionMismatch, StoreUnavailable
from retrieval.types import Collection

FILE_NAME = "collection.json"
VERSION = 3  # of the payload and the layout: 2 added lexical vectors and kind, language, date, owner, collection
INT8 = 3  # from this one on, the vector with the graph has it over int8 numbers
_OLDEST = 2  # that is searched as it is


@dataclass(frozen=True, slots=True)
class Metadata:
    """A collection and the engine that keeps it."""

    collection: Collection
    engine: str
    version: int = VERSION
    url: str = ""  # of the server, in a folder whose vectors are on one
    name: str = ""  # of the library on that server


def to_entry(metadata: Metadata) -> dict[str, Any]:
    """Metadata as JSON values."""
    entry: dict[str, Any] = {
        "version": metadata.version,
        "engine": metadata.engine,
        "encoder": metadata.collection.encoder,
        "sizes": list(metadata.collection.sizes),
        "geometry": metadata.collection.geometry.value,
        "context": metadata.collection.context,
    }
    return entry | ({"url": metadata.url, "name": metadata.name} if metadata.url else {})


def from_entry(entry: Mapping[str, Any]) -> Metadata:
    """The metadata that `to_entry` was given, or an earlier version of it was.

    Raises:
        ValueError, KeyError, TypeError: it is something else.
    """
    collection = Collection(
        str(entry["encoder"]),
        tuple(int(size) for size in entry["sizes"]),
        Geometry(entry.get("geometry", Geometry.FIT)),
        int(entry.get("context", 0)),
    )
    return Metadata(
        collection,
        engine=str(entry["engine"]),
        version=int(entry["version"]),
        url=str(entry.get("url", "")),
        name=str(entry.get("name", "")),
    )


def read_metadata(folder: Path) -> Metadata | None:
    """What the folder says; None where it holds no collection yet.

    Raises:
        StoreUnavailable: the file is there and cannot be read.
        CollectionMismatch: a newer version wrote it.
    """
    file = folder / FILE_NAME
    try:
        metadata = from_entry(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreUnavailable(f"{file} cannot be read ({error}): check the folder's rights") from error
    except (ValueError, KeyError, TypeError) as error:
        raise StoreUnavailable(f"{file} is damaged: restore it, or add the documents to a new folder") from error
    check_not_newer(metadata, place=str(folder))
    return metadata


def write_metadata(folder: Path, metadata: Metadata) -> None:
    """Write the file whole or not at all, and make it last through a power cut.

    Raises:
        StoreUnavailable: the folder cannot be written.
    """
    entry = to_entry(metadata)
    file = folder / FILE_NAME
    draft = file.with_suffix(f".{os.getpid()}.tmp")
    try:
        with draft.open("w", encoding="utf-8") as stream:
            json.dump(entry, stream, indent=1, ensure_ascii=False)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
    except OSError as error:
        raise StoreUnavailable(f"{file} cannot be written ({error}): check space and rights") from error


def check_not_newer(metadata: Metadata, *, place: str) -> None:
    """Refuse what a later version of this program wrote.

    Raises:
        CollectionMismatch: names the place.
    """
    if metadata.version > VERSION:
        raise CollectionMismatch(f"{place} was written by a newer version: update this program to open it")


def check_collection(place: str, *, found: Metadata, asked: Collection) -> None:
    """Refuse to mix vectors of two encoders, or of other sizes, or two layouts, in one collection.

    One without int8 numbers is no hindrance: the engine keeps to the layout that a collection was made with.

    Args:
        place: the folder, or the server and the collection's name there.
        found: what is there.
        asked: what is wanted.

    Raises:
        CollectionMismatch: names both and says how to go on.
    """
    check_not_newer(found, place=place)
    if found.version < _OLDEST:
        raise CollectionMismatch(
            f"{place} was made by an earlier version, which kept less: bring it up to date with `polyglance reindex`"
        )
    if found.collection.encoder != asked.encoder:
        raise CollectionMismatch(
            f"{place} was made with encoder {found.collection.encoder}, not {asked.encoder}: open it with --encoder "
            f"{found.collection.encoder.partition('@')[0]}, or re-embed everything: polyglance --encoder NAME reindex"
        )
    if found.collection.sizes != asked.sizes:
        raise CollectionMismatch(
            f"{place} holds vectors of {_in_words(found.collection.sizes)} coordinates, not {_in_words(asked.sizes)} "
            f"(encoder {asked.encoder} both times): re-embed everything with `polyglance reindex`"
        )
    check_layout(found.collection, geometry=asked.geometry, context=asked.context)


def check_layout(found: Collection, *, geometry: Geometry | None, context: int | None) -> None:
    """Refuse to go on with a collection in another way than it was made; None asks for nothing.

    Raises:
        CollectionMismatch: names both and says how to go on.
    """
    for what, old, new in (("geometry", found.geometry, geometry), ("context", found.context, context)):
        if new is not None and old != new:
            raise CollectionMismatch(
                f"This library was made with --{what} {old}, not {new}: leave --{what} out to go on with it, or "
                f"re-embed everything: polyglance reindex --{what} {new}"
            )


def _in_words(sizes: tuple[int, ...]) -> str:
    return " and ".join(map(str, sizes))
