"""The page in a real browser: Chromium by Playwright, against a real server with the starter encoder."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from PIL import Image, ImageDraw

from app.library import Library
from app.settings import Settings
from app.ui import bind, build_server

playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need: pip install playwright")

PATIENCE_MS = 20_000  # for a machine that does other things besides
playwright.expect.set_options(timeout=PATIENCE_MS)
HOSTILE = '<img src=x onerror="window.broken=1">${window.broken=2}'


def write_pdf(path: Path, *pages: str) -> Path:
    with pymupdf.open() as pdf:
        for text in pages:
            pdf.new_page().insert_htmlbox((60, 60, 535, 780), text)
        pdf.save(path)
    return path


def write_ball(path: Path, colour: str = "red") -> Path:
    image = Image.new("RGB", (300, 200), "white")
    ImageDraw.Draw(image).ellipse((80, 40, 220, 160), fill=colour)
    image.save(path)
    return path


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a library of a few small documents is served."""
    folder = tmp_path_factory.mktemp("browser")
    settings = Settings(data=folder / "data", models=folder / "models", encoder="starter")
    with Library(settings) as library, bind(0) as listening:
        library.add(
            write_pdf(
                folder / "garden.pdf",
                "Tomatoes need sun and water. Plant them in spring, after the last frost.",
                "The bicycle chain must be cleaned and oiled every month.",
                "Chess is played on sixty-four squares.",
            ),
            write_ball(folder / "ball.png"),
        )
        arabic = folder / "التعليم.txt"
        arabic.write_text("لكل شخص الحق في التعلم، ويجب أن يكون التعليم مجانا.", encoding="utf-8")
        note = folder / f"{HOSTILE.replace('/', '')}.md"
        note.write_text(f"# {HOSTILE}\n\nThe violin is tuned in fifths. {HOSTILE}", encoding="utf-8")
        library.add(arabic, note)
        server = build_server(library)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=60)


@pytest.fixture(scope="module")  # while it runs, no other test of this process can run an event loop
def browser() -> Iterator[Any]:
    """Chromium, the system's own where there is one."""
    with playwright.sync_playwright() as starter:
        try:
            browser = starter.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
        except playwright.Error:
            pytest.skip("the browser tests need Chromium: apt install chromium, or: playwright install chromium")
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """An empty tab of its own, whose scripts may not fail."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    context.close()
    assert failures == []
