"""Questions and searches for the tests of the evaluation."""

from collections.abc import Sequence

from evaluation.types import Answer, KnownDocument, Place, Question, Ranked, Search, Target
from ingest.types import Modality

PUMP = KnownDocument("id-pump", "pump.pdf", pages=40)
ENGINE = KnownDocument("id-engine", "engine.pdf", pages=40)
COAST = KnownDocument("id-coast", "coast.jpg", pages=1, is_picture=True)
LIBRARY = (PUMP, ENGINE, COAST)


def page(number: int, document: KnownDocument = PUMP, text: str = "") -> Ranked:
    """A result."""
    return Ranked(document.id, document.name, number, Modality.TEXT, 0.5, text)


def on(first: int | None = None, last: int | None = None, document: str = PUMP.name) -> Target:
    """A target of one place."""
    return Target((Place(document, first, last or first),))


def question(*targets: Target, id: str = "1", text: str = "warranty", language: str = "", grade: int = 1) -> Question:
    """A question with words."""
    return Question(id, text, dict.fromkeys(targets, grade), language=language)


def fixed(results: Sequence[Ranked]) -> Search:
    """A search that always gives these."""
    return lambda _: Answer(tuple(results))


def finding(share: int) -> Search:
    """A search that puts the right page first for questions whose number is below `share`, else finds page 39."""

    def search(asked: Question) -> Answer:
        (target,) = asked.relevant
        wanted = target.places[0].first_page or 1
        return Answer((page(wanted if int(asked.id) < share else 39),), {"encode": 1.0})

    return search
