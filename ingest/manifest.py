"""The list of documents, in SQLite: what is in the library, from which paths, and what is under way.

A document is *adding* until all its points are stored, then *ready*; *removing* until they are gone. Whatever is not
ready is never shown, and is swept when the library is opened again after a crash.
"""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ingest.types import Format

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, format TEXT NOT NULL, bytes INTEGER NOT NULL, state TEXT NOT NULL,
    pages INTEGER NOT NULL DEFAULT 0, chunks INTEGER NOT NULL DEFAULT 0, problems TEXT NOT NULL DEFAULT '[]',
    added_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS sources (
    path BLOB PRIMARY KEY, document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS sources_by_document ON sources (document_id);
"""
_VERSION = 1  # 1: documents and sources


class State(StrEnum):
    """Where a document stands."""

    ADDING = "adding"
    READY = "ready"
    REMOVING = "removing"


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the library."""

    id: str  # sha256 of its bytes, in hex
    name: str  # the file's name when it was first added, in full Unicode
    format: Format
    bytes: int
    state: State
    pages: int
    chunks: int
    problems: tuple[str, ...]  # what could not be read, page by page, in words
    added_at: float  # seconds since the epoch


class Manifest:
    """Documents and the paths they came from. Safe to call from several threads.

    Args:
        path: the SQLite file, made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(_SCHEMA)
        self._db.execute(f"PRAGMA user_version = {_VERSION}")

    def documents(self) -> list[Document]:
        """The documents that can be found, by name."""
        return self._select("state = ? ORDER BY name, id", State.READY)

    def unfinished(self) -> list[Document]:
        """Documents being added or removed; after a crash, what it left behind."""
        return self._select("state != ? ORDER BY id", State.READY)

    def get(self, document_id: str) -> Document | None:
        """The document of this id in whatever state, or None."""
        return next(iter(self._select("id = ?", document_id)), None)

    def find(self, id_or_name: str) -> list[Document]:
        """Ready documents of this id, of a unique beginning of one (8 characters or more), or of this name."""
        if len(id_or_name) >= 8 and set(id_or_name) <= set("0123456789abcdef"):
            by_id = self._select("state = ? AND substr(id, 1, ?) = ?", State.READY, len(id_or_name), id_or_name)
            if by_id:
                return by_id
        return self._select("state = ? AND name = ? ORDER BY id", State.READY, id_or_name)

    def source(self, path: Path) -> str | None:
        """Id of the document that this path held when it was last added."""
        with self._lock:
            row = self._db.execute("SELECT document_id FROM sources WHERE path = ?", (os.fsencode(path),)).fetchone()
        return row[0] if row else None

    def begin(self, document_id: str, *, name: str, format: Format, size_bytes: int) -> None:
        """Note that a document is being added, before anything of it is stored."""
        with self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO documents (id, name, format, bytes, state, added_at) VALUES (?, ?, ?, ?, ?, ?)",
                (document_id, name, format, size_bytes, State.ADDING, time.time()),
            )

    def finish(
        self, document_id: str, *, source: Path | None, pages: int, chunks: int, problems: tuple[str, ...]
    ) -> str | None:
        """Make a document visible, and let its path stand for it: all of it is stored.

        Args:
            document_id: the document.
            source: where it came from, absolute; None leaves the paths as they are.
            pages: how many it has.
            chunks: how many are stored.
            problems: what could not be read, in words.

        Returns:
            Id of the document that it replaces, now *removing*, or None.
        """
        with self._transaction():
            self._db.execute(
                "UPDATE documents SET state = ?, pages = ?, chunks = ?, problems = ? WHERE id = ?",
                (State.READY, pages, chunks, json.dumps(problems), document_id),
            )
            return self._point(source, document_id) if source else None

    def point(self, source: Path, document_id: str) -> str | None:
        """Let a path stand for a ready document; what it replaces, as `finish` tells it."""
        with self._transaction():
            return self._point(source, document_id)

    def begin_removal(self, document_id: str) -> None:
        """Hide a document whose points and files are about to go."""
        with self._transaction():
            self._db.execute("UPDATE documents SET state = ? WHERE id = ?", (State.REMOVING, document_id))

    def forget(self, document_id: str) -> None:
        """Drop a document of which nothing is left."""
        with self._transaction():
            self._db.execute("DELETE FROM documents WHERE id = ?", (document_id,))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def _point(self, source: Path, document_id: str) -> str | None:
        path = os.fsencode(source)
        row = self._db.execute("SELECT document_id FROM sources WHERE path = ?", (path,)).fetchone()
        self._db.execute("INSERT OR REPLACE INTO sources VALUES (?, ?)", (path, document_id))
        if row is None or row[0] == document_id:
            return None
        replaced = str(row[0])
        if self._db.execute("SELECT 1 FROM sources WHERE document_id = ?", (replaced,)).fetchone():
            return None  # the same content also lies elsewhere
        self._db.execute("UPDATE documents SET state = ? WHERE id = ?", (State.REMOVING, replaced))
        return replaced

    def _select(self, where: str, *values: object) -> list[Document]:
        columns = "id, name, format, bytes, state, pages, chunks, problems, added_at"
        with self._lock:
            rows = self._db.execute(f"SELECT {columns} FROM documents WHERE {where}", values).fetchall()
        return [
            Document(
                id,
                name,
                Format(format),
                size,
                State(state),
                pages,
                chunks,
                tuple(json.loads(problems)),
                added_at,
            )
            for id, name, format, size, state, pages, chunks, problems, added_at in rows
        ]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield
