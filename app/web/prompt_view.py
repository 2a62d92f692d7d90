"""The prompt and the answer of a chat model, for the page. Pure; a model's answer is text and never markup."""

import json
import re
from collections.abc import Sequence

from langchain_core.messages import BaseMessage

from app.web.markup import escape

_CITATION = re.compile(r"\[(\d{1,3})\]")


def prompt_to_paste(messages: Sequence[BaseMessage]) -> str:
    """The messages as one text, for any chat window."""
    return "\n\n".join(str(message.text) for message in messages)


def prompt_as_json(messages: Sequence[BaseMessage]) -> str:
    """The messages as chat programs take them."""
    turns = [{"role": "user" if turn.type == "human" else turn.type, "content": str(turn.text)} for turn in messages]
    return json.dumps(turns, ensure_ascii=False, indent=2)


def answer_view(answer: str, *, sources: int) -> str:
    """A model's answer; [n] leads to source n, and a number that was never given stays plain text."""

    def link(found: re.Match[str]) -> str:
        number = int(found[1])
        if not 1 <= number <= sources:
            return found[0]
        return f'<a class="pg-cite" href="#source-{number}">[{number}]</a>'

    return f'<div class="pg-answer" dir="auto">{_CITATION.sub(link, escape(answer))}</div>'


def no_model_view() -> str:
    """What stands where an answer would, while no chat model is set."""
    return (
        '<p class="pg-line">No chat model is set, so here are the evidence and the prompt: copy it into any chat. '
        "To be answered here, start Polyglance with <code>POLYGLANCE_CHAT_URL</code> set to any OpenAI-compatible "
        "endpoint.</p>"
    )
