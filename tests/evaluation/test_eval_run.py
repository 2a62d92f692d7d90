from pathlib import Path

import pytest
from asking import COAST, LIBRARY, finding, fixed, on, page, question

from evaluation.errors import NothingToMeasure
from evaluation.metrics import recall
from evaluation.run import EvaluationProgress, answerable, evaluate
from evaluation.types import Answer, Place, Question, Setting, Target, Task


def ten_questions() -> list[Question]:
    return [question(on(number + 1), id=str(number)) for number in range(10)]


def test_every_question_is_judged_under_every_setting() -> None:
    settings = [Setting("good", finding(10)), Setting("bad", finding(3))]

    good, bad = evaluate(ten_questions(), settings, documents=LIBRARY).runs

    assert sum(recall(outcome.judged, 1) for outcome in good.outcomes) == 10
    assert sum(recall(outcome.judged, 1) for outcome in bad.outcomes) == 3
    assert [outcome.question.id for outcome in good.outcomes] == [outcome.question.id for outcome in bad.outcomes]


def test_settings_take_turns_in_going_first() -> None:
    asked: list[str] = []

    def remembering(name: str) -> Setting:
        def search(_: Question) -> Answer:
            asked.append(name)
            return Answer(())

        return Setting(name, search)

    evaluate(ten_questions()[:3], [remembering("a"), remembering("b")], documents=LIBRARY)

    warm_up, measured = asked[:2], asked[2:]
    assert warm_up == ["a", "b"]
    assert measured == ["a", "b", "b", "a", "a", "b"]


def test_searches_by_picture_are_warmed_up_too() -> None:
    asked: list[str] = []

    def search(question: Question) -> Answer:
        asked.append(question.id)
        return Answer(())

    pictured = Question("pictured", "", {on(1): 1}, image=Path("sketch.png"))
    evaluate([question(on(1)), pictured], [Setting("any", search)], documents=LIBRARY)

    assert asked == ["1", "pictured"] * 2


def test_a_question_without_its_document_is_left_out_and_listed() -> None:
    absent = question(on(3, document="gone.pdf"), id="absent")

    evaluation = evaluate([*ten_questions(), absent], [Setting("any", finding(10))], documents=LIBRARY)

    assert len(evaluation.runs[0].outcomes) == 10
    (left_out,) = evaluation.left_out
    assert (left_out.question.id, left_out.wholly) == ("absent", True)
    assert left_out.reason == "not in the library: gone.pdf, page 3"


def test_a_page_past_the_end_of_its_document_is_not_in_the_library() -> None:
    kept, left_out = answerable([question(on(40)), question(on(41), id="2"), question(on(39, 41), id="3")], LIBRARY)

    assert [asked.id for asked in kept] == ["1", "3"]
    assert left_out[0].reason == "not in the library: pump.pdf, page 41"


def test_a_question_with_some_of_its_documents_is_measured_on_those() -> None:
    evaluation = evaluate(
        [question(on(3), on(document="gone.pdf"))], [Setting("any", fixed([page(3)]))], documents=LIBRARY
    )

    assert recall(evaluation.runs[0].outcomes[0].judged, 1) == 1
    assert not evaluation.left_out[0].wholly


def test_one_known_place_is_enough_for_a_target() -> None:
    target = Target((Place("gone.pdf", 1, 1), Place("pump.pdf", 2, 2)))

    kept, left_out = answerable([question(target)], LIBRARY)

    assert (len(kept), left_out) == (1, [])


def test_a_question_that_nothing_answers_is_left_out() -> None:
    _, (left_out,) = answerable([question()], LIBRARY)

    assert left_out.wholly


def test_documents_tell_whether_a_picture_is_asked_for() -> None:
    kept, _ = answerable([question(on(document=COAST.name)), question(on(document=COAST.name), on(3))], LIBRARY)

    assert [asked.task for asked in kept] == [Task.TEXT_TO_IMAGE, Task.TEXT_TO_TEXT]


def test_nothing_to_measure_names_the_first_reason_and_the_remedy() -> None:
    with pytest.raises(NothingToMeasure, match=r"the first, 1: not in the library: gone\.pdf.*polyglance list"):
        evaluate([question(on(document="gone.pdf"))], [Setting("any", fixed([]))], documents=LIBRARY)


def test_no_question_at_all_is_said() -> None:
    with pytest.raises(NothingToMeasure, match="no question to ask"):
        evaluate([], [Setting("any", fixed([]))], documents=LIBRARY)


def test_a_stopped_evaluation_keeps_what_it_has() -> None:
    told: list[EvaluationProgress] = []

    evaluation = evaluate(
        ten_questions(),
        [Setting("any", finding(10))],
        documents=LIBRARY,
        on_progress=told.append,
        should_stop=lambda: len(told) == 4,
    )

    assert evaluation.stopped
    assert len(evaluation.runs[0].outcomes) == 4
    assert told[-1] == EvaluationProgress(4, 10)


def test_stopping_before_the_first_question_is_said() -> None:
    with pytest.raises(NothingToMeasure, match="stopped"):
        evaluate(ten_questions(), [Setting("any", finding(10))], documents=LIBRARY, should_stop=lambda: True)


def test_results_past_those_shown_still_fill_up_documents() -> None:
    pages = [page(number) for number in range(1, 31)]
    coast = page(1, COAST)

    evaluation = evaluate(
        [question(on(document=COAST.name))], [Setting("any", fixed([*pages, coast]))], documents=LIBRARY
    )

    assert evaluation.runs[0].outcomes[0].judged.first == 2
