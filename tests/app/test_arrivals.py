"""Uploads keep their names, cannot choose where they go, and leave nothing behind."""

from pathlib import Path

import pytest

from app.web.arrivals import Upload, arrivals, safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("世界人権宣言.pdf", "世界人権宣言.pdf"),
        ("الإعلان العالمي.pdf", "الإعلان العالمي.pdf"),
        ("holiday 🏖️ (1).png", "holiday 🏖️ (1).png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\cv.pdf", "cv.pdf"),
        ("a\x00b.pdf", "b.pdf"),
        ("..", "upload"),
        ("", "upload"),
        ("dir/", "upload"),
    ],
)
def test_a_name_keeps_its_script_and_loses_its_folders(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_name_too_long_for_a_disk_is_cut_between_characters_and_keeps_its_ending() -> None:
    safe = safe_name("長" * 200 + ".pdf")

    assert safe.endswith("長.pdf")
    assert len(safe.encode()) <= 240


def test_uploads_move_out_of_the_servers_cache_and_are_gone_afterwards(tmp_path: Path) -> None:
    cached = tmp_path / "hash" / "mangled.pdf"
    cached.parent.mkdir()
    cached.write_bytes(b"content")

    with arrivals([Upload(cached, "本物.pdf")]) as paths:
        assert [path.name for path in paths] == ["本物.pdf"]
        assert paths[0].read_bytes() == b"content"
        assert not cached.parent.exists()

    assert not paths[0].parent.parent.exists()


def test_two_uploads_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    uploads = []
    for text in ("one", "two"):
        path = tmp_path / text / "a.txt"
        path.parent.mkdir()
        path.write_text(text)
        uploads.append(Upload(path, "a.txt"))

    with arrivals(uploads) as paths:
        assert [path.read_text() for path in paths] == ["one", "two"]


def test_an_upload_that_is_gone_keeps_its_place(tmp_path: Path) -> None:
    with arrivals([Upload(tmp_path / "h" / "gone.pdf", "gone.pdf")]) as paths:
        assert [path.name for path in paths] == ["gone.pdf"]
        assert not paths[0].exists()
