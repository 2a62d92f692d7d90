"""Jobs, in the library's SQLite file: what was asked to be added, and what became of each file.

One process at a time works on a library's jobs, with as many threads as it likes. Others may look on, and ask by `want`
that it stops.
"""

import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from ingest.database import Connection, Database, text
from ingest.schema import LIBRARY

_KEPT = 50  # jobs that are over


class JobState(StrEnum):
    """Where a job stands."""

    RUNNING = "running"
    PAUSED = "paused"  # by request
    INTERRUPTED = "interrupted"  # by a fault, or the death of its process
    DONE = "done"
    CANCELLED = "cancelled"


UNFINISHED = frozenset({JobState.RUNNING, JobState.PAUSED, JobState.INTERRUPTED})


class Wanted(StrEnum):
    """What its owner wants of a job."""

    RUN = "run"
    PAUSE = "pause"
    CANCEL = "cancel"


class FileState(StrEnum):
    """Where a file of a job stands."""

    WAITING = "waiting"
    READING = "reading"  # taken by a thread
    ADDED = "added"
    UNCHANGED = "unchanged"
    REPLACED = "replaced"
    FAILED = "failed"
    CANCELLED = "cancelled"  # before it was done


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is to be added."""

    path: Path  # where its bytes are, absolute
    name: str  # shown to people
    bytes: int
    mtime_ns: int  # since the epoch
    source: Path | None  # the path its document is to stand for; None for uploads and the like, which have none


@dataclass(frozen=True, slots=True)
class JobFile:
    """A file of a job."""

    id: int  # in the order the files were given
    job_id: int
    path: Path
    name: str
    bytes: int
    mtime_ns: int
    source: Path | None
    state: FileState
    document_id: str | None  # once its content is known
    pages: int
    chunks: int
    error: str | None  # why it failed, in a line
    problems: tuple[str, ...]  # what of it could not be read, in words


@dataclass(frozen=True, slots=True)
class Job:
    """Files that were asked for at once."""

    id: int  # rises, and is never used again
    created_at: float  # seconds since the epoch
    state: JobState
    wanted: Wanted


class Jobs:
    """Jobs and their files. Safe to call from several threads.

    Args:
        path: the library's SQLite file, the manifest's too; made where it is missing.
        is_read_only: neither make nor change it.

    Raises:
        UnsuitableVersion: a newer Polyglance made it; or an older one did, and it is only to be read.
    """

    def __init__(self, path: Path, *, is_read_only: bool = False) -> None:
        # A state that a power cut takes back costs reading the file again, which finds it unchanged.
        self._database = Database(path, LIBRARY, outlives_power_loss=False, is_read_only=is_read_only)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Look on at a library that another process may be working on; the file must exist."""
        return cls(path, is_read_only=True)

    def create(self, files: Sequence[NewFile]) -> Job:
        """A running job of these files, all waiting; of the jobs that are over, the oldest beyond 50 are forgotten."""
        with self._database.transaction() as db:
            created_at = time.time()
            job_id = db.execute(
                "INSERT INTO jobs (created_at, state, wanted) VALUES (?, ?, ?)",
                (created_at, JobState.RUNNING, Wanted.RUN),
            ).lastrowid
            assert job_id is not None  # it was inserted
            db.executemany(
                """INSERT INTO job_files (job_id, path, name, bytes, mtime_ns, source, state)
                VALUES (?, ?, ?, ?, ?, ?, ?)""",
                (
                    (
                        job_id,
                        os.fsencode(file.path),
                        text(file.name),
                        file.bytes,
                        file.mtime_ns,
                        file.source and os.fsencode(file.source),
                        FileState.WAITING,
                    )
                    for file in files
                ),
            )
            _forget_old(db)
        return Job(job_id, created_at, JobState.RUNNING, Wanted.RUN)

    def add_failed(self, job_id: int, path: Path, *, name: str, error: str) -> None:
        """Add a file that cannot be added, and why, to a job.

        Args:
            job_id: the job.
            path: the file, or the archive that it is in.
            name: shown to people.
            error: why, in a line.
        """
        with self._database.transaction() as db:
            db.execute(
                """INSERT INTO job_files (job_id, path, name, bytes, mtime_ns, state, error)
                VALUES (?, ?, ?, 0, 0, ?, ?)""",
                (job_id, os.fsencode(path), text(name), FileState.FAILED, text(error)),
            )

    def get(self, job_id: int) -> Job | None:
        """The job of this number, or None."""
        return next(iter(self._select("WHERE id = ?", job_id)), None)

    def latest(self) -> Job | None:
        """The job that was made last, or None."""
        return next(iter(self.recent(1)), None)

    def recent(self, limit: int) -> list[Job]:
        """The last jobs, the latest first."""
        return self._select("ORDER BY id DESC LIMIT ?", limit)

    def unfinished(self) -> list[Job]:
        """Jobs that are not over, the oldest first."""
        marks = ", ".join("?" * len(UNFINISHED))
        return self._select(f"WHERE state IN ({marks}) ORDER BY id", *UNFINISHED)

    def documents_under_way(self) -> frozenset[str]:
        """Documents that files of unfinished jobs make, and that may be half stored."""
        marks = ", ".join("?" * len(UNFINISHED))
        rows = self._database.rows(
            f"""SELECT document_id FROM job_files WHERE document_id IS NOT NULL AND state IN (?, ?)
            AND job_id IN (SELECT id FROM jobs WHERE state IN ({marks}))""",
            FileState.WAITING,
            FileState.READING,
            *UNFINISHED,
        )
        return frozenset(document_id for (document_id,) in rows)

    def files(self, job_id: int, states: Iterable[FileState] | None = None) -> list[JobFile]:
        """Files of a job in the order they were given; in whatever state, or in these."""
        wanted = tuple(FileState if states is None else states)
        marks = ", ".join("?" * len(wanted))
        rows = self._database.rows(
            f"SELECT {_FILE} FROM job_files WHERE job_id = ? AND state IN ({marks}) ORDER BY id", job_id, *wanted
        )
        return [_to_file(row) for row in rows]

    def summary(self, job_id: int) -> dict[FileState, int]:
        """How many files of a job there are in each state."""
        rows = self._database.rows("SELECT state, count(*) FROM job_files WHERE job_id = ? GROUP BY state", job_id)
        return dict.fromkeys(FileState, 0) | {FileState(state): count for state, count in rows}

    def take_over(self, job_id: int) -> None:
        """Let a new job have the files that wait in unfinished jobs which nobody runs; those left empty are done."""
        with self._database.transaction() as db:
            mine = {"job": job_id, "waiting": FileState.WAITING, "cancelled": FileState.CANCELLED}
            idle = {"paused": JobState.PAUSED, "interrupted": JobState.INTERRUPTED, "done": JobState.DONE}
            db.execute(
                """UPDATE job_files SET document_id = (
                    SELECT old.document_id FROM job_files old JOIN jobs ON jobs.id = old.job_id
                    WHERE old.source = job_files.source AND old.state = :waiting AND old.job_id != :job
                    AND jobs.state IN (:paused, :interrupted) ORDER BY old.id DESC LIMIT 1
                ) WHERE job_id = :job AND document_id IS NULL AND state = :waiting""",
                mine | idle,
            )
            db.execute(
                """UPDATE job_files SET state = :cancelled WHERE state = :waiting AND job_id != :job
                AND source IN (SELECT source FROM job_files WHERE job_id = :job AND source IS NOT NULL)
                AND job_id IN (SELECT id FROM jobs WHERE state IN (:paused, :interrupted))""",
                mine | idle,
            )
            db.execute(
                """UPDATE jobs SET state = :done WHERE state IN (:paused, :interrupted)
                AND id NOT IN (SELECT job_id FROM job_files WHERE state = :waiting)""",
                mine | idle,
            )

    def next_waiting(self, job_id: int) -> JobFile | None:
        """Take the next waiting file, now *reading*, which no other thread gets; None where there is none."""
        with self._database.transaction() as db:
            row = db.execute(
                f"SELECT {_FILE} FROM job_files WHERE job_id = ? AND state = ? ORDER BY id LIMIT 1",
                (job_id, FileState.WAITING),
            ).fetchone()
            if row is None:
                return None
            db.execute("UPDATE job_files SET state = ? WHERE id = ?", (FileState.READING, row[0]))
        return replace(_to_file(row), state=FileState.READING)

    def note_document(self, file_id: int, document_id: str) -> None:
        """Note which document a file's content makes, as soon as that is known."""
        with self._database.transaction() as db:
            db.execute("UPDATE job_files SET document_id = ? WHERE id = ?", (document_id, file_id))

    def finish_file(
        self,
        file_id: int,
        state: FileState,
        *,
        document_id: str | None = None,
        pages: int = 0,
        chunks: int = 0,
        error: str | None = None,
        problems: tuple[str, ...] = (),
    ) -> None:
        """Note what became of a file.

        Args:
            file_id: the file.
            state: added, unchanged, replaced or failed.
            document_id: the document that its content is; None where it failed.
            pages: how many that has.
            chunks: how many are stored.
            error: why it failed, in a line.
            problems: what of it could not be read, in words.
        """
        with self._database.transaction() as db:
            db.execute(
                """UPDATE job_files SET state = ?, document_id = ?, pages = ?, chunks = ?, error = ?, problems = ?
                WHERE id = ?""",
                (state, document_id, pages, chunks, error and text(error), json.dumps(problems), file_id),
            )

    def requeue(self, job_id: int, state: FileState = FileState.READING) -> int:
        """Let files of a job wait again: those that were being read, or that failed.

        Returns:
            How many.
        """
        with self._database.transaction() as db:
            return db.execute(
                """UPDATE job_files SET state = ?, pages = 0, chunks = 0, error = NULL, problems = '[]'
                WHERE job_id = ? AND state = ?""",
                (FileState.WAITING, job_id, state),
            ).rowcount

    def set_state(self, job_id: int, state: JobState) -> None:
        """Note where a job stands."""
        with self._database.transaction() as db:
            db.execute("UPDATE jobs SET state = ? WHERE id = ?", (state, job_id))

    def cancel(self, job_id: int) -> None:
        """End a job: it and its files that are not done are *cancelled*."""
        with self._database.transaction() as db:
            db.execute("UPDATE jobs SET state = ? WHERE id = ?", (JobState.CANCELLED, job_id))
            db.execute(
                "UPDATE job_files SET state = ? WHERE job_id = ? AND state IN (?, ?)",
                (FileState.CANCELLED, job_id, FileState.WAITING, FileState.READING),
            )

    def want(self, job_id: int, wanted: Wanted) -> None:
        """Ask the process that runs a job to go on, pause or cancel; it sees this by `wanted`."""
        with self._database.transaction() as db:
            db.execute("UPDATE jobs SET wanted = ? WHERE id = ?", (wanted, job_id))

    def wanted(self, job_id: int) -> Wanted:
        """What was last asked of a job, by whichever process.

        Raises:
            LookupError: there is no such job.
        """
        rows = self._database.rows("SELECT wanted FROM jobs WHERE id = ?", job_id)
        if not rows:
            raise LookupError(f"job {job_id} is not there: `polyglance jobs` lists those that are")
        return Wanted(rows[0][0])

    def recover(self) -> list[Job]:
        """Mend what a process left that died: to be called before any job is run.

        Returns:
            Jobs that it was running, now *interrupted*; their files that were being read wait again.
        """
        running = self._select("WHERE state = ? ORDER BY id", JobState.RUNNING)
        for job in running:
            self.requeue(job.id)
            self.set_state(job.id, JobState.INTERRUPTED)
        return [replace(job, state=JobState.INTERRUPTED) for job in running]

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _select(self, rest: str, *values: object) -> list[Job]:
        rows = self._database.rows(f"SELECT id, created_at, state, wanted FROM jobs {rest}", *values)
        return [Job(id, created_at, JobState(state), Wanted(wanted)) for id, created_at, state, wanted in rows]


_FILE = "id, job_id, path, name, bytes, mtime_ns, source, state, document_id, pages, chunks, error, problems"


def _to_file(row: tuple[Any, ...]) -> JobFile:
    id, job_id, path, name, size, mtime_ns, source, state, document_id, pages, chunks, error, problems = row
    return JobFile(
        id,
        job_id,
        Path(os.fsdecode(path)),
        name,
        size,
        mtime_ns,
        source and Path(os.fsdecode(source)),
        FileState(state),
        document_id,
        pages,
        chunks,
        error,
        tuple(json.loads(problems)),
    )


def _forget_old(db: Connection) -> None:
    marks = ", ".join("?" * len(UNFINISHED))
    db.execute(
        f"""DELETE FROM jobs WHERE id IN (
            SELECT id FROM jobs WHERE state NOT IN ({marks}) ORDER BY id DESC LIMIT -1 OFFSET ?
        )""",
        (*UNFINISHED, _KEPT),
    )
