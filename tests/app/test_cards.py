"""What the page shows of documents: escaped, in words, from the right where it must."""

import re
from html import unescape

import pytest

from app.types import Added, AddStatus, Match, Progress
from app.web import cards, prompt_view, shelf_view
from app.web.intake import Intake
from ingest.manifest import Document, State
from ingest.types import Format, Modality
from retrieval.query import Strength

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


def results(one: Match, owner: Document) -> str:
    return cards.results([one], {"d1": owner}, query="q", seconds=0.01)


def test_nothing_a_document_says_becomes_markup() -> None:
    hostile = match(document=HOSTILE, text=HOSTILE, headings=(HOSTILE,), page_label=HOSTILE)

    html = cards.results([hostile], {"d1": document(HOSTILE)}, query=HOSTILE, seconds=0.01)

    assert not RAW.search(html)
    assert HOSTILE in unescape(html)


def test_nothing_in_the_librarys_list_becomes_markup() -> None:
    hostile = document(HOSTILE, problems=(HOSTILE,))

    html = shelf_view.documents_table([hostile]) + shelf_view.removal_question([hostile])

    assert not RAW.search(html)
    assert HOSTILE in unescape(html)


def test_nothing_a_model_answers_becomes_markup() -> None:
    assert not RAW.search(prompt_view.answer_view(HOSTILE, sources=1))


def test_a_citation_leads_to_its_source_and_an_invented_one_nowhere() -> None:
    html = prompt_view.answer_view("So it is [2], not [9].", sources=2)

    assert '<a class="pg-cite" href="#source-2">[2]</a>' in html
    assert "not [9]." in html


@pytest.mark.parametrize("strength", Strength)
def test_scores_are_shown_in_words_with_the_number_behind(strength: Strength) -> None:
    html = results(match(score=0.123, strength=strength), document())

    assert f'title="score 0.12">{strength}<' in html


def test_weak_results_are_called_so() -> None:
    assert "nothing fits well" in results(match(strength=Strength.WEAK), document())
    assert "nothing fits well" not in results(match(strength=Strength.FAIR), document())


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
    html = cards.results([], {}, query="x", seconds=0.0)

    assert "Library tab" in html


def test_nothing_found_says_so() -> None:
    assert "Nothing found" in cards.results([], {"d1": document()}, query="x", seconds=0.0)


def test_an_addition_is_summed_up_with_failures_first() -> None:
    added = [
        Added("good.pdf", AddStatus.ADDED, "1", pages=3, chunks=9),
        Added("again.pdf", AddStatus.UNCHANGED, "2", pages=1),
        Added("bad.pdf", AddStatus.FAILED, None, error="bad.pdf is empty: <b>replace</b> it"),
    ]
    intake = Intake()
    job = intake.submit(lambda report, stop: added)
    intake.close()

    html = shelf_view.job_view(job)

    assert "1 document added (3 pages), 1 already there, 1 not added" in html
    assert html.index("bad.pdf is empty") < html.index("good.pdf")
    assert "<b>replace" not in html


def test_an_addition_under_way_shows_file_and_page() -> None:
    shown = []
    intake = Intake()

    def work(report, stop):
        report(Progress("big.pdf", files_done=1, files=3, pages_done=4, pages=10, failed=1, fraction=0.5))
        shown.append(shelf_view.job_view(intake.current))
        return []

    intake.submit(work)
    intake.close()

    assert "big.pdf" in shown[0]
    assert "file 2 of 3 · page 4 of 10 · 1 failed" in shown[0]
    assert 'style="width:50.0%"' in shown[0]


@pytest.mark.parametrize(
    ("size_bytes", "words"), [(0, "0 B"), (999, "999 B"), (5_000, "5 kB"), (1_234_567, "1.2 MB"), (45_000_000, "45 MB")]
)
def test_sizes_are_short(size_bytes: int, words: str) -> None:
    assert shelf_view.size_in_words(size_bytes) == words
