"""Answers and prompts as text and JSON, for programs and for pasting. Pure."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from langchain_core.messages import BaseMessage

from app.answering.types import Answer, Source

_ROLES = {"human": "user", "ai": "assistant"}


def answer_as_json(answer: Answer) -> dict[str, Any]:
    """A complete answer, with all that it rests on."""
    return {
        "question": answer.question,
        "searched": answer.searched,
        "kind": answer.kind.value,
        "answer": answer.text,
        "claims": [asdict(claim) for claim in answer.claims],
        "sources": [_source_as_json(source) for source in answer.sources],
        "left_out": answer.prompt.left_out,
        "tokens": answer.prompt.tokens,
        "messages": messages_as_json(answer.prompt.messages),
    }


def messages_as_json(messages: Sequence[BaseMessage]) -> list[dict[str, str]]:
    """The messages as chat programs take them, without pictures."""
    return [{"role": _ROLES.get(turn.type, turn.type), "content": str(turn.text)} for turn in messages]


def messages_as_text(messages: Sequence[BaseMessage]) -> str:
    """The messages as one text, for any chat window."""
    return "\n\n".join(str(message.text) for message in messages)


def _source_as_json(source: Source) -> dict[str, Any]:
    match = source.match
    return {
        "number": source.number,
        "document": match.document,
        "document_id": match.document_id,
        "page": match.page,
        "page_label": match.page_label,
        "modality": match.modality.value,
        "score": match.score,
        "strength": match.strength.value,
        "passages": [
            {
                "id": passage.id,
                "text": passage.text,
                "language": passage.language,
                "headings": passage.headings,
                "boxes": passage.boxes,
                "is_hidden": passage.is_hidden,
            }
            for passage in source.passages
        ],
    }
