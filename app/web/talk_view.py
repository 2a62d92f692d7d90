"""A conversation as HTML. Pure; what a model, a document or a user says is text and never markup.

Citations are links of class ``pg-open``, which the viewer opens at the passage.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from app.answering.types import Answer, Kind, Source
from app.web import cards
from app.web.markup import escape
from ingest.manifest import Document

_CITATION = re.compile(r"\[(\d{1,4})\]")
_BOLD = re.compile(r"\*\*(\S(?:[^*\n]*\S)?)\*\*")  # the one mark that nearly all models use


def turn(answer: Answer, documents: Mapping[str, Document]) -> str:
    """A question and its answer, as far as it is.

    Args:
        answer: its citations lead to its sources; sentences that cite nothing are marked once it is complete.
        documents: by id; the library's.
    """
    if not answer.text and not answer.is_complete:
        return _framed(answer.question, _thinking("Writing…" if answer.kind is Kind.WRITTEN else "Reading…"))
    links = {source.number: _link(source, documents.get(source.match.document_id)) for source in answer.sources}
    if answer.is_complete and answer.kind is Kind.WRITTEN:
        body = "".join(_marked(part, cited, links) for part, cited in _parts(answer))
    else:
        body = _linked(answer.text, links)
    lines = "".join(f'<p class="pg-line">{line}</p>' for line in _remarks(answer))
    return _framed(answer.question, f'<div class="pg-answer" dir="auto">{body}</div>{lines}')


def waiting(question: str) -> str:
    """A question, while its sources are looked for."""
    return _framed(question, _thinking("Searching…"))


def failed(question: str, reason: str) -> str:
    """A question that the chat model did not answer, and why."""
    return _framed(question, f'<p class="pg-line pg-failed" role="alert">{escape(reason)}</p>')


def earlier(views: Sequence[str]) -> str:
    """The turns before this one, the latest first."""
    if not views:
        return ""
    return f'<h3 class="pg-earlier">Earlier in this conversation</h3>{"".join(reversed(views))}'


def sources_title(answer: Answer) -> str:
    """What stands above the sources."""
    title = "The nearest there is in your documents" if answer.kind is Kind.NOTHING else "Sources"
    left_out = answer.prompt.left_out
    more = f" · {left_out} more found no room in the prompt" if left_out else ""
    return f'<h3 class="pg-earlier">{title}{more}</h3>'


def invitation() -> str:
    """What stands where an answer would, before anything is asked."""
    return cards.notice(
        "Ask your documents",
        "In any language. Each sentence of the answer leads to its page; follow-up questions may lean on the last one.",
    )


def who(model: str | None, *, sees: bool) -> str:
    """Who answers: a chat model, or the documents themselves."""
    if model is None:
        return (
            '<p class="pg-line">No chat model is set: answers are the nearest sentences, quoted. The exact prompt can '
            "be copied into any chat.</p>"
        )
    pictures = " It is shown pictures of the pages." if sees else ""
    return f'<p class="pg-line">Answers are written by <bdi>{escape(model)}</bdi>.{pictures}</p>'


def _framed(question: str, body: str) -> str:
    return f'<section class="pg-turn"><p class="pg-asked" dir="auto">{escape(question)}</p>{body}</section>'


def _thinking(word: str) -> str:
    return f'<p class="pg-line pg-thinking" role="status">{word}</p>'


def _parts(answer: Answer) -> Iterable[tuple[str, bool]]:
    """The text in order: sentences with whether they cite something, and what stands between them as if it did."""
    at = 0
    for claim in answer.claims:
        yield answer.text[at : claim.start], True
        yield answer.text[claim.start : claim.end], bool(claim.sources)
        at = claim.end
    yield answer.text[at:], True


def _marked(text: str, is_cited: bool, links: Mapping[int, str]) -> str:
    if is_cited:
        return _linked(text, links)
    return f'<span class="pg-uncited" title="no source is cited for this">{_linked(text, links)}</span>'


def _linked(text: str, links: Mapping[int, str]) -> str:
    bold = _BOLD.sub(r"<b>\1</b>", escape(text))
    return _CITATION.sub(lambda found: links.get(int(found[1]), found[0]), bold)


def _link(source: Source, document: Document | None) -> str:
    title = f"{source.match.document}, {cards.page_in_words(source.match, document)}"
    return (
        f'<a class="pg-cite pg-open" {cards.opening(source.match, document)} title="{escape(title)}">'
        f"[{source.number}]</a>"
    )


def _remarks(answer: Answer) -> Iterable[str]:
    if answer.searched != answer.question:
        yield f'Searched for <bdi dir="auto">{escape(answer.searched)}</bdi>'
    if answer.is_stopped:
        yield "Stopped."
    if answer.is_complete and answer.kind is Kind.QUOTED:
        yield "Quoted from your documents, not written: no chat model is set."
