"""An address says a search whole, and nothing that stands in one can break the page."""

import uuid
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.errors import LibraryError
from app.web.filters import LIMITS, Wanted, chips, choices, read_wanted
from app.web.languages import language_name
from app.web.links import page_address, read_address, search_address, viewer_address
from ingest.manifest import Document, State
from ingest.types import Format, Modality

values = st.lists(st.text(min_size=1, max_size=12), max_size=3, unique=True).map(tuple)
days = st.none() | st.dates()
searches = st.builds(
    Wanted,
    text=st.text(max_size=40).map(str.strip),
    modality=st.none() | st.sampled_from(Modality),
    limit=st.integers(1, LIMITS[-1]),
    documents=values,
    kinds=values,
    languages=values,
    since=days,
    until=days,
    like=st.just("") | st.uuids().map(str),
    image_share=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    uses_words=st.booleans(),
)


def document(number: int, **fields: object) -> Document:
    known = {"name": f"{number}.pdf", "format": Format.PDF, "bytes": 1, "state": State.READY, "pages": 1, "chunks": 1}
    return Document(id=f"d{number}", problems=(), added_at=0.0, **(known | fields))


@given(wanted=searches)
def test_a_search_comes_back_from_its_address_as_it_was(wanted: Wanted) -> None:
    assert read_address(search_address(wanted).removeprefix("/")) == wanted


@given(wanted=searches)
def test_the_address_of_a_page_holds_its_search(wanted: Wanted) -> None:
    assert read_address(viewer_address(wanted, "d1", 3, "p1").removeprefix("/")) == wanted


@given(query=st.text() | st.from_regex(r"\?(q|n|like|in|since|share|words|match)=[^&]{0,9}(&n=-1)?"))
@example("?n=nan&share=nan")
@example("?n=" + "9" * 5000)
@example("?" + "&".join(["in=x"] * 1000))
def test_whatever_else_an_address_says_leads_to_a_search(query: str) -> None:
    wanted = read_address(query)

    assert 1 <= wanted.limit <= LIMITS[-1]
    assert 0 <= wanted.image_share <= 1
    wanted.query(None)


def test_the_plain_search_has_a_short_address() -> None:
    assert search_address(Wanted()) == "/"
    assert search_address(Wanted("miso soup")) == "/?q=miso+soup"
    assert page_address("d1", 2, large=True) == "/pages/d1/2?large=true"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"modality": "sound"}, "'sound'.*any, text or image"),
        ({"since": "yesterday"}, "YYYY-MM-DD"),
        ({"like": "page 3"}, "id of a result"),
        ({"limit": 0}, "1 to 192"),
        ({"image_share": 2}, "0 to 1"),
    ],
)
def test_a_program_is_told_what_a_field_may_be(fields: dict[str, object], words: str) -> None:
    with pytest.raises(LibraryError, match=words):
        read_wanted(**fields)


def test_what_is_filled_in_becomes_the_query() -> None:
    point = str(uuid.uuid4())
    wanted = read_wanted(" soup ", "text", 24, ["d1"], ["pdf"], ["ja"], "2024-01-31", "", None, 0.2, False)

    query = wanted.query(None)

    assert (query.text, query.limit, query.image_share, query.uses_words) == ("soup", 24, 0.2, False)
    assert query.where.modality is Modality.TEXT
    assert query.where.since == date(2024, 1, 31)
    assert (query.where.documents, query.where.kinds, query.where.languages) == ({"d1"}, {"pdf"}, {"ja"})
    assert Wanted().query(None).where.documents is None
    assert Wanted("words", like=point).query(None).text == ""


@given(wanted=searches)
def test_taking_every_filter_away_leaves_the_words(wanted: Wanted) -> None:
    while narrowed := next(chips(wanted, {}), None):
        wanted = narrowed.without

    assert wanted == Wanted(wanted.text, limit=wanted.limit, image_share=wanted.image_share)


def test_filters_offer_what_is_in_the_library() -> None:
    offered = choices([document(1, language="ja"), document(2, format=Format.TEXT), document(3, language="de")])

    assert offered.documents == [("1.pdf", "d1"), ("2.pdf", "d2"), ("3.pdf", "d3")]
    assert [value for _, value in offered.kinds] == ["pdf", "text"]
    assert offered.languages == [("Deutsch", "de"), ("日本語", "ja")]


def test_a_language_without_a_known_name_is_shown_by_its_code() -> None:
    assert language_name("tlh") == "tlh"
