import json
import math
from html.parser import HTMLParser
from pathlib import Path

import pytest
from asking import LIBRARY, PUMP, finding, fixed, on, page, question
from PIL import Image

from evaluation.comparison import compare
from evaluation.errors import EvaluationError
from evaluation.export import to_json, to_markdown
from evaluation.matryoshka import size_table
from evaluation.report import report_html, write_report
from evaluation.run import evaluate
from evaluation.summary import Summary, sentences, summarise
from evaluation.types import Evaluation, Place, Question, Setting, Target

LANGUAGES = ("de", "en", "ja", "")


def asked(count: int = 40) -> list[Question]:
    return [
        question(on(number % 30 + 1), id=str(number), language=LANGUAGES[number % 4], text=f"question {number}")
        for number in range(count)
    ]


def evaluation(*found: int, sizes: tuple[int | None, ...] = (), questions: list[Question] | None = None) -> Evaluation:
    sizes = sizes or (None,) * len(found)
    settings = [Setting(f"{share} found", finding(share), size) for share, size in zip(found, sizes, strict=True)]
    return evaluate(questions or asked(), settings, documents=LIBRARY)


def summary(*found: int, **options) -> Summary:
    return summarise(evaluation(*found, **options), title="Pumps")


class Reader(HTMLParser):
    """Tags, attributes and visible text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data) -> None:
        self.text += data


class TestSentences:
    def test_the_first_sentence_counts_questions(self) -> None:
        assert sentences(summary(30))[0] == (
            "The right page was among the first five for 30 of 40 questions, and came first for 30."
        )

    def test_few_questions_are_called_few(self) -> None:
        assert "because the questions are few" in sentences(summary(3, questions=asked(8)))[1]

    def test_a_large_difference_is_called_better_and_the_other_way_round_worse(self) -> None:
        assert "better. nDCG@10 changes by +50.0 points" in sentences(summary(10, 30))[-1]
        assert "worse. nDCG@10 changes by -50.0 points" in sentences(summary(30, 10))[-1]

    def test_a_difference_of_one_question_is_no_more_than_chance(self) -> None:
        assert "no more than chance could do" in sentences(summary(30, 31))[-1]

    def test_pictures_are_called_pictures(self) -> None:
        picture = question(on(document="coast.jpg"))

        measured = evaluate([picture], [Setting("none", fixed([]))], documents=LIBRARY)

        assert sentences(summarise(measured, title="t"))[0].startswith("The right picture was")


class TestComparison:
    def test_wins_and_losses_are_the_questions_that_changed(self) -> None:
        measured = evaluation(10, 30)

        there, back = compare(*measured.runs, seed=0), compare(*measured.runs[::-1], seed=0)

        assert [change.after.question.id for change in there.wins] == [str(number) for number in range(10, 30)]
        assert (there.losses, there.unchanged) == ((), 20)
        assert len(back.losses) == 20
        assert there.differences["recall@1"].interval.mean == 0.5


class TestMatryoshka:
    def test_sizes_are_columns_from_the_full_one_down(self) -> None:
        table = size_table(evaluation(10, 40, 30, sizes=(64, 512, 256)))

        assert table is not None
        assert table.sizes == (512, 256, 64)
        *_, whole = table.rows
        assert whole.metric == "nDCG@10"
        assert whole.values == pytest.approx((100, 75, 25))
        assert whole.relative == pytest.approx((100, 75, 25))

    def test_kinds_of_question_have_rows_of_their_own_and_the_metric_of_the_paper(self) -> None:
        both = [*asked(4), question(on(document="coast.jpg"), id="99")]

        table = size_table(evaluation(2, 4, sizes=(64, 512), questions=both))

        assert table is not None
        assert [(row.task, row.metric, row.questions) for row in table.rows] == [
            ("words to picture", "recall@5", 1),
            ("words to page", "nDCG@10", 4),
            ("all questions", "nDCG@10", 5),
        ]

    def test_there_is_no_share_of_nothing(self) -> None:
        table = size_table(evaluation(0, 10, sizes=(512, 64)))

        assert table is not None
        assert all(math.isnan(value) for value in table.rows[-1].relative)

    def test_one_size_makes_no_table(self) -> None:
        assert size_table(evaluation(10, 20, sizes=(64, None))) is None


class TestExport:
    def test_markdown_holds_every_part_that_has_something_to_say(self) -> None:
        text = to_markdown(summary(40, 20, sizes=(512, 64)))

        for heading in ("# Pumps", "## Against 40 found", "## By Matryoshka size", "## By language"):
            assert f"{heading}\n" in text
        assert "| ja " in text
        assert "not told" in text

    def test_markdown_of_one_setting_in_one_language_is_short(self) -> None:
        text = to_markdown(summary(3, questions=[question(on(number), id=str(number)) for number in range(1, 5)]))

        assert "## " not in text

    def test_hit_is_shown_only_where_it_differs_from_recall(self) -> None:
        several = [question(on(1), on(2), id="0")]

        measured = evaluate(several, [Setting("one", fixed([page(1)]))], documents=LIBRARY)

        assert "hit@5" in to_markdown(summarise(measured, title="t"))
        assert "hit@5" not in to_markdown(summary(40))

    def test_json_is_plain_and_holds_every_question(self) -> None:
        written = json.loads(json.dumps(to_json(summary(0, 20, sizes=(512, 64))), allow_nan=False))

        assert written["settings"][1]["metrics"]["recall@1"]["mean"] == 0.5
        assert written["sizes"]["rows"][-1]["percent_of_full_size"] == [None, None]
        assert [len(run["questions"]) for run in written["runs"]] == [40, 40]
        assert written["runs"][1]["questions"][0]["found"][0]["document"] == PUMP.name

    def test_stages_are_told_where_the_search_tells_them(self) -> None:
        assert "ms in encode" in to_markdown(summary(40))


class TestReport:
    def test_the_page_needs_nothing_else(self, tmp_path: Path) -> None:
        Image.new("RGB", (300, 200), "red").save(tmp_path / "sketch.png")
        pictured = Question("0", "", {on(39): 1}, image=tmp_path / "sketch.png")

        html = report_html(summary(0, 20, sizes=(512, 64), questions=[pictured, *asked()[1:]]))

        reader = Reader(html)
        assert reader.tags.count("svg") == 3
        assert all(address.startswith(("data:image/", "#")) for address in reader.addresses)
        assert "script" not in reader.tags

    def test_what_failed_is_listed_with_what_came_instead(self) -> None:
        reader = Reader(report_html(summary(38)))

        assert "2 found no right answer among the first 10." in reader.text
        assert "question 39" in reader.text
        assert "pump.pdf, page 39" in reader.text

    def test_documents_cannot_write_markup_into_it(self) -> None:
        evil = '<script>alert("1")</script><img src=x onerror=alert(1)>'
        asked = [
            Question(str(number), evil, {Target((Place("id-pump", 1, 1, name=evil),)): 1}, language=f"{evil}{number}")
            for number in range(2)
        ]
        wrong = page(9, text=evil)
        settings = [Setting(evil, fixed([wrong]), 512), Setting("$x^2$ & " + evil, fixed([page(1)]), 64)]

        measured = evaluate([*asked, question(on(document=evil), id="gone")], settings, documents=LIBRARY)
        reader = Reader(report_html(summarise(measured, title=evil, note=evil)))

        assert not {"script", "img"} & set(reader.tags)
        assert reader.text.count(evil) > 8

    def test_plots_take_their_colours_from_the_page(self) -> None:
        html = report_html(summary(40, 20, sizes=(512, 64)))

        assert "var(--first)" in html
        assert "#0102" not in html

    def test_a_report_takes_the_place_of_the_older_one(self, tmp_path: Path) -> None:
        path = tmp_path / "report.html"
        path.write_text("older")

        write_report(summary(40), path)

        assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
        assert list(tmp_path.iterdir()) == [path]

    def test_a_place_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(EvaluationError, match=r"report\.html cannot be written .*choose another place"):
            write_report(summary(40), tmp_path / "gone" / "report.html")

    def test_equal_figures_make_equal_reports(self) -> None:
        one = summary(30, 20)

        assert report_html(one) == report_html(one)
