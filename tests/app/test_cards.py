"""What the page shows of documents: escaped, in words, from the right where it must."""

import re
from html import unescape

import pytest

from app.types import Match
from app.web import cards, results_view, shelf_view
from app.web.filters import Wanted
from app.web.results_view import Found
from ingest.manifest import Document, State
from ingest.types import Format, Modality
from retrieval.query import Stage, Strength

HOSTILE = '<img src=x onerror="alert(1)">${alert(2)}{{this}}`'
RAW = re.compile(r"<img src=x|\$\{|\{\{|`|onerror=\"")


def document(name: str = "a.pdf", *, format: Format = Format.PDF, pages: int = 3, **fields: object) -> Document:
    known = {"bytes": 1_234_567, "state": State.READY, "chunks": 9, "problems": (), "added_at": 0.0}
    return Document(id="d1", name=name, format=format, pages=pages, **(known | fields))


def match(**fields: object) -> Match:
    known = {
        "rank": 1, "document": "a.pdf", "document_id": "d1", "page": 2, "page_label": "2", "modality": Modality.TEXT,
        "score": 0.9, "text": "hello", "headings": (), "image": None,
        "id": "p1", "strength": Strength.STRONG, "language": "en",
    }  # fmt: skip
    return Match(**(known | fields))


def results(one: Match, owner: Document, *, is_relevant: bool = True, **wanted: object) -> str:
    found = Found([one], is_relevant=is_relevant, stages=(Stage("encode", 0.0042),), seconds=0.01, sizes=(64, 512))
    return results_view.results(found, {"d1": owner}, wanted=Wanted("q", **wanted), has_picture=False)


def test_nothing_a_document_says_becomes_markup() -> None:
    hostile = match(document=HOSTILE, text=HOSTILE, headings=(HOSTILE,), page_label=HOSTILE)

    wanted = {"documents": ("d1", HOSTILE), "kinds": (HOSTILE,), "languages": (HOSTILE,)}
    html = results(hostile, document(HOSTILE), **wanted) + results(hostile, document(HOSTILE), is_relevant=False)

    assert not RAW.search(html)
    assert HOSTILE in unescape(html)


@pytest.mark.parametrize("strength", Strength)
def test_scores_are_shown_in_words_with_the_number_behind(strength: Strength) -> None:
    html = results(match(score=0.123, strength=strength), document())

    assert f'title="score 0.12">{strength}<' in html


def test_what_is_not_relevant_is_called_so_and_shown_all_the_same() -> None:
    html = results(match(strength=Strength.WEAK), document(), is_relevant=False)

    assert html.index("Nothing relevant found") < html.index("nearest all the same") < html.index("<article")
    assert "Nothing relevant" not in results(match(), document())


def test_the_passage_is_marked_where_it_stands_on_the_page() -> None:
    html = results(match(boxes=((0.1, 0.25, 0.5, 0.3), (0.1, 0.3, 0.125, 0.35))), document())

    assert 'style="left:10.00%;top:25.00%;width:40.00%;height:5.00%"' in html
    assert html.count('class="pg-mark-box"') == 2
    assert 'data-boxes="0.1,0.25,0.5,0.3;0.1,0.3,0.125,0.35"' in html


def test_a_passage_that_cannot_be_seen_on_its_page_says_so() -> None:
    assert "not to be seen on the page" in results(match(is_hidden=True), document())
    assert "not to be seen on the page" not in results(match(), document())


def test_a_card_is_a_link_that_opens_its_page_in_this_search() -> None:
    html = unescape(results(match(id="p1", page=2), document(), languages=("de",)))

    assert 'href="/?q=q&lang=de&doc=d1&page=2&hit=p1"' in html
    assert 'href="/?like=p1"' in html
    assert 'href="/?q=q&in=d1&lang=de"' in html


def test_a_filter_is_shown_as_a_link_to_the_search_without_it() -> None:
    html = unescape(results(match(), document("a.pdf"), documents=("d1",), languages=("de", "ja")))

    for words, address in (("a.pdf", "/?q=q&lang=de&lang=ja"), ("Deutsch", "/?q=q&in=d1&lang=ja")):
        assert re.search(rf'href="{re.escape(address)}"[^>]*><bdi dir="auto">{re.escape(words)}<', html)


def test_what_the_search_took_is_told_stage_by_stage() -> None:
    html = results(match(), document())

    assert "read the query" in html
    assert "4.2 ms" in html
    assert "10 ms</span>" in html
    assert "64 and 512 numbers" in html


def test_more_can_be_asked_for_only_where_there_may_be_more() -> None:
    assert 'href="/?q=q&amp;n=2">Show more' in results(match(), document(), limit=1)
    assert "Show more" not in results(match(), document(), limit=2)


@pytest.mark.parametrize(
    ("label", "words"),
    [("2", "page 2"), ("", "page 2"), ("iv", "page 2 (printed iv)"), ("A-1", "page 2 (printed A-1)")],
)
def test_a_printed_label_stands_beside_the_physical_page(label: str, words: str) -> None:
    assert cards.page_in_words(match(page_label=label), document()) == words


def test_a_lone_picture_has_no_page_number() -> None:
    picture = document("cat.png", format=Format.PNG, pages=1)

    assert cards.page_in_words(match(page=1, page_label="1"), picture) == "picture"


def test_a_match_by_look_says_so() -> None:
    html = results(match(modality=Modality.IMAGE, text=""), document())

    assert "found by its look" in html


def test_text_of_any_direction_is_shown_in_its_own() -> None:
    html = results(match(text="لكل شخص الحق في التعلم"), document())

    assert '<p class="pg-passage" dir="auto">لكل شخص الحق في التعلم</p>' in html


def test_a_text_file_is_shown_by_its_words_and_asks_for_no_picture() -> None:
    html = results(match(text="a note"), document("n.txt", format=Format.TEXT, pages=1))

    assert "<img" not in html
    assert "a note" in html


def test_an_empty_library_teaches_what_to_do() -> None:
    assert "Library tab" in cards.empty_library()


def test_nothing_found_says_so_and_what_to_do() -> None:
    nothing = Found([], is_relevant=False, stages=(), seconds=0.0, sizes=(512,))

    for wanted, remedy in ((Wanted("q"), "Try other words"), (Wanted("q", kinds=("pdf",)), "Take a filter away")):
        html = results_view.results(nothing, {"d1": document()}, wanted=wanted, has_picture=False)
        assert "Nothing found" in html
        assert remedy in html


@pytest.mark.parametrize(
    ("size_bytes", "words"), [(0, "0 B"), (999, "999 B"), (5_000, "5 kB"), (1_234_567, "1.2 MB"), (45_000_000, "45 MB")]
)
def test_sizes_are_short(size_bytes: int, words: str) -> None:
    assert shelf_view.size_in_words(size_bytes) == words
