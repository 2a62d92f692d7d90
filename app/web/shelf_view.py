"""The library as HTML: its documents and what they take. Pure; everything is escaped."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from app.listing import Listed
from app.types import Status
from app.web.languages import language_name
from app.web.markup import escape
from app.web.shelf_order import PARTLY, Order, name_of, state_of, type_of
from encoders.registry import EncoderStatus
from ingest.manifest import Document

_NAMED = 5  # documents that a question names
_PROBLEMS = 2  # told in full below a name; all of them are in its hint
_HEADS = (
    ("name", "Document", ""),
    ("type", "Type", ""),
    ("pages", "Pages", "pg-num"),
    ("chunks", "Chunks", "pg-num"),
    ("language", "Language", ""),
    ("size", "Size", "pg-num"),
    ("added", "Added", ""),
    ("state", "State", ""),
)


def original_address(document_id: str) -> str:
    """Where this server sends a document's original from."""
    return f"/originals/{document_id}"


def documents_table(found: Sequence[Listed], *, limit: int, words: str, order: Order) -> str:
    """Documents with a box to tick each.

    Args:
        found: those that match, in order.
        limit: rows at most.
        words: they were chosen by.
        order: they are in.
    """
    if not found:
        return f"""\
<div class="pg-notice"><h3>No document has <bdi dir="auto">{escape(words.strip())}</bdi> in its name, type or \
language</h3><p>Type less of it, or empty the box to see all.</p></div>"""
    heads = "".join(_head(column, words, kind, order) for column, words, kind in _HEADS)
    rows = "".join(map(_row, found[:limit]))
    return f"""\
<table class="pg-table" data-words="{escape(words)}" data-found="{len(found)}"><thead><tr><th>\
<input type="checkbox" class="pg-all" aria-label="all {_plural(len(found), "document")}"></th>{heads}\
<th><span class="pg-hidden">Original</span></th></tr></thead><tbody>{rows}</tbody></table>"""


def empty_table() -> str:
    """Stands while there is no document, and says what to do."""
    return """\
<div class="pg-notice pg-teach"><h3>Nothing is in your library yet</h3><ol>
<li>Drop files or whole folders above: PDF, Office, e-books, pictures, scans, text, ZIP archives.</li>
<li>They are copied in and read page by page. You can close this page meanwhile.</li>
<li>Then search them by words in any language, or by a picture.</li></ol></div>"""


def counts_in_words(documents: Sequence[Document]) -> str:
    """The library in one line."""
    pages = sum(document.pages for document in documents)
    return f"{_plural(len(documents), 'document')} · {_plural(pages, 'page')}"


def shown_in_words(found: Sequence[Listed], *, limit: int, total: int) -> str:
    """How many rows there are, where that is not plain to see."""
    if len(found) > limit:
        words = f"{limit:,} of {_plural(len(found), 'document')} shown"
    elif 0 < len(found) < total:
        words = f"{len(found):,} of {_plural(total, 'document')} match"
    else:
        return ""
    return f'<p class="pg-line" role="status">{words}</p>'


def storage_in_words(status: Status) -> str:
    """What the library takes on the disk."""
    if not status.documents:
        return ""
    where = f" on {escape(status.server)}" if status.server else size_in_words(status.vectors_bytes)
    total = size_in_words(status.files_bytes + status.vectors_bytes)
    return f"""\
<p class="pg-storage"><b>{total}</b> used: originals and pictures of pages {size_in_words(status.files_bytes)}, \
vectors {where} of {status.chunks:,} passages and pictures · in <bdi>{escape(_from_home(status.data))}</bdi></p>"""


def removal_question(documents: Sequence[Document]) -> str:
    """Asks before documents go, naming the first few."""
    names = ", ".join(f'<bdi dir="auto"><b>{escape(document.name)}</b></bdi>' for document in documents[:_NAMED])
    more = f" and {len(documents) - _NAMED:,} more" if len(documents) > _NAMED else ""
    parts = (
        _plural(len(documents), "document"),
        _plural(sum(document.pages for document in documents), "page"),
        _plural(sum(document.chunks for document in documents), "chunk"),
        size_in_words(sum(document.bytes for document in documents)),
    )
    return f"""\
<p>Remove {names}{more} for good?</p><p class="pg-quiet">{" · ".join(parts)} go from the library, with their pictures \
and vectors. Your own files stay where they are.</p>"""


def encoder_view(active: EncoderStatus | None, *, name: str) -> str:
    """Which encoder searches, what it can and cannot do, and what is better.

    Args:
        active: None where the library's encoder is none of ours.
        name: the encoder's full name.
    """
    if active is None:
        return f'<p class="pg-line">Searching with <b>{escape(name)}</b>.</p>'
    upgrade = f"<dt>Better</dt><dd><code>{escape(active.upgrade)}</code></dd>" if active.upgrade else ""
    return f"""\
<details class="pg-encoder"><summary>Searching with <b>{escape(active.name)}</b> · what it can and cannot do</summary>
<dl><dt>Can</dt><dd>{escape(active.can)}</dd><dt>Cannot</dt><dd>{escape(active.cannot)}</dd>\
<dt>Why</dt><dd>{escape(active.reason)}</dd>{upgrade}</dl></details>"""


def size_in_words(size_bytes: int) -> str:
    """Bytes as people read them."""
    size, unit = float(size_bytes), "B"
    for larger in ("kB", "MB", "GB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.0f} {unit}" if unit in ("B", "kB") or size >= 10 else f"{size:.1f} {unit}"


def _head(column: str, words: str, kind: str, order: Order) -> str:
    is_by = column == order.column
    turned = ("descending" if order.is_descending else "ascending") if is_by else "none"
    arrow = ("▼" if order.is_descending else "▲") if is_by else ""
    return f"""\
<th class="pg-col-{column} {kind}" aria-sort="{turned}"><button type="button" data-sort="{column}">{words}\
<i aria-hidden="true">{arrow}</i></button></th>"""


def _row(listed: Listed) -> str:
    document = listed.document
    name = escape(name_of(listed))
    language = escape(language_name(document.language)) or "–"
    state = state_of(listed)
    mark = "pg-mark" if state == PARTLY else "pg-quiet"
    return f"""\
<tr><td><input type="checkbox" value="{escape(document.id)}" aria-label="{name}"></td>\
<td class="pg-doc"><bdi dir="auto">{name}</bdi>{_notes(listed)}</td>\
<td class="pg-col-type">{escape(type_of(listed))}</td>\
<td class="pg-col-pages pg-num">{document.pages:,}</td><td class="pg-col-chunks pg-num">{document.chunks:,}</td>\
<td class="pg-col-language"><bdi title="{escape(document.language)}">{language}</bdi></td>\
<td class="pg-col-size pg-num">{size_in_words(document.bytes)}</td>\
<td class="pg-col-added">{datetime.fromtimestamp(document.added_at):%Y-%m-%d %H:%M}</td>\
<td class="pg-col-state"><span class="{mark}">{state}</span></td>\
<td><a class="pg-get" href="{escape(original_address(document.id))}" download title="Save the original" \
aria-label="save the original of {name}">⤓</a></td></tr>"""


def _notes(listed: Listed) -> str:
    """Below a name: what else it is called, and what of it could not be read."""
    document = listed.document
    notes = ""
    others = [name for name in listed.names if name != document.name]
    if others:
        names = ", ".join(f'<bdi dir="auto">{escape(name)}</bdi>' for name in others)
        notes += f"<small>the same file: {names}</small>"
    if document.ocr_pages:
        notes += f"<small>text of {_plural(document.ocr_pages, 'page')} recognised in the picture</small>"
    if document.problems:
        told = "; ".join(document.problems[:_PROBLEMS])
        more = f" and {len(document.problems) - _PROBLEMS:,} more" if len(document.problems) > _PROBLEMS else ""
        hint = escape("\n".join(document.problems))
        notes += f'<small class="pg-mark" title="{hint}" dir="auto">{escape(told)}{more}</small>'
    return notes


def _from_home(path: Path) -> str:
    home = Path.home()
    return str(Path("~", path.relative_to(home)) if path.is_relative_to(home) else path)


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
