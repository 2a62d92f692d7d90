"""Takes the pictures in docs/images from a served sample library.

Needs Chromium (Debian: apt-get install chromium) and playwright (pip install playwright), which the project itself does
not. Serve the samples first::

    polyglance --data /tmp/shots add samples/library
    polyglance --data /tmp/shots serve --port 7860 &
    python scripts/make_screenshots.py --url http://127.0.0.1:7860
"""

import argparse
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).parent.parent / "docs" / "images"
DESKTOP, PHONE = (1280, 860), (390, 844)
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:7860")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="the browser's program")
    options = parser.parse_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as home:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=_ARGUMENTS, env={"HOME": home})
        page = open_page(browser, options.url, DESKTOP, "light")
        search(page, "教育を受ける権利")
        save(page, "search")
        page.get_by_role("tab", name="Library").click()
        save(page, "library")
        page = open_page(browser, options.url, DESKTOP, "dark")
        page.get_by_label("Looks").click()
        search(page, "Tiere")
        save(page, "search-dark")
        page = open_page(browser, options.url, PHONE, "dark")
        search(page, "الحق في التعليم")
        save(page, "phone")
        browser.close()


def open_page(browser: Browser, url: str, size: tuple[int, int], theme: str) -> Page:
    """The page in a window of its own, loaded."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=theme)
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(".pg-notice")
    return page


def search(page: Page, words: str) -> None:
    """Type words, wait for the cards."""
    box = page.locator("#pg-words :is(textarea, input)").first
    box.fill(words)
    box.press("Enter")
    page.wait_for_function("words => document.querySelector('.pg-line bdi')?.textContent === words", arg=words)


def save(page: Page, name: str) -> None:
    """Write what the window shows, once its pictures are there."""
    page.wait_for_timeout(500)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    path = IMAGES / f"{name}.png"
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    palette = shot.quantize(256, method=Image.Quantize.MAXCOVERAGE)
    shot.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)
    print(path, f"{path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
