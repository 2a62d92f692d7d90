"""The two tabs that find: search, and ask."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from app.web.handlers import Handlers
from app.web.told import told


def search_tab(page: gr.Blocks, handlers: Handlers) -> None:
    """Words, a picture or both; cards."""
    with gr.Row(equal_height=True, elem_classes="pg-query"):
        with gr.Column(scale=5, min_width=280):
            text = gr.Textbox(
                placeholder="What are you looking for? Any language will do.",
                show_label=False,
                label="Words",
                container=False,
                lines=1,
                max_lines=1,
                autofocus=True,
                elem_id="pg-words",
            )
            with gr.Row(elem_classes="pg-options"):
                modality = gr.Radio(
                    [("Any", "any"), ("Words", "text"), ("Looks", "image")],
                    value="any",
                    show_label=False,
                    label="What may match",
                    container=False,
                    scale=3,
                )
                limit = gr.Dropdown(
                    [(f"{count} results", count) for count in (6, 12, 24, 48)],
                    value=12,
                    show_label=False,
                    label="Results",
                    container=False,
                    scale=1,
                    min_width=120,
                )
                button = gr.Button("Search", variant="primary", scale=1, min_width=110)
        with gr.Column(scale=2, min_width=220):
            picture = gr.Image(
                label="Picture",
                show_label=False,
                placeholder="Drop a picture here\nor click to choose one",
                type="filepath",
                sources=["upload", "clipboard"],
                height=116,
                buttons=[],
                elem_id="pg-picture",
            )
    found = gr.HTML(elem_classes="pg-found", apply_default_css=False)

    @told
    def search(text: str | None, picture: dict[str, Any] | None, modality: str, limit: int) -> str:
        path = Path(picture["path"]) if picture else None
        return handlers.search(text or "", path, modality, int(limit))

    gr.on(
        [text.submit, button.click, picture.upload, picture.clear, modality.change, limit.change],
        search,
        inputs=[text, picture, modality, limit],
        outputs=found,
        api_name="search",
        preprocess=False,  # the library reads the picture itself, within its limits and with its own words
        show_progress="minimal",
        trigger_mode="always_last",
    )
    page.load(search, [text, picture, modality, limit], found, preprocess=False, api_visibility="private")


def ask_tab(handlers: Handlers) -> None:
    """A question; its answer where a chat model is set, its sources and the exact prompt."""
    question = gr.Textbox(
        placeholder="Ask your documents. What they say is cited by page.",
        show_label=False,
        label="Question",
        container=False,
        lines=1,
        max_lines=4,
        elem_id="pg-question",
    )
    with gr.Row(elem_classes="pg-options"):
        limit = gr.Dropdown(
            [(f"{count} sources", count) for count in (4, 8, 12)],
            value=8,
            show_label=False,
            label="Sources",
            container=False,
            scale=0,
            min_width=140,
        )
        button = gr.Button("Ask", variant="primary", scale=0, min_width=120)
    reply = gr.HTML(elem_classes="pg-found", apply_default_css=False)
    sources = gr.HTML(elem_classes="pg-found", apply_default_css=False)
    with gr.Accordion("The exact prompt", open=False, visible=False) as details:
        prompt = gr.Textbox(label="To paste into any chat", lines=6, max_lines=18, interactive=False, buttons=["copy"])
        messages = gr.Code(label="As chat messages", language="json", interactive=False, max_lines=18)

    @told
    def ask(question: str | None, limit: int) -> Iterator[tuple[Any, ...]]:
        for asked in handlers.ask(question or "", int(limit)):
            shown = gr.update(visible=bool(asked.prompt))
            yield asked.answer, asked.sources, asked.prompt, asked.messages, shown

    gr.on(
        [question.submit, button.click],
        ask,
        inputs=[question, limit],
        outputs=[reply, sources, prompt, messages, details],
        api_name="ask",
        show_progress="minimal",
    )
