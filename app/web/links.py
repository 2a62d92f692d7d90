"""Addresses on this server: of a search, of a page in the viewer, of pictures and originals. Nothing is escaped here.

A search and the page that is looked at are one address, ``/?q=...&doc=...&page=...&hit=...``. `address.js` keeps the
browser's address bar in step with what is shown and asks for what it says.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from app.errors import LibraryError
from app.web.filters import DEFAULT_LIMIT, DEFAULT_SHARE, Wanted, read_wanted

_MOST_CHARACTERS, _MOST_FIELDS = 16_000, 200  # of an address that is read


def _first(values: list[str]) -> str:
    return values[0]


# What a name in an address sets, and how its values are read.
_FIELDS: dict[str, tuple[str, Callable[[list[str]], Any]]] = {
    "q": ("text", _first),
    "like": ("like", _first),
    "match": ("modality", _first),
    "in": ("documents", list),
    "type": ("kinds", list),
    "lang": ("languages", list),
    "since": ("since", _first),
    "until": ("until", _first),
    "share": ("image_share", lambda values: float(values[0])),
    "words": ("uses_words", lambda values: values[0] != "no"),
    "n": ("limit", lambda values: int(values[0])),
}


def page_address(document_id: str, page: int, *, large: bool = False) -> str:
    """Where this server draws a page."""
    return f"/pages/{document_id}/{page}" + ("?large=true" if large else "")


def document_address(document_id: str) -> str:
    """Where this server tells what the viewer has to know of a document."""
    return f"/documents/{document_id}"


def search_address(wanted: Wanted) -> str:
    """Where a search can be opened again; its picture is not in it."""
    return "/" + _joined(_search_part(wanted))


def viewer_address(wanted: Wanted, document_id: str, page: int, hit: str) -> str:
    """Where a page of a search's results is shown large.

    Args:
        wanted: the search; `Wanted()` for a page without one.
        document_id: whose page it is.
        page: physical, from 1.
        hit: id of the passage that is marked on it.
    """
    return "/" + _joined([*_search_part(wanted), ("doc", document_id), ("page", str(page)), ("hit", hit)])


def read_address(query: str) -> Wanted:
    """The search that an address asks for; what makes no sense in it is left out.

    Args:
        query: what follows the path: "?q=...".
    """
    try:
        said = parse_qs(query[:_MOST_CHARACTERS].removeprefix("?"), max_num_fields=_MOST_FIELDS)
    except ValueError:  # too many fields
        return Wanted()
    wanted = Wanted()
    for name, (field, take) in _FIELDS.items():
        if name in said:
            with suppress(LibraryError, ValueError):
                one = read_wanted(**{field: take(said[name])})
                wanted = replace(wanted, **{field: getattr(one, field)})
    return wanted


def _search_part(wanted: Wanted) -> list[tuple[str, str]]:
    """What differs from a search for nothing."""
    said = [
        ("q", wanted.text),
        ("like", wanted.like),
        ("match", wanted.modality or ""),
        *(("in", one) for one in wanted.documents),
        *(("type", one) for one in wanted.kinds),
        *(("lang", one) for one in wanted.languages),
        ("since", str(wanted.since or "")),
        ("until", str(wanted.until or "")),
        ("share", "" if wanted.image_share == DEFAULT_SHARE else f"{wanted.image_share:g}"),
        ("words", "" if wanted.uses_words else "no"),
        ("n", "" if wanted.limit == DEFAULT_LIMIT else str(wanted.limit)),
    ]
    return [(name, value) for name, value in said if value]


def _joined(fields: list[tuple[str, str]]) -> str:
    said = urlencode([(name, value) for name, value in fields if value])
    return f"?{said}" if said else ""
