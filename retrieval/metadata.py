"""What a library folder says about its collection: one small JSON file beside the engine's own."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import CollectionMismatch, StoreUnavailable
from retrieval.types import Collection

FILE_NAME = "collection.json"
VERSION = 1  # of the payload and the layout; a reader refuses what is newer


@dataclass(frozen=True, slots=True)
class Metadata:
    """A collection and the engine that keeps it."""

    collection: Collection
    engine: str


def read_metadata(folder: Path) -> Metadata | None:
    """What the folder says; None where it holds no collection yet.

    Raises:
        StoreUnavailable: the file is there and cannot be read.
        CollectionMismatch: a newer version wrote it.
    """
    file = folder / FILE_NAME
    try:
        entry = json.loads(file.read_text(encoding="utf-8"))
        version = int(entry["version"])
        collection = Collection(str(entry["encoder"]), tuple(int(size) for size in entry["sizes"]))
        metadata = Metadata(collection, engine=str(entry["engine"]))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreUnavailable(f"{file} cannot be read ({error}): check the folder's rights") from error
    except (ValueError, KeyError, TypeError) as error:
        raise StoreUnavailable(f"{file} is damaged: restore it, or add the documents to a new folder") from error
    if version > VERSION:
        raise CollectionMismatch(f"{folder} was written by a newer version: update this program to open it")
    return metadata


def write_metadata(folder: Path, metadata: Metadata) -> None:
    """Write the file whole or not at all, and make it last through a power cut.

    Raises:
        StoreUnavailable: the folder cannot be written.
    """
    entry = {
        "version": VERSION,
        "engine": metadata.engine,
        "encoder": metadata.collection.encoder,
        "sizes": list(metadata.collection.sizes),
    }
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


def check_collection(folder: Path, *, found: Collection, asked: Collection) -> None:
    """Refuse to mix vectors of two encoders, or of other sizes, in one collection.

    Raises:
        CollectionMismatch: names both and says how to go on.
    """
    if found.encoder != asked.encoder:
        raise CollectionMismatch(
            f"{folder} was made with encoder {found.encoder}, not {asked.encoder}: open it with --encoder "
            f"{found.encoder.partition('@')[0]}, or re-embed everything: polyglance --encoder NAME reindex"
        )
    if found.sizes != asked.sizes:
        raise CollectionMismatch(
            f"{folder} holds vectors of {_in_words(found.sizes)} coordinates, not {_in_words(asked.sizes)} "
            f"(encoder {found.encoder} both times): re-embed everything with `polyglance reindex`"
        )


def _in_words(sizes: tuple[int, ...]) -> str:
    return " and ".join(map(str, sizes))
