"""The tables of a library's SQLite file, version by version: its documents and its jobs."""

import os
from pathlib import Path

from ingest.database import Connection, Step
from ingest.names import display_name


def _make_documents(db: Connection) -> None:
    # IF NOT EXISTS: the first version of Polyglance, killed at the right moment, left tables without a version.
    db.execute(
        """CREATE TABLE IF NOT EXISTS documents (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, format TEXT NOT NULL, bytes INTEGER NOT NULL, state TEXT NOT NULL,
            pages INTEGER NOT NULL DEFAULT 0, chunks INTEGER NOT NULL DEFAULT 0, problems TEXT NOT NULL DEFAULT '[]',
            added_at REAL NOT NULL
        )"""
    )
    db.execute(
        """CREATE TABLE IF NOT EXISTS sources (
            path BLOB PRIMARY KEY, document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE
        )"""
    )
    db.execute("CREATE INDEX IF NOT EXISTS sources_by_document ON sources (document_id)")


def _add_jobs(db: Connection) -> None:
    db.execute("ALTER TABLE documents ADD COLUMN language TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE documents ADD COLUMN ocr_pages INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE sources ADD COLUMN name TEXT NOT NULL DEFAULT ''")
    paths = db.execute("SELECT path FROM sources").fetchall()
    names = [(display_name(Path(os.fsdecode(path))), path) for (path,) in paths]
    db.executemany("UPDATE sources SET name = ? WHERE path = ?", names)
    db.execute(
        """CREATE TABLE jobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT, created_at REAL NOT NULL, state TEXT NOT NULL, wanted TEXT NOT NULL
        )"""
    )
    db.execute(
        """CREATE TABLE job_files (
            id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            path BLOB NOT NULL, name TEXT NOT NULL, source BLOB, bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
            state TEXT NOT NULL, document_id TEXT, pages INTEGER NOT NULL DEFAULT 0, chunks INTEGER NOT NULL DEFAULT 0,
            error TEXT, problems TEXT NOT NULL DEFAULT '[]'
        )"""
    )
    db.execute("CREATE INDEX job_files_by_state ON job_files (job_id, state, id)")
    db.execute("CREATE INDEX job_files_by_source ON job_files (source) WHERE source IS NOT NULL")


LIBRARY: tuple[Step, ...] = (_make_documents, _add_jobs)
