"""A question, what would answer it, what a search gave, and what was made of that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from ingest.types import Modality


@dataclass(frozen=True, slots=True)
class Place:
    """Pages of a document, any of which will do."""

    document: str  # name or id
    first_page: int | None = None  # physical, from 1; None: any page
    last_page: int | None = None  # the last that counts; None exactly where first_page is
    name: str = field(default="", compare=False)  # how to call the document where `document` is its id

    def holds(self, result: "Ranked") -> bool:
        """Whether the result is one of these pages."""
        if self.document not in (result.document_id, result.document):
            return False
        return self.first_page is None or self.last_page is None or self.first_page <= result.page <= self.last_page

    def __str__(self) -> str:
        name = self.name or self.document
        if self.first_page is None:
            return name
        if self.first_page == self.last_page:
            return f"{name}, page {self.first_page}"
        return f"{name}, pages {self.first_page} to {self.last_page}"


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that answers a question. It counts once, found at whichever of its places comes first."""

    places: tuple[Place, ...]  # at least one; several where the same text stands in several places

    def holds(self, result: "Ranked") -> bool:
        """Whether the result is one of the places."""
        return any(place.holds(result) for place in self.places)

    def __str__(self) -> str:
        return " or ".join(map(str, self.places))


class Task(StrEnum):
    """What a question was asked with, and what it was asked for."""

    TEXT_TO_TEXT = "words to page"
    TEXT_TO_IMAGE = "words to picture"
    IMAGE_TO_TEXT = "picture to page"
    IMAGE_TO_IMAGE = "picture to picture"


@dataclass(frozen=True, slots=True)
class Question:
    """One query and what a good search would find."""

    id: str  # unique within a file
    text: str  # empty where only a picture is asked with
    relevant: Mapping[Target, int]  # grade, from 1; higher is better
    image: Path | None = None  # the picture asked with
    language: str = ""  # tag such as "de"; empty: not told
    modality: Modality | None = None  # of what is asked for; None: told by the documents

    @property
    def task(self) -> Task:
        """Asked with a picture if it has one; for a page unless it says otherwise."""
        if self.image is None:
            return Task.TEXT_TO_IMAGE if self.modality is Modality.IMAGE else Task.TEXT_TO_TEXT
        return Task.IMAGE_TO_IMAGE if self.modality is Modality.IMAGE else Task.IMAGE_TO_TEXT

    @property
    def wants_documents(self) -> bool:
        """Whether no target names pages: the ranking is then read as one of documents."""
        return all(place.first_page is None for target in self.relevant for place in target.places)

    def asking(self, relevant: Mapping[Target, int], modality: Modality | None) -> "Question":
        """The same question with other answers."""
        return replace(self, relevant=relevant, modality=modality)


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A document of the library."""

    id: str
    name: str
    pages: int
    is_picture: bool = False


@dataclass(frozen=True, slots=True)
class Ranked:
    """One page that a search gave back."""

    document_id: str
    document: str  # name
    page: int  # physical, from 1
    modality: Modality
    score: float
    text: str = ""  # what was found there; empty for pictures


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search gave back, best first."""

    ranked: tuple[Ranked, ...]
    stages_ms: Mapping[str, float] = field(default_factory=dict)  # by stage; empty where the search does not tell


Search = Callable[[Question], Answer]


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to search."""

    name: str
    search: Search
    size: int | None = None  # Matryoshka size of its vectors, where that is what is varied


@dataclass(frozen=True, slots=True)
class Judged:
    """A ranking read against what is relevant."""

    gains: tuple[int, ...]  # per place, the grade of the target found there for the first time, else 0
    grades: tuple[int, ...]  # of every target, in falling order; at least one

    @property
    def first(self) -> int | None:
        """Place of the first good result, from 1; None where there is none."""
        return next((place for place, gain in enumerate(self.gains, start=1) if gain), None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one setting made of one question."""

    question: Question
    ranked: tuple[Ranked, ...]
    judged: Judged
    ms: float  # wall clock of the search
    stages_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Run:
    """All questions under one setting, in the order they were asked."""

    name: str
    size: int | None
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A question, or a part of its answers, that could not be measured."""

    question: Question
    reason: str  # in words for the user
    wholly: bool  # False: it was measured on the answers that are in the library


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Every setting on the same questions."""

    runs: tuple[Run, ...]  # the first is the one the others are compared with
    left_out: tuple[LeftOut, ...] = ()
    stopped: bool = False  # not every question was asked
    seed: int = 0  # of the bootstrap
