"""Searching as people do it: type, look, turn pages, go back, send a link."""

import base64
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

expect = pytest.importorskip("playwright.sync_api").expect

WORDS = "#pg-words :is(input, textarea)"
DRAWN = ".pg-viewer-frame:not(.pg-loading)"
MARK = ".pg-viewer-frame .pg-mark-box"


def said(page: Any) -> dict[str, list[str]]:
    """The fields of the address bar."""
    return parse_qs(urlsplit(page.url).query)


def search(page: Any, address: str, words: str) -> None:
    page.goto(address)
    expect(page.locator("#pg-results .pg-notice")).to_be_visible()
    page.fill(WORDS, words)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"[?&]q="))


@pytest.mark.parametrize(
    ("words", "passage"),
    [
        ("When are tomatoes planted?", "Tomatoes need sun"),
        ("Wie oft wird die Fahrradkette geölt?", "bicycle chain"),
        ("¿Con qué frecuencia se limpia la cadena de la bicicleta?", "bicycle chain"),
        ("自転車の手入れ", "bicycle chain"),
        ("الحق في التعلم", "لكل شخص الحق"),
    ],
)
def test_words_of_any_language_find_the_page(page: Any, address: str, words: str, passage: str) -> None:
    search(page, address, words)

    expect(page.locator(".pg-card").first).to_contain_text(passage)
    assert said(page) == {"q": [words]}


def test_a_card_opens_its_page_with_the_passage_marked_and_closes_again(page: Any, address: str) -> None:
    search(page, address, "oil the bicycle chain")

    page.locator(".pg-open").first.click()

    expect(page.locator(".pg-viewer-title")).to_contain_text("page 2 of 3")
    expect(page.locator(MARK)).to_have_count(1)
    frame, mark = (page.locator(one).bounding_box() for one in (DRAWN, MARK))
    assert mark["width"] > 0.3 * frame["width"]
    assert frame["y"] < mark["y"] < frame["y"] + 0.2 * frame["height"]  # the text stands at the top of the page
    assert said(page)["page"] == ["2"]
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.wait_for_url(lambda url: "doc=" not in url)
    assert said(page) == {"q": ["oil the bicycle chain"]}


def test_pages_turn_by_keys_and_the_mark_stays_with_its_page(page: Any, address: str) -> None:
    search(page, address, "oil the bicycle chain")
    page.locator(".pg-open").first.click()
    expect(page.locator(".pg-viewer-title")).to_contain_text("page 2 of 3")

    page.keyboard.press("ArrowLeft")

    expect(page.locator(".pg-viewer-title")).to_contain_text("page 1 of 3")
    expect(page.locator(DRAWN)).to_be_visible()
    expect(page.locator(MARK)).to_have_count(0)
    assert said(page)["page"] == ["1"]
    page.get_by_text("Back to page 2").click()
    expect(page.locator(MARK)).to_have_count(1)


def test_a_page_grows_by_keys_and_by_ctrl_and_the_wheel(page: Any, address: str) -> None:
    search(page, address, "oil the bicycle chain")
    page.locator(".pg-open").first.click()
    width = page.locator(DRAWN).bounding_box()["width"]

    page.keyboard.press("+")
    assert page.locator(DRAWN).bounding_box()["width"] == pytest.approx(1.25 * width, rel=0.02)

    page.locator(DRAWN).hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    expect(page.locator("[data-do=fit]")).not_to_have_text("125 %")
    assert page.locator(DRAWN).bounding_box()["width"] > 1.4 * width

    page.keyboard.press("0")
    assert page.locator(DRAWN).bounding_box()["width"] == pytest.approx(width, rel=0.01)


def test_a_link_opens_search_and_page_as_they_were_sent(page: Any, address: str) -> None:
    search(page, address, "oil the bicycle chain")
    page.locator(".pg-open").first.click()
    expect(page.locator(DRAWN)).to_be_visible()
    sent = page.url

    page.goto("about:blank")
    page.goto(sent)

    expect(page.locator(".pg-viewer-title")).to_contain_text("garden.pdf")
    expect(page.locator(MARK)).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".pg-card").first).to_contain_text("bicycle chain")
    assert page.locator(WORDS).input_value() == "oil the bicycle chain"


def test_a_filter_is_a_chip_and_the_way_back_leads_through_it(page: Any, address: str) -> None:
    search(page, address, "red ball")
    page.goto(f"{page.url}&type=png")
    chip = page.locator(".pg-chip")
    expect(chip).to_have_text(re.compile("PNG"))
    expect(page.locator(".pg-card")).to_have_count(1)

    chip.click()
    expect(chip).to_have_count(0)
    assert said(page) == {"q": ["red ball"]}

    page.go_back()
    expect(chip).to_have_count(1)
    expect(page.locator(".pg-card")).to_have_count(1)


def test_more_like_a_page_leaves_the_page_out(page: Any, address: str) -> None:
    search(page, address, "oil the bicycle chain")
    first = page.locator(".pg-card").first
    hit = first.locator(".pg-open").get_attribute("data-hit")

    first.get_by_text("More like this").click()

    expect(page.locator(".pg-chip")).to_contain_text("like the one you chose")
    expect(page.locator(f".pg-open[data-hit='{hit}']")).to_have_count(0)
    assert said(page)["like"] == [hit]


def test_a_link_to_a_document_that_is_gone_says_so(page: Any, address: str) -> None:
    page.goto(f"{address}/?doc={'0' * 64}&page=4")

    expect(page.locator("dialog[open]")).to_contain_text("not in the library any more")


def test_the_keyboard_is_enough(page: Any, address: str) -> None:
    search(page, address, "oil the bicycle chain")
    expect(page.locator(".pg-card").first).to_contain_text("bicycle chain")

    page.locator("body").click(position={"x": 5, "y": 5})
    page.keyboard.press("/")
    expect(page.locator(WORDS)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".pg-open").nth(0)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".pg-open").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_be_visible()


def test_a_pasted_picture_is_searched_for(page: Any, address: str) -> None:
    page.goto(address)
    expect(page.locator("#pg-results .pg-notice")).to_be_visible()
    photos = Path(__file__).parent.parent / "data" / "photos"

    shown = page.locator("#pg-picture img")
    first, second = sorted(photos.glob("*.jpg"))[:2]

    paste(page, first.read_bytes())
    expect(page.locator(".pg-line")).to_contain_text("like this picture")
    before = shown.get_attribute("src")

    paste(page, second.read_bytes())
    expect(shown).not_to_have_attribute("src", before)
    expect(shown).to_have_count(1)


def paste(page: Any, picture: bytes) -> None:
    page.evaluate(
        """(base64) => {
          const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], 'pasted.jpg', { type: 'image/jpeg' }));
          document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
        }""",
        base64.b64encode(picture).decode(),
    )


def test_nothing_that_a_document_says_runs(page: Any, address: str) -> None:
    search(page, address, "The violin is tuned in fifths")
    card = page.locator(".pg-open").first
    expect(card).to_contain_text("onerror")

    card.click()

    expect(page.locator(".pg-viewer-text")).to_contain_text("onerror")
    expect(page.locator(".pg-viewer-title")).to_contain_text("onerror")
    page.goto(page.url)
    expect(page.locator(".pg-viewer-text")).to_contain_text("onerror")
    assert page.evaluate("window.broken") is None


def test_right_to_left_text_is_set_from_the_right(page: Any, address: str) -> None:
    search(page, address, "الحق في التعلم")
    passage = page.locator(".pg-passage").first
    expect(passage).to_contain_text("لكل شخص")

    assert passage.evaluate("(one) => getComputedStyle(one).direction") == "rtl"


def test_nothing_is_wider_than_a_phone(page: Any, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    search(page, address, "oil the bicycle chain")
    expect(page.locator(".pg-card").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390

    page.locator(".pg-open").first.click()

    expect(page.locator(DRAWN)).to_be_visible()
    bar, close = (page.locator(one).bounding_box() for one in (".pg-viewer-bar", "[data-do=close]"))
    assert close["x"] + close["width"] <= 390
    assert bar["height"] < 120
