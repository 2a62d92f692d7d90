"""The tab that finds: words, a picture or both, filters, and cards."""

from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from app.web.filters import DEFAULT_LIMIT, DEFAULT_SHARE, LIMITS, Choices, Wanted, read_wanted
from app.web.links import read_address
from app.web.searching import Searching
from app.web.told import told

# `address.js` asks for what the address bar says: a link that was clicked, or the way back.
_ON_BRIDGE = "document.addEventListener('pg-go', () => trigger('select', { value: location.search }));"
_READYING = '<p class="pg-line" role="status">Getting the search ready…</p>'  # until the first answer comes
_THE_ADDRESS = "(address, picture) => [location.search, picture]"


@dataclass(frozen=True)
class _Fields:
    """What a search is made of, in the order of `read_wanted`."""

    text: gr.Textbox
    modality: gr.Radio
    limit: gr.Dropdown
    documents: gr.Dropdown
    kinds: gr.Dropdown
    languages: gr.Dropdown
    since: gr.Textbox
    until: gr.Textbox
    like: gr.Textbox
    image_share: gr.Slider
    uses_words: gr.Checkbox

    @property
    def all(self) -> list[gr.components.Component]:
        return list(vars(self).values())


def search_tab(page: gr.Blocks, tabs: gr.Tabs, tab: gr.Tab, searching: Searching) -> None:
    """Lay the tab out.

    Args:
        page: whose opening shows what its address asks for.
        tabs: this one is brought to the front when a link leads to a search.
        tab: this one.
        searching: what answers.
    """
    with gr.Row(elem_classes="pg-query"):
        with gr.Column(scale=5, min_width=280):
            with gr.Row(elem_classes="pg-ask"):
                text = _words()
                button = gr.Button("Search", variant="primary", scale=0, min_width=104, elem_id="pg-search")
            with gr.Row(elem_classes="pg-options"):
                modality = gr.Radio(
                    [("Any", "any"), ("Words", "text"), ("Looks", "image")],
                    value="any",
                    show_label=False,
                    label="What may match",
                    container=False,
                )
            image_share = gr.Slider(
                0, 1, DEFAULT_SHARE, step=0.1, label="Weight of the picture beside the words", elem_classes="pg-share"
            )
        with gr.Column(scale=2, min_width=220):
            picture = gr.Image(
                label="Picture",
                show_label=False,
                placeholder="Drop or paste a picture",
                type="filepath",
                sources=["upload", "clipboard"],
                height=124,
                buttons=[],
                elem_id="pg-picture",
            )
    with gr.Accordion("Filters", open=False, elem_id="pg-filters"):
        documents, kinds, languages, since, until, limit, uses_words = _filters()
    like, address = gr.Textbox("", visible=False, label="Like"), gr.Textbox(visible=False, label="Address")
    bridge = gr.HTML(js_on_load=_ON_BRIDGE, visible="hidden", elem_id="pg-bridge")
    found = gr.HTML(_READYING, elem_classes="pg-found", elem_id="pg-results", apply_default_css=False)
    fields = _Fields(text, modality, limit, documents, kinds, languages, since, until, like, image_share, uses_words)
    _let_search(fields, picture, button, found, searching)
    _let_open(page, tabs, fields, (address, bridge), picture, found, searching)
    tab.select(
        lambda: _offers(searching.choices()),
        outputs=[documents, kinds, languages],
        api_visibility="private",
        show_progress="hidden",
    )


def _words() -> gr.Textbox:
    return gr.Textbox(
        "",
        placeholder="What are you looking for? Any language will do.",
        show_label=False,
        label="Words",
        container=False,
        lines=1,
        max_lines=1,
        autofocus=True,
        scale=5,
        min_width=160,
        elem_id="pg-words",
    )


def _filters() -> tuple[gr.Dropdown, gr.Dropdown, gr.Dropdown, gr.Textbox, gr.Textbox, gr.Dropdown, gr.Checkbox]:
    with gr.Row(elem_classes="pg-filters"):
        documents = _several("Documents", min_width=200, scale=2)
        kinds = _several("Type", min_width=130)
        languages = _several("Language", min_width=130)
        since = gr.Textbox("", label="Dated since", max_lines=1, min_width=150, elem_classes="pg-day")
        until = gr.Textbox("", label="Dated until", max_lines=1, min_width=150, elem_classes="pg-day")
        limit = gr.Dropdown(list(LIMITS), value=DEFAULT_LIMIT, label="Results", min_width=110)
    uses_words = gr.Checkbox(
        True, label="Look for the words themselves too, not for their meaning alone", container=False
    )
    return documents, kinds, languages, since, until, limit, uses_words


def _several(label: str, *, min_width: int, scale: int = 1) -> gr.Dropdown:
    """A list whose choices change with the library; programs may name any."""
    field = gr.Dropdown(label=label, multiselect=True, min_width=min_width, scale=scale)
    any_strings = {"type": "array", "items": {"type": "string"}}
    field.api_info = lambda: any_strings  # type: ignore[method-assign]  # a subclass would write a file beside this one
    return field


def _let_search(fields: _Fields, picture: gr.Image, button: gr.Button, found: gr.HTML, searching: Searching) -> None:
    @told
    def search(
        text: str | None,
        picture: dict[str, Any] | None,
        modality: str,
        limit: int,
        documents: list[str],
        kinds: list[str],
        languages: list[str],
        since: str | None,
        until: str | None,
        like: str | None,
        image_share: float,
        uses_words: bool,
    ) -> str:
        wanted = read_wanted(
            text, modality, limit, documents, kinds, languages, since, until, like, image_share, uses_words
        )
        return searching.search(wanted, _path(picture))

    text, *others = fields.all
    asks: dict[str, Any] = {
        "fn": search,
        "inputs": [text, picture, *others],
        "outputs": found,
        "preprocess": False,  # the library reads the picture itself, within its limits and with its own words
        "show_progress": "minimal",
        "trigger_mode": "always_last",
        "queue": False,  # Gradio's queue loses an answer now and then whose question comes while its stream closes
    }
    narrowed = [field.input for field in others if isinstance(field, gr.Dropdown | gr.Radio | gr.Checkbox)]
    days = [day for field in (fields.since, fields.until) for day in (field.input, field.submit)]
    gr.on(
        [*narrowed, *days, fields.image_share.release],
        **asks,
        api_name="search",
        api_description="Find pages and pictures by words, by a picture or by both; the answer is HTML.",
    )
    # New words or a new picture are a new search, no longer for what is like a result.
    gr.on(
        [fields.text.submit, button.click, picture.upload, picture.clear],
        None,
        None,
        fields.like,
        js="() => ''",
        api_visibility="private",
    ).then(**asks, api_visibility="private")


def _let_open(
    page: gr.Blocks,
    tabs: gr.Tabs,
    fields: _Fields,
    address: tuple[gr.Textbox, gr.HTML],
    picture: gr.Image,
    found: gr.HTML,
    searching: Searching,
) -> None:
    @told
    def go(query: str | None, picture: dict[str, Any] | None) -> tuple[Any, ...]:
        wanted = read_address(query or "")
        has_picture = picture is not None and not wanted.like
        shown = searching.search(wanted, _path(picture) if has_picture else None)
        return shown, *_values(wanted, searching.choices()), gr.skip() if has_picture else None

    said, bridge = address
    opens: dict[str, Any] = {
        "inputs": [said, picture],
        "js": _THE_ADDRESS,
        "preprocess": False,
        "api_visibility": "private",
        "show_progress": "hidden",
        "queue": False,
    }

    def begin(query: str | None, picture: dict[str, Any] | None) -> tuple[Any, ...]:
        if read_address(query or "") != read_address(""):
            shown: tuple[Any, ...] = go(query, picture)
            return shown
        # Nothing is asked yet: whatever somebody has begun to type meanwhile stays.
        answer, *_ = go(query, picture)
        choices = iter(_offers(searching.choices()))
        kept = [
            next(choices) if field in (fields.documents, fields.kinds, fields.languages) else gr.skip()
            for field in fields.all
        ]
        return answer, *kept, gr.skip()

    page.load(begin, outputs=[found, *fields.all, picture], **opens)
    bridge.select(
        lambda query, picture: (*go(query, picture), gr.Tabs(selected="search")),
        outputs=[found, *fields.all, picture, tabs],
        **opens,
    )


def _values(wanted: Wanted, choices: Choices) -> tuple[Any, ...]:
    """What the fields show, in their order."""
    documents, kinds, languages = _offers(choices)
    text, modality, limit, *_, since, until, like, image_share, uses_words = astuple(wanted)
    return (
        text,
        modality or "any",
        limit,
        documents | {"value": list(wanted.documents)},
        kinds | {"value": list(wanted.kinds)},
        languages | {"value": list(wanted.languages)},
        str(since or ""),
        str(until or ""),
        like,
        image_share,
        uses_words,
    )


def _offers(choices: Choices) -> tuple[dict[str, Any], ...]:
    return tuple(gr.update(choices=offered) for offered in (choices.documents, choices.kinds, choices.languages))


def _path(picture: dict[str, Any] | None) -> Path | None:
    return Path(picture["path"]) if picture else None
