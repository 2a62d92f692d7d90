"""The answer to a search: what was asked, what narrows it, how long it took, and the cards. Pure; all is escaped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.types import Match
from app.web import cards
from app.web.filters import MOST_RESULTS, Wanted, chips
from app.web.links import search_address
from app.web.markup import escape
from ingest.manifest import Document
from retrieval.query import Stage

_STAGES = {
    "prepare": "get ready",
    "encode": "read the query",
    "search text": "compare meanings",
    "search words": "look the words up",
    "search image": "compare looks",
    "fuse": "put in order",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave."""

    matches: Sequence[Match]  # best first
    is_relevant: bool
    stages: Sequence[Stage]
    seconds: float  # all of it, names of documents and reading a picture too
    sizes: Sequence[int]  # Matryoshka sizes that are stored, ascending


def results(found: Found, documents: Mapping[str, Document], *, wanted: Wanted, has_picture: bool) -> str:
    """Cards with a line above them, or why there are none.

    Args:
        found: what the library gave.
        documents: by id; the library's.
        wanted: what was asked.
        has_picture: with a picture besides.
    """
    head = at(wanted) + _chips(wanted, documents)
    asked = _asked(wanted, has_picture)
    if not found.matches:
        return head + cards.notice("Nothing found", _remedy(wanted, documents))
    count = f"{len(found.matches)} {'result' if len(found.matches) == 1 else 'results'}"
    shown = cards.grid(found.matches, documents, wanted=wanted) + _more(found, wanted)
    if found.is_relevant:
        return head + _how(found, f"{count}{asked}") + shown
    verdict = "Nothing is much like the one you chose" if wanted.like else f"Nothing relevant found{asked}"
    return f"""\
{head}<div class="pg-none" role="status"><b>{verdict}</b><span>{escape(_remedy(wanted, documents))}</span></div>
<p class="pg-rule"><span>nearest all the same</span></p>{_how(found, count)}{shown}"""


def at(wanted: Wanted) -> str:
    """Tells the page which address what is shown has."""
    return f'<div class="pg-at" data-address="{escape(search_address(wanted))}" hidden></div>'


def invitation(wanted: Wanted) -> str:
    """What stands where results will, before anything is searched for."""
    return at(wanted) + cards.notice(
        "Search in any language",
        "Type words or drop a picture, or both. A question in one language finds pages in another.",
    )


def _asked(wanted: Wanted, has_picture: bool) -> str:
    if wanted.like:
        return " like the one you chose"
    words = f' for <bdi dir="auto">{escape(wanted.text)}</bdi>' if wanted.text else ""
    return words + ((" and this picture" if words else " like this picture") if has_picture else "")


def _chips(wanted: Wanted, documents: Mapping[str, Document]) -> str:
    shown = [
        f'<a class="pg-chip pg-go" href="{escape(search_address(chip.without))}" '
        f'aria-label="remove: {escape(chip.words)}"><bdi dir="auto">{escape(chip.words)}</bdi>'
        '<span aria-hidden="true">✕</span></a>'
        for chip in chips(wanted, documents)
    ]
    if len(shown) > 1:
        everything = search_address(Wanted(text=wanted.text, limit=wanted.limit))
        shown.append(f'<a class="pg-chip pg-go pg-clear" href="{escape(everything)}">clear all</a>')
    return f'<nav class="pg-chips" aria-label="filters">{"".join(shown)}</nav>' if shown else ""


def _remedy(wanted: Wanted, documents: Mapping[str, Document]) -> str:
    if any(chips(replace(wanted, like=""), documents)):
        return "Take a filter away above, or try other words."
    return "Try other words, or a picture. Any language will do."


def _more(found: Found, wanted: Wanted) -> str:
    if len(found.matches) < wanted.limit or wanted.limit >= MOST_RESULTS:
        return ""
    further = search_address(replace(wanted, limit=min(2 * wanted.limit, MOST_RESULTS)))
    return f'<p class="pg-more"><a class="pg-go" href="{escape(further)}">Show more</a></p>'


def _how(found: Found, summary: str) -> str:
    """One line that opens: where the milliseconds went, and what was compared."""
    longest = max((stage.seconds for stage in found.stages), default=0) or 1
    rows = "".join(
        f"<tr><th>{escape(_STAGES.get(stage.name, stage.name))}</th>"
        f'<td class="pg-num">{stage.seconds * 1000:.1f} ms</td>'
        f'<td><i style="width:{stage.seconds / longest:.0%}"></i></td></tr>'
        for stage in found.stages
    )
    sizes = " and ".join(map(str, found.sizes))
    compared = f"<p>Compared by vectors of {sizes} numbers.</p>" if sizes else ""
    return f"""\
<details class="pg-how"><summary class="pg-line" role="status">{summary} · \
<span class="pg-ms">{found.seconds * 1000:.0f} ms</span></summary>
<table>{rows}</table>{compared}</details>"""
