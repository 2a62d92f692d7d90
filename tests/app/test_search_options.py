"""`polyglance search` with filters, pages of results, more like this, and explanations."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from documents import PAGES, write_pdf
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.cli import build_parser, main
from app.library import Library
from app.query_options import build_query, find_mistake, parse_day, parse_like
from app.settings import Settings
from app.types import Match
from encoders.base import Encoder

Search: TypeAlias = Callable[..., list[Match]]

GARANTIE = "Die Garantie dauert zwei Jahre und beginnt mit dem Tag des Kaufs. Das Brot backt vierzig Minuten."


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, starter: Encoder) -> Path:
    """A library of a PDF, a German text of 2024 and a picture."""
    root = tmp_path_factory.mktemp("search")
    documents = root / "documents"
    documents.mkdir()
    write_pdf(documents / "manual.pdf", PAGES.values())
    (documents / "garantie.txt").write_text(GARANTIE, encoding="utf-8")
    noon = datetime(2024, 2, 29, 12).timestamp()
    os.utime(documents / "garantie.txt", (noon, noon))
    Image.linear_gradient("L").resize((90, 60)).save(documents / "grey.png")
    with Library(Settings(data=root / "library", models=root / "models"), encoder=starter) as library:
        library.add(documents)
    return root / "library"


@pytest.fixture
def search(data: Path, starter: Encoder) -> Iterator[Search]:
    """What the options of `polyglance search` find."""
    with Library(Settings(data=data, models=data), encoder=starter) as library:

        def find(*argv: str) -> list[Match]:
            options = build_parser().parse_args(["search", *argv])
            assert find_mistake(options) is None
            query = build_query(options, library)
            return library.matches(library.query(query), offset=query.offset)

        yield find


@pytest.fixture
def search_json(data: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """The same on the command line, which loads the encoder anew each time."""

    def run(*argv: str) -> Any:
        assert main(["search", "--data", str(data), "--json", *argv]) == 0
        return json.loads(capfd.readouterr().out)

    return run


def pages(found: list[Match]) -> list[tuple[str, int]]:
    return [(match.document, match.page) for match in found]


@pytest.mark.parametrize(
    ("options", "documents"),
    [
        (["--language", "de"], {"garantie.txt"}),
        (["--language", "de-AT", "--language", "en"], {"garantie.txt", "manual.pdf"}),
        (["--language", "ja"], set()),
        (["--kind", "pdf"], {"manual.pdf"}),
        (["--kind", "png", "--kind", "text"], {"grey.png", "garantie.txt"}),
        (["--document", "manual.pdf", "--document", "grey.png"], {"manual.pdf", "grey.png"}),
        (["--since", "2024-02-29", "--until", "2024-02-29"], {"garantie.txt"}),
        (["--since", "2024-03-01"], {"manual.pdf", "grey.png"}),
        (["--modality", "image", "--language", "en"], {"manual.pdf"}),
        (["--kind", "pdf", "--language", "de"], set()),
    ],
)
def test_a_filter_leaves_only_what_passes(search: Search, options: list[str], documents: set[str]) -> None:
    assert {document for document, _ in pages(search("bread", *options))} == documents


def test_a_document_may_be_named_by_the_beginning_of_its_id(search: Search) -> None:
    document_id = next(match.document_id for match in search("bread") if match.document == "manual.pdf")

    assert {name for name, _ in pages(search("bread", "--document", document_id[:8]))} == {"manual.pdf"}


def test_offset_goes_on_where_the_limit_ended(search: Search) -> None:
    whole, second = search("bread"), search("bread", "--offset", "2", "--limit", "2")

    assert pages(second) == pages(whole)[2:4]
    assert [match.rank for match in second] == [3, 4]


def test_a_document_is_listed_once_by_its_best_page(search: Search) -> None:
    by_page, by_document = pages(search("bread")), pages(search("bread", "--group", "document"))

    assert len(by_page) > len(by_document) == 3
    assert by_document == [page for rank, page in enumerate(by_page) if page[0] not in dict(by_page[:rank])]


def test_more_like_a_page_or_like_a_hit_leaves_that_page_out(search: Search) -> None:
    hits = {(match.document, match.page): match for match in search("bread", "--modality", "text")}

    by_page = search("--like", "manual.pdf:2")

    assert by_page == search("--like", hits["manual.pdf", 2].id)
    assert pages(by_page)[0] == ("garantie.txt", 1)
    assert ("manual.pdf", 2) not in pages(by_page)
    assert "manual.pdf" not in dict(pages(search("--like", "manual.pdf:2", "--group", "document")))


def test_a_picture_stands_for_a_page_without_words(search: Search) -> None:
    assert "grey.png" not in dict(pages(search("--like", "grey.png:1")))


def test_words_count_unless_they_are_not_to(search: Search) -> None:
    best, best_by_meaning = search("vierzig")[0], search("vierzig", "--no-words")[0]

    assert best.document == "garantie.txt"
    assert best.score > best_by_meaning.score


def test_json_says_what_each_hit_is_why_it_is_one_and_whether_it_is_an_answer(search_json: Callable[..., Any]) -> None:
    found = search_json("Wie lange dauert die Garantie?", "--explain")
    hit = found["hits"][0]

    assert (hit["document"], hit["language"], hit["strength"]) == ("garantie.txt", "de", "strong")
    assert found["relevant"] is True
    assert [one["route"] for one in hit["evidence"]] == ["meaning", "words"]
    totals = [sum(one["surplus"] for one in hit["evidence"]) for hit in found["hits"]]
    assert totals == sorted(totals, reverse=True)
    assert {"encode", "search text", "search words", "search image", "fuse"} <= {one["name"] for one in found["stages"]}
    assert all(one["milliseconds"] >= 0 for one in found["stages"])


def test_json_is_short_unless_an_explanation_is_asked_for(search_json: Callable[..., Any]) -> None:
    found = search_json("zebra crossing in Antarctica", "--document", "garantie.txt", "--no-words")

    assert found["relevant"] is False
    assert "stages" not in found
    assert all("evidence" not in hit for hit in found["hits"])


def test_people_read_the_explanation_below_the_hits_and_are_told_when_none_seems_to_fit(
    data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    main(["search", "--data", str(data), "zebra garantie in Antarctica", "--explain", "--document", "garantie.txt"])

    out = capfd.readouterr().out
    for words in ("garantie.txt", "meaning (cosine", "words (BM25", "search text", " ms", "Nothing here seems to be"):
        assert words in out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["x", "--kind", "exe"], "'markdown'"),
        (["x", "--language", "german"], "BCP 47"),
        (["x", "--since", "2024-13-01"], "YYYY-MM-DD"),
        (["--like", "manual.pdf"], "NAME:PAGE"),
        (["x", "--group", "chapter"], "'document'"),
        (["x", "--offset", "-1"], "whole number"),
    ],
)
def test_an_unknown_value_is_wrong_usage_and_the_possible_ones_are_named(
    argv: list[str], words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["search", *argv])

    assert words in capfd.readouterr().err


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (["x", "--document", "manul.pdf"], 1, "'manual.pdf'"),
        (["--like", "manual.pdf:4"], 1, "page 4"),
        (["--like", "nothing at all:1"], 1, "polyglance list"),
        (["--like", "00000000-0000-0000-0000-000000000000"], 1, "search anew"),
        (["x", "--like", "manual.pdf:1"], 2, "stands alone"),
        (["x", "--since", "2024-02-01", "--until", "2024-01-01"], 2, "swap"),
        ([], 2, "--like"),
    ],
)
def test_what_cannot_be_searched_is_told_in_one_line(
    data: Path, argv: list[str], code: int, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "--data", str(data), *argv]) == code

    error = capfd.readouterr().err
    assert words in error
    assert error.count("\n") == 1


@given(day=st.dates())
def test_a_day_is_read_as_it_is_written(day: date) -> None:
    assert parse_day(f" {day.isoformat()} ") == day


@given(name=st.text(min_size=1), page=st.integers(1, 10**9 - 1))
def test_a_page_is_told_from_a_name_with_any_characters(name: str, page: int) -> None:
    assert parse_like(f"{name}:{page}") == (name, page)


@given(point=st.uuids())
def test_an_id_may_be_written_in_capitals(point: object) -> None:
    assert parse_like(str(point).upper()) == str(point)


def refusal(parse: Callable[[str], object], text: str) -> str:
    try:
        parse(text)
    except ValueError as error:
        return str(error)
    return ""


@given(text=st.text() | st.from_regex(r"[0-9a-f:-]{0,40}"))
def test_whatever_else_is_refused_with_the_right_form(text: str) -> None:
    for parse, form in ((parse_day, "YYYY-MM-DD"), (parse_like, "ID:PAGE")):
        assert refusal(parse, text) == "" or form in refusal(parse, text)
