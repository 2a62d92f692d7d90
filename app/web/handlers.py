"""What the page does when something is clicked: asks the library, gives back HTML. Knows nothing of Gradio."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from app.chat import answer
from app.library import Library
from app.types import Added
from app.web import cards, prompt_view, shelf_view
from app.web.arrivals import Upload, arrivals
from app.web.intake import Intake, Job, Report
from app.web.previews import Previews
from app.web.searching import Searching
from app.web.viewer import Outlines
from app.web.warmth import Warmth
from encoders.registry import list_encoders
from ingest.jobs import JobState
from ingest.manifest import Document

_EVERY_S = 0.4  # how often a running addition is shown anew


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on its way to an answer, as HTML and text."""

    answer: str
    sources: str
    prompt: str
    messages: str


@dataclass(frozen=True, slots=True)
class Shelved:
    """The library tab."""

    job: str
    documents: str | None  # None: no change
    counts: str
    is_running: bool


class Handlers:
    """The page's actions on one library.

    Args:
        library: open, and kept open by the caller.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self.intake = Intake()
        self.previews = Previews(library)
        self.warmth = Warmth(library)
        self.searching = Searching(library, self.warmth)
        self.outlines = Outlines(library)

    def ask(self, question: str, limit: int) -> Iterator[Asked]:
        """Sources and prompt, then the answer where a chat model is set.

        Raises:
            USER_ERRORS: as `Library.search` and `chat.answer`.
        """
        documents = self._documents()
        if not documents:
            yield Asked("", cards.empty_library(), "", "")
            return
        if not question.strip():
            yield Asked("", cards.notice("Ask your documents", "Type a question, in any language."), "", "")
            return
        self.warmth.check()
        matches = self._library.search(question, limit=limit)
        messages = self._library.prompt(question, matches)
        asked = Asked(
            "",
            cards.grid(matches, documents, numbered=True),
            prompt_view.prompt_to_paste(messages),
            prompt_view.prompt_as_json(messages),
        )
        has_model = self._library.settings.chat_url is not None
        waiting = '<p class="pg-line">The chat model is thinking…</p>'
        yield replace(asked, answer=waiting if has_model else prompt_view.no_model_view())
        reply = answer(self._library.settings, messages) if has_model else None
        if reply is not None:
            yield replace(asked, answer=prompt_view.answer_view(reply, sources=len(matches)))

    def add_uploads(self, uploads: Sequence[Upload]) -> Iterator[Shelved]:
        """Add what was dropped, showing how far it is."""
        if not uploads:
            yield self.shelf()
            return

        def take_in(report: Report, stop: threading.Event) -> list[Added]:
            with arrivals(uploads) as paths:
                return self._library.add(*paths, are_copies=True, on_progress=report, stop=stop)

        yield from self._watch(self.intake.submit(take_in))

    def add_folder(self, folder: str) -> Iterator[Shelved]:
        """Add a folder or file of the machine the server runs on, showing how far it is."""
        if not folder.strip():
            yield self.shelf()
            return
        path = Path(folder.strip()).expanduser()
        yield from self._watch(
            self.intake.submit(lambda report, stop: self._library.add(path, on_progress=report, stop=stop))
        )

    def resume(self) -> None:
        """Go on with what an earlier process was adding when it died."""
        for job in self._library.jobs.unfinished():
            if job.state is JobState.INTERRUPTED:
                self.intake.submit(partial(_finish, self._library, job.id))

    def look(self) -> Iterator[Shelved]:
        """The library tab as it is now, and on until an addition under way is done."""
        job = self.intake.current
        if job is None:
            yield self.shelf()
        else:
            yield from self._watch(job)

    def remove(self, document_ids: Sequence[str]) -> Shelved:
        """Remove documents with every trace.

        Raises:
            LibraryError: one of them is not there.
        """
        for document_id in document_ids:
            self._library.remove(document_id)
            self.previews.forget(document_id)
        return self.shelf()

    def removal_question(self, document_ids: Sequence[str]) -> str:
        """What would go if these documents were removed."""
        known = self._documents()
        return shelf_view.removal_question([known[one] for one in document_ids if one in known])

    def shelf(self) -> Shelved:
        """The library tab with nothing under way."""
        return self._shelved("", is_running=False)

    def encoder(self) -> str:
        """Which encoder searches."""
        settings = self._library.settings
        rows = list_encoders(settings.encoder, models=settings.models)
        chosen = next((row.name for row in rows if row.active), settings.encoder)
        name = self._library.status().encoder or chosen
        row = next((row for row in rows if row.name == name.partition("@")[0]), None)
        return shelf_view.encoder_view(row, name=name)

    def close(self) -> None:
        """Stop what is under way and wait for it; `resume` goes on with it in the next process."""
        running = [job.id for job in self._library.jobs.unfinished() if job.state is JobState.RUNNING]
        self.intake.close()
        for job_id in running:
            self._library.jobs.count_as_interrupted(job_id)

    def _watch(self, job: Job) -> Iterator[Shelved]:
        seen: list[str] | None = None
        for _ in job.watch(every_s=_EVERY_S):
            ids = [document.id for document in self._library.documents()]
            view = shelf_view.job_view(job)
            yield self._shelved(view, is_running=not job.is_done, is_changed=ids != seen)
            seen = ids

    def _shelved(self, job: str, *, is_running: bool, is_changed: bool = True) -> Shelved:
        documents = self._library.documents()
        return Shelved(
            job=job,
            documents=shelf_view.documents_table(documents) if is_changed else None,
            counts=shelf_view.counts_in_words(documents),
            is_running=is_running,
        )

    def _documents(self) -> dict[str, Document]:
        return {document.id: document for document in self._library.documents()}


def _finish(library: Library, job_id: int, report: Report, stop: threading.Event) -> list[Added]:
    return library.finish_job(library.jobs.resume(job_id).id, on_progress=report, stop=stop)
