"""The table of documents: sorted, filtered, told apart, ticked and removed."""

from pathlib import Path

import pytest
from documents import PAGES, write_pdf

from app.errors import LibraryError
from app.library import Library
from app.listing import Listed
from app.web.catalogue import Catalogue, Selection
from app.web.previews import Previews
from app.web.shelf_order import Order, select
from app.web.shelf_view import documents_table, removal_question
from app.web.shelving import Shelving
from ingest.manifest import Document, State
from ingest.types import Format

HOSTILE = "<img src=x onerror=alert(1)> ${value} {{x}}.pdf"


def listed(
    name: str, *, pages: int = 1, size: int = 1, language: str = "en", also: str = "", problems: tuple[str, ...] = ()
) -> Listed:
    document = Document(
        name.encode().hex().ljust(64, "0")[:64],
        name,
        Format.PDF,
        size,
        State.READY,
        pages,
        pages,
        problems,
        pages,
        language,
    )
    return Listed(document, (name, also) if also else (name,))


DOCUMENTS = [
    listed("Zebra.pdf", pages=1, size=300, language="ja"),
    listed("apple.pdf", pages=30, size=100, language="de", also="old apple.pdf"),
    listed("Birne.pdf", pages=2, size=200, language="ar", problems=("page 2 could not be read",)),
]


def found(words: str = "", order: str = "name") -> list[str]:
    return [one.document.name.removesuffix(".pdf") for one in select(DOCUMENTS, words, Order.parse(order))]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("name", ["apple", "Birne", "Zebra"]),
        ("-name", ["Zebra", "Birne", "apple"]),
        ("pages", ["Zebra", "Birne", "apple"]),
        ("-size", ["Zebra", "Birne", "apple"]),
        ("chunks", ["Zebra", "Birne", "apple"]),
        ("-added", ["apple", "Birne", "Zebra"]),
        ("language", ["apple", "Birne", "Zebra"]),  # Deutsch, العربية, 日本語
        ("state", ["Birne", "apple", "Zebra"]),
        ("type", ["apple", "Birne", "Zebra"]),
    ],
)
def test_documents_are_sorted_by_any_column(order: str, names: list[str]) -> None:
    assert found(order=order) == names


def test_a_click_on_a_head_sorts_and_the_next_turns_it_round() -> None:
    assert str(Order("name").turned_to("pages")) == "-pages"
    assert str(Order("pages", is_descending=True).turned_to("pages")) == "pages"
    assert str(Order("pages").turned_to("type")) == "type"


def test_a_column_that_is_not_there_is_told_in_words() -> None:
    with pytest.raises(LibraryError, match="sorted by 'colour': choose among name, type"):
        Order.parse("-colour")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("APP", ["apple"]),
        ("old", ["apple"]),  # another name of the same file
        ("deutsch", ["apple"]),
        ("ｐｄｆ ze", ["Zebra"]),  # as Japanese keyboards type it
        ("partly", ["Birne"]),
        ("apple zebra", []),
    ],
)
def test_a_filter_finds_every_word_in_names_types_languages_and_states(words: str, names: list[str]) -> None:
    assert found(words) == names


def test_names_are_escaped_wherever_they_stand() -> None:
    hostile = listed(HOSTILE, also=f"also {HOSTILE}", problems=(f"{HOSTILE}: page 1 is empty",))
    table = documents_table([hostile], limit=10, words=HOSTILE, order=Order("name"))

    for view in (
        table,
        removal_question([hostile.document]),
        documents_table([], limit=1, words=HOSTILE, order=Order("name")),
    ):
        assert "&lt;img src=x onerror=alert(1)&gt;" in view
        assert "<img" not in view
        assert "${" not in view
        assert "{{" not in view


def test_a_row_tells_other_names_and_what_could_not_be_read() -> None:
    row = documents_table(
        [listed("a.pdf", also="b.pdf", problems=("page 2 is damaged", "page 3 is empty", "page 4 is empty"))],
        limit=10,
        words="",
        order=Order("name"),
    )

    assert 'the same file: <bdi dir="auto">b.pdf</bdi>' in row
    assert "page 2 is damaged; page 3 is empty and 1 more" in row
    assert "partly read" in row


def test_only_the_first_rows_of_many_are_sent() -> None:
    many = [listed(f"{number:04}.pdf") for number in range(5000)]
    table = documents_table(select(many, "", Order("name")), limit=200, words="", order=Order("name"))

    assert table.count("<tr>") == 1 + 200
    assert "all 5,000 documents" in table


def test_an_empty_library_says_how_to_fill_it(library: Library) -> None:
    listing = Catalogue(library).listing(words="", order=Order("name"))

    assert "Drop files or whole folders above" in listing.table
    assert (listing.storage, listing.shown, listing.has_more) == ("", "", False)


def test_a_listing_tells_what_is_shown_and_what_it_takes(library: Library, tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        write_pdf(tmp_path / f"{name}.pdf", [f"{name}. {PAGES[1]}"])
    library.add(tmp_path / "one.pdf", tmp_path / "two.pdf", tmp_path / "three.pdf")
    catalogue = Catalogue(library)

    listing = catalogue.listing(words="", order=Order("name"), limit=2)
    filtered = catalogue.listing(words="two", order=Order("name"), is_anew=False)

    assert "2 of 3 documents shown" in listing.shown
    assert listing.has_more
    assert listing.counts == "3 documents · 3 pages"
    assert "used: originals and pictures of pages" in str(listing.storage)
    assert "1 of 3 documents match" in filtered.shown
    assert filtered.storage is None


def test_what_is_ticked_is_removed_and_nothing_else(library: Library, tmp_path: Path) -> None:
    for name in ("bread", "broth", "ships"):
        write_pdf(tmp_path / f"{name}.pdf", [f"{name}. {PAGES[2]}"])
    ids = {
        one.name: str(one.id)
        for one in library.add(*(tmp_path / f"{name}.pdf" for name in ("bread", "broth", "ships")))
    }
    shelving = Shelving(library, Previews(library))

    all_but = Selection(frozenset({ids["broth.pdf"]}), is_all=True, words="br")
    question, chosen = shelving.catalogue.removal(all_but)

    assert shelving.catalogue.count(all_but) == 1
    assert chosen == [ids["bread.pdf"]]
    assert "1 document · 1 page · 2 chunks" in question
    list(shelving.remove(chosen))
    assert {document.name for document in library.documents()} == {"broth.pdf", "ships.pdf"}
    shelving.close()


def test_removing_what_is_not_there_removes_nothing(library: Library, manual: Path) -> None:
    [added] = library.add(manual)
    shelving = Shelving(library, Previews(library))

    for wrong in ("0" * 64, "manual.pdf", str(added.id)[:12]):
        with pytest.raises(LibraryError, match=r"no document's id|No document is called"):
            list(shelving.remove([str(added.id), wrong]))

    assert len(library.documents()) == 1
