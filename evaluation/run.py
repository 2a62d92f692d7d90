"""Ask every question under every setting, interleaved, so that a busy moment of the machine hits all alike."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evaluation.errors import NothingToMeasure
from evaluation.metrics import DEPTH, judge
from evaluation.types import Evaluation, KnownDocument, LeftOut, Outcome, Question, Run, Setting, Target
from ingest.types import Modality


@dataclass(frozen=True, slots=True)
class EvaluationProgress:
    """How far an evaluation is; told after every question."""

    done: int
    questions: int


OnProgress = Callable[[EvaluationProgress], None]
ShouldStop = Callable[[], bool]


def evaluate(
    questions: Sequence[Question],
    settings: Sequence[Setting],
    *,
    documents: Sequence[KnownDocument],
    seed: int = 0,
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop | None = None,
) -> Evaluation:
    """Ask every question under every setting and judge what comes back.

    A question none of whose answers is in the library is left out and listed, never counted as a miss. Each
    setting is asked a question in words and one with a picture at the start, off the clock, so that no figure
    pays for loading; who goes first changes with every question.

    Args:
        questions: to ask.
        settings: at least one, names unique; the first is the one the others are compared with. Each search
            should give `metrics.DEPTH` results; places past what it gives count as misses.
        documents: all of the library.
        seed: of the bootstrap, kept in the evaluation.
        on_progress: called after every question.
        should_stop: asked before every question; after a yes, what was measured so far is returned.

    Raises:
        NothingToMeasure: no question can be asked, or it was stopped before the first.
    """
    askable, left_out = answerable(questions, documents)
    if not askable:
        raise NothingToMeasure(_why_nothing(left_out))
    for question in {question.image is None: question for question in askable}.values():
        for setting in settings:
            setting.search(question)
    outcomes: list[list[Outcome]] = [[] for _ in settings]
    stopped = False
    for done, question in enumerate(askable):
        if should_stop is not None and should_stop():
            stopped = True
            break
        for turn in range(len(settings)):
            index = (done + turn) % len(settings)
            outcomes[index].append(_ask(question, settings[index]))
        if on_progress is not None:
            on_progress(EvaluationProgress(done + 1, len(askable)))
    if not outcomes[0]:
        raise NothingToMeasure("The evaluation was stopped before its first question; run it again.")
    runs = tuple(
        Run(setting.name, setting.size, tuple(answers)) for setting, answers in zip(settings, outcomes, strict=True)
    )
    return Evaluation(runs, tuple(left_out), stopped, seed)


def answerable(
    questions: Sequence[Question], documents: Sequence[KnownDocument]
) -> tuple[list[Question], list[LeftOut]]:
    """Questions cut down to answers the library holds, and what had to be left out.

    A question that does not say what it asks for, a page or a picture, is told by the documents: a picture
    where all of them are pictures.
    """
    known: dict[str, list[KnownDocument]] = {}
    for document in documents:
        known.setdefault(document.name, []).append(document)
        known.setdefault(document.id, []).append(document)
    kept, left_out = [], []
    for question in questions:
        relevant = {target: grade for target, grade in question.relevant.items() if _is_known(target, known)}
        missing = [str(target) for target in question.relevant if target not in relevant]
        if missing:
            left_out.append(LeftOut(question, "not in the library: " + "; ".join(missing), not relevant))
        elif not relevant:
            left_out.append(LeftOut(question, "the file names nothing that answers it", True))
        if relevant:
            kept.append(question.asking(relevant, question.modality or _modality(relevant, known)))
    return kept, left_out


def _ask(question: Question, setting: Setting) -> Outcome:
    start = time.perf_counter()
    answer = setting.search(question)
    ms = (time.perf_counter() - start) * 1000
    return Outcome(question, answer.ranked[:DEPTH], judge(question, answer.ranked), ms, answer.stages_ms)


def _is_known(target: Target, known: dict[str, list[KnownDocument]]) -> bool:
    return any(
        place.first_page is None or place.first_page <= document.pages
        for place in target.places
        for document in known.get(place.document, ())
    )


def _modality(relevant: dict[Target, int], known: dict[str, list[KnownDocument]]) -> Modality:
    documents = [
        document for target in relevant for place in target.places for document in known.get(place.document, ())
    ]
    return Modality.IMAGE if all(document.is_picture for document in documents) else Modality.TEXT


def _why_nothing(left_out: Sequence[LeftOut]) -> str:
    if not left_out:
        return "There is no question to ask; the file is empty, or the library is too small to make any from."
    example = left_out[0]
    return (
        f"None of the {len(left_out)} questions can be measured; the first, {example.question.id}: {example.reason}. "
        "Write document names as `polyglance list` shows them, and add the documents that are missing."
    )
