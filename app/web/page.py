"""The page: header, three tabs, and a line about the encoder."""

import gradio as gr

from app.web.ask_tab import ask_tab
from app.web.handlers import Handlers
from app.web.library_tab import library_tab
from app.web.search_tab import search_tab

TITLE = "Polyglance"
_MAX_AT_ONCE = 8  # requests of one kind; searches run side by side, and every tab watches an addition
_CACHE_EVERY_S, _CACHE_AGE_S = 600, 7200  # of pictures that were searched for; uploads go when they are in

# The eye of the logo: a page under a lens.
_HEADER = """\
<header class="pg-header"><svg viewBox="0 0 32 32" width="34" height="34" aria-hidden="true">
<rect width="32" height="32" rx="8" fill="#4f46e5"/><circle cx="14" cy="14" r="7" fill="none" stroke="#fff" \
stroke-width="2.4"/><path d="M19.4 19.4 25 25" stroke="#fff" stroke-width="2.8" stroke-linecap="round"/>\
<path d="M7.4 14h13.2M14 7.2c-3.4 4-3.4 9.6 0 13.6 3.4-4 3.4-9.6 0-13.6" fill="none" stroke="#c7d2fe" \
stroke-width="1.3"/></svg>
<div><h1>Polyglance</h1><p>Find anything in your documents, in any language.</p></div></header>"""


def build_page(handlers: Handlers) -> gr.Blocks:
    """Everything the browser shows."""
    page: gr.Blocks
    with gr.Blocks(
        title=TITLE,
        analytics_enabled=False,
        delete_cache=(_CACHE_EVERY_S, _CACHE_AGE_S),
        fill_width=True,
    ) as page:
        with gr.Row(elem_classes="pg-top"):
            gr.HTML(_HEADER, apply_default_css=False)
            counts = gr.HTML(elem_classes="pg-counts", apply_default_css=False)
        with gr.Tabs() as tabs:
            with gr.Tab("Search", id="search") as tab:
                search_tab(page, tabs, tab, handlers.searching)
            with gr.Tab("Ask", id="ask"):
                ask_tab(page, handlers.asking)
            with gr.Tab("Library", id="library"):
                library_tab(page, handlers.shelving, counts)
        encoder = gr.HTML(elem_classes="pg-foot", apply_default_css=False)
        page.load(handlers.encoder, outputs=encoder, api_name="encoder", show_progress="hidden")
    page.queue(default_concurrency_limit=_MAX_AT_ONCE)
    return page
