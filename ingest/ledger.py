"""What is stored of each document, point by point: the memory that a killed job goes on from.

It lies beside the vectors it describes and is written after them: a point that it names is in the store. So after a
kill at most the last batch is encoded again, and lands on the same points. After a power cut the last batches may be
missing here, which costs their encoding, or in the store, which `counts` shows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from ingest.database import Connection, Database, Step
from ingest.types import Modality


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored point."""

    point_id: str  # uuid, made of its document's id, so that no two documents share one
    page: int  # physical, from 1
    modality: Modality
    content: bytes  # 16: hash of all that its vector depends on
    look: bytes | None = None  # perceptual hash, of whole pages only


@dataclass(frozen=True, slots=True)
class Recorded:
    """How far a document is."""

    document_id: str
    pages_done: int  # all points of these, counted from the first, are stored
    is_done: bool


class Look(NamedTuple):
    """What a page of a finished document looks like."""

    document_id: str
    page: int
    hash: bytes  # perceptual


class Ledger:
    """Stored points of every document. Safe to call from several threads.

    Args:
        path: the SQLite file, made where it is missing.

    Raises:
        UnsuitableVersion: a newer Polyglance made it.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _STEPS, outlives_power_loss=False)
        with self._database.reading() as db:  # a batch touches pages all over the index by content
            db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            db.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")

    def begin(self, document_id: str) -> int:
        """Note that points of a document are about to be stored; it counts as unfinished from now on.

        Returns:
            Its pages, counted from the first, whose points are all stored; 0 for a new one.
        """
        with self._database.transaction() as db:
            db.execute(
                "INSERT INTO documents (id) VALUES (?) ON CONFLICT (id) DO UPDATE SET is_done = 0", (document_id,)
            )
            return int(db.execute("SELECT pages_done FROM documents WHERE id = ?", (document_id,)).fetchone()[0])

    def record(self, document_id: str, entries: Sequence[Entry], *, pages_done: int) -> None:
        """Note points that the store has by now; one that was noted already is noted anew.

        Args:
            document_id: begun, and not forgotten since.
            entries: in any order.
            pages_done: pages, counted from the first, whose points are all stored now; never falls.

        Raises:
            LookupError: the document was not begun.
        """
        with self._database.transaction() as db:
            key = _key(db, document_id)
            db.executemany(
                "INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (key, UUID(entry.point_id).bytes, entry.page, entry.modality, entry.content, entry.look)
                    for entry in entries
                ],
            )
            db.execute("UPDATE documents SET pages_done = max(pages_done, ?) WHERE key = ?", (pages_done, key))

    def finish(self, document_id: str) -> None:
        """Note that all points of a document are stored.

        Raises:
            LookupError: the document was not begun.
        """
        with self._database.transaction() as db:
            db.execute("UPDATE documents SET is_done = 1 WHERE key = ?", (_key(db, document_id),))

    def is_done(self, document_id: str) -> bool:
        """Whether all points of a document are stored."""
        return self._database.rows("SELECT is_done FROM documents WHERE id = ?", document_id) == [(1,)]

    def entries(self, document_id: str) -> list[Entry]:
        """The points of a document, by page."""
        rows = self._database.rows(
            """SELECT point, page, modality, content, look FROM points
            WHERE document = (SELECT key FROM documents WHERE id = ?) ORDER BY page, point""",
            document_id,
        )
        return [
            Entry(str(UUID(bytes=point)), page, Modality(modality), content, look)
            for point, page, modality, content, look in rows
        ]

    def count(self, document_id: str) -> int:
        """How many points of a document are here."""
        rows = self._database.rows(
            "SELECT count(*) FROM points WHERE document = (SELECT key FROM documents WHERE id = ?)", document_id
        )
        return int(rows[0][0])

    def find(self, contents: Sequence[bytes]) -> dict[bytes, str]:
        """For each content that is stored, one point that has it, of whichever document."""
        found: dict[bytes, str] = {}
        with self._database.reading() as db:
            for content in contents:  # one by one: of a blank page there may be thousands, and one will do
                row = db.execute("SELECT point FROM points WHERE content = ? LIMIT 1", (content,)).fetchone()
                if row:
                    found[content] = str(UUID(bytes=row[0]))
        return found

    def forget(self, document_id: str) -> None:
        """Drop all that is noted of a document. To be called before its points go, so that none is found in between."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM documents WHERE id = ?", (document_id,))

    def documents(self) -> list[Recorded]:
        """Every document that was begun, by id."""
        rows = self._database.rows("SELECT id, pages_done, is_done FROM documents ORDER BY id")
        return [Recorded(document_id, pages_done, bool(is_done)) for document_id, pages_done, is_done in rows]

    def counts(self) -> dict[str, int]:
        """How many points every document has here, by its id."""
        return dict(
            self._database.rows(
                "SELECT id, (SELECT count(*) FROM points WHERE document = key) FROM documents ORDER BY id"
            )
        )

    def looks(self) -> Iterator[Look]:
        """Looks of the whole pages of finished documents, by document and page, as they are when the first is read."""
        rows = self._database.stream(
            """SELECT id, page, look FROM documents JOIN points ON document = key
            WHERE is_done AND look IS NOT NULL ORDER BY id, page, point"""
        )
        return (Look(document_id, page, look) for document_id, page, look in rows)

    def copy(self, path: Path) -> None:
        """Put all that is noted into another file, in place of what may be there."""
        self._database.copy(path)

    def close(self) -> None:
        """Let go of the file; before the folder it lies in is renamed."""
        self._database.close()


def _make_tables(db: Connection) -> None:
    db.execute(
        """CREATE TABLE documents (
            key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
            pages_done INTEGER NOT NULL DEFAULT 0, is_done INTEGER NOT NULL DEFAULT 0
        )"""
    )
    # By document, so that a batch lands on neighbouring pages of the file and a document goes in one stretch.
    db.execute(
        """CREATE TABLE points (
            document INTEGER NOT NULL REFERENCES documents (key) ON DELETE CASCADE, point BLOB NOT NULL,
            page INTEGER NOT NULL, modality TEXT NOT NULL, content BLOB NOT NULL, look BLOB,
            PRIMARY KEY (document, point)
        ) WITHOUT ROWID"""
    )
    db.execute("CREATE INDEX points_by_content ON points (content)")  # holds the key too: `find` needs no more


def _key(db: Connection, document_id: str) -> int:
    row = db.execute("SELECT key FROM documents WHERE id = ?", (document_id,)).fetchone()
    if row is None:
        raise LookupError(f"document {document_id} is not in the ledger: begin it first")
    return int(row[0])


_STEPS: tuple[Step, ...] = (_make_tables,)
_CACHE_KIB = 65_536  # holds the index by content of half a million points
_CHECKPOINT_PAGES = 4_000  # 16 MiB of log before it is moved into the file
