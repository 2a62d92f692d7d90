"""Every file of the matrix is read, or refused in one clear line, within its limits; and the batch goes on."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from bad_inputs import CASES, KEPT, BadInput
from crafted import book

from ingest.errors import IngestError
from ingest.formats import sniff
from ingest.limits import Limits
from ingest.ocr.options import OcrMode, OcrOptions
from ingest.types import Geometry
from ingest.workers.pool import ReaderPool
from ingest.workers.task import ReadPage, ReadTask


@pytest.fixture(scope="module")
def pool() -> Iterator[ReaderPool]:
    """One for the whole matrix: what a file does to its reader must not harm the next."""
    with ReaderPool(workers=1, limits=Limits()) as pool:
        yield pool


def read(path: Path, pool: ReaderPool) -> list[ReadPage]:
    task = ReadTask(path, sniff(path), path.name, Geometry.FIT, OcrOptions(mode=OcrMode.OFF))
    with pool.read(task) as reading:
        return list(reading.pages())


def read_case(case: BadInput, folder: Path, pool: ReaderPool) -> list[ReadPage]:
    """The pages of the case, read by `pool` or, where it has limits of its own, by another."""
    path = folder / case.name
    path.write_bytes(case.make())
    if not case.limits:
        return read(path, pool)
    with ReaderPool(workers=1, limits=replace(Limits(), **case.limits)) as strict:
        return read(path, strict)


def named(case: BadInput) -> str:
    return case.name


@pytest.mark.parametrize("case", [case for case in CASES if not case.error], ids=named)
def test_a_bad_file_is_read_as_far_as_it_goes(case: BadInput, pool: ReaderPool, tmp_path: Path) -> None:
    pages = [read.page for read in read_case(case, tmp_path, pool)]

    assert [page.number for page in pages] == list(range(1, case.pages + 1))
    assert case.text in "\n".join(page.text for page in pages)
    assert not case.incomplete or pages[case.incomplete - 1].problem


@pytest.mark.parametrize("case", [case for case in CASES if case.error], ids=named)
def test_a_file_that_cannot_be_read_is_refused_in_one_clear_line(
    case: BadInput, pool: ReaderPool, tmp_path: Path
) -> None:
    with pytest.raises(IngestError, match=case.error) as refusal:
        read_case(case, tmp_path, pool)

    assert str(refusal.value).startswith(case.name)
    assert ": " in str(refusal.value)  # and then what to do
    assert "\n" not in str(refusal.value)


def test_after_them_all_a_good_file_is_read_whole(pool: ReaderPool, tmp_path: Path) -> None:
    path = tmp_path / "good.pdf"
    path.write_bytes(book(2))

    pages = read(path, pool)

    assert [(read.page.text, read.page.problem) for read in pages] == [
        (f"{KEPT}, page 1", None),
        (f"{KEPT}, page 2", None),
    ]
