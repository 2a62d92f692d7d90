"""What the viewer is told of a document, and that it is told of nothing else."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pymupdf
import pytest
from fastapi.testclient import TestClient

from app.library import Library
from app.settings import Settings
from app.web.site import build_site
from encoders.base import Encoder


def write_numbered_pdf(path: Path) -> Path:
    """Three pages, the first two printed i and ii."""
    with pymupdf.open() as pdf:
        for text in ("A preface about nothing.", "A table of what follows.", "Bees dance to tell where flowers are."):
            pdf.new_page().insert_text((72, 300), text)
        pdf.set_page_labels(
            [{"startpage": 0, "prefix": "", "style": "r", "firstpagenum": 1}, {"startpage": 2, "style": "D"}]
        )
        pdf.save(path)
    return path


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, starter: Encoder) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("viewer")
    with Library(Settings(data=folder / "data", models=folder, encoder="starter"), encoder=starter) as library:
        (folder / "note.md").write_text("# Soup\n\nStir the paste in last.")
        library.add(write_numbered_pdf(folder / "bees.pdf"), folder / "note.md")
        yield library


@pytest.fixture(scope="module")
def client(library: Library) -> Iterator[TestClient]:
    with TestClient(build_site(library), base_url="http://127.0.0.1") as client:
        yield client


def tell(client: httpx.Client, library: Library, name: str, hit: str = "") -> dict[str, object]:
    [document] = library.find(name)
    return client.get(f"/documents/{document.id}", params={"hit": hit}).raise_for_status().json()


def test_pages_are_told_with_what_is_printed_on_them(client: TestClient, library: Library) -> None:
    told = tell(client, library, "bees.pdf")

    assert (told["name"], told["shows"], told["pages"]) == ("bees.pdf", "pages", 3)
    assert told["labels"] == {"1": "i", "2": "ii", "3": "1"}


def test_a_passage_is_told_with_its_place_on_the_page(client: TestClient, library: Library) -> None:
    [hit] = library.search("How do bees tell where flowers are?", limit=1)

    passage = tell(client, library, "bees.pdf", hit.id)["passage"]

    assert (passage["page"], passage["text"]) == (3, hit.text)
    assert passage["boxes"] == [list(box) for box in hit.boxes]
    [(left, top, right, bottom)] = hit.boxes
    assert 0.1 < left < right < 0.6
    assert top < 300 / 842 < bottom + 0.01


def test_every_page_can_be_searched_for_its_like(client: TestClient, library: Library) -> None:
    points = tell(client, library, "bees.pdf")["points"]

    assert points == {str(page): library.point_on(library.find("bees.pdf")[0].id, page) for page in (1, 2, 3)}


def test_a_text_file_has_no_pages_to_turn(client: TestClient, library: Library) -> None:
    told = tell(client, library, "note.md")

    assert (told["shows"], told["pages"], told["passage"]) == ("text", 1, None)


@pytest.mark.parametrize("hit", ["", "p1", "00000000-0000-0000-0000-000000000000", "' OR 1=1", "<script>"])
def test_a_passage_that_is_not_there_is_none(client: TestClient, library: Library, hit: str) -> None:
    assert tell(client, library, "bees.pdf", hit)["passage"] is None


@pytest.mark.parametrize("name", ["bees.pdf", "0" * 64, "..%2f..%2flibrary.sqlite3", "%00"])
def test_only_a_whole_id_finds_a_document(client: TestClient, library: Library, name: str) -> None:
    beginning = library.find("bees.pdf")[0].id[:12]

    for one in (name, beginning):
        assert client.get(f"/documents/{one}").status_code == 404


@pytest.mark.parametrize("query", ["?q=bees&doc=x&page=4", "?page=../../etc", "?deep_link=x", "?n=-1"])
def test_the_page_opens_at_every_address(client: TestClient, query: str) -> None:
    answer = client.get(f"/{query}")

    assert answer.status_code == 200
    assert "pg-bridge" in answer.text
