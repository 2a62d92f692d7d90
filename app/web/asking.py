"""What the Ask tab does: answers from the library, gives back HTML. Knows nothing of Gradio."""

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from app.answering.asking import Answerer
from app.answering.chat import ChatModel
from app.answering.telling import answer_as_json, messages_as_json, messages_as_text
from app.answering.types import Answer, Turn
from app.errors import ChatError, LibraryError
from app.library import Library
from app.web import cards, talk_view
from app.web.warmth import Warmth
from ingest.manifest import Document

_TURNS = 50  # of a conversation that are kept; older ones are neither shown nor looked back at

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Talk:
    """One browser tab's conversation. It stays on the server."""

    turns: list[Turn] = field(default_factory=list)
    views: list[str] = field(default_factory=list)  # of the turns, as HTML
    chat: ChatModel | None = None  # named in the page; None: the one the settings name
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Asked:
    """The Ask tab while a question is answered, as HTML and text; None: no change."""

    answer: str
    earlier: str | None = None
    sources: str | None = None
    prompt: str | None = None
    messages: str | None = None
    is_running: bool = False


class Asking:
    """The Ask tab's actions on one library.

    Args:
        library: open, and kept open by the caller.
        warmth: of the library's encoder.
    """

    def __init__(self, library: Library, warmth: Warmth) -> None:
        self._library = library
        self._warmth = warmth

    def ask(self, talk: Talk, question: str, limit: int) -> Iterator[Asked]:
        """Sources and prompt, then the answer as it grows; a failing chat model is told in its place.

        Raises:
            USER_ERRORS: as `Library.query`.
        """
        documents = self._documents()
        if not documents:
            yield Asked(cards.empty_library())
            return
        if not question.strip():
            yield Asked(talk_view.invitation())
            return
        yield Asked(talk_view.waiting(question), earlier=talk_view.earlier(talk.views), sources="", is_running=True)
        self._warmth.check()
        talk.stop.clear()
        answer: Answer | None = None
        try:
            for so_far in self._answerer(talk).ask(question, history=talk.turns, limit=limit, stop=talk.stop):
                if answer is None:
                    yield _with_sources(so_far, documents)
                elif not so_far.is_complete:  # unchanged ones too: that is how a closed tab is noticed
                    yield Asked(talk_view.turn(so_far, documents), is_running=True)
                answer = so_far
        except ChatError as error:
            log.info("the chat model failed: %s", error)
            yield Asked(talk_view.failed(question, str(error)))
            return
        if answer is not None:
            view = talk_view.turn(answer, documents)
            talk.turns = [*talk.turns, Turn(question, answer.text)][-_TURNS:]
            talk.views = [*talk.views, view][-_TURNS:]
            yield Asked(view)

    def answer(self, question: str, limit: int) -> dict[str, Any]:
        """The complete answer to one question, for programs.

        Raises:
            USER_ERRORS: the question is empty, or as `Library.query` and `ChatModel.stream`.
        """
        self._warmth.check()
        try:
            answer = self._answerer(Talk()).answer(question, limit=limit)
        except ValueError as error:
            raise LibraryError(str(error)) from error
        return answer_as_json(answer)

    def stop(self, talk: Talk) -> None:
        """End the answer that is being written; what there is of it stays."""
        talk.stop.set()

    def use(self, talk: Talk, url: str, model: str, key: str, sees: bool) -> str:
        """Have this conversation's answers written by a model of one's own; without a URL, by the server's again.

        The server's key is never given to another URL.

        Raises:
            ChatError: the URL is none.
        """
        talk.chat = (
            ChatModel(url.strip(), model.strip() or "default", key.strip() or None, sees) if url.strip() else None
        )
        return self.who(talk)

    def who(self, talk: Talk) -> str:
        """Who answers."""
        chat = self._chat(talk)
        return talk_view.who(chat.name if chat else None, sees=chat is not None and chat.sees)

    def _chat(self, talk: Talk) -> ChatModel | None:
        return talk.chat or ChatModel.from_settings(self._library.settings)

    def _answerer(self, talk: Talk) -> Answerer:
        return Answerer(self._library, self._chat(talk), tokens=self._library.settings.chat_tokens)

    def _documents(self) -> dict[str, Document]:
        return {document.id: document for document in self._library.documents()}


def _with_sources(answer: Answer, documents: dict[str, Document]) -> Asked:
    numbered = [replace(source.match, rank=source.number) for source in answer.sources]
    return Asked(
        talk_view.turn(answer, documents),
        sources=talk_view.sources_title(answer) + cards.grid(numbered, documents, numbered=True) if numbered else "",
        prompt=messages_as_text(answer.prompt.messages),
        messages=json.dumps(messages_as_json(answer.prompt.messages), ensure_ascii=False, indent=2),
        is_running=True,
    )
