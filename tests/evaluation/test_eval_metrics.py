import math

import pytest
import pytrec_eval
from asking import ENGINE, PUMP, on, page, question
from hypothesis import given
from hypothesis import strategies as st

from evaluation.metrics import METRICS, hit, judge, ndcg, recall, reciprocal_rank
from evaluation.types import Judged, Place, Question, Target

grades = st.dictionaries(st.integers(1, 12), st.integers(1, 3), min_size=1, max_size=6)
rankings = st.permutations(range(1, 25)).map(lambda pages: pages[:20])


def judged_pages(relevant: dict[int, int], ranking: list[int]) -> Judged:
    asked = Question("1", "q", {on(number): grade for number, grade in relevant.items()})
    return judge(asked, [page(number) for number in ranking])


def test_recall_is_the_share_of_targets_found() -> None:
    judged = judged_pages({1: 1, 2: 1, 3: 1, 4: 1}, [1, 9, 2])

    assert recall(judged, 1) == 0.25
    assert recall(judged, 3) == 0.5


def test_hit_asks_for_one_target_only() -> None:
    judged = judged_pages({1: 1, 2: 1}, [9, 1])

    assert (hit(judged, 1), hit(judged, 2)) == (0.0, 1.0)


def test_reciprocal_rank_is_one_over_the_place_of_the_first_target() -> None:
    assert reciprocal_rank(judged_pages({3: 1}, [9, 8, 7, 3]), 10) == 0.25


def test_reciprocal_rank_is_nothing_past_its_depth() -> None:
    assert reciprocal_rank(judged_pages({20: 1}, list(range(1, 21))), 10) == 0


def test_ndcg_discounts_by_the_logarithm_of_the_place() -> None:
    judged = judged_pages({1: 3, 2: 1}, [9, 2, 1])

    gained = 1 / math.log2(3) + 3 / math.log2(4)
    best = 3 / math.log2(2) + 1 / math.log2(3)
    assert ndcg(judged, 10) == pytest.approx(gained / best)


def test_a_range_counts_once_and_its_second_page_takes_a_place() -> None:
    judged = judge(question(on(5, 7), on(20)), [page(6), page(5), page(20)])

    assert judged.gains == (1, 0, 1)


def test_a_target_is_found_at_any_of_its_places() -> None:
    twice = Target((Place("pump.pdf", 3, 3), Place("engine.pdf", 8, 8)))

    assert judge(question(twice), [page(1), page(8, ENGINE)]).first == 2


def test_a_document_may_be_named_by_its_id() -> None:
    assert judge(question(on(3, document=PUMP.id)), [page(3)]).first == 1


def test_the_same_page_number_of_another_document_is_no_answer() -> None:
    assert judge(question(on(3)), [page(3, ENGINE)]).first is None


def test_a_page_given_twice_takes_one_place() -> None:
    assert judge(question(on(3)), [page(1), page(1), page(3)]).first == 2


def test_a_question_for_a_document_counts_documents() -> None:
    assert judge(question(on()), [page(1, ENGINE), page(2, ENGINE), page(9)]).first == 2


def test_a_page_in_two_targets_finds_the_one_of_higher_grade() -> None:
    asked = Question("1", "q", {on(): 1, on(3): 2})

    assert judge(asked, [page(3), page(4)]).gains == (2, 1)


@given(grades, rankings)
def test_every_metric_lies_between_none_and_all(relevant: dict[int, int], ranking: list[int]) -> None:
    judged = judged_pages(relevant, ranking)

    assert all(0 <= metric(judged) <= 1 + 1e-12 for metric in METRICS.values())


@given(grades, rankings)
def test_looking_further_never_finds_less(relevant: dict[int, int], ranking: list[int]) -> None:
    judged = judged_pages(relevant, ranking)

    for metric in (recall, hit, reciprocal_rank):
        values = [metric(judged, k) for k in range(1, 21)]
        assert values == sorted(values)


@given(grades, rankings, st.randoms(use_true_random=False))
def test_the_order_of_targets_and_of_misses_does_not_matter(relevant, ranking, chance) -> None:
    targets = list(relevant.items())
    chance.shuffle(targets)
    others = [number for number in ranking if number not in relevant]
    chance.shuffle(others)
    rest = iter(others)

    shuffled = [number if number in relevant else next(rest) for number in ranking]

    assert judged_pages(dict(targets), shuffled) == judged_pages(relevant, ranking)


@given(grades, rankings)
def test_the_best_order_gains_everything(relevant: dict[int, int], ranking: list[int]) -> None:
    best = sorted(relevant, key=lambda number: -relevant[number])

    judged = judged_pages(relevant, best + [number for number in ranking if number not in relevant])

    assert ndcg(judged, 10) == pytest.approx(1)
    assert recall(judged, 10) == 1


@given(grades, rankings)
def test_the_figures_are_those_of_trec_eval(relevant: dict[int, int], ranking: list[int]) -> None:
    names = {
        "recall_1": "recall@1",
        "recall_5": "recall@5",
        "recall_10": "recall@10",
        "recall_20": "recall@20",
        "success_5": "hit@5",
        "ndcg_cut_10": "nDCG@10",
    }
    measures = {"recall.1,5,10,20", "success.5", "ndcg_cut.10", "recip_rank"}
    qrels = {"q": {str(number): grade for number, grade in relevant.items()}}
    run = {"q": {str(number): float(len(ranking) - place) for place, number in enumerate(ranking)}}

    expected = pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(run)["q"]

    judged = judged_pages(relevant, ranking)
    for theirs, ours in names.items():
        assert METRICS[ours](judged) == pytest.approx(expected[theirs], abs=1e-9), ours
    assert reciprocal_rank(judged, 20) == pytest.approx(expected["recip_rank"])
