"""Text and Markdown: one page, as written."""

import pytest

from ingest.errors import DocumentTooLarge, UnreadableDocument
from ingest.formats import sniff
from ingest.limits import Limits
from ingest.readers.registry import open_reader
from ingest.types import Format, Page


def read(tmp_path, content: bytes, name: str = "notes.txt", limits: Limits | None = None) -> Page:
    path = tmp_path / name
    path.write_bytes(content)
    with open_reader(path, format=sniff(path), name=name, limits=limits or Limits()) as reader:
        assert reader.page_count == 1
        assert reader.render_page(1, max_px=100) is None
        (page,) = reader.read_pages()
    return page


def test_a_text_file_is_page_one_without_a_picture(tmp_path):
    page = read(tmp_path, "Grüße aus Köln.\n".encode())

    assert page == Page(number=1, label="1", text="Grüße aus Köln.\n", image=None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "shift_jis", "euc_jp"])
def test_any_common_encoding_is_read(tmp_path, encoding):
    text = "すべての人間は、生れながらにして自由であり、かつ、尊厳と権利とについて平等である。" * 3

    assert read(tmp_path, text.encode(encoding)).text == text


def test_line_ends_of_every_system_become_one_kind(tmp_path):
    assert read(tmp_path, b"one\r\ntwo\rthree\n").text == "one\ntwo\nthree\n"


def test_ligatures_and_presentation_forms_are_undone(tmp_path):
    assert read(tmp_path, "e\ufb03cient so\u00adft ﺳﻼم".encode()).text == "efficient soft سلام"


def test_markdown_headings_are_found_and_the_markup_stays(tmp_path):
    text = (
        "# Top #\n\nWords.\n\nSecond\n======\n\nThird\n---\n\n#hashtag\n\n"
        "```sh\n# a comment, no heading\n```\n\n### Deep ``code``\n- item\n---\n"
    )
    page = read(tmp_path, text.encode(), "notes.md")

    assert page.text == text
    assert [(heading.level, heading.title) for heading in page.headings] == [
        (1, "Top"),
        (1, "Second"),
        (2, "Third"),
        (3, "Deep ``code``"),
    ]
    assert [text[heading.start :].split("\n")[0] for heading in page.headings] == [
        "# Top #",
        "Second",
        "Third",
        "### Deep ``code``",
    ]


def test_plain_text_has_no_headings(tmp_path):
    assert read(tmp_path, b"# not a heading\n").headings == ()


def test_too_much_text_is_refused(tmp_path):
    with pytest.raises(DocumentTooLarge, match=r"notes\.txt has 2 MiB of text, the limit is 1 MiB"):
        read(tmp_path, b"a b " * (1 << 19), limits=Limits(max_text_bytes=1 << 20))


def test_too_large_a_file_is_refused_whatever_it_is(tmp_path):
    with pytest.raises(DocumentTooLarge, match=r"notes\.txt has 2 MiB, the limit is 1 MiB"):
        read(tmp_path, b"a b " * (1 << 19), limits=Limits(max_bytes=1 << 20))


def test_text_that_turns_binary_further_on_is_unreadable(tmp_path):
    with pytest.raises(UnreadableDocument, match=r"notes\.txt is in an encoding we cannot tell"):
        read(tmp_path, b"plain words " * 2000 + bytes(range(256)) * 100)


def test_a_file_that_vanished_is_unreadable(tmp_path):
    with pytest.raises(UnreadableDocument, match=r"gone\.txt cannot be read"):
        open_reader(tmp_path / "gone", format=Format.TEXT, name="gone.txt", limits=Limits())
