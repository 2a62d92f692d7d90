"""Paths on a command line come to files, each once, in a steady order."""

import os
from pathlib import Path

import pytest

from ingest.collect import collect
from ingest.errors import NothingToAdd, UnreadableDocument, UnsupportedFormat


def touch(path: Path, content: bytes = b"some words\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_folder_is_walked_in_order_without_hidden_files(tmp_path):
    second = touch(tmp_path / "b.txt")
    deep = touch(tmp_path / "sub" / "deep" / "c.md")
    first = touch(tmp_path / "a.txt")
    touch(tmp_path / ".hidden.txt")
    touch(tmp_path / ".git" / "config.txt")

    assert collect([tmp_path]).files == (first, second, deep)


def test_a_folder_skips_other_kinds_of_file_and_counts_them(tmp_path):
    kept = touch(tmp_path / "a.txt")
    other = touch(tmp_path / "movie.mkv", b"\x1a\x45\xdf\xa3\x00\x00")

    collected = collect([tmp_path])

    assert collected.files == (kept,)
    assert collected.skipped == (other,)
    assert collected.failures == ()


def test_a_folder_reports_a_file_that_is_not_what_its_name_promises(tmp_path):
    touch(tmp_path / "a.txt")
    clip = touch(tmp_path / "saved.pdf", b"\x1a\x45\xdf\xa3\x00\x00")
    empty = touch(tmp_path / "scan.png", b"")

    failures = {failure.path: type(failure.error) for failure in collect([tmp_path]).failures}

    assert failures == {clip: UnsupportedFormat, empty: UnreadableDocument}


def test_a_file_named_outright_is_listed_whatever_it_is(tmp_path):
    movie = touch(tmp_path / "movie.mkv", b"\x1a\x45\xdf\xa3\x00\x00")

    assert collect([movie]).files == (movie,)


def test_a_file_is_listed_once_however_it_is_named(tmp_path):
    file = touch(tmp_path / "a.txt")
    (tmp_path / "link.txt").symlink_to(file)

    assert collect([tmp_path, file, tmp_path / "." / "a.txt"]).files == (file,)


def test_a_loop_of_links_ends(tmp_path):
    file = touch(tmp_path / "sub" / "a.txt")
    other = touch(tmp_path / "sub" / "tool", b"\x7fELF\x00")
    (tmp_path / "sub" / "up").symlink_to(tmp_path)

    collected = collect([tmp_path])

    assert collected.files == (file,)
    assert collected.skipped == (other,)


def test_a_broken_link_is_passed_over(tmp_path):
    file = touch(tmp_path / "a.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")

    assert collect([tmp_path]).files == (file,)


@pytest.mark.parametrize("content", [None, b"\x7fELF\x00"])
def test_a_folder_with_nothing_for_us_is_named(tmp_path, content):
    folder = tmp_path / "barren"
    folder.mkdir()
    if content:
        touch(folder / "tool", content)

    (failure,) = collect([folder]).failures

    assert isinstance(failure.error, NothingToAdd)
    assert "barren holds no file Polyglance reads" in str(failure.error)


def test_a_missing_path_is_named_and_the_others_are_listed(tmp_path):
    file = touch(tmp_path / "a.txt")

    collected = collect([tmp_path / "gone.pdf", file])

    assert collected.files == (file,)
    assert [str(failure.error) for failure in collected.failures] == ["gone.pdf does not exist: check the path"]


@pytest.mark.parametrize(
    "name", [b"\xff\xfe bytes.txt", "😀.txt".encode(), b"x" * 251 + b".txt", "a\u202eb\n.txt".encode(), b"x..txt"]
)
def test_odd_names_are_listed_like_any_other(tmp_path, name):
    path = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name)))
    path.write_bytes(b"words")

    assert collect([tmp_path]).files == (path,)
    assert collect([path]).files == (path,)


@pytest.mark.parametrize("path", ["../" * 50 + "no/such", "x" * 300, "nul\x00byte", ""])
def test_impossible_paths_do_not_crash(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)

    assert len(collect([Path(path)]).failures) == 1
