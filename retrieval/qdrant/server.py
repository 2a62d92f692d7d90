"""Collections on a Qdrant server: opened, made anew beside the old one, changed over, dropped.

A library's name is an alias on the server; the collection behind it is called ``<name>-<n>``. A reindex fills
``<name>-<n+1>`` and then moves the alias, so searches never see half of it.
"""

import re
from dataclasses import dataclass

from qdrant_client import models

from retrieval.errors import CollectionMismatch, StoreUnavailable
from retrieval.metadata import Metadata, check_collection, from_entry, to_entry
from retrieval.payload import INDEXED
from retrieval.places import ServerFacts
from retrieval.qdrant.connection import Server, ServerConnection
from retrieval.qdrant.convert import dense_layout, sparse_layout
from retrieval.qdrant.store import QdrantStore
from retrieval.types import Collection

ENGINE = "server"

_NAME = re.compile(r"[A-Za-z0-9_-]*[A-Za-z0-9_]")
_NUMBERED = re.compile(r"(.*)-([0-9]+)")


@dataclass(frozen=True, slots=True)
class Sharding:
    """How a new collection is spread over a cluster; None leaves it to the server's own settings."""

    shards: int | None = None
    replicas: int | None = None  # of each shard
    consistency: int | None = None  # replicas that must have a write before it is acknowledged


SERVERS_OWN = Sharding()


def open_server(server: Server, *, collection: Collection, name: str, sharding: Sharding = SERVERS_OWN) -> QdrantStore:
    """Open a library's collection on a server, or begin one.

    Args:
        server: where it is.
        collection: what the library's vectors are made with.
        name: the library's, of letters, digits, "_" and "-"; a number at the end, after "-", is ours.
        sharding: of a collection that is begun.

    Raises:
        ValueError: the name is not such a one.
        CollectionMismatch: another encoder, other sizes or another version made it.
        StoreUnavailable: the server does not answer, or refuses.
    """
    check_name(name)
    connection = ServerConnection(server)
    try:
        current = _current(connection, name)
        if current is None:
            current = f"{name}-1"
            _create(connection, current, collection, sharding)
            _check(connection, current, collection)  # another process may have been first
            _point(connection, name, current)
        else:
            _check(connection, current, collection)
        return QdrantStore(connection, collection=collection, name=current)
    except BaseException:
        connection.close()
        raise


def read_server(server: Server, *, name: str) -> Collection | None:
    """What a library's collection on a server was made with; None where there is none yet.

    Raises:
        StoreUnavailable: the server does not answer, or what has that name is not ours.
    """
    check_name(name)
    connection = ServerConnection(server)
    try:
        current = _current(connection, name)
        return _read(connection, current).collection if current else None
    finally:
        connection.close()


def measure(server: Server, *, name: str) -> ServerFacts:
    """What the server tells of a library's collection.

    Raises:
        StoreUnavailable: the server does not answer, or has no collection of that library.
    """
    check_name(name)
    connection = ServerConnection(server)
    try:
        current = _current(connection, name)
        if current is None:
            raise StoreUnavailable(f"Qdrant at {server.url} has no collection of the library {name}: restore it there")
        found = connection.call(lambda client: client.get_collection(current))
        return ServerFacts(current, found.points_count or 0, found.segments_count, found.status.value)
    finally:
        connection.close()


def begin_beside(server: Server, *, collection: Collection, name: str, sharding: Sharding = SERVERS_OWN) -> QdrantStore:
    """A collection beside the library's own: the one an interrupted reindex began, if it fits, else an empty one.

    Raises:
        StoreUnavailable: the server does not answer, or refuses.
    """
    check_name(name)
    connection = ServerConnection(server)
    try:
        current, following = _current(connection, name), _following(connection, name)
        begun = following[-1] if following else None
        if begun and not _fits(connection, begun, collection):
            _delete(connection, begun)
            begun = None
        if begun is None:
            begun = f"{name}-{_number(current) + 1 if current else 1}"
        _create(connection, begun, collection, sharding)
        return QdrantStore(connection, collection=collection, name=begun)
    except BaseException:
        connection.close()
        raise


def switch(server: Server, *, name: str) -> None:
    """Let the library's name stand for the collection that `begin_beside` made, and drop all earlier ones.

    Safe to repeat after a crash. Stores that have an earlier one open fail from then on and have to be opened again.

    Raises:
        StoreUnavailable: there is no such collection, or the server does not answer.
    """
    check_name(name)
    connection = ServerConnection(server)
    try:
        following = _following(connection, name)
        if following:
            _point(connection, name, following[-1])
        elif _current(connection, name) is None:
            raise StoreUnavailable(f"Qdrant at {server.url} has no collection of the library {name}: add documents")
        current = _current(connection, name)
        for old in _numbered(connection, name):
            if old != current:
                _delete(connection, old)
    finally:
        connection.close()


def drop(server: Server, *, name: str) -> None:
    """Remove a library's collections, all of them, and its name. Where there are none, nothing happens.

    Raises:
        StoreUnavailable: the server does not answer.
    """
    check_name(name)
    connection = ServerConnection(server)
    try:
        for old in _numbered(connection, name):
            _delete(connection, old)  # its alias goes with it
    finally:
        connection.close()


def check_name(name: str) -> None:
    """Refuse what cannot be a library's name on a server.

    Raises:
        ValueError: says what it may be.
    """
    if not _NAME.fullmatch(name) or _NUMBERED.fullmatch(name):
        raise ValueError(f"{name!r} cannot be a library's name on a server: letters, digits, _ and -, no -NUMBER last")


def _current(connection: ServerConnection, name: str) -> str | None:
    """The collection the name stands for."""
    aliases = connection.call(lambda client: client.get_aliases()).aliases
    return next((alias.collection_name for alias in aliases if alias.alias_name == name), None)


def _numbered(connection: ServerConnection, name: str) -> list[str]:
    """The library's collections, oldest first."""
    found = connection.call(lambda client: client.get_collections()).collections
    matches = [match for entry in found if (match := _NUMBERED.fullmatch(entry.name)) and match[1] == name]
    return [match[0] for match in sorted(matches, key=lambda match: int(match[2]))]


def _following(connection: ServerConnection, name: str) -> list[str]:
    """Those that are newer than the one the name stands for."""
    current = _current(connection, name)
    return [found for found in _numbered(connection, name) if current is None or _number(found) > _number(current)]


def _number(collection_name: str) -> int:
    return int(collection_name.rpartition("-")[2])


def _create(connection: ServerConnection, name: str, collection: Collection, sharding: Sharding) -> None:
    """Make the collection with its payload indexes, or what is missing of it."""
    if not _exists(connection, name):
        try:
            connection.call(
                lambda client: client.create_collection(
                    name,
                    vectors_config=dense_layout(collection.sizes),
                    sparse_vectors_config=sparse_layout(),
                    shard_number=sharding.shards,
                    replication_factor=sharding.replicas,
                    write_consistency_factor=sharding.consistency,
                    on_disk_payload=True,
                    metadata=to_entry(Metadata(collection, ENGINE)),
                )
            )
        except StoreUnavailable:
            if not _exists(connection, name):  # else another process was first
                raise
    for key, index in INDEXED.items():
        _index(connection, name, key, models.PayloadSchemaType(index.value))


def _exists(connection: ServerConnection, name: str) -> bool:
    return connection.call(lambda client: client.collection_exists(name))


def _index(connection: ServerConnection, name: str, key: str, schema: models.PayloadSchemaType) -> None:
    connection.call(lambda client: client.create_payload_index(name, key, schema, wait=True))


def _delete(connection: ServerConnection, name: str) -> None:
    connection.call(lambda client: client.delete_collection(name))


def _point(connection: ServerConnection, name: str, target: str) -> None:
    """Let the alias stand for the target, in one step."""
    create = models.CreateAliasOperation(create_alias=models.CreateAlias(collection_name=target, alias_name=name))
    connection.call(lambda client: client.update_collection_aliases([create]))


def _read(connection: ServerConnection, name: str) -> Metadata:
    entry = connection.call(lambda client: client.get_collection(name)).config.metadata
    try:
        return from_entry(entry or {})
    except (ValueError, KeyError, TypeError) as error:
        raise StoreUnavailable(
            f"the collection {name} at {connection.url} was not made by this program: choose another name"
        ) from error


def _check(connection: ServerConnection, name: str, collection: Collection) -> None:
    check_collection(f"{name} at {connection.url}", found=_read(connection, name), asked=collection)


def _fits(connection: ServerConnection, name: str, collection: Collection) -> bool:
    try:
        _check(connection, name, collection)
    except CollectionMismatch:
        return False
    return True
