"""The options of `polyglance search`: from words on the command line to a query."""

import argparse
import re
import uuid
from datetime import date

from app.errors import LibraryError
from app.library import Library
from ingest.readers.picture import read_picture
from ingest.types import Modality
from retrieval.query import Group, Query
from retrieval.types import Filter

_PAGE = re.compile(r"(.+):([0-9]{1,9})", re.DOTALL)


def parse_day(text: str) -> date:
    """A day as ISO 8601 writes it.

    Raises:
        ValueError: it is none.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is no day: write YYYY-MM-DD, as in 2024-01-31") from None


def parse_like(text: str) -> str | tuple[str, int]:
    """What to find the like of: the id of a hit, or the id or name of a document and a page.

    Raises:
        ValueError: it is neither.
    """
    try:
        return str(uuid.UUID(text.strip()))
    except ValueError:
        match = _PAGE.fullmatch(text)
    if match is None or int(match[2]) < 1:
        raise ValueError(f"{text!r} is no page: write ID:PAGE or NAME:PAGE, or the id of a hit in --json")
    return match[1], int(match[2])


def find_mistake(options: argparse.Namespace) -> str | None:
    """Why options that are right by themselves make no query together; None if they do."""
    has_words = bool((options.text or "").strip())
    if options.like is not None and (has_words or options.image is not None):
        return "--like stands alone: leave out the words and --image."
    if options.like is None and not has_words and options.image is None:
        return "Nothing to search for: give words, --image FILE, both, or --like ID:PAGE."
    if options.since and options.until and options.since > options.until:
        return f"No day lies between --since {options.since} and --until {options.until}: swap them."
    return None


def build_query(options: argparse.Namespace, library: Library) -> Query:
    """The query that the options ask for.

    Raises:
        LibraryError: a document is not in the library.
        IngestError: the picture cannot be read.
    """
    return Query(
        text=options.text or "",
        image=read_picture(options.image) if options.image is not None else None,
        like=_find_like(options.like, library) if options.like is not None else None,
        where=_build_filter(options, library),
        limit=options.limit,
        offset=options.offset,
        group=Group(options.group),
        uses_words=not options.no_words,
    )


def _build_filter(options: argparse.Namespace, library: Library) -> Filter:
    documents = [document.id for name in options.document for document in library.find(name)]
    return Filter(
        modality=None if options.modality == "any" else Modality(options.modality),
        documents=frozenset(documents) if options.document else None,
        kinds=frozenset(options.kind) or None,
        languages=frozenset(options.language) or None,
        since=options.since,
        until=options.until,
    )


def _find_like(like: str | tuple[str, int], library: Library) -> str:
    if isinstance(like, str):
        return like
    name, page = like
    found = library.find(name)
    if len(found) > 1:
        ids = ", ".join(document.id[:8] for document in found)
        raise LibraryError(f"{len(found)} documents are called {name!r}: give the id of one ({ids}).")
    return library.point_on(found[0].id, page)
