"""What is asked of a library, and what comes back."""

from dataclasses import dataclass, field
from enum import StrEnum

from PIL import Image

from ingest.types import Modality
from retrieval.types import Filter, Point


class Group(StrEnum):
    """What stands once in a list of hits, by its best passage or picture."""

    PAGE = "page"
    DOCUMENT = "document"


class Route(StrEnum):
    """How a hit was found."""

    MEANING = "meaning"  # the passage's vector
    WORDS = "words"  # the passage's words
    LOOK = "look"  # the picture's or page's vector


class Strength(StrEnum):
    """How likely a hit is about the query, in words for people."""

    STRONG = "strong"  # of first hits by text, measured with the starter, 88 to 95 % are right
    FAIR = "fair"  # 7 of 10, and 2 of 10 of those by look
    WEAK = "weak"  # up to 1 of 10


@dataclass(frozen=True, slots=True)
class Query:
    """A question, a picture, both together, or a stored point to find the like of."""

    text: str = ""  # in any language; a phrase in quotes has to stand in the passage
    image: Image.Image | None = None
    like: str | None = None  # id of a stored point; it and the rest of its page or document are left out
    image_share: float = 0.5  # of the picture in a query of words and a picture, 0..1
    where: Filter = field(default_factory=Filter)
    limit: int = 10
    offset: int = 0  # hits to leave out: those of earlier pages of the same list
    group: Group = Group.PAGE
    uses_words: bool = True  # look for the words themselves too, not for their meaning alone


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one route says for a hit."""

    route: Route
    value: float  # cosine, or BM25 score
    surplus: float  # what it adds to the hit's `surplus`


@dataclass(frozen=True, slots=True)
class Hit:
    """One page or document that answers a query, by its best passage or picture."""

    point: Point
    surplus: float  # deviations above what chance gives; hits are sorted by it
    score: float  # 0..1, rising with the surplus: about the chance that a first hit is right
    strength: Strength
    evidence: tuple[Evidence, ...]  # adds up to the surplus

    @property
    def modality(self) -> Modality:
        """Whether its words or its look matched best."""
        return self.point.modality


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a search, and what it took."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Results:
    """The answer to a query."""

    hits: tuple[Hit, ...]
    is_relevant: bool  # False: nothing in the library seems to be about the query; what is nearest is in `hits`
    stages: tuple[Stage, ...]
