"""What is asked for on the search tab: words, filters and their weight, and the query they make."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from PIL import Image

from app.errors import LibraryError
from app.query_options import parse_day
from app.web.languages import language_name
from ingest.manifest import Document
from ingest.readers.registry import kind_of
from ingest.types import Format, Modality
from retrieval.query import Query
from retrieval.types import Filter

LIMITS = (6, 12, 24, 48, 96, 192)
DEFAULT_LIMIT, DEFAULT_SHARE = 12, 0.5
MOST_RESULTS = LIMITS[-1]
_MODALITIES = {Modality.TEXT: "by its words", Modality.IMAGE: "by its looks"}
_MOST_CHOICES = 2_000  # documents that a list in a browser can hold

T = TypeVar("T")
Choice = tuple[str, str]  # what is shown, and its value


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything but a picture that a search can be given on the page."""

    text: str = ""
    modality: Modality | None = None
    limit: int = DEFAULT_LIMIT
    documents: tuple[str, ...] = ()  # ids; none: all
    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    like: str = ""  # id of a passage or picture; then the words do not count
    image_share: float = DEFAULT_SHARE  # of a picture beside words, 0..1
    uses_words: bool = True

    def query(self, picture: Image.Image | None) -> Query:
        """What the library is asked."""
        return Query(
            text="" if self.like else self.text,
            image=None if self.like else picture,
            like=self.like or None,
            image_share=self.image_share,
            where=Filter(
                modality=self.modality,
                documents=frozenset(self.documents) or None,
                kinds=frozenset(self.kinds) or None,
                languages=frozenset(self.languages) or None,
                since=self.since,
                until=self.until,
            ),
            limit=self.limit,
            uses_words=self.uses_words,
        )


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that narrows a search, in words, and the search without it."""

    words: str
    without: Wanted


@dataclass(frozen=True, slots=True)
class Choices:
    """What filters can be set to in a library."""

    documents: list[Choice]
    kinds: list[Choice]
    languages: list[Choice]


def read_wanted(
    text: str | None = None,
    modality: str | None = None,
    limit: float | None = None,
    documents: Sequence[str] | None = None,
    kinds: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
    since: str | None = None,
    until: str | None = None,
    like: str | None = None,
    image_share: float | None = None,
    uses_words: bool | None = None,
) -> Wanted:
    """What the tab's fields, a program or a link say; None and "" leave a thing as it is without them.

    Raises:
        LibraryError: a value is none that can be meant; the message names it and what can.
    """
    return Wanted(
        text=(text or "").strip(),
        modality=_read(modality, _modality),
        limit=_limit(limit),
        documents=tuple(dict.fromkeys(documents or ())),
        kinds=tuple(dict.fromkeys(kinds or ())),
        languages=tuple(dict.fromkeys(languages or ())),
        since=_read(since, parse_day),
        until=_read(until, parse_day),
        like=_read(like, _point_id) or "",
        image_share=_share(image_share),
        uses_words=uses_words is not False,
    )


def chips(wanted: Wanted, documents: Mapping[str, Document]) -> Iterator[Chip]:
    """What narrows a search, in the order of the fields."""
    if wanted.like:
        yield Chip("like the one you chose", replace(wanted, like=""))
    if wanted.modality:
        yield Chip(_MODALITIES[wanted.modality], replace(wanted, modality=None))
    for one in wanted.documents:
        name = documents[one].name if one in documents else "a document that is gone"
        yield Chip(name, replace(wanted, documents=_without(wanted.documents, one)))
    for one in wanted.kinds:
        yield Chip(_kind_words(one), replace(wanted, kinds=_without(wanted.kinds, one)))
    for one in wanted.languages:
        yield Chip(language_name(one), replace(wanted, languages=_without(wanted.languages, one)))
    if wanted.since:
        yield Chip(f"since {wanted.since}", replace(wanted, since=None))
    if wanted.until:
        yield Chip(f"until {wanted.until}", replace(wanted, until=None))
    if not wanted.uses_words:
        yield Chip("by meaning alone", replace(wanted, uses_words=True))


def choices(documents: Iterable[Document]) -> Choices:
    """What the filters offer: what is in the library, and no more documents than a list can show."""
    known = list(documents)
    languages = sorted({one.language for one in known if one.language}, key=language_name)
    kinds = sorted({str(one.format) for one in known}, key=_kind_words)
    return Choices(
        documents=[(one.name, one.id) for one in known[:_MOST_CHOICES]],
        kinds=[(_kind_words(one), one) for one in kinds],
        languages=[(language_name(one), one) for one in languages],
    )


def _read(value: str | None, parse: Callable[[str], T]) -> T | None:
    try:
        return parse(value.strip()) if value and value.strip() else None
    except ValueError as error:
        raise LibraryError(str(error)) from error


def _modality(word: str) -> Modality | None:
    if word == "any":
        return None
    try:
        return Modality(word)
    except ValueError:
        raise ValueError(f"{word!r} is nothing that can match: choose any, text or image") from None


def _point_id(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise ValueError(f"{text!r} is no passage or picture: give the id of a result") from None


def _limit(number: float | None) -> int:
    if number is None:
        return DEFAULT_LIMIT
    if not 1 <= number <= MOST_RESULTS:
        raise LibraryError(f"{number:g} results cannot be shown: choose 1 to {MOST_RESULTS}")
    return int(number)


def _share(number: float | None) -> float:
    if number is None:
        return DEFAULT_SHARE
    if not 0 <= number <= 1:
        raise LibraryError(f"{number:g} is no share of the picture: choose 0 to 1")
    return float(number)


def _without(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(one for one in values if one != value)


def _kind_words(format: str) -> str:
    kind = kind_of(Format(format))
    return kind.words if kind else format
