"""The tab that answers."""

from collections.abc import Iterator
from typing import Any

import gradio as gr
from gradio.events import api

from app.web import talk_view
from app.web.asking import Asked, Asking, Talk
from app.web.told import told

_PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
_SOURCES = (4, 8, 12)


def ask_tab(page: gr.Blocks, asking: Asking) -> None:
    """A question, its answer, sources and exact prompt; earlier turns below."""
    talk = gr.State(None)
    with gr.Row(equal_height=True, elem_classes="pg-query"):
        question = gr.Textbox(
            placeholder="Ask your documents. What they say is cited by page.",
            show_label=False,
            label="Question",
            container=False,
            lines=1,
            max_lines=4,
            scale=5,
            elem_id="pg-question",
        )
        limit = gr.Dropdown(
            [(f"{count} sources", count) for count in _SOURCES],
            value=8,
            show_label=False,
            label="Sources",
            container=False,
            scale=0,
            min_width=140,
        )
        ask_button = gr.Button("Ask", variant="primary", scale=0, min_width=110, elem_id="pg-ask")
        stop_button = gr.Button("Stop", variant="stop", scale=0, min_width=110, visible=False, elem_id="pg-stop-answer")
    reply = gr.HTML(talk_view.invitation(), elem_id="pg-reply", apply_default_css=False)
    sources = gr.HTML(elem_classes="pg-found", elem_id="pg-sources", apply_default_css=False)
    with gr.Accordion("The exact prompt", open=False, visible=False) as details:
        prompt = gr.Textbox(label="To paste into any chat", lines=6, max_lines=18, interactive=False, buttons=["copy"])
        messages = gr.Code(label="As chat messages", language="json", interactive=False, max_lines=18)
    earlier = gr.HTML(elem_classes="pg-found", elem_id="pg-earlier", apply_default_css=False)
    new = gr.Button("New conversation", size="sm", elem_classes="pg-small", visible=False)
    outputs = [talk, question, reply, earlier, sources, prompt, messages, details, ask_button, stop_button, new]

    @told
    def converse(talk: Talk | None, question: str | None, limit: int) -> Iterator[tuple[Any, ...]]:
        talk = talk or Talk()
        first = True
        for asked in asking.ask(talk, question or "", int(limit)):
            yield (talk if first else gr.skip(), "" if asked.earlier is not None else gr.skip(), *_shown(asked))
            first = False

    gr.on(
        [question.submit, ask_button.click],
        converse,
        inputs=[talk, question, limit],
        outputs=outputs,
        **_PRIVATE,
    ).failure(_idle, None, [ask_button, stop_button], **_PRIVATE)
    stop_button.click(lambda talk: asking.stop(talk) if talk else None, talk, None, queue=False, **_PRIVATE)
    new.click(lambda talk: (_emptied(talk), *_blank()), talk, outputs, **_PRIVATE)
    _model_choice(page, talk, asking)

    @told
    def answer(question: str, sources: int = 8) -> dict[str, Any]:
        """Answer a question from the documents: text with citations, its sentences, sources, and the prompt."""
        return asking.answer(question, sources)

    api(answer, api_name="ask")


def _model_choice(page: gr.Blocks, talk: gr.State, asking: Asking) -> None:
    with gr.Accordion("Chat model", open=False):
        line = gr.HTML(apply_default_css=False)
        with gr.Row(equal_height=True):
            url = gr.Textbox(label="OpenAI-compatible URL", placeholder="http://localhost:11434/v1", scale=3)
            model = gr.Textbox(label="Model", placeholder="qwen3:8b", scale=2)
            key = gr.Textbox(label="Key", type="password", placeholder="if it wants one", scale=2)
        with gr.Row():
            sees = gr.Checkbox(label="Show it pictures of the pages (it has to see)", value=False)
            use = gr.Button("Use for this conversation", size="sm", elem_classes="pg-small")

    @told
    def choose(talk: Talk | None, url: str, model: str, key: str, sees: bool) -> tuple[Any, ...]:
        talk = talk or Talk()
        return talk, asking.use(talk, url, model, key, sees), ""

    use.click(choose, [talk, url, model, key, sees], [talk, line, key], **_PRIVATE)
    page.load(told(lambda: asking.who(Talk())), None, line, **_PRIVATE)


def _shown(asked: Asked) -> tuple[Any, ...]:
    """Of all outputs but the conversation and the question."""
    return (
        asked.answer,
        *(gr.skip() if part is None else part for part in (asked.earlier, asked.sources, asked.prompt, asked.messages)),
        gr.skip() if asked.prompt is None else gr.update(visible=True),
        gr.update(visible=not asked.is_running),
        gr.update(visible=asked.is_running),
        gr.update(visible=True),
    )


def _idle() -> tuple[Any, ...]:
    return gr.update(visible=True), gr.update(visible=False)


def _emptied(talk: Talk | None) -> Talk:
    """A conversation without turns, with the same model."""
    if talk is not None:
        talk.stop.set()
    return Talk(chat=talk.chat if talk else None)


def _blank() -> tuple[Any, ...]:
    hidden = gr.update(visible=False)
    return "", talk_view.invitation(), "", "", "", "", hidden, gr.update(visible=True), hidden, hidden
