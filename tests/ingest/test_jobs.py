"""Jobs: every file is taken once, other processes look on and ask, and a dead process leaves nothing half taken."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from ingest.database import UnsuitableVersion
from ingest.jobs import FileState, JobFile, Jobs, JobState, NewFile, Wanted
from ingest.manifest import Manifest
from ingest.types import Format

DOCUMENT = "a" * 64


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path / "library.sqlite3")


def files(count: int) -> list[NewFile]:
    paths = [Path(f"/in/{number}.txt") for number in range(count)]
    return [NewFile(path, path.name, bytes=5, mtime_ns=1_000, source=path) for path in paths]


def claim(jobs: Jobs, job_id: int) -> JobFile:
    file = jobs.next_waiting(job_id)
    assert file
    return file


def test_a_new_job_runs_and_all_its_files_wait(jobs: Jobs) -> None:
    job = jobs.create(files(3))

    assert (job.state, job.wanted) == (JobState.RUNNING, Wanted.RUN)
    assert jobs.get(job.id) == jobs.latest() == job
    assert [file.name for file in jobs.files(job.id)] == ["0.txt", "1.txt", "2.txt"]
    assert jobs.summary(job.id) == dict.fromkeys(FileState, 0) | {FileState.WAITING: 3}


def test_a_file_is_kept_as_it_was_given_whatever_its_name(jobs: Jobs) -> None:
    name, nanoseconds, source = "caf\udce9.zip/猫\ud800.txt", 1_234_567_890_123_456_789, Path("/in/caf\udce9/猫.txt")
    given = NewFile(Path("/data/incoming/0\udce9.txt"), name, 7, nanoseconds, source)
    job = jobs.create([given])

    (file,) = jobs.files(job.id)

    assert (file.path, file.source) == (given.path, given.source)
    assert (file.bytes, file.mtime_ns) == (7, nanoseconds)
    assert file.name == "caf\\udce9.zip/猫\\ud800.txt"


def test_an_upload_stands_for_no_path(jobs: Jobs) -> None:
    job = jobs.create([NewFile(Path("/data/incoming/0.txt"), "0.txt", 5, 1, source=None)])

    assert [file.source for file in jobs.files(job.id)] == [None]


def test_what_cannot_be_added_is_a_failed_file_of_the_job(jobs: Jobs) -> None:
    job = jobs.create(files(1))

    jobs.add_failed(job.id, Path("/in/gone.pdf"), name="gone.pdf", error="gone.pdf does not exist: check the path")

    (failed,) = jobs.files(job.id, states=[FileState.FAILED])
    assert (failed.path, failed.name) == (Path("/in/gone.pdf"), "gone.pdf")
    assert failed.error == "gone.pdf does not exist: check the path"
    assert jobs.summary(job.id)[FileState.WAITING] == 1


def test_files_are_taken_in_order_until_none_waits(jobs: Jobs) -> None:
    other, job = jobs.create(files(1)), jobs.create(files(2))

    assert [claim(jobs, job.id).name for _ in range(2)] == ["0.txt", "1.txt"]
    assert jobs.next_waiting(job.id) is None
    assert jobs.summary(job.id)[FileState.READING] == 2
    assert jobs.summary(other.id)[FileState.WAITING] == 1


def test_no_file_is_taken_by_two_threads(jobs: Jobs) -> None:
    job = jobs.create(files(200))
    taken: list[int] = []

    def work() -> None:
        while file := jobs.next_waiting(job.id):
            taken.append(file.id)
            jobs.finish_file(file.id, FileState.ADDED)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == [file.id for file in jobs.files(job.id)]
    assert jobs.summary(job.id)[FileState.ADDED] == 200


def test_what_became_of_a_file_is_noted(jobs: Jobs) -> None:
    job = jobs.create(files(2))

    first, second = claim(jobs, job.id), claim(jobs, job.id)
    jobs.finish_file(
        first.id, FileState.ADDED, document_id=DOCUMENT, pages=3, chunks=9, problems=("page 2: torn \udce9",)
    )
    jobs.finish_file(second.id, FileState.FAILED, error="1.txt is empty: leave it out \udce9")

    added, failed = jobs.files(job.id)
    assert (added.state, added.document_id, added.pages, added.chunks) == (FileState.ADDED, DOCUMENT, 3, 9)
    assert added.problems == ("page 2: torn \udce9",)
    assert (failed.state, failed.error) == (FileState.FAILED, "1.txt is empty: leave it out \\udce9")
    assert jobs.files(job.id, states=[FileState.FAILED]) == [failed]
    assert jobs.files(job.id, states=[]) == []


def test_failed_files_can_be_tried_again(jobs: Jobs) -> None:
    job = jobs.create(files(2))
    jobs.finish_file(claim(jobs, job.id).id, FileState.FAILED, error="no room")
    jobs.finish_file(claim(jobs, job.id).id, FileState.ADDED, document_id=DOCUMENT, pages=1, chunks=1)

    assert jobs.requeue(job.id, FileState.FAILED) == 1

    again = claim(jobs, job.id)
    assert (again.name, again.error) == ("0.txt", None)
    assert jobs.next_waiting(job.id) is None


def test_a_file_that_waits_again_keeps_the_document_that_was_begun(jobs: Jobs) -> None:
    job = jobs.create(files(1))
    jobs.note_document(claim(jobs, job.id).id, DOCUMENT)

    assert jobs.requeue(job.id) == 1

    assert [file.document_id for file in jobs.files(job.id, states=[FileState.WAITING])] == [DOCUMENT]


def test_cancelling_leaves_what_is_done(jobs: Jobs) -> None:
    job = jobs.create(files(3))
    jobs.finish_file(claim(jobs, job.id).id, FileState.ADDED, document_id=DOCUMENT)
    claim(jobs, job.id)

    jobs.cancel(job.id)

    states = [file.state for file in jobs.files(job.id)]
    assert states == [FileState.ADDED, FileState.CANCELLED, FileState.CANCELLED]
    cancelled = jobs.get(job.id)
    assert cancelled
    assert cancelled.state is JobState.CANCELLED


def test_a_job_that_is_not_there_is_named(jobs: Jobs) -> None:
    assert (jobs.get(7), jobs.latest(), jobs.recent(5)) == (None, None, [])

    with pytest.raises(LookupError, match="job 7 is not there"):
        jobs.wanted(7)


def test_only_the_last_fifty_jobs_that_are_over_are_kept(jobs: Jobs) -> None:
    unfinished = jobs.create(files(1))
    jobs.set_state(unfinished.id, JobState.INTERRUPTED)
    for _ in range(53):
        jobs.set_state(jobs.create(files(1)).id, JobState.DONE)
    latest = jobs.create(files(1))

    kept = [job.id for job in jobs.recent(100)]

    assert kept == [latest.id, *range(latest.id - 1, latest.id - 51, -1), unfinished.id]
    assert jobs.files(unfinished.id + 1) == []


def test_jobs_that_are_not_over_are_told_oldest_first(jobs: Jobs) -> None:
    made = [jobs.create(files(1)) for _ in JobState]
    for job, state in zip(made, JobState, strict=True):
        jobs.set_state(job.id, state)

    assert [job.state for job in jobs.unfinished()] == [JobState.RUNNING, JobState.PAUSED, JobState.INTERRUPTED]


def test_documents_and_jobs_share_a_file(jobs: Jobs, tmp_path: Path) -> None:
    with closing(Manifest(tmp_path / "library.sqlite3")) as manifest:
        assert manifest.documents() == []
        jobs.create(files(1))
        manifest.begin(DOCUMENT, name="note.txt", format=Format.TEXT, size_bytes=5)

    assert jobs.latest()


RUNNER = """
import sys, time
from pathlib import Path
from ingest.jobs import FileState, Jobs, NewFile, Wanted

jobs = Jobs(Path(sys.argv[1]))
job = jobs.create([NewFile(Path(f"/in/{n}"), str(n), 5, 1, None) for n in range(4)])
jobs.finish_file(jobs.next_waiting(job.id).id, FileState.ADDED)
jobs.next_waiting(job.id), jobs.next_waiting(job.id)
print(job.id, flush=True)
while jobs.wanted(job.id) is Wanted.RUN:
    time.sleep(0.005)
print(jobs.wanted(job.id), flush=True)
sys.stdin.read()
"""


def test_another_process_looks_on_asks_and_mends_what_it_left_when_killed(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite3"
    command = [sys.executable, "-c", RUNNER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as runner:
        assert runner.stdout
        job_id = int(runner.stdout.readline())

        with closing(Jobs.read(path)) as onlooker:
            assert onlooker.summary(job_id)[FileState.READING] == 2
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                onlooker.want(job_id, Wanted.CANCEL)
        with closing(Jobs(path)) as asking:
            asking.want(job_id, Wanted.PAUSE)
        assert runner.stdout.readline() == "pause\n"
        runner.kill()

    with closing(Jobs.read(path)) as onlooker:
        assert [job.state for job in onlooker.recent(1)] == [JobState.RUNNING]
    with closing(Jobs(path)) as jobs:
        assert [(job.id, job.state) for job in jobs.recover()] == [(job_id, JobState.INTERRUPTED)]
        assert jobs.recover() == []
        states = [file.state for file in jobs.files(job_id)]
        assert states == [FileState.ADDED, FileState.WAITING, FileState.WAITING, FileState.WAITING]


def test_looking_on_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        Jobs.read(tmp_path / "library.sqlite3")

    assert list(tmp_path.iterdir()) == []


def test_looking_on_at_a_library_of_an_older_version_says_what_to_do(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "library.sqlite3")) as old:
        old.execute("PRAGMA user_version = 1")

    with pytest.raises(UnsuitableVersion, match="run `polyglance status` once"):
        Jobs.read(tmp_path / "library.sqlite3")
