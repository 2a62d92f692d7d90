"""The library as HTML: its documents, an addition under way, and what came of it. Pure; everything is escaped."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime

from app.types import Added, AddStatus
from app.web.intake import Job
from app.web.markup import escape
from encoders.registry import EncoderStatus
from ingest.manifest import Document

_MIN_SHARE = 0.02  # of an addition; before that the time left is a guess
_WORDS = {
    AddStatus.ADDED: "added",
    AddStatus.REPLACED: "replaced",
    AddStatus.UNCHANGED: "already in the library",
    AddStatus.FAILED: "not added",
}


def documents_table(documents: Sequence[Document]) -> str:
    """Every document with a box to tick."""
    if not documents:
        return '<p class="pg-line">No documents yet. Drop some files above.</p>'
    rows = "".join(map(_row, documents))
    return f"""\
<div class="pg-table-frame"><table class="pg-table"><thead><tr><th><input type="checkbox" class="pg-all" \
aria-label="all documents"></th><th>Document</th><th>Type</th><th class="pg-num">Pages</th>\
<th class="pg-num">Chunks</th><th class="pg-num">Size</th><th>Added</th></tr></thead><tbody>\
{rows}</tbody></table></div>"""


def counts_in_words(documents: Sequence[Document]) -> str:
    """The library in one line."""
    pages = sum(document.pages for document in documents)
    return f"{_plural(len(documents), 'document')} · {_plural(pages, 'page')}"


def removal_question(documents: Sequence[Document]) -> str:
    """Asks before documents go, naming the first few."""
    names = ", ".join(f'<bdi dir="auto"><b>{escape(document.name)}</b></bdi>' for document in documents[:5])
    more = f" and {len(documents) - 5} more" if len(documents) > 5 else ""
    pages = _plural(sum(document.pages for document in documents), "page")
    return f"<p>Remove {names}{more} ({pages}) with every trace? Your own files stay where they are.</p>"


def job_view(job: Job) -> str:
    """How far an addition is, or what came of it."""
    return _outcome(job) if job.is_done else _bar(job)


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


def _row(document: Document) -> str:
    when = datetime.fromtimestamp(document.added_at)
    problems = "; ".join(document.problems)
    mark = f' <span class="pg-mark" title="{escape(problems)}">partly read</span>' if problems else ""
    name = escape(unicodedata.normalize("NFC", document.name))
    return f"""\
<tr><td><input type="checkbox" value="{escape(document.id)}" aria-label="{name}"></td>\
<td class="pg-doc"><bdi dir="auto">{name}</bdi>{mark}</td><td>{escape(document.format)}</td>\
<td class="pg-num">{document.pages}</td><td class="pg-num">{document.chunks}</td>\
<td class="pg-num">{size_in_words(document.bytes)}</td><td>{when:%Y-%m-%d %H:%M}</td></tr>"""


def _bar(job: Job) -> str:
    progress = job.progress
    if progress is None:
        return '<div class="pg-job"><p>Waiting to begin…</p><div class="pg-bar"><i style="width:0%"></i></div></div>'
    failed = f" · {progress.failed} failed" if progress.failed else ""
    left = _time_left(progress.fraction, job.seconds)
    number = min(progress.files_done + 1, progress.files)
    return f"""\
<div class="pg-job"><p>Reading <bdi dir="auto"><b>{escape(progress.file)}</b></bdi></p>
<div class="pg-bar" role="progressbar" aria-valuenow="{progress.fraction * 100:.0f}" aria-valuemin="0" \
aria-valuemax="100"><i style="width:{progress.fraction * 100:.1f}%"></i></div>
<p class="pg-line">file {number} of {progress.files} · page {progress.pages_done} of {progress.pages}\
{failed}{left}</p></div>"""


def _time_left(share: float, seconds: float) -> str:
    if share < _MIN_SHARE or seconds < 1:
        return ""
    left = round(seconds * (1 - share) / share)
    return f" · about {left} s left" if left < 90 else f" · about {round(left / 60)} min left"


def _outcome(job: Job) -> str:
    if job.error:
        return f'<div class="pg-job"><p class="pg-failed">{escape(job.error)}</p></div>'
    new = [one for one in job.added if one.status in (AddStatus.ADDED, AddStatus.REPLACED)]
    failed = sum(one.status is AddStatus.FAILED for one in job.added)
    known = sum(one.status is AddStatus.UNCHANGED for one in job.added)
    parts = [f"{_plural(len(new), 'document')} added ({_plural(sum(one.pages for one in new), 'page')})"]
    parts += [f"{known} already there"] if known else []
    parts += [f"{failed} not added"] if failed else []
    parts += ["stopped"] if job.stop.is_set() else []
    # What needs a reader's eye comes first.
    ordered = sorted(job.added, key=lambda one: (one.status is not AddStatus.FAILED, not one.problems))
    rows = "".join(map(_outcome_row, ordered))
    is_open = " open" if failed or len(job.added) <= 5 else ""
    return f"""\
<div class="pg-job"><details{is_open}><summary><b>{", ".join(parts)}</b> in {job.seconds:.1f} s</summary>
<ul class="pg-outcome">{rows}</ul></details></div>"""


def _outcome_row(one: Added) -> str:
    if one.error:
        return f'<li class="pg-failed" dir="auto">{escape(one.error)}</li>'
    notes = f" · {escape('; '.join(one.problems))}" if one.problems else ""
    word = _WORDS[one.status]
    return f'<li><bdi dir="auto">{escape(one.name)}</bdi> · {word} · {_plural(one.pages, "page")}{notes}</li>'


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
