"""The tab that keeps: add, watch, list, remove."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import api

from app.web.arrivals import Upload
from app.web.catalogue import ROWS, Listing, Selection
from app.web.shelf_order import Order
from app.web.shelving import Shelved, Shelving
from app.web.told import told

_QUIET: dict[str, Any] = {"show_progress": "hidden"}  # the tab shows its own
_PRIVATE: dict[str, Any] = {"api_visibility": "private", **_QUIET}
_HIDDEN, _VISIBLE = gr.update(visible=False), gr.update(visible=True)

# What a button of a job says is sent with its number; `library.js` asks once more before it cancels.
_ON_ACT = "polyglance.acts(element, (act) => trigger('select', { value: act }));"
_CHOOSE_FOLDER = '<button type="button" class="pg-act" data-folder-for="pg-drop">Choose a folder…</button>'
_REINDEX = """\
<p>Read and encode every document anew?</p><p class="pg-quiet">That is worth it after an update that reads files \
better, or with another encoder. It takes about as long as adding them all did; searches go on with the old vectors \
until all is done.</p>"""

# Ticks outlive the table, which is drawn anew now and then.
_ON_TABLE = """
polyglance.table(element, (event, value) => trigger(event, { value }), (redraw) => watch('value', redraw));
"""


@dataclass(frozen=True)
class _Jobs:
    """What is under way, and was."""

    card: gr.HTML
    controls: gr.HTML
    past: gr.HTML
    stamp: gr.Textbox  # changes with the documents; never seen

    @classmethod
    def lay_out(cls) -> "_Jobs":
        return cls(
            gr.HTML(elem_classes="pg-found", apply_default_css=False),
            gr.HTML(elem_classes="pg-found", apply_default_css=False, js_on_load=_ON_ACT),
            gr.HTML(elem_classes="pg-found", apply_default_css=False, js_on_load=_ON_ACT),
            gr.Textbox(visible="hidden", label="Changes with the documents"),
        )

    @property
    def outputs(self) -> list[gr.components.Component]:
        return [self.card, self.controls, self.past, self.stamp]


@dataclass(frozen=True)
class _Shelf:
    """The documents."""

    words: gr.Textbox
    order: gr.Textbox  # a column's name; never seen
    rows: gr.Number  # never seen
    table: gr.HTML
    shown: gr.HTML
    more: gr.Button
    storage: gr.HTML
    counts: gr.HTML  # in the page's header

    @property
    def inputs(self) -> list[gr.components.Component]:
        return [self.words, self.order, self.rows]

    @property
    def outputs(self) -> list[gr.components.Component]:
        return [self.table, self.counts, self.storage, self.shown, self.more, self.order, self.rows]


@dataclass(frozen=True)
class _Picking:
    """What is shown while documents are ticked."""

    picked: gr.Textbox  # which, as JSON; never seen
    chosen: gr.Textbox  # ids that the question is about, one a line; never seen
    remove: gr.Button
    confirm: gr.Group
    question: gr.HTML
    yes: gr.Button
    no: gr.Button


def library_tab(page: gr.Blocks, shelving: Shelving, counts: gr.HTML) -> None:
    """Lay the tab out; ``counts`` is the line in the header that sums the library up."""
    dropped = gr.File(label="Drop files or whole folders here", file_count="multiple", height=150, elem_id="pg-drop")
    with gr.Row(elem_classes="pg-folder"):
        gr.HTML(_CHOOSE_FOLDER, apply_default_css=False, elem_classes="pg-small")
        folder = gr.Textbox(
            placeholder="or type the path of a folder on the machine that Polyglance runs on",
            show_label=False,
            label="Folder",
            container=False,
            scale=6,
            min_width=150,
            max_lines=1,
        )
        add = gr.Button("Add path", scale=0, min_width=130, elem_classes="pg-button")
    jobs = _Jobs.lay_out()
    with gr.Row(elem_classes="pg-shelf-bar"):
        words = gr.Textbox(
            placeholder="Filter by name, type or language",
            show_label=False,
            label="Filter",
            container=False,
            scale=6,
            min_width=150,
            max_lines=1,
        )
        narrow: dict[str, Any] = {"scale": 0, "min_width": 130, "elem_classes": "pg-button"}
        remove = gr.Button("Remove…", elem_id="pg-remove", visible=False, **narrow)
        reindex = gr.Button("Re-index…", **narrow)
    with gr.Group(visible=False, elem_classes="pg-confirm") as confirm_reindex:
        gr.HTML(_REINDEX, apply_default_css=False)
        with gr.Row():
            reindex_yes = gr.Button("Re-index all", variant="primary", size="sm")
            reindex_no = gr.Button("Leave it", size="sm")
    with gr.Group(visible=False, elem_classes="pg-confirm") as confirm:
        question = gr.HTML(apply_default_css=False)
        with gr.Row():
            yes = gr.Button("Remove", size="sm", elem_id="pg-remove-yes")
            no = gr.Button("Keep", size="sm")
    picking = _Picking(
        gr.Textbox(visible=False, label="Ticked"),
        gr.Textbox(visible=False, label="Document ids, one a line"),
        remove,
        confirm,
        question,
        yes,
        no,
    )
    shelf = _Shelf(
        words,
        gr.Textbox("name", visible=False, label="Order: a column, or -column for the largest first"),
        gr.Number(ROWS, precision=0, visible=False, label="Rows"),
        gr.HTML(elem_id="pg-shelf", js_on_load=_ON_TABLE, apply_default_css=False),
        gr.HTML(elem_classes="pg-found", apply_default_css=False),
        gr.Button(f"Show {ROWS} more", size="sm", visible=False, elem_classes="pg-small"),
        gr.HTML(elem_classes="pg-found", apply_default_css=False),
        counts,
    )

    _let_add(shelving, dropped=dropped, folder=folder, add=add, jobs=jobs)
    _let_watch(page, shelving, jobs=jobs)
    _let_list(shelving, shelf=shelf, jobs=jobs)
    _let_remove(shelving, shelf=shelf, picking=picking, jobs=jobs)
    reindex.click(lambda: _VISIBLE, None, confirm_reindex, **_PRIVATE)
    reindex_no.click(lambda: _HIDDEN, None, confirm_reindex, **_PRIVATE)
    _let_reindex(shelving, yes=reindex_yes, confirm=confirm_reindex, jobs=jobs)
    _let_programs(shelving)


def _shown(shelved: Shelved) -> tuple[Any, ...]:
    parts = (shelved.card, shelved.controls, shelved.past, shelved.stamp)
    return tuple(gr.skip() if part is None else part for part in parts)


def _listed(listing: Listing, order: Order, rows: int) -> tuple[Any, ...]:
    return (
        listing.table,
        listing.counts,
        gr.skip() if listing.storage is None else listing.storage,
        listing.shown,
        gr.update(visible=listing.has_more),
        str(order),
        rows,
    )


def _let_add(shelving: Shelving, *, dropped: gr.File, folder: gr.Textbox, add: gr.Button, jobs: _Jobs) -> None:
    @told
    def add_uploads(sent: list[dict[str, Any]] | None) -> Iterator[tuple[Any, ...]]:
        uploads = [Upload(Path(file["path"]), file.get("orig_name") or Path(file["path"]).name) for file in sent or []]
        for number, shelved in enumerate(shelving.add_uploads(uploads)):
            yield *_shown(shelved), gr.skip() if number else None  # the next drop may be on its way

    @told
    def add_folder(folder: str | None) -> Iterator[tuple[Any, ...]]:
        yield from map(_shown, shelving.add_folder(folder or ""))

    @told
    def look_on() -> Iterator[tuple[Any, ...]]:
        yield from map(_shown, shelving.look_on())

    # Unprocessed, since only then the files' own names come along.
    often: dict[str, Any] = {"trigger_mode": "multiple", **_QUIET}  # while another is under way, too
    uploaded = dropped.upload(add_uploads, dropped, [*jobs.outputs, dropped], api_name="add", preprocess=False, **often)
    named = gr.on([add.click, folder.submit], add_folder, folder, jobs.outputs, api_name="add_folder", **often)
    for added in (uploaded, named):
        added.then(look_on, None, jobs.outputs, **_PRIVATE)


def _let_watch(page: gr.Blocks, shelving: Shelving, *, jobs: _Jobs) -> None:
    @told
    def look() -> Iterator[tuple[Any, ...]]:
        yield from map(_shown, shelving.look())

    @told
    def act(event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        yield from map(_shown, shelving.act(str(event.value["act"]), int(event.value["job"])))

    page.load(look, outputs=jobs.outputs, api_name="library", **_QUIET)
    for buttons in (jobs.controls, jobs.past):
        buttons.select(act, None, jobs.outputs, trigger_mode="multiple", **_PRIVATE)


def _let_list(shelving: Shelving, *, shelf: _Shelf, jobs: _Jobs) -> None:
    def show(words: str | None, order: Order, rows: int, *, is_anew: bool = False) -> tuple[Any, ...]:
        listing = shelving.catalogue.listing(words=words or "", order=order, limit=rows, is_anew=is_anew)
        return _listed(listing, order, rows)

    @told
    def documents(words: str | None, order: str, rows: float) -> tuple[Any, ...]:
        return show(words, Order.parse(order), int(rows), is_anew=True)

    @told
    def filter_by(words: str | None, order: str) -> tuple[Any, ...]:
        return show(words, Order.parse(order), ROWS)

    @told
    def more(words: str | None, order: str, rows: float) -> tuple[Any, ...]:
        return show(words, Order.parse(order), int(rows) + ROWS)

    @told
    def sort(words: str | None, order: str, event: gr.EventData) -> tuple[Any, ...]:
        return show(words, Order.parse(order).turned_to(str(event.value)), ROWS)

    changed: dict[str, Any] = {"api_name": "documents", "trigger_mode": "always_last", **_QUIET}
    jobs.stamp.change(documents, shelf.inputs, shelf.outputs, **changed)
    shelf.words.change(filter_by, [shelf.words, shelf.order], shelf.outputs, trigger_mode="always_last", **_PRIVATE)
    shelf.more.click(more, shelf.inputs, shelf.outputs, **_PRIVATE)
    shelf.table.input(sort, [shelf.words, shelf.order], shelf.outputs, trigger_mode="always_last", **_PRIVATE)


def _let_remove(shelving: Shelving, *, shelf: _Shelf, picking: _Picking, jobs: _Jobs) -> None:
    @told
    def pick(words: str | None, event: gr.EventData) -> tuple[Any, ...]:
        picked = json.dumps({"all": event.value["all"], "ids": event.value["ids"], "words": words or ""})
        count = shelving.catalogue.count(Selection.parse(picked))
        label = f"Remove {count:,} document{'' if count == 1 else 's'}…"
        return picked, gr.update(visible=count > 0, value=label), _HIDDEN

    @told
    def ask_first(picked: str) -> tuple[Any, ...]:
        question, ids = shelving.catalogue.removal(Selection.parse(picked))
        return question, "\n".join(ids), _HIDDEN, gr.update(visible=bool(ids))

    @told
    def remove(chosen: str) -> Iterator[tuple[Any, ...]]:
        for shelved in shelving.remove(chosen.split()):
            yield *_shown(shelved), "", _HIDDEN, _HIDDEN

    # Each tick counts, in its order, however fast they come.
    shelf.table.select(
        pick,
        shelf.words,
        [picking.picked, picking.remove, picking.confirm],
        trigger_mode="multiple",
        concurrency_limit=1,
        **_PRIVATE,
    )
    asked = [picking.question, picking.chosen, picking.remove, picking.confirm]
    picking.remove.click(ask_first, picking.picked, asked, **_PRIVATE)
    picking.no.click(lambda: (_VISIBLE, _HIDDEN), None, [picking.remove, picking.confirm], **_PRIVATE)
    outputs = [*jobs.outputs, picking.picked, picking.remove, picking.confirm]
    picking.yes.click(remove, picking.chosen, outputs, api_name="remove", **_QUIET)


def _let_reindex(shelving: Shelving, *, yes: gr.Button, confirm: gr.Group, jobs: _Jobs) -> None:
    @told
    def reindex() -> Iterator[tuple[Any, ...]]:
        for shelved in shelving.reindex():
            yield *_shown(shelved), _HIDDEN

    yes.click(reindex, None, [*jobs.outputs, confirm], api_name="reindex", **_QUIET)


def _let_programs(shelving: Shelving) -> None:
    @told
    def list_jobs() -> list[dict[str, Any]]:
        """Additions, the latest first: number, state, and how many of their files are done and failed."""
        return shelving.jobs()

    @told
    def pause_job(job: int) -> str:
        """Let an addition stop after its page, to be resumed later."""
        shelving.pause(job)
        return f"Job {job} pauses."

    @told
    def resume_job(job: int) -> str:
        """Go on with an addition that is paused or interrupted."""
        shelving.resume(job)
        return f"Job {job} goes on."

    @told
    def retry_job(job: int) -> str:
        """Try the files again that an addition could not take."""
        shelving.retry(job)
        return f"Job {job} tries again what failed."

    @told
    def cancel_job(job: int) -> str:
        """End an addition; what went in stays."""
        shelving.cancel(job)
        return f"Job {job} is cancelled."

    for action in (list_jobs, pause_job, resume_job, retry_job, cancel_job):
        api(action)
