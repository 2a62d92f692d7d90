"""What is stored of each document: nothing that was recorded is lost, and nothing is told that was not."""

import random
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ingest.ledger import Entry, Ledger, Look, Recorded
from ingest.types import Modality, chunk_id

A, B = "a" * 64, "b" * 64


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3")


def entry(
    document_id: str, page: int, position: int = 0, *, content: bytes = b"c" * 16, look: bytes | None = None
) -> Entry:
    modality = Modality.IMAGE if look else Modality.TEXT
    return Entry(chunk_id(document_id, page, modality, position), page, modality, content, look)


def test_a_new_document_has_no_pages(ledger: Ledger) -> None:
    assert ledger.begin(A) == 0
    assert not ledger.is_done(A)


def test_a_document_goes_on_after_the_pages_that_are_stored(ledger: Ledger) -> None:
    ledger.begin(A)
    ledger.record(A, [entry(A, 1), entry(A, 2)], pages_done=1)

    assert ledger.begin(A) == 1
    assert ledger.entries(A) == [entry(A, 1), entry(A, 2)]


def test_pages_done_never_fall(ledger: Ledger) -> None:
    ledger.begin(A)
    ledger.record(A, [entry(A, 3)], pages_done=3)

    ledger.record(A, [entry(A, 2)], pages_done=1)  # of another thread, that counted earlier

    assert ledger.begin(A) == 3


def test_a_page_without_points_counts_too(ledger: Ledger) -> None:
    ledger.begin(A)

    ledger.record(A, [], pages_done=7)

    assert ledger.documents() == [Recorded(A, pages_done=7, is_done=False)]
    assert ledger.counts() == {A: 0}


def test_a_point_recorded_twice_is_there_once_as_it_was_last(ledger: Ledger) -> None:
    ledger.begin(A)
    ledger.record(A, [entry(A, 1, content=b"1" * 16)], pages_done=1)

    ledger.record(A, [entry(A, 1, content=b"2" * 16)], pages_done=1)

    assert ledger.entries(A) == [entry(A, 1, content=b"2" * 16)]
    assert ledger.count(A) == 1
    assert ledger.find([b"1" * 16]) == {}


def test_points_of_a_document_that_was_not_begun_are_refused(ledger: Ledger) -> None:
    with pytest.raises(LookupError, match=f"document {A} is not in the ledger: begin it first"):
        ledger.record(A, [entry(A, 1)], pages_done=1)

    assert ledger.find([b"c" * 16]) == {}


def test_a_finished_document_is_done_until_it_is_begun_again(ledger: Ledger) -> None:
    ledger.begin(A)
    ledger.record(A, [entry(A, 1)], pages_done=1)

    ledger.finish(A)

    assert ledger.is_done(A)
    assert ledger.begin(A) == 1
    assert not ledger.is_done(A)


def test_equal_content_is_found_in_whichever_document_it_lies(ledger: Ledger) -> None:
    for document_id in (A, B):
        ledger.begin(document_id)
        ledger.record(document_id, [entry(document_id, 1, content=b"both" * 4)], pages_done=1)
    ledger.record(B, [entry(B, 2, content=b"mine" * 4)], pages_done=2)

    found = ledger.find([b"both" * 4, b"none" * 4, b"mine" * 4])

    assert found.keys() == {b"both" * 4, b"mine" * 4}
    assert found[b"both" * 4] in {entry(A, 1).point_id, entry(B, 1).point_id}
    assert found[b"mine" * 4] == entry(B, 2).point_id


def test_nothing_is_found_of_a_forgotten_document(ledger: Ledger) -> None:
    ledger.begin(A)
    ledger.record(A, [entry(A, 1)], pages_done=1)

    ledger.forget(A)

    assert (ledger.find([b"c" * 16]), ledger.entries(A), ledger.documents(), ledger.begin(A)) == ({}, [], [], 0)


def test_looks_are_of_whole_pages_of_finished_documents_in_order(ledger: Ledger) -> None:
    for document_id in (B, A):
        ledger.begin(document_id)
    ledger.record(B, [entry(B, 1, look=b"looklook"), entry(B, 1)], pages_done=1)
    ledger.record(A, [entry(A, page, look=bytes([page] * 8)) for page in (2, 1, 10)], pages_done=10)
    assert list(ledger.looks()) == []

    ledger.finish(A)
    assert list(ledger.looks()) == [(A, 1, b"\1" * 8), (A, 2, b"\2" * 8), (A, 10, b"\n" * 8)]
    ledger.finish(B)
    assert list(ledger.looks())[-1] == Look(B, 1, b"looklook")


def test_looks_can_be_read_while_others_write(ledger: Ledger) -> None:
    ledger.begin(A)
    ledger.record(A, [entry(A, page, look=bytes([page] * 8)) for page in (1, 2)], pages_done=2)
    ledger.finish(A)

    looks = ledger.looks()
    first = next(looks)
    ledger.forget(A)

    assert [first, *looks] == [(A, 1, b"\1" * 8), (A, 2, b"\2" * 8)]
    assert list(ledger.looks()) == []


def test_a_copy_has_all_there_is_and_nothing_that_was_there(ledger: Ledger, tmp_path: Path) -> None:
    ledger.begin(A)
    ledger.record(A, [entry(A, 1)], pages_done=1)
    with closing(Ledger(tmp_path / "copy.sqlite3")) as copy:
        copy.begin(B)

    ledger.copy(tmp_path / "copy.sqlite3")

    with closing(Ledger(tmp_path / "copy.sqlite3")) as copy:
        assert copy.documents() == ledger.documents()
        assert copy.entries(A) == ledger.entries(A)


def test_threads_may_record_and_read_at_once(ledger: Ledger) -> None:
    documents = [f"{number:064x}" for number in range(4)]
    torn: list[int] = []
    done = threading.Event()

    def write(document_id: str) -> None:
        ledger.begin(document_id)
        for page in range(1, 31):
            ledger.record(document_id, [entry(document_id, page, position) for position in range(4)], pages_done=page)

    def read() -> None:
        while not done.is_set():
            torn.extend(count for count in ledger.counts().values() if count % 4)
            ledger.find([b"c" * 16])

    writers = [threading.Thread(target=write, args=(document_id,)) for document_id in documents]
    reader = threading.Thread(target=read)
    for thread in [reader, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()

    assert torn == []
    assert ledger.counts() == dict.fromkeys(documents, 120)


POINTS_A_PAGE = 16
WRITER = f"""
import sys
from itertools import count
from pathlib import Path
from ingest.ledger import Entry, Ledger
from ingest.types import Modality, chunk_id

ledger = Ledger(Path(sys.argv[1]))
for page in count(ledger.begin("{A}") + 1):
    entries = [
        Entry(chunk_id("{A}", page, Modality.TEXT, position), page, Modality.TEXT, b"c" * 16)
        for position in range({POINTS_A_PAGE})
    ]
    ledger.record("{A}", entries, pages_done=page)
    print(page, flush=True)
"""


def test_what_was_recorded_outlives_kill_9_and_no_batch_is_torn(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    chance = random.Random(9)
    for _ in range(6):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout
            for _ in range(chance.randint(1, 200)):
                child.stdout.readline()
            child.kill()
            told = child.stdout.read()  # what it still had said
        reported = int(told.split()[-1]) if told.split() else 0

        with closing(Ledger(path)) as ledger:
            pages_done = ledger.begin(A)
            pages = [one.page for one in ledger.entries(A)]

        assert pages_done >= reported
        assert pages == [page for page in range(1, pages_done + 1) for _ in range(POINTS_A_PAGE)]


DOCUMENTS = st.sampled_from([A, B, "c" * 64])
CONTENTS = [bytes([number] * 16) for number in range(5)]
BATCHES = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 2), st.sampled_from(CONTENTS), st.booleans()), max_size=6
)


class LedgerMachine(RuleBasedStateMachine):
    """Any sequence of calls leaves what a dictionary would hold."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.ledger = Ledger(self.folder / "ledger.sqlite3")
        self.points: dict[str, dict[str, Entry]] = {}
        self.pages: dict[str, int] = {}
        self.done: set[str] = set()

    @rule(document_id=DOCUMENTS)
    def begin(self, document_id: str) -> None:
        self.done.discard(document_id)
        self.points.setdefault(document_id, {})

        assert self.ledger.begin(document_id) == self.pages.setdefault(document_id, 0)

    @rule(document_id=DOCUMENTS, batch=BATCHES, pages_done=st.integers(0, 4))
    def record(self, document_id: str, batch: list[tuple[int, int, bytes, bool]], pages_done: int) -> None:
        entries = [
            entry(document_id, page, position, content=content, look=b"l" * 8 if is_whole else None)
            for page, position, content, is_whole in batch
        ]
        if document_id not in self.points:
            with pytest.raises(LookupError):
                self.ledger.record(document_id, entries, pages_done=pages_done)
            return
        self.ledger.record(document_id, entries, pages_done=pages_done)
        self.points[document_id] |= {one.point_id: one for one in entries}
        self.pages[document_id] = max(self.pages[document_id], pages_done)

    @rule(document_id=DOCUMENTS)
    def finish(self, document_id: str) -> None:
        if document_id in self.points:
            self.ledger.finish(document_id)
            self.done.add(document_id)

    @rule(document_id=DOCUMENTS)
    def forget(self, document_id: str) -> None:
        self.ledger.forget(document_id)
        self.points.pop(document_id, None)
        self.pages.pop(document_id, None)
        self.done.discard(document_id)

    @rule()
    def reopen(self) -> None:
        self.ledger.close()
        self.ledger = Ledger(self.folder / "ledger.sqlite3")

    @invariant()
    def it_holds_what_the_dictionary_holds(self) -> None:
        ledger, points = self.ledger, self.points
        assert ledger.documents() == [
            Recorded(document_id, self.pages[document_id], document_id in self.done) for document_id in sorted(points)
        ]
        assert ledger.counts() == {document_id: len(theirs) for document_id, theirs in points.items()}
        for document_id, theirs in points.items():
            assert {one.point_id: one for one in ledger.entries(document_id)} == theirs
        owners = {content: set[str]() for content in CONTENTS}
        for theirs in points.values():
            for one in theirs.values():
                owners[one.content].add(one.point_id)
        found = ledger.find(CONTENTS)
        assert found.keys() == {content for content in CONTENTS if owners[content]}
        assert all(point_id in owners[content] for content, point_id in found.items())
        whole = [
            (document_id, one.page)
            for document_id in self.done
            for one in points[document_id].values()
            if one.look is not None
        ]
        assert [(look.document_id, look.page) for look in ledger.looks()] == sorted(whole)

    def teardown(self) -> None:
        self.ledger.close()
        shutil.rmtree(self.folder)


TestAnySequence = LedgerMachine.TestCase
TestAnySequence.settings = settings(max_examples=40, stateful_step_count=15, deadline=None)
