"""The web page as a browser or a program meets it: a real server, a real library, the starter encoder."""

import html
import io
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio_client
import httpx
import pymupdf
import pytest
from gradio.utils import get_upload_folder
from gradio_client.exceptions import AppError
from PIL import Image, ImageDraw

from app.errors import LibraryError
from app.library import Library
from app.settings import Settings
from app.ui import bind, build_server, serve


def file_data(path: Path | str, name: str) -> dict[str, Any]:
    return {"path": str(path), "orig_name": name, "meta": {"_type": "gradio.FileData"}}


@dataclass
class Site:
    url: str
    library: Library
    client: gradio_client.Client

    def call(self, action: str, *arguments: object) -> tuple[str, Any]:
        """The last event of an action, and its data: as a browser does it, since the client re-uploads every file."""
        address = f"{self.url}/gradio_api/call/{action}"
        begun = httpx.post(address, json={"data": arguments}).raise_for_status().json()
        *_, event, data = httpx.get(f"{address}/{begun['event_id']}", timeout=60).text.strip().split("\n")
        return event.removeprefix("event: "), json.loads(data.removeprefix("data: "))

    def upload(self, path: Path, name: str | None = None) -> str:
        """Drop a file on the page; what the page says of it."""
        with path.open("rb") as file:
            sent = {"files": (path.name, file)}
            [cached] = httpx.post(f"{self.url}/gradio_api/upload", files=sent).raise_for_status().json()
        event, data = self.call("add", [file_data(cached, name or path.name)])
        assert event == "complete"
        return data[0]

    def names(self) -> set[str]:
        return {document.name for document in self.library.documents()}


def write_pdf(path: Path, *pages: str) -> Path:
    with pymupdf.open() as pdf:
        for text in pages:
            pdf.new_page().insert_textbox((50, 50, 500, 700), text)
        pdf.save(path)
    return path


def write_picture(path: Path, colour: str = "red") -> Path:
    image = Image.new("RGB", (300, 200), "white")
    ImageDraw.Draw(image).ellipse((80, 40, 220, 160), fill=colour)
    image.save(path)
    return path


def fetch(url: str) -> io.BytesIO:
    return io.BytesIO(httpx.get(url).raise_for_status().content)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("ui")
    settings = Settings(data=folder / "data", models=folder / "models", encoder="starter")
    with Library(settings) as library, bind(0) as listening:
        library.add(
            write_pdf(
                folder / "garden.pdf",
                "Tomatoes need sun and water. Plant them in spring, after the last frost.",
                "The bicycle chain must be cleaned and oiled every month.",
            )
        )
        server = build_server(library)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            yield Site(url, library, gradio_client.Client(url, verbose=False))
        finally:
            server.should_exit = True
            thread.join(timeout=30)
        assert not thread.is_alive()


def test_a_question_in_another_language_finds_the_page(site: Site) -> None:
    found = site.client.predict("自転車の手入れ", None, "any", 6, api_name="/search")

    first = found[found.index("<article") : found.index("</article>")]
    assert "garden.pdf" in first
    assert "page 2" in first
    assert "bicycle chain" in first


def test_a_dropped_picture_is_searched_for(site: Site, tmp_path: Path) -> None:
    ball = write_picture(tmp_path / "ball.png")
    site.upload(ball, "ball.png")

    found = site.client.predict("", gradio_client.handle_file(ball), "image", 6, api_name="/search")

    assert "like this picture" in found
    assert "ball.png" in found[: found.index("</article>")]


def test_a_broken_picture_is_told_in_words(site: Site, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")

    with pytest.raises(AppError, match=r"broken\.png"):
        site.client.predict("", gradio_client.handle_file(broken), "any", 6, api_name="/search")


def test_searching_for_nothing_gives_a_hint(site: Site) -> None:
    assert "Search in any language" in site.client.predict("  ", None, "any", 6, api_name="/search")


def test_filters_narrow_a_search_and_are_told(site: Site, tmp_path: Path) -> None:
    note = tmp_path / "sun.md"
    note.write_text("# Balcony\n\nTomatoes on a balcony need sun, and water every evening.")
    site.upload(note)

    found = site.client.predict("tomatoes need sun", None, "any", 6, kinds=["markdown"], api_name="/search")

    assert "garden.pdf" not in found
    assert "sun.md" in found
    assert 'aria-label="remove: Markdown"' in found


def test_more_like_a_result_leaves_its_page_out(site: Site) -> None:
    garden = next(one for one in site.library.documents() if one.name == "garden.pdf")

    found = site.client.predict("", None, like=site.library.point_on(garden.id, 1), api_name="/search")

    assert f'data-doc="{garden.id}" data-page="2"' in found
    assert f'data-doc="{garden.id}" data-page="1"' not in found


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"since": "last week"}, "YYYY-MM-DD"),
        ({"like": "garden.pdf"}, "the id of a result"),
        ({"like": "00000000-0000-0000-0000-000000000000"}, "search anew"),
        ({"limit": 10_000}, "1 to 192"),
    ],
)
def test_a_field_that_makes_no_sense_is_told_in_words(site: Site, fields: dict[str, Any], words: str) -> None:
    with pytest.raises(AppError, match=words):
        site.client.predict("tomatoes", None, **fields, api_name="/search")


def test_a_program_is_answered_with_sources_and_the_exact_prompt(site: Site) -> None:
    told = site.client.predict("When are tomatoes planted?", 4, api_name="/ask")

    assert told["kind"] == "quoted"
    assert "Plant them in spring, after the last frost.” [1]" in told["answer"]
    assert (told["sources"][0]["document"], told["sources"][0]["page"]) == ("garden.pdf", 1)
    assert told["messages"][-1]["content"].endswith("Question: When are tomatoes planted?")


def test_an_upload_keeps_its_name_and_leaves_no_copy_behind(site: Site, tmp_path: Path) -> None:
    name = "レシピ ‘ñ’ & soup #1.txt"
    file = tmp_path / "plain.txt"  # the name in the server's cache
    file.write_text("Miso soup: boil water, then stir the paste in.")

    outcome = site.upload(file, name)

    assert "1 document added (1 page)" in html.unescape(outcome)
    assert name in site.names()
    assert list(Path(get_upload_folder()).glob("*/plain.txt")) == []


def test_two_uploads_of_one_name_are_both_kept(site: Site, tmp_path: Path) -> None:
    for text in ("The first of two notes.", "The second one says something else."):
        file = tmp_path / "twin.txt"
        file.write_text(text)
        site.upload(file, "twin.txt")

    assert len([one for one in site.library.documents() if one.name == "twin.txt"]) == 2


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("page.pdf", b"\x7fELF and so on", "a program"),
        ("cut.pdf", b"%PDF-1.7\n1 0 obj\n<<", "cut.pdf"),
        ("empty.pdf", b"", "empty"),
    ],
)
def test_a_bad_upload_is_told_in_words(site: Site, tmp_path: Path, name: str, content: bytes, words: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)

    outcome = html.unescape(site.upload(file, name))

    assert "1 not added" in outcome
    assert name in outcome
    assert words in outcome
    assert "Traceback" not in outcome
    assert name not in site.names()


def test_a_folder_of_this_machine_is_added(site: Site, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "chess.md").write_text("# Chess\n\nThe bishop moves along diagonals.")

    outcome = site.client.predict(str(tmp_path / "notes"), api_name="/add_folder")[0]

    assert "1 document added" in outcome
    assert "chess.md" in site.names()


def test_a_folder_that_does_not_exist_is_told_in_words(site: Site, tmp_path: Path) -> None:
    outcome = site.client.predict(str(tmp_path / "nowhere"), api_name="/add_folder")[0]

    assert "nowhere does not exist" in outcome


def test_removing_takes_the_document_and_its_pictures_away(site: Site, tmp_path: Path) -> None:
    site.upload(write_picture(tmp_path / "doomed.png", "blue"), "doomed.png")
    doomed = next(one for one in site.library.documents() if one.name == "doomed.png")
    address = f"{site.url}/pages/{doomed.id}/1"
    assert httpx.get(address).status_code == 200

    outcome = site.client.predict(doomed.id, api_name="/remove")[0]

    assert "doomed.png is removed" in outcome
    assert "doomed.png" not in site.client.predict("", "name", 200, api_name="/documents")[0]
    assert "doomed.png" not in site.names()
    assert httpx.get(address).status_code == 404
    assert httpx.get(f"{site.url}/originals/{doomed.id}").status_code == 404


def test_removing_what_is_not_there_is_told_in_words(site: Site) -> None:
    with pytest.raises(AppError, match="No document is called"):
        site.client.predict("0" * 64, api_name="/remove")


def test_the_table_is_filtered_and_sorted_for_programs_too(site: Site) -> None:
    table, counts, storage, *_ = site.client.predict("garden", "-pages", 200, api_name="/documents")

    assert "garden.pdf" in table
    assert table.count("<tr>") == 1 + 1
    assert "documents" in counts
    assert "used" in storage
    with pytest.raises(AppError, match="sorted by 'colour'"):
        site.client.predict("", "colour", 200, api_name="/documents")


def test_jobs_are_listed_and_retried_for_programs_too(site: Site, tmp_path: Path) -> None:
    late = tmp_path / "late.pdf"
    late.write_bytes(b"%PDF-1.7\n1 0 obj\n<<")
    site.client.predict(str(late), api_name="/add_folder")
    job = site.client.predict(api_name="/list_jobs")[0]
    assert (job["state"], job["files"], job["failed"]) == ("done", 1, 1)

    write_pdf(late, "It came late, and whole.")
    site.client.predict(job["job"], api_name="/retry_job")

    assert "1 document added (1 page)" in site.client.predict(api_name="/library")[0]
    with pytest.raises(AppError, match=f"Job {job['job']} is over"):
        site.client.predict(job["job"], api_name="/pause_job")


def test_an_original_is_sent_to_be_kept_under_its_own_name(site: Site, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>The lighthouse keeper wrote letters.</p><script>alert(1)</script>")
    site.upload(page, "灯台守 “§1”;\r\n.html")
    sent = next(one for one in site.library.documents() if one.name.startswith("灯台守"))

    response = httpx.get(f"{site.url}/originals/{sent.id}")

    assert response.content == page.read_bytes()
    kept_as = response.headers["content-disposition"]
    assert kept_as.startswith("attachment; filename*=utf-8''%E7%81%AF%E5%8F%B0%E5%AE%88")
    assert kept_as.isascii()
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_an_original_is_found_by_its_whole_id_only(site: Site) -> None:
    garden = next(one for one in site.library.documents() if one.name == "garden.pdf")

    for other in (garden.id[:20], garden.name, "0" * 64, "..%2flibrary.sqlite3"):
        assert httpx.get(f"{site.url}/originals/{other}").status_code == 404


def test_a_page_is_drawn_small_and_large_without_bars(site: Site) -> None:
    garden = next(one for one in site.library.documents() if one.name == "garden.pdf")

    small, large = (Image.open(fetch(f"{site.url}/pages/{garden.id}/1{query}")) for query in ("", "?large=true"))

    assert max(small.size) < max(large.size)
    assert small.width < small.height  # a portrait page, not a letterboxed square


@pytest.mark.parametrize("page", ["0", "3", "-1", "x", "99999999999999999999999"])
def test_a_page_that_is_not_there_is_not_drawn(site: Site, page: str) -> None:
    garden = next(one for one in site.library.documents() if one.name == "garden.pdf")

    assert httpx.get(f"{site.url}/pages/{garden.id}/{page}").status_code in (404, 422)


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=../../etc/passwd",
        "/pages/..%2f..%2fetc%2fpasswd/1",
        "/pages/" + "0" * 64 + "/1",
        "/docs",
        "/openapi.json",
    ],
)
def test_nothing_but_the_page_and_its_pictures_is_served(site: Site, path: str) -> None:
    response = httpx.get(site.url + path)

    assert response.status_code in (400, 403, 404)
    assert "root:" not in response.text


def test_the_librarys_own_files_are_not_served(site: Site) -> None:
    for file in [path for path in site.library.settings.data.rglob("*") if path.is_file()][:5]:
        assert httpx.get(f"{site.url}/gradio_api/file={file}").status_code == 403


@pytest.mark.parametrize("action", ["add", "search"])
def test_a_path_of_the_server_is_not_taken_for_an_upload(site: Site, action: str) -> None:
    secret = site.library.settings.data.parent / "garden.pdf"
    stolen = file_data(secret, "stolen.pdf")
    arguments = {"add": [[stolen]], "search": ["", stolen, "any", 6, [], [], [], "", "", "", 0.5, True]}[action]

    event, _ = site.call(action, *arguments)

    assert event == "error"
    assert secret.exists()
    assert "stolen.pdf" not in site.names()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:7860"},
        {"Host": "[::1"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
    ],
)
def test_other_sites_may_not_use_the_page(site: Site, headers: dict[str, str]) -> None:
    assert httpx.get(site.url, headers=headers).status_code == 403
    assert httpx.post(f"{site.url}/gradio_api/queue/join", headers=headers, content=b"{}").status_code == 403


def test_the_page_names_no_other_site_to_load_from(site: Site) -> None:
    response = httpx.get(site.url)

    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert "fonts.googleapis" not in response.text
    assert "cdnjs" not in response.text


def test_every_action_has_a_name_for_programs(site: Site) -> None:
    endpoints = site.client.view_api(return_format="dict", print_info=False)["named_endpoints"]

    assert set(endpoints) == {
        *("/search", "/ask", "/encoder"),
        *("/add", "/add_folder", "/library", "/documents", "/remove", "/reindex"),
        *("/list_jobs", "/pause_job", "/resume_job", "/retry_job", "/cancel_job"),
    }


def test_the_starter_says_what_it_cannot_do_and_what_is_better(site: Site) -> None:
    line = site.client.predict(api_name="/encoder")

    assert "Searching with <b>starter</b>" in line
    assert "<code>polyglance download jina-clip-v2</code>" in line


def test_a_second_tab_watches_an_addition_and_outlives_the_first(site: Site, tmp_path: Path) -> None:
    (tmp_path / "many").mkdir()
    for number in range(30):
        write_pdf(tmp_path / "many" / f"{number}.pdf", *[f"Page {page} of file {number}." for page in range(4)])
    first = site.client.submit(str(tmp_path / "many"), api_name="/add_folder")
    while not first.outputs():
        time.sleep(0.05)

    second = site.client.submit(api_name="/library")
    seen = second.result()

    assert "30 documents added (120 pages)" in seen[0]
    assert "30 documents added (120 pages)" in first.result()[0]
    assert {f"{number}.pdf" for number in range(30)} <= site.names()


def test_a_taken_port_is_told_in_words(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(LibraryError, match=f"Port {port} is in use.*--port"):
            serve(site.library, port=port, announce=lambda line: None)


def test_a_port_that_cannot_be_is_told_in_words() -> None:
    with pytest.raises(LibraryError, match="Port 99999 cannot be used"):
        bind(99999)
