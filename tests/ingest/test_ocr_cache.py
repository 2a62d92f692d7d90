"""Results of OCR on disk: found again, bounded, and never in the way."""

import os

import pytest
from PIL import Image

from ingest.ocr.cache import OcrCache, key_of

RESULT = {"lines": [["ein Wort", 1.0, 2.0, 3.0, 4.0, 0.9]], "language": "de"}


def test_a_result_is_found_by_another_process(tmp_path):
    OcrCache(tmp_path).write("abc", RESULT)

    assert OcrCache(tmp_path).read("abc") == RESULT
    assert OcrCache(tmp_path).read("abd") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"key": "other"}'])
def test_a_corrupt_result_counts_as_absent_and_is_written_anew(tmp_path, content):
    cache = OcrCache(tmp_path)
    cache.write("abc", RESULT)
    (tmp_path / "ab" / "abc.json").write_bytes(content)

    assert cache.read("abc") is None

    cache.write("abc", RESULT)
    assert cache.read("abc") == RESULT


def test_the_least_recently_used_go_when_the_folder_is_full(tmp_path):
    cache = OcrCache(tmp_path, max_bytes=20 * 4096)
    for number in range(60):
        cache.write(f"{number:03}", RESULT)
        os.utime(tmp_path / f"{number:03}"[:2] / f"{number:03}.json", (number, number))
        cache.read("000")

    left = {path.stem for path in tmp_path.rglob("*.json")}

    assert len(left) <= 22
    assert {"000", "059"} <= left


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    cache = OcrCache(tmp_path / "file" / "cache")

    cache.write("abc", RESULT)

    assert cache.read("abc") is None


def test_keys_differ_by_pixels_shape_and_words():
    image = Image.new("RGB", (4, 2), "white")
    dotted = image.copy()
    dotted.putpixel((0, 0), (0, 0, 0))

    keys = [key_of(image, "de"), key_of(image, "en"), key_of(dotted, "de"), key_of(image.resize((2, 4)), "de")]

    assert len(set(keys)) == 4
    assert key_of(image.copy(), "de") == keys[0]
