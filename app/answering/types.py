"""What an answer is made of."""

from dataclasses import dataclass
from enum import StrEnum

from langchain_core.messages import BaseMessage

from app.types import Match


@dataclass(frozen=True, slots=True)
class Source:
    """One page that an answer may rest on."""

    number: int  # from 1, the likeliest first; what [n] means
    passages: tuple[Match, ...]  # of the page, one at least, the best first; a picture's may be without text

    @property
    def match(self) -> Match:
        """The best of the page."""
        return self.passages[0]

    @property
    def text(self) -> str:
        """What the passages say, each in its own paragraph."""
        return "\n\n".join(passage.text for passage in self.passages)


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer, and what it rests on."""

    start: int  # characters of the answer's text, with the citations that follow the sentence
    end: int
    sources: tuple[int, ...]  # their numbers, in the order cited; none: nothing is cited for it


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was answered, for the questions that follow it."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a chat model is asked."""

    messages: tuple[BaseMessage, ...]
    sources: tuple[Source, ...]  # those that found room, best first
    left_out: int  # sources that found none
    tokens: int  # of it all, about


class Kind(StrEnum):
    """Where the words of an answer come from."""

    WRITTEN = "written"  # by a chat model, from the sources
    QUOTED = "quoted"  # sentences of the sources as they stand
    NOTHING = "nothing"  # the documents do not seem to hold the answer


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or as much of it as there is so far."""

    question: str
    searched: str  # the question as it was searched for: able to stand alone
    kind: Kind
    text: str  # plain, with citations as [1]; it only grows
    claims: tuple[Claim, ...]  # of the text; none before it is complete
    prompt: Prompt
    is_complete: bool = False
    is_stopped: bool = False  # complete only because it was stopped

    @property
    def sources(self) -> tuple[Source, ...]:
        """What the citations mean."""
        return self.prompt.sources
