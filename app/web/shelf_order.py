"""Which documents the table shows, and in which order. Pure."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.errors import LibraryError
from app.listing import Listed
from app.web.languages import language_name
from ingest.readers.registry import kind_of

PARTLY, WHOLE = "partly read", "ready"


@dataclass(frozen=True, slots=True)
class Order:
    """By which column, which way."""

    column: str
    is_descending: bool = False

    @classmethod
    def parse(cls, text: str) -> "Order":
        """As its text says: "pages", or "-pages" for the most first.

        Raises:
            LibraryError: there is no such column.
        """
        order = cls(text.removeprefix("-"), text.startswith("-"))
        if order.column not in COLUMNS:
            raise LibraryError(f"Documents cannot be sorted by {order.column!r}: choose among {', '.join(COLUMNS)}.")
        return order

    def __str__(self) -> str:
        return f"-{self.column}" if self.is_descending else self.column

    def turned_to(self, column: str) -> "Order":
        """What a click on a column's head makes of it: the other way round, or that column, largest numbers first."""
        if column == self.column:
            return Order(column, not self.is_descending)
        return Order(column, column in _LARGEST_FIRST)


def name_of(listed: Listed) -> str:
    """A document's name as it is shown."""
    return unicodedata.normalize("NFC", listed.document.name)


def type_of(listed: Listed) -> str:
    """What a document is, in a word."""
    kind = kind_of(listed.document.format)
    return kind.words if kind else listed.document.format


def state_of(listed: Listed) -> str:
    """Whether all of it could be read."""
    return PARTLY if listed.document.problems else WHOLE


def select(documents: Sequence[Listed], words: str, order: Order) -> list[Listed]:
    """Those that have every one of these words, or beginnings and middles of words, in a name, type, language or state.

    Args:
        documents: to choose from.
        words: separated by blanks, in any case and width; empty for all.
        order: names decide between equals.
    """
    wanted = _folded(words).split()
    found = [one for one in documents if all(word in _haystack(one) for word in wanted)] if wanted else list(documents)
    found.sort(key=lambda one: (_folded(one.document.name), one.document.id))
    if order.column != "name" or order.is_descending:
        found.sort(key=COLUMNS[order.column], reverse=order.is_descending)
    return found


def _haystack(listed: Listed) -> str:
    document = listed.document
    language = (document.language, language_name(document.language))
    return _folded("\n".join((*listed.names, type_of(listed), document.format, *language, state_of(listed))))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


COLUMNS: dict[str, Callable[[Listed], Any]] = {
    "name": lambda one: _folded(one.document.name),
    "type": type_of,
    "pages": lambda one: one.document.pages,
    "chunks": lambda one: one.document.chunks,
    "language": lambda one: language_name(one.document.language),
    "size": lambda one: one.document.bytes,
    "added": lambda one: one.document.added_at,
    "state": state_of,
}
_LARGEST_FIRST = frozenset({"pages", "chunks", "size", "added"})
