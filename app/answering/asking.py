"""A question, from search to a cited answer: what the command line, the web page and Python programs call."""

import base64
import io
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.answering.budget import CountTokens, estimate_tokens
from app.answering.chat import Chat
from app.answering.citations import CitationFilter, find_claims
from app.answering.evidence import gather
from app.answering.extractive import quote
from app.answering.follow_up import join, rewrite
from app.answering.languages import language_of, not_found
from app.answering.plain import clean
from app.answering.prompt import build_prompt
from app.answering.types import Answer, Kind, Prompt, Source, Turn
from app.errors import LibraryError
from app.settings import DEFAULT_CHAT_TOKENS
from ingest.errors import IngestError
from retrieval.query import Query, Results, Strength
from retrieval.types import Filter

if TYPE_CHECKING:
    from app.library import Library

_PICTURE_PX = 1_024  # longer side of a page that a model is shown
_PICTURE_QUALITY = 80
_LONGEST = 20_000  # characters of an answer; a small model may never end by itself
_EVERY_S = 0.1  # how often a growing answer is told anew
_EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Answerer:
    """Answers questions from a library. Safe to share between threads.

    Args:
        library: open, and kept open by the caller.
        chat: who writes; None: the nearest sentences are quoted.
        tokens: what a prompt may take.
        count: a text's tokens, where the model's own counting is at hand.
    """

    library: "Library"
    chat: Chat | None = None
    tokens: int = DEFAULT_CHAT_TOKENS
    count: CountTokens = estimate_tokens

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        limit: int = 8,
        where: Filter = _EVERYTHING,
        stop: threading.Event | None = None,
    ) -> Iterator[Answer]:
        """Answer a question, told again as the answer grows; the last is complete.

        The first has the sources and the prompt. Where nothing found seems to be about the question, the model is not
        asked at all. Give the iterator up half way, or set ``stop``, and the model is cut off.

        Args:
            question: in any language; the answer is in the same.
            history: earlier turns of the conversation, the oldest first.
            limit: sources at most.
            where: which documents may be used.
            stop: when set, the answer is complete with what there is.

        Raises:
            ValueError: the question is empty.
            ChatError: the model fails.
            EncoderError: the library's encoder cannot be loaded.
        """
        if not question.strip():
            raise ValueError("There is nothing to answer: give a question.")
        stop = stop or threading.Event()
        searched, results = self._search(question, history, limit, where, stop)
        prompt = self._prompt(question, searched, results, history)
        kind = Kind.NOTHING if not results.is_relevant else Kind.WRITTEN if self.chat else Kind.QUOTED
        answer = Answer(question, searched, kind, "", (), prompt)
        yield answer
        if kind is Kind.WRITTEN and self.chat is not None:
            yield from _written(answer, self.chat, stop)
        elif kind is Kind.QUOTED:
            yield _complete(replace(answer, text=quote(searched, prompt.sources, self.library.encoder)))
        else:
            tag = language_of(question, [turn.question for turn in history])
            yield _complete(replace(answer, text=not_found(tag)))

    def answer(self, question: str, *, history: Sequence[Turn] = (), limit: int = 8) -> Answer:
        """`ask`, waiting for the complete answer."""
        *_, last = self.ask(question, history=history, limit=limit)
        return last

    def _search(
        self, question: str, history: Sequence[Turn], limit: int, where: Filter, stop: threading.Event
    ) -> tuple[str, Results]:
        if self.chat is not None:
            searched = rewrite(question, history, self.chat, stop=stop)
            return searched, self.library.query(Query(searched, where=where, limit=limit))
        alone = self.library.query(Query(question, where=where, limit=limit))
        if not history or not _is_weak(alone):
            return question, alone
        joined = join(question, history)
        both = self.library.query(Query(joined, where=where, limit=limit))
        return (question, alone) if _is_weak(both) else (joined, both)

    def _prompt(self, question: str, searched: str, results: Results, history: Sequence[Turn]) -> Prompt:
        sources = gather(self.library, searched, self.library.matches(results))
        pictures = {}
        if self.chat is not None and self.chat.sees and results.is_relevant:
            drawn = {source.number: _picture(self.library, source) for source in sources}
            pictures = {number: picture for number, picture in drawn.items() if picture is not None}
        return build_prompt(question, sources, history=history, tokens=self.tokens, count=self.count, pictures=pictures)


def _written(answer: Answer, chat: Chat, stop: threading.Event) -> Iterator[Answer]:
    citations = CitationFilter([source.number for source in answer.sources])
    text, told_at = "", 0.0
    for piece in chat.stream(answer.prompt.messages, stop=stop):
        text += citations.feed(clean(piece))
        if time.monotonic() - told_at >= _EVERY_S:
            told_at = time.monotonic()
            yield replace(answer, text=text)
        if len(text) > _LONGEST:
            break
    yield replace(_complete(replace(answer, text=text + citations.finish())), is_stopped=stop.is_set())


def _is_weak(results: Results) -> bool:
    """Whether what was searched for says too little by itself; docs/answers.md has the cases it was tried on."""
    return not results.hits or results.hits[0].strength is Strength.WEAK


def _complete(answer: Answer) -> Answer:
    return replace(answer, claims=find_claims(answer.text), is_complete=True)


def _picture(library: "Library", source: Source) -> str | None:
    """The source's page as JPEG in base64; None for text files, and pages that cannot be drawn."""
    try:
        image = library.page_image(source.match.document_id, source.match.page, max_px=_PICTURE_PX)
    except (LibraryError, IngestError):
        return None
    jpeg = io.BytesIO()
    image.convert("RGB").save(jpeg, format="JPEG", quality=_PICTURE_QUALITY)
    return base64.b64encode(jpeg.getvalue()).decode("ascii")
