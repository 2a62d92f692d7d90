"""HTML becomes Markdown: what a browser shows, with its headings, lists and tables."""

import pytest

from ingest.errors import DocumentTooLarge, UnreadableDocument
from ingest.formats import sniff
from ingest.limits import Limits
from ingest.readers.registry import open_reader
from ingest.types import Page


@pytest.fixture
def read(tmp_path):
    def read(content: str | bytes, limits: Limits | None = None) -> Page:
        path = tmp_path / "page.html"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        with open_reader(path, format=sniff(path), name=path.name, limits=limits or Limits()) as reader:
            (page,) = reader.read_pages()
            return page

    return read


def test_headings_are_marked_and_known(read):
    page = read("<html><body><h1>Boats</h1><p>All of them.</p><h2>Sail <em>boats</em></h2><p>By wind.</p>")

    assert page.text == "# Boats\n\nAll of them.\n\n## Sail boats\n\nBy wind."
    assert [(heading.level, heading.title) for heading in page.headings] == [(1, "Boats"), (2, "Sail boats")]
    assert [page.text[heading.start :].startswith("#") for heading in page.headings] == [True, True]


def test_the_title_stands_for_a_missing_main_heading(read):
    page = read("<html><head><title> All  about\nboats</title></head><body><h2>Sail</h2>")

    assert page.text == "# All about boats\n\n## Sail"


def test_a_table_of_facts_stays_a_table(read):
    page = read(
        "<html><table><tr><th>Name<th>Length</tr><tr><td>Cutter<br>(old)<td>9 m</tr><tr><td colspan=2>a|b</table>"
    )

    assert page.text == "| Name | Length |\n| --- | --- |\n| Cutter (old) | 9 m |\n|  | a\\|b |"


def test_a_table_that_lays_out_a_page_does_not(read):
    page = read("<html><table><tr><td><h1>News</h1><p>One.</p><td>Menu</table>")

    assert page.text == "# News\n\nOne.\n\nMenu"


def test_lists_and_code_keep_their_shape(read):
    page = read("<html><ul><li>a<ul><li>b</ul><li>c</ul><p>then<ol><li>x<li>y</ol><pre>def f():\n    pass</pre>")

    assert page.text == "- a\n  - b\n- c\n\nthen\n\n1. x\n2. y\n\n```\ndef f():\n    pass\n```"


@pytest.mark.parametrize(
    "unseen",
    [
        "<script>no</script>",
        "<style>no</style>",
        "<template>no</template>",
        "<div hidden>no<p>no</p></div>",
        '<div style="color: red; display : none">no<p>no</p></div>',
        '<b style="VISIBILITY:hidden">no</b>',
        "<!-- no -->",
        "<svg><title>no</title><text>no</text></svg>",
        "<select><option>no</select>",
        "<ruby><rt>no</rt></ruby>",
    ],
)
def test_what_a_browser_does_not_show_is_left_out(read, unseen):
    assert read(f"<html><body><p>yes</p>{unseen}<p>also</p></body></html>").text == "yes\n\nalso"


def test_entities_breaks_and_alternative_texts_are_read(read):
    assert (
        read('<html>caf&eacute;&nbsp;&amp; &#26085;<br>tea <img src="x.png" alt="a cup">').text
        == "café & 日\ntea a cup"
    )


def test_a_well_formed_page_may_close_its_tags_at_once(read):
    page = read(
        '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><script src="x"/></head>'
        "<body><p/>yes</body></html>"
    )

    assert page.text == "yes"


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("<meta charset=Shift_JIS>", "cp932"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', "cp1251"),
        ("<meta charset='iso-2022-jp'>", "iso-2022-jp"),
        ("<meta charset=iso-8859-1>", "utf-8"),  # it is wrong
        ("", "utf-8-sig"),
        ("", "utf-16"),
    ],
)
def test_a_page_is_in_the_encoding_that_it_says_or_proves(read, said, written):
    words = "Миру мир" if written == "cp1251" else "味噌汁の作り方"

    assert read(f"<html><head>{said}</head><body>{words}</body></html>".encode(written)).text == words


def test_a_broken_byte_costs_one_letter(read):
    assert read("<html><head><meta charset=utf-8></head><body>caf\xff".encode("latin-1")).text == "caf\ufffd"


@pytest.mark.parametrize("label", ["zip", "rot13", "idna", "unicode_escape", "no-such"])
def test_a_page_in_what_is_no_encoding_is_read_by_its_bytes(read, label):
    words = "Все люди рождаются свободными и равными в своём достоинстве и правах. " * 3

    assert words.strip() == read(f"<html><meta charset={label}><body>{words}".encode("cp1251")).text


def test_an_encoding_that_nobody_can_tell_is_named(read):
    noise = bytes(range(0x80, 0x100)) * 5
    with pytest.raises(UnreadableDocument, match=r"page\.html is in an encoding we cannot tell: save it as UTF-8"):
        read(b"<html>" + noise[::7] + noise)


def test_ten_megabytes_of_nested_tags_are_read_without_harm(read):
    tag = f"<div class='{'deep ' * 8}'>"

    assert read("<html><body>first" + tag * (10_000_000 // len(tag)) + "last").text == "first\n\nlast"


@pytest.mark.parametrize(
    ("tag", "last"),
    [("<table><tr><td>", "\n\nlast"), ("<b>", "last"), ("<p>", "\n\nlast"), ("<p hidden>", ""), ("<!--", "")],
)
def test_no_tag_is_slow_however_often_it_is_opened(read, tag, last):
    assert read("<html><body>first" + tag * 50_000 + "last").text == "first" + last


def test_a_page_past_the_limit_is_refused(read):
    with pytest.raises(DocumentTooLarge, match=r"page\.html has 2 MiB of text"):
        read("<html>" + "x" * (2 << 20), Limits(max_text_bytes=1 << 20))


def test_a_page_of_nothing_is_empty(read):
    assert read("<html></html>").text == ""
