"""The tab that answers."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from app.web.handlers import Handlers
from app.web.told import told


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
