"""Measures how well a library answers: questions in, figures out. The measuring itself is `evaluation`'s."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from app.library import Library
from encoders.base import Embeddings, Encoder, truncate
from evaluation.known_items import LIMITS, Passage, Picture, known_items, known_pictures
from evaluation.metrics import DEPTH
from evaluation.queries import read_questions
from evaluation.run import OnProgress, evaluate
from evaluation.summary import Summary, summarise
from evaluation.types import Answer, KnownDocument, Question, Ranked, Setting
from ingest.readers.picture import read_picture
from ingest.readers.registry import Shows, shows
from ingest.types import Modality
from retrieval.memory import MemoryStore
from retrieval.query import Query, Results
from retrieval.search import Searcher
from retrieval.types import Filter, StoredPoint

_PICTURES = 0.3  # share of pictures in a self test, where the library has any

Find = Callable[[Query], Results]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure."""

    questions: Path | None  # a file or folder; None: questions are made from the library itself
    qrels: Path | None = None  # answers, where they are in a file of their own
    against: tuple[str, ...] = ()  # names of `VARIANTS` to compare with
    sizes: bool = False  # every Matryoshka size of the encoder by itself
    count: int = 100  # questions made from the library
    seed: int = 0


# By name, what a setting changes in a query.
VARIANTS: dict[str, Callable[[Query], Query]] = {
    "meaning": lambda query: replace(query, uses_words=False),
    "text": lambda query: replace(query, where=replace(query.where, modality=Modality.TEXT)),
    "look": lambda query: replace(query, where=replace(query.where, modality=Modality.IMAGE)),
}


def evaluate_library(library: Library, plan: Plan, *, on_progress: OnProgress | None = None) -> Summary:
    """Ask a library questions whose answers are known.

    Raises:
        EvaluationError: the questions cannot be read, or none can be asked.
    """
    with _questions(library, plan) as questions:
        settings = [Setting("default", _search(library, library.query))]
        settings += [Setting(name, _search(library, _changed(library, VARIANTS[name]))) for name in plan.against]
        if plan.sizes:
            settings += _by_size(library)
        documents = [
            KnownDocument(one.id, one.name, one.pages, is_picture=shows(one.format) is Shows.PICTURE)
            for one in library.documents()
        ]
        measured = evaluate(questions, settings, documents=documents, seed=plan.seed, on_progress=on_progress)
        title = plan.questions.name if plan.questions else "the library's own passages and pictures"
        return summarise(measured, title=title, note="" if plan.questions else LIMITS)


@contextmanager
def _questions(library: Library, plan: Plan) -> Iterator[Sequence[Question]]:
    if plan.questions is not None:
        yield read_questions(plan.questions, qrels=plan.qrels)
        return
    with TemporaryDirectory() as folder:
        pictures = [
            Picture(one.id, one.name, page, library.original(one.id))
            for one in library.documents()
            if shows(one.format) is Shows.PICTURE
            for page in range(1, one.pages + 1)
        ]
        asked = round(plan.count * _PICTURES) if pictures else 0
        shown = known_pictures(pictures, folder=Path(folder), seed=plan.seed, count=asked)
        told = known_items(list(_passages(library)), seed=plan.seed, count=plan.count - len(shown))
        yield [*told, *shown]


def _passages(library: Library) -> Iterator[Passage]:
    names = {one.id: one.name for one in library.documents()}
    for stored in library.stored(Filter(modality=Modality.TEXT)):
        point = stored.point
        if point.document_id in names:
            heading = point.path[-1] if point.path else ""
            yield Passage(
                point.document_id, names[point.document_id], point.page_number, point.text, heading, point.language
            )


def _changed(library: Library, change: Callable[[Query], Query]) -> Find:
    return lambda query: library.query(change(query))


def _by_size(library: Library) -> list[Setting]:
    """A setting for each Matryoshka size of the encoder, searched exactly, from vectors cut to it."""
    stored = list(library.stored(Filter()))
    return [
        Setting(f"{size} numbers", _search(library, _searcher(library, stored, size).search), size)
        for size in library.encoder.sizes
    ]


def _searcher(library: Library, stored: Sequence[StoredPoint], size: int) -> Searcher:
    store = MemoryStore(replace(library.collection, sizes=(size,)))
    points = [one.point for one in stored]
    rows = truncate(_stack(stored), size)
    store.upsert(points, rows, [one.lexical for one in stored])
    return Searcher(store, _Shorter(library.encoder, size))


class _Shorter:
    """An encoder whose vectors are cut to a Matryoshka size."""

    def __init__(self, encoder: Encoder, size: int) -> None:
        self._encoder = encoder
        self._size = size
        self.name = encoder.name
        self.sizes = (size,)
        self.max_tokens = encoder.max_tokens

    def count_tokens(self, text: str) -> int:
        return self._encoder.count_tokens(text)

    def encode_queries(self, texts: Sequence[str]) -> Embeddings:
        return truncate(self._encoder.encode_queries(texts), self._size)

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        return truncate(self._encoder.encode_texts(texts), self._size)

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        return truncate(self._encoder.encode_images(images), self._size)


def _stack(stored: Sequence[StoredPoint]) -> Embeddings:
    rows: Embeddings = np.stack([one.vector for one in stored])
    return rows


def _search(library: Library, find: Find) -> Callable[[Question], Answer]:
    names = {one.id: one.name for one in library.documents()}

    def search(question: Question) -> Answer:
        image = read_picture(question.image) if question.image else None
        results = find(Query(question.text, image, limit=DEPTH))
        ranked = tuple(
            Ranked(
                hit.point.document_id,
                names[hit.point.document_id],
                hit.point.page_number,
                hit.modality,
                hit.score,
                hit.point.text,
            )
            for hit in results.hits
            if hit.point.document_id in names
        )
        return Answer(ranked, {stage.name: stage.seconds * 1000 for stage in results.stages})

    return search
