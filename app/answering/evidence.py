"""From what a search found to the numbered sources of an answer: each page once, with its words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.answering.types import Source
from app.types import Match
from ingest.types import Modality
from retrieval.query import Query
from retrieval.types import Filter, Point

if TYPE_CHECKING:
    from app.library import Library

_NEAREST = 200  # passages of a document, among which those of one page are looked for


def gather(library: "Library", question: str, matches: Sequence[Match]) -> list[Source]:
    """Number the pages of what was found, each once, the best first.

    A page that matched by its look is quoted by the passage of it that is nearest to the question.

    Args:
        library: where the matches come from.
        question: what was searched for.
        matches: best first.
    """
    pages: dict[tuple[str, int], tuple[Match, dict[str, Point]]] = {}
    for match in matches:
        point = _as_point(match) if match.text else _nearest_passage(library, question, match)
        _, passages = pages.setdefault((match.document_id, match.page), (match, {}))
        if point is not None:
            passages[point.id] = point
    return [
        Source(number, match, tuple(passages.values()))
        for number, (match, passages) in enumerate(pages.values(), start=1)
    ]


def _nearest_passage(library: "Library", question: str, match: Match) -> Point | None:
    if not question.strip():
        return None
    here = Filter(modality=Modality.TEXT, documents=frozenset({match.document_id}))
    for hit in library.query(Query(text=question, where=here, limit=_NEAREST)).hits:
        if hit.point.page_number == match.page:
            return hit.point
    return None


def _as_point(match: Match) -> Point:
    return Point(
        id=match.id,
        document_id=match.document_id,
        page_number=match.page,
        page_label=match.page_label,
        modality=match.modality,
        text=match.text,
        path=match.headings,
        language=match.language,
        boxes=match.boxes,
        is_hidden=match.is_hidden,
    )
