"""From what a search found to the numbered sources of an answer: each page once, with its words."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from app.answering.types import Source
from app.types import Match
from ingest.types import Modality
from retrieval.query import Query
from retrieval.types import Filter

if TYPE_CHECKING:
    from app.library import Library

_NEAREST = 1_000  # pages of a document that are looked through for the one that was found


def gather(library: "Library", question: str, matches: Sequence[Match]) -> list[Source]:
    """Number the pages of what was found, each once, the best first.

    A page that matched by its look is quoted by the passage of it that is nearest to the question.

    Args:
        library: where the matches come from.
        question: what was searched for.
        matches: best first.
    """
    pages: dict[tuple[str, int], dict[str, Match]] = {}
    for match in matches:
        passage = match if match.text else _quoted(library, question, match)
        pages.setdefault((match.document_id, match.page), {}).setdefault(passage.id, passage)
    return [Source(number, tuple(passages.values())) for number, passages in enumerate(pages.values(), start=1)]


def _quoted(library: "Library", question: str, match: Match) -> Match:
    """The match, by the passage of its page that is nearest to the question; as it is where there is none."""
    if not question.strip():
        return match
    here = Filter(modality=Modality.TEXT, documents=frozenset({match.document_id}))
    for hit in library.query(Query(text=question, where=here, limit=_NEAREST)).hits:
        point = hit.point
        if point.page_number == match.page:
            return replace(
                match,
                id=point.id,
                text=point.text,
                headings=point.path,
                language=point.language,
                boxes=point.boxes,
                is_hidden=point.is_hidden,
            )
    return match
