"""Additions as HTML: one under way, what came of it, those before. Pure; everything is escaped.

A job under way is as high at its end as at its beginning, so that nothing below it jumps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.job_overview import JobOverview
from app.types import Added, AddStatus, Progress
from app.web.intake import Kind, Task
from app.web.markup import escape
from ingest.jobs import JobState

_ROWS = 100  # files of a job that are listed
_WORDS = {
    AddStatus.ADDED: "added",
    AddStatus.REPLACED: "replaced an older version",
    AddStatus.UNCHANGED: "already in the library",
    AddStatus.FAILED: "not added",
}
_STATES = {
    JobState.RUNNING: "waiting for its turn",
    JobState.PAUSED: "paused",
    JobState.INTERRUPTED: "interrupted",
    JobState.DONE: "done",
    JobState.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class Past:
    """A job that is not at work."""

    job: JobOverview
    failures: tuple[Added, ...]
    can_retry: bool  # some failed file is still there to be read


def looking() -> str:
    """Stands while files are being found, before there is a job."""
    return _card("<b>Looking through what you gave…</b>", 0.0, "folders are searched, archives unpacked", "")


def running(task: Task, *, waiting: int) -> str:
    """How far a task is.

    Args:
        task: at work, or next to be.
        waiting: tasks in line behind it.
    """
    behind = f"{_plural(waiting, 'more task')} in line" if waiting else ""
    progress = task.progress
    if progress is None:
        return _card(f"<b>{task.kind}…</b>", 0.0, "waiting to begin", behind)
    what = f'{task.kind} <bdi dir="auto"><b>{escape(progress.file)}</b></bdi>' if progress.file else f"{task.kind}…"
    if task.is_stopping:
        what = "<b>Stopping</b> after what is being read…"
    return _card(what, progress.fraction, _facts(task, progress), _failed_line(task, progress) or behind)


def ended(task: Task) -> str:
    """What came of a task that is no job."""
    if task.error:
        return f'<div class="pg-job"><p class="pg-failed" dir="auto">{escape(task.error)}</p></div>'
    return f'<div class="pg-job"><p><b>{escape(task.outcome)}</b></p></div>'


def outcome(job: JobOverview, results: Sequence[Added], *, error: str | None = None, seconds: float = 0.0) -> str:
    """What came of a job, or where it stands while it rests.

    Args:
        job: it.
        results: its files that are done.
        error: why it ended early.
        seconds: that it was at work; 0 where that is not known.
    """
    reason = f'<p class="pg-failed" dir="auto">{escape(error)}</p>' if error else ""
    # What needs a reader's eye comes first.
    ordered = sorted(results, key=lambda one: (one.status is not AddStatus.FAILED, not one.problems))
    rows = "".join(map(_file_row, ordered[:_ROWS]))
    more = f"<li>and {len(ordered) - _ROWS:,} more</li>" if len(ordered) > _ROWS else ""
    is_open = " open" if job.failed or len(ordered) <= 5 else ""
    took = f" in {_duration(seconds)}" if seconds >= 1 else ""
    head = f"<b>{_tally(job, results)}</b>{took}"
    if not rows:
        return f'<div class="pg-job"><p>{head}</p>{reason}</div>'
    return f"""\
<div class="pg-job">{reason}<details{is_open}><summary>{head}</summary>
<ul class="pg-outcome">{rows}{more}</ul></details></div>"""


def controls(job: JobOverview | None, *, is_at_work: bool, can_retry: bool = False) -> str:
    """Buttons for what can be done with a job now; none where it is over and nothing of it failed.

    Args:
        job: it; None: what is at work is none, and can only be cancelled.
        is_at_work: whether it runs or waits for its turn in this server.
        can_retry: some failed file of it is still there to be read.
    """
    number = job.id if job else 0
    if is_at_work:
        acts = [("pause", "Pause")] if job else []
        return _buttons(number, [*acts, ("cancel", "Cancel")])
    if job is None:
        return ""
    if job.is_unfinished:
        acts = [("resume", "Go on")] + ([("retry", "Go on, and retry what failed")] if can_retry else [])
        return _buttons(number, [*acts, ("cancel", "Cancel")])
    return _buttons(number, [("retry", "Retry what failed")]) if can_retry else ""


def history(jobs: Sequence[Past]) -> str:
    """Jobs before, the latest first, each with what failed and why."""
    if not jobs:
        return ""
    return f"""\
<details class="pg-past"><summary>Earlier additions <span class="pg-quiet">({len(jobs)})</span></summary>\
<ul>{"".join(map(_past_row, jobs))}</ul></details>"""


def _past_row(past: Past) -> str:
    job = past.job
    when = f"{datetime.fromtimestamp(job.created_at):%Y-%m-%d %H:%M}"
    left = job.files - job.done
    parts = [_plural(job.files, "file")]
    parts += [f'<span class="pg-failed">{job.failed:,} not added</span>'] if job.failed else []
    parts += [f"{left:,} not reached"] if left else []
    rows = "".join(map(_file_row, past.failures[:_ROWS]))
    more = f"<li>and {len(past.failures) - _ROWS:,} more</li>" if len(past.failures) > _ROWS else ""
    list_ = f'<ul class="pg-outcome">{rows}{more}</ul>' if rows else ""
    state = _STATES[job.state]
    mark = f' class="pg-{job.state}"'
    return f"""\
<li><div class="pg-past-line"><span{mark}>{state}</span><span>{when}</span><span>{" · ".join(parts)}</span>\
{controls(job, is_at_work=False, can_retry=past.can_retry)}</div>{list_}</li>"""


def _card(what: str, share: float, facts: str, note: str) -> str:
    return f"""\
<div class="pg-job pg-live"><p class="pg-job-what">{what}</p>
<div class="pg-bar" role="progressbar" aria-valuenow="{share * 100:.0f}" aria-valuemin="0" aria-valuemax="100">\
<i style="width:{share * 100:.1f}%"></i></div>
<p class="pg-job-facts">{facts}</p><p class="pg-job-note">{note}</p></div>"""


def _facts(task: Task, progress: Progress) -> str:
    unit = "document" if task.kind is not Kind.ADD else "file"
    done = f"{progress.files_done:,} of {_plural(progress.files, unit)}"
    parts = [done]
    if progress.pages > 1:
        parts.append(f"page {progress.pages_done:,} of {progress.pages:,}")
    if progress.pages_read:
        parts.append(f"{_plural(progress.pages_read, 'page')} read")
    if progress.pages_per_second:
        parts.append(f"{progress.pages_per_second:.1f} pages/s")
    if progress.seconds_left is not None and progress.seconds_left >= 1:
        parts.append(f"about {_duration(progress.seconds_left)} left")
    return " · ".join(parts)


def _failed_line(task: Task, progress: Progress) -> str:
    if not progress.failed:
        return ""
    last = task.failures[-1].error if task.failures else None
    why = f', the last: <span dir="auto">{escape(last)}</span>' if last else ""
    return f'<span class="pg-failed">{progress.failed:,} not added</span>{why}'


def _tally(job: JobOverview, results: Sequence[Added]) -> str:
    new = [one for one in results if one.status in (AddStatus.ADDED, AddStatus.REPLACED)]
    known = sum(one.status is AddStatus.UNCHANGED for one in results)
    left = job.files - job.done
    pages = _plural(sum(one.pages for one in new), "page")
    parts = [f"{_plural(len(new), 'document')} added ({pages})" if new else "nothing new"]
    parts += [f"{known:,} already there"] if known else []
    parts += [f"{job.failed:,} not added"] if job.failed else []
    if job.is_unfinished:
        parts += [f"{left:,} still to come"] if left else []
        parts += [_STATES[job.state]]
    elif job.state is JobState.CANCELLED:
        parts += [f"cancelled, {left:,} left out"]
    return ", ".join(parts)


def _file_row(one: Added) -> str:
    if one.error:
        return f'<li class="pg-failed" dir="auto">{escape(one.error)}</li>'
    notes = f' · <span dir="auto">{escape("; ".join(one.problems))}</span>' if one.problems else ""
    word = _WORDS[one.status]
    return f'<li><bdi dir="auto">{escape(one.name)}</bdi> · {word} · {_plural(one.pages, "page")}{notes}</li>'


def _buttons(job_id: int, acts: Sequence[tuple[str, str]]) -> str:
    buttons = "".join(
        f'<button type="button" class="pg-act pg-act-{act}" data-act="{act}" data-job="{job_id}">{words}</button>'
        for act, words in acts
    )
    return f'<div class="pg-acts">{buttons}</div>'


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
