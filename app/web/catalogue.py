"""The documents of a library as the table shows them, and those of them that are ticked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from app.library import Library
from app.listing import Listed, read_listing
from app.web import shelf_view
from app.web.shelf_order import Order, select

ROWS = 200  # of the table that are sent at first, and more at a time


@dataclass(frozen=True, slots=True)
class Listing:
    """The lower half: the documents."""

    table: str
    shown: str  # how many of how many, in words
    has_more: bool  # rows than are shown
    counts: str  # of the whole library
    storage: str | None  # None: as it was


@dataclass(frozen=True, slots=True)
class Selection:
    """Documents that are ticked, or all but these that match some words."""

    ids: frozenset[str]
    is_all: bool = False
    words: str = ""

    @classmethod
    def parse(cls, text: str) -> "Selection":
        """From the JSON that the page keeps it in; empty: none."""
        picked = json.loads(text or "{}")
        return cls(frozenset(picked.get("ids", ())), bool(picked.get("all")), str(picked.get("words", "")))

    def of(self, documents: Sequence[Listed]) -> list[Listed]:
        """Which documents those are."""
        if self.is_all:
            return [one for one in select(documents, self.words, Order("name")) if one.document.id not in self.ids]
        return [one for one in documents if one.document.id in self.ids]


class Catalogue:
    """Lists a library's documents.

    Args:
        library: open, and kept open by the caller.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._said: list[Listed] | None = None  # by the library, last

    def removal(self, selection: Selection) -> tuple[str, list[str]]:
        """What would go if these documents were removed, as a question, and their ids."""
        documents = [one.document for one in selection.of(self._listed())]
        return shelf_view.removal_question(documents), [document.id for document in documents]

    def listing(self, *, words: str, order: Order, limit: int = ROWS, is_anew: bool = True) -> Listing:
        """The documents that match, in order.

        Args:
            words: see `shelf_order.select`.
            order: of the rows.
            limit: rows at most.
            is_anew: ask the library, and not only what it said last: quicker for whoever types and sorts.
        """
        if is_anew or self._said is None:
            self._said = self._listed()
        listed = self._said
        found = select(listed, words, order)
        table = shelf_view.documents_table(found, limit=limit, words=words, order=order)
        return Listing(
            table=table if listed else shelf_view.empty_table(),
            shown=shelf_view.shown_in_words(found, limit=limit, total=len(listed)),
            has_more=len(found) > limit,
            counts=shelf_view.counts_in_words([one.document for one in listed]),
            storage=shelf_view.storage_in_words(self._library.status()) if is_anew else None,
        )

    def count(self, selection: Selection) -> int:
        """How many documents are ticked."""
        return len(selection.of(self._listed())) if selection.is_all else len(selection.ids)

    def _listed(self) -> list[Listed]:
        return read_listing(self._library.settings.data)
