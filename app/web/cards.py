"""Search results as HTML. Pure: everything that comes from a document or a user is escaped here.

Pictures are addresses on this server; `page.js` opens a card in the large view. Text says ``dir="auto"``, so that
Arabic and Hebrew read from the right.
"""

from collections.abc import Mapping, Sequence

from app.types import Match
from app.web.markup import escape
from ingest.manifest import Document
from ingest.readers.registry import Shows, shows
from ingest.types import Modality
from retrieval.query import Strength

_PASSAGE = 600  # characters of a passage that a card holds; more are cut


def page_address(document_id: str, page: int, *, large: bool = False) -> str:
    """Where this server draws a page."""
    return f"/pages/{document_id}/{page}" + ("?large=true" if large else "")


def results(matches: Sequence[Match], documents: Mapping[str, Document], *, query: str, seconds: float) -> str:
    """The answer to a search.

    Args:
        matches: best first.
        documents: by id; the library's.
        query: the words that were searched for; empty for a picture alone.
        seconds: how long the search took.
    """
    if not documents:
        return empty_library()
    if not matches:
        return notice("Nothing found", "Try other words, or a picture. Any language will do.")
    count = f"{len(matches)} {'match' if len(matches) == 1 else 'matches'}"
    doubt = " · nothing fits well; these are the nearest" if matches[0].strength is Strength.WEAK else ""
    asked = f' for <bdi dir="auto">{escape(query)}</bdi>' if query else " like this picture"
    line = f'<p class="pg-line" role="status">{count}{asked} · {seconds * 1000:.0f} ms{doubt}</p>'
    return line + grid(matches, documents)


def grid(matches: Sequence[Match], documents: Mapping[str, Document], *, numbered: bool = False) -> str:
    """Cards side by side; ``numbered`` as a prompt's sources are."""
    cards = (_card(match, documents.get(match.document_id), numbered=numbered) for match in matches)
    return f'<div class="pg-grid">{"".join(cards)}</div>'


def notice(title: str, text: str) -> str:
    """A quiet message in place of results."""
    return f'<div class="pg-notice"><h3 dir="auto">{escape(title)}</h3><p dir="auto">{escape(text)}</p></div>'


def empty_library() -> str:
    """What an empty library says."""
    return notice(
        "Your library is empty",
        "Open the Library tab and drop in PDFs, pictures or text files. Then search them here, in any language.",
    )


def page_in_words(match: Match, document: Document | None) -> str:
    """Which page it is; what is printed on it too, where that differs; nothing for a file of one page or picture."""
    looks = shows(document.format) if document else Shows.PAGES
    if document and document.pages == 1 and looks is not Shows.PAGES:
        return looks.value
    label = f" (printed {match.page_label})" if match.page_label not in ("", str(match.page)) else ""
    return f"page {match.page}{label}"


def _card(match: Match, document: Document | None, *, numbered: bool) -> str:
    word = match.strength.value
    page = page_in_words(match, document)
    number = f'<span class="pg-number">{match.rank}</span>' if numbered else ""
    anchor = f' id="source-{match.rank}"' if numbered else ""
    headings = " › ".join(match.headings)
    head = f'<p class="pg-headings" dir="auto">{escape(headings)}</p>' if headings else ""
    title = f"{match.document}, {page}"
    is_text = document is not None and shows(document.format) is Shows.TEXT
    return f"""\
<article class="pg-card"{anchor}><a class="pg-open" href="{_target(match, is_text)}" target="_blank" \
rel="noopener" data-title="{escape(title)}" aria-label="{escape(title)}, {word} match">
<div class="pg-desk">{number}{_sheet(match, document, title)}</div>
<div class="pg-body">
<div class="pg-meta"><span class="pg-strength pg-{word}" title="score {match.score:.2f}">{word}</span>\
<span class="pg-where">{escape(page)}</span></div>
<h3 class="pg-name" dir="auto" title="{escape(match.document)}">{escape(match.document)}</h3>
{head}{_passage(match)}
</div></a></article>"""


def _target(match: Match, is_text: bool) -> str:
    return "#" if is_text else escape(page_address(match.document_id, match.page, large=True))


def _sheet(match: Match, document: Document | None, title: str) -> str:
    looks = shows(document.format) if document is not None else Shows.PAGES
    if looks is Shows.TEXT:
        return f'<div class="pg-sheet pg-words" dir="auto" aria-hidden="true">{escape(match.text[:_PASSAGE])}</div>'
    kind = "pg-photo" if looks is Shows.PICTURE else "pg-paper"
    source = escape(page_address(match.document_id, match.page))
    return f'<img class="pg-sheet {kind}" src="{source}" alt="{escape(title)}" loading="lazy" decoding="async">'


def _passage(match: Match) -> str:
    if match.modality is Modality.IMAGE and not match.text:
        return '<p class="pg-passage pg-look">found by its look</p>'
    text = " ".join(match.text.split())
    shown = text if len(text) <= _PASSAGE else text[: _PASSAGE - 1] + "…"
    return f'<p class="pg-passage" dir="auto">{escape(shown)}</p>'
