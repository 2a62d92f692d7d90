"""One SQLite file: opened, brought up to date, read and written by several threads and processes.

The file is in WAL mode, so readers and one writer do not wait for each other across processes, and what was committed
outlives the death of the process. The only importer of sqlite3 in this room.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ingest.errors import IngestError
from ingest.names import display_name

Connection = sqlite3.Connection
Step = Callable[[Connection], None]  # brings a file from one version to the next, inside a transaction

_BUSY_S = 30.0  # how long another process may keep the file locked; its transactions take milliseconds


class UnsuitableVersion(IngestError):
    """A file of the library was made by another version of Polyglance than can be read as it is."""


class Database:
    """An SQLite file, its tables made or brought up to date. Safe to call from several threads.

    Args:
        path: the file, made where it is missing.
        steps: the first makes the tables of version 1, the next brings them to version 2, and so on.
        outlives_power_loss: every transaction waits for the disk. Without, the last ones may be missing after a power
            cut, and only then; those that are there are whole and in order.
        is_read_only: neither make nor change the file, which must be of the latest version.

    Raises:
        UnsuitableVersion: the file is newer than ``steps``, or older and only to be read.
    """

    def __init__(
        self, path: Path, steps: Sequence[Step], *, outlives_power_loss: bool = True, is_read_only: bool = False
    ) -> None:
        self._lock = threading.Lock()
        self._path = path
        self._db = _connect(path, is_read_only=is_read_only)
        try:
            if not is_read_only:
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA foreign_keys = ON")
                self._db.execute(f"PRAGMA synchronous = {'FULL' if outlives_power_loss else 'NORMAL'}")
            self._bring_up_to_date(steps, is_read_only=is_read_only)
        except BaseException:
            self._db.close()
            raise

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The connection, for several queries in a row that no transaction of this process comes between."""
        with self._lock:
            yield self._db

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """The connection, in a transaction that is whole in the file once the block is left, or undone if it raises."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.commit()
            except BaseException:
                self._db.rollback()
                raise

    def stream(self, sql: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Rows of a query one by one, as they were at the first, while others read and write."""
        with closing(_connect(self._path, is_read_only=True)) as snapshot:
            yield from snapshot.execute(sql, values)

    def copy(self, path: Path) -> None:
        """Put all of it, as it is now, into another file, in place of what may be there."""
        with (
            closing(_connect(self._path, is_read_only=True)) as ours,
            closing(_connect(path, is_read_only=False)) as theirs,
        ):
            ours.backup(theirs)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def _bring_up_to_date(self, steps: Sequence[Step], *, is_read_only: bool) -> None:
        name, latest = display_name(self._path), len(steps)
        found = self._version()
        if found > latest:
            raise UnsuitableVersion(
                f"{name} is of version {found}, made by a newer Polyglance than this one, which reads up to {latest}: "
                "install the newer one"
            )
        if found < latest and is_read_only:
            raise UnsuitableVersion(
                f"{name} is of version {found}, made by an older Polyglance than this one, which reads {latest}: "
                "run `polyglance status` once, which brings it up to date"
            )
        while found < latest:
            with self.transaction() as db:
                found = self._version()  # another process may have been quicker
                if found < latest:
                    steps[found](db)
                    found += 1
                    db.execute(f"PRAGMA user_version = {found}")

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])


def text(value: str) -> str:
    r"""The text as SQLite can hold it: what is no Unicode, as in undecodable names, becomes `\udcNN`."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def _connect(path: Path, *, is_read_only: bool) -> Connection:
    target = f"{path.absolute().as_uri()}?mode=ro" if is_read_only else path
    return sqlite3.connect(target, uri=is_read_only, timeout=_BUSY_S, check_same_thread=False, isolation_level=None)
