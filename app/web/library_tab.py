"""The tab that keeps: add, list, remove."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from app.web.arrivals import Upload
from app.web.handlers import Handlers, Shelved
from app.web.told import told

_QUIET: dict[str, Any] = {"show_progress": "hidden"}  # the tab shows its own

# Ticks become the list of chosen ids; the table is drawn anew now and then, so the listener is on its frame.
_ON_TICK = """
element.addEventListener('change', (event) => {
  const boxes = [...element.querySelectorAll('tbody input[type=checkbox]')];
  if (event.target.classList.contains('pg-all')) boxes.forEach((box) => { box.checked = event.target.checked; });
  trigger('select', { value: boxes.filter((box) => box.checked).map((box) => box.value) });
});
"""


def library_tab(page: gr.Blocks, handlers: Handlers, counts: gr.HTML) -> None:
    """Lay the tab out; ``counts`` is the line in the header that sums the library up."""
    dropped = gr.File(label="Drop PDFs, pictures and text files here", file_count="multiple", height=150)
    with gr.Row(elem_classes="pg-folder"):
        folder = gr.Textbox(
            placeholder="or the path of a folder on this machine",
            show_label=False,
            label="Folder",
            container=False,
            scale=6,
            min_width=220,
            max_lines=1,
        )
        add = gr.Button("Add folder", scale=1, min_width=120)
    job = gr.HTML(elem_classes="pg-found", apply_default_css=False)
    stop = gr.Button("Stop", size="sm", visible=False, elem_classes="pg-small")
    documents = gr.HTML(js_on_load=_ON_TICK, apply_default_css=False)
    picking = _Picking.lay_out()
    shelf = [job, stop, documents, counts, *picking.outputs]

    _let_add(page, handlers, dropped=dropped, folder=folder, add=add, shelf=shelf)
    stop.click(handlers.intake.stop, api_name="stop", **_QUIET)
    _let_remove(handlers, documents=documents, picking=picking, shelf=shelf)


@dataclass(frozen=True)
class _Picking:
    """What is shown while documents are ticked."""

    chosen: gr.Textbox  # ids, one a line; never seen
    remove: gr.Button
    confirm: gr.Group
    question: gr.HTML
    yes: gr.Button
    no: gr.Button

    @classmethod
    def lay_out(cls) -> "_Picking":
        chosen = gr.Textbox(visible=False, label="Document ids, one a line")
        remove = gr.Button("Remove…", size="sm", visible=False, elem_classes="pg-small")
        with gr.Group(visible=False, elem_classes="pg-confirm") as confirm:
            question = gr.HTML(apply_default_css=False)
            with gr.Row():
                yes = gr.Button("Remove", variant="stop", size="sm")
                no = gr.Button("Keep", size="sm")
        return cls(chosen, remove, confirm, question, yes, no)

    @property
    def outputs(self) -> list[gr.components.Component | gr.Group]:
        return [self.chosen, self.remove, self.confirm]


def _shown(shelved: Shelved) -> tuple[Any, ...]:
    running = gr.update(visible=shelved.is_running)
    if shelved.documents is None:  # leave the ticks alone
        return shelved.job, running, *[gr.skip()] * 5
    hidden = gr.update(visible=False)
    return shelved.job, running, shelved.documents, shelved.counts, "", hidden, hidden


def _let_add(
    page: gr.Blocks, handlers: Handlers, *, dropped: gr.File, folder: gr.Textbox, add: gr.Button, shelf: list[Any]
) -> None:
    @told
    def add_uploads(files: list[dict[str, Any]] | None) -> Iterator[tuple[Any, ...]]:
        uploads = [Upload(Path(file["path"]), file.get("orig_name") or Path(file["path"]).name) for file in files or []]
        for shelved in handlers.add_uploads(uploads):
            yield *_shown(shelved), None

    @told
    def add_folder(folder: str | None) -> Iterator[tuple[Any, ...]]:
        for shelved in handlers.add_folder(folder or ""):
            yield _shown(shelved)

    @told
    def look() -> Iterator[tuple[Any, ...]]:
        for shelved in handlers.look():
            yield _shown(shelved)

    # Unprocessed, since only then the files' own names come along.
    dropped.upload(add_uploads, dropped, [*shelf, dropped], api_name="add", preprocess=False, **_QUIET)
    gr.on([add.click, folder.submit], add_folder, folder, shelf, api_name="add_folder", **_QUIET)
    page.load(look, outputs=shelf, api_name="library", **_QUIET)


def _let_remove(handlers: Handlers, *, documents: gr.HTML, picking: _Picking, shelf: list[Any]) -> None:
    hidden, visible = gr.update(visible=False), gr.update(visible=True)

    def pick(event: gr.EventData) -> tuple[Any, ...]:
        ids = [str(value) for value in event.value]
        label = f"Remove {len(ids)} document{'' if len(ids) == 1 else 's'}…"
        return "\n".join(ids), gr.update(visible=bool(ids), value=label), hidden

    def ask_first(chosen: str) -> tuple[Any, ...]:
        return handlers.removal_question(chosen.split()), hidden, visible

    @told
    def remove(chosen: str) -> tuple[Any, ...]:
        return _shown(handlers.remove(chosen.split()))

    private: dict[str, Any] = {"api_visibility": "private", **_QUIET}
    # Each tick counts, in its order, however fast they come.
    documents.select(pick, outputs=picking.outputs, trigger_mode="multiple", concurrency_limit=1, **private)
    picking.remove.click(ask_first, picking.chosen, [picking.question, picking.remove, picking.confirm], **private)
    picking.no.click(lambda: (visible, hidden), None, [picking.remove, picking.confirm], **private)
    picking.yes.click(remove, picking.chosen, shelf, api_name="remove", **_QUIET)
