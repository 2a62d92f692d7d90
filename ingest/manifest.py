"""The list of documents, in SQLite: what is in the library, from which paths, and what is under way.

A document is *adding* until all its points are stored, then *ready*; *removing* until they are gone. Whatever is not
ready is never shown, and is swept when the library is opened again after a crash.
"""

import json
import os
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ingest.database import Connection, Database, text
from ingest.names import display_name
from ingest.schema import LIBRARY
from ingest.types import Format


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
    language: str = ""  # most of its text's, BCP 47; empty where unknown
    ocr_pages: int = 0  # whose text was recognised in their picture


class Manifest:
    """Documents and the paths they came from. Safe to call from several threads.

    Args:
        path: the SQLite file, made where it is missing, and brought up to date where an older version made it.

    Raises:
        UnsuitableVersion: a newer Polyglance made it.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, LIBRARY)

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
        """Ready documents of this id, of a unique beginning of one (8 characters or more), or with this name."""
        if len(id_or_name) >= 8 and set(id_or_name) <= set("0123456789abcdef"):
            by_id = self._select("state = ? AND substr(id, 1, ?) = ?", State.READY, len(id_or_name), id_or_name)
            if by_id:
                return by_id
        name = text(id_or_name)
        return self._select(
            "state = ? AND (name = ? OR id IN (SELECT document_id FROM sources WHERE name = ?)) ORDER BY id",
            State.READY,
            name,
            name,
        )

    def names(self, document_id: str) -> list[str]:
        """The document's own name, then those of the other paths that hold the same bytes."""
        rows = self._database.rows(
            """SELECT name, 0 AS place FROM documents WHERE id = ?
            UNION ALL SELECT name, 1 FROM sources WHERE document_id = ? ORDER BY place, name""",
            document_id,
            document_id,
        )
        return list(dict.fromkeys(name for name, _ in rows))

    def source(self, path: Path) -> str | None:
        """Id of the document that this path held when it was last added."""
        rows = self._database.rows("SELECT document_id FROM sources WHERE path = ?", os.fsencode(path))
        return rows[0][0] if rows else None

    def sources_of(self, document_id: str) -> list[Path]:
        """The paths that stand for a document, sorted by their bytes."""
        rows = self._database.rows("SELECT path FROM sources WHERE document_id = ? ORDER BY path", document_id)
        return [Path(os.fsdecode(path)) for (path,) in rows]

    def sources_below(self, folder: Path) -> list[tuple[Path, str]]:
        """The paths inside a folder, at whatever depth, sorted by their bytes, each with its document's id."""
        separator = os.fsencode(os.sep)
        first = os.fsencode(folder).rstrip(separator) + separator
        past = first[:-1] + bytes([first[-1] + 1])
        rows = self._database.rows(
            "SELECT path, document_id FROM sources WHERE path > ? AND path < ? ORDER BY path", first, past
        )
        return [(Path(os.fsdecode(path)), document_id) for path, document_id in rows]

    def begin(self, document_id: str, *, name: str, format: Format, size_bytes: int) -> None:
        """Note that a document is being added, before anything of it is stored; the paths of a known one stay."""
        with self._database.transaction() as db:
            db.execute(
                """INSERT INTO documents (id, name, format, bytes, state, added_at) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET name = excluded.name, format = excluded.format, bytes = excluded.bytes,
                    state = excluded.state, added_at = excluded.added_at""",
                (document_id, text(name), format, size_bytes, State.ADDING, time.time()),
            )

    def finish(
        self,
        document_id: str,
        *,
        source: Path | None,
        pages: int,
        chunks: int,
        problems: tuple[str, ...],
        language: str = "",
        ocr_pages: int = 0,
    ) -> str | None:
        """Make a document visible, and let its path stand for it: all of it is stored.

        Args:
            document_id: the document.
            source: where it came from, absolute; None leaves the paths as they are.
            pages: how many it has.
            chunks: how many are stored.
            problems: what could not be read, in words.
            language: most of its text's, BCP 47; empty where unknown.
            ocr_pages: how many pages' text was recognised in their picture.

        Returns:
            Id of the document that it replaces, now *removing*, or None.
        """
        with self._database.transaction() as db:
            db.execute(
                """UPDATE documents SET state = ?, pages = ?, chunks = ?, problems = ?, language = ?, ocr_pages = ?
                WHERE id = ?""",
                (State.READY, pages, chunks, json.dumps(problems), language, ocr_pages, document_id),
            )
            return _point(db, source, document_id) if source else None

    def point(self, source: Path, document_id: str) -> str | None:
        """Let a path stand for a ready document; what it replaces, as `finish` tells it."""
        if self.source(source) == document_id:
            return None  # nothing to wait for the disk for
        with self._database.transaction() as db:
            return _point(db, source, document_id)

    def drop_source(self, path: Path) -> str | None:
        """Let a path that is gone stand for nothing any more.

        Returns:
            Id of its document, now *removing*, if no other path stands for that; else None.
        """
        with self._database.transaction() as db:
            row = db.execute("SELECT document_id FROM sources WHERE path = ?", (os.fsencode(path),)).fetchone()
            db.execute("DELETE FROM sources WHERE path = ?", (os.fsencode(path),))
            return _abandon(db, row[0]) if row else None

    def rename(self, document_id: str, name: str) -> None:
        """Give a document another name of its own."""
        with self._database.transaction() as db:
            db.execute("UPDATE documents SET name = ? WHERE id = ?", (text(name), document_id))

    def begin_removal(self, document_id: str) -> None:
        """Hide a document whose points and files are about to go."""
        with self._database.transaction() as db:
            db.execute("UPDATE documents SET state = ? WHERE id = ?", (State.REMOVING, document_id))

    def forget(self, document_id: str) -> None:
        """Drop a document of which nothing is left."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM documents WHERE id = ?", (document_id,))

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _select(self, where: str, *values: object) -> list[Document]:
        columns = "id, name, format, bytes, state, pages, chunks, problems, added_at, language, ocr_pages"
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
                language,
                ocr_pages,
            )
            for id, name, format, size, state, pages, chunks, problems, added_at, language, ocr_pages in (
                self._database.rows(f"SELECT {columns} FROM documents WHERE {where}", *values)
            )
        ]


def _point(db: Connection, source: Path, document_id: str) -> str | None:
    path = os.fsencode(source)
    row = db.execute("SELECT document_id FROM sources WHERE path = ?", (path,)).fetchone()
    db.execute("INSERT OR REPLACE INTO sources VALUES (?, ?, ?)", (path, document_id, display_name(source)))
    return _abandon(db, row[0]) if row and row[0] != document_id else None


def _abandon(db: Connection, document_id: str) -> str | None:
    """Let a document go that a path stood for, unless another still does: the same content also lies there."""
    if db.execute("SELECT 1 FROM sources WHERE document_id = ?", (document_id,)).fetchone():
        return None
    db.execute("UPDATE documents SET state = ? WHERE id = ?", (State.REMOVING, document_id))
    return document_id
