"""Pages and pictures that were found, as cards. Pure: what comes from a document or a user is escaped here.

Pictures are addresses on this server; `viewer.js` opens a card in the viewer and reads there what the card's link
carries. Text says ``dir="auto"``, so that Arabic and Hebrew read from the right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.types import Match
from app.web.filters import Wanted
from app.web.links import page_address, search_address, viewer_address
from app.web.markup import escape
from ingest.manifest import Document
from ingest.readers.registry import Shows, shows
from ingest.types import Box, Modality

_PASSAGE = 600  # characters of a passage that a card holds; more are cut
_EVERYTHING = Wanted()


def grid(
    matches: Sequence[Match],
    documents: Mapping[str, Document],
    *,
    numbered: bool = False,
    wanted: Wanted = _EVERYTHING,
) -> str:
    """Cards side by side.

    Args:
        matches: best first.
        documents: by id; the library's.
        numbered: as a prompt's sources are.
        wanted: the search that found them, which a card's address holds too.
    """
    cards = (_card(match, documents.get(match.document_id), numbered, wanted) for match in matches)
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
    looks = _looks(document)
    if document and document.pages == 1 and looks is not Shows.PAGES:
        return looks.value
    label = f" (printed {match.page_label})" if match.page_label not in ("", str(match.page)) else ""
    return f"page {match.page}{label}"


def opening(match: Match, document: Document | None, *, wanted: Wanted = _EVERYTHING) -> str:
    """Attributes of a link that opens the viewer at a match; its class has to be ``pg-open``.

    `viewer.js` reads the ``data-``: the document, the page, the passage and its rectangles.
    """
    address = viewer_address(wanted, match.document_id, match.page, match.id)
    said = {
        "href": address,
        "data-doc": match.document_id,
        "data-page": str(match.page),
        "data-hit": match.id,
        "data-name": match.document,
        "data-shows": _looks(document).value,
        "data-boxes": ";".join(",".join(f"{edge:g}" for edge in box) for box in match.boxes),
        "data-text": match.text,
        "data-headings": " › ".join(match.headings),
    }
    if match.is_hidden:
        said["data-hidden"] = "true"
    return " ".join(f'{name}="{escape(value)}"' for name, value in said.items())


def _looks(document: Document | None) -> Shows:
    return shows(document.format) if document is not None else Shows.PAGES


def _card(match: Match, document: Document | None, numbered: bool, wanted: Wanted) -> str:
    word = match.strength.value
    page = page_in_words(match, document)
    number = f'<span class="pg-number">{match.rank}</span>' if numbered else ""
    anchor = f' id="source-{match.rank}"' if numbered else ""
    above = escape(" › ".join(match.headings))
    head = f'<p class="pg-headings" dir="auto" title="{above}">{escape(match.headings[-1])}</p>' if above else ""
    title = f"{match.document}, {page}"
    return f"""\
<article class="pg-card"{anchor}><a class="pg-open" {opening(match, document, wanted=wanted)} \
aria-label="{escape(title)}, {word} match">
<div class="pg-desk">{number}{_sheet(match, document, title)}</div>
<div class="pg-body">
<div class="pg-meta"><span class="pg-strength pg-{word}" title="score {match.score:.2f}">{word}</span>\
<span class="pg-where">{escape(page)}</span></div>
<h3 class="pg-name" dir="auto" title="{escape(match.document)}">{escape(match.document)}</h3>
{head}{_passage(match)}
</div></a>{_further(match, title, wanted)}</article>"""


def _further(match: Match, title: str, wanted: Wanted) -> str:
    """Links to searches that a card suggests."""
    like = escape(search_address(Wanted(like=match.id)))
    links = f'<a class="pg-go" href="{like}" aria-label="more like {escape(title)}">More like this</a>'
    if wanted.text and not wanted.documents:
        within = escape(search_address(replace(wanted, documents=(match.document_id,))))
        links += f'<a class="pg-go" href="{within}" aria-label="only in {escape(match.document)}">Only in this file</a>'
    return f'<p class="pg-further">{links}</p>'


def _sheet(match: Match, document: Document | None, title: str) -> str:
    looks = _looks(document)
    if looks is Shows.TEXT:
        return f'<div class="pg-sheet pg-words" dir="auto" aria-hidden="true">{escape(match.text[:_PASSAGE])}</div>'
    kind = "pg-photo" if looks is Shows.PICTURE else "pg-paper"
    source = escape(page_address(match.document_id, match.page))
    return (
        f'<span class="pg-frame {kind}"><img class="pg-sheet" src="{source}" alt="{escape(title)}" loading="lazy" '
        f'decoding="async">{"".join(map(_mark, match.boxes))}</span>'
    )


def _mark(box: Box) -> str:
    left, top, right, bottom = box
    return (
        f'<i class="pg-mark-box" style="left:{left:.2%};top:{top:.2%};'
        f'width:{right - left:.2%};height:{bottom - top:.2%}"></i>'
    )


def _passage(match: Match) -> str:
    if match.modality is Modality.IMAGE and not match.text:
        return '<p class="pg-passage pg-look">found by its look</p>'
    text = " ".join(match.text.split())
    shown = text if len(text) <= _PASSAGE else text[: _PASSAGE - 1] + "…"
    hidden = '<p class="pg-look">not to be seen on the page itself</p>' if match.is_hidden else ""
    return f'<p class="pg-passage" dir="auto">{escape(shown)}</p>{hidden}'
