import csv
import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from evaluation.errors import InvalidQuestions
from evaluation.queries import read_questions
from evaluation.types import Place, Question, Target, Task
from ingest.types import Modality


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def read_json(folder: Path, *entries: object) -> list[Question]:
    return read_questions(write(folder / "questions.json", json.dumps(list(entries), indent=1)))


def targets(question: Question) -> list[str]:
    return [str(target) for target in question.relevant]


class TestJson:
    def test_a_page_is_one_target(self, tmp_path: Path) -> None:
        (question,) = read_json(tmp_path, {"query": "Öl?", "language": "de", "document": "a.pdf", "page": 3})

        assert question == Question("1", "Öl?", {Target((Place("a.pdf", 3, 3),)): 1}, language="de")

    def test_a_range_is_one_target_and_a_list_of_pages_several(self, tmp_path: Path) -> None:
        one, several = read_json(
            tmp_path,
            {"query": "a", "document": "a.pdf", "first_page": 3, "last_page": 5},
            {"query": "b", "document": "a.pdf", "pages": [3, 7]},
        )

        assert targets(one) == ["a.pdf, pages 3 to 5"]
        assert targets(several) == ["a.pdf, page 3", "a.pdf, page 7"]

    def test_no_page_means_the_document(self, tmp_path: Path) -> None:
        (question,) = read_json(tmp_path, {"query": "a", "document": "a.pdf"})

        assert targets(question) == ["a.pdf"]
        assert question.wants_documents

    def test_several_documents_have_a_grade_each_and_grade_0_is_no_answer(self, tmp_path: Path) -> None:
        answers = [{"document": "a.pdf", "grade": 2}, {"document": "b.pdf", "page": 1}, {"document": "c", "grade": 0}]

        (question,) = read_json(tmp_path, {"query": "a", "relevant": answers})

        assert list(question.relevant.values()) == [2, 1]

    def test_a_picture_is_looked_for_beside_the_file(self, tmp_path: Path) -> None:
        Image.new("RGB", (4, 4)).save(tmp_path / "sketch.png")

        (question,) = read_json(tmp_path, {"image": "sketch.png", "document": "a.jpg", "modality": "image"})

        assert question.image == tmp_path / "sketch.png"
        assert question.modality is Modality.IMAGE
        assert question.task is Task.IMAGE_TO_IMAGE

    def test_an_object_per_line_is_read_too(self, tmp_path: Path) -> None:
        lines = '{"query": "a", "document": "d"}\n\n{"query": "b", "document": "d"}\n'

        questions = read_questions(write(tmp_path / "q.jsonl", lines))

        assert [(question.id, question.text) for question in questions] == [("1", "a"), ("2", "b")]

    def test_questions_on_one_line_have_ids_of_their_own(self, tmp_path: Path) -> None:
        path = write(tmp_path / "q.json", '[{"query": "a", "document": "d"}, {"query": "a", "document": "e"}]')

        assert [question.id for question in read_questions(path)] == ["1", "2"]

    @pytest.mark.parametrize(
        ("entry", "complaint"),
        [
            ("just words", "line 3: each question is an object"),
            ({"document": "a.pdf"}, "line 3: there is nothing to ask"),
            ({"query": "a"}, 'line 3: "document" is missing'),
            ({"query": "a", "document": "d", "pagse": 3}, 'line 3: "pagse" is not known'),
            ({"query": "a", "document": "d", "page": "3"}, 'line 3: "page" must be a whole number'),
            ({"query": "a", "document": "d", "page": 0}, "pages count from 1"),
            ({"query": "a", "document": "d", "first_page": 5, "last_page": 4}, "pages 5 to 4"),
            ({"query": "a", "document": "d", "pages": []}, "must be a list of page numbers"),
            ({"query": "a", "document": "d", "page": 1, "pages": [1]}, "give one of"),
            ({"query": "a", "document": "d", "grade": True}, '"grade" must be a whole number'),
            ({"query": ["a"], "document": "d"}, '"query" must be a text'),
            ({"query": "a", "document": "d", "image": "gone.png"}, 'no picture "gone.png"'),
            ({"query": "a", "document": "d", "modality": "sound"}, 'modality "sound"'),
            ({"query": "a", "document": "d", "relevant": []}, "not both"),
            ({"query": "a", "relevant": {"document": "d"}}, "must be a list"),
        ],
    )
    def test_a_mistake_is_named_with_file_and_line(self, tmp_path: Path, entry: object, complaint: str) -> None:
        text = '[\n{"query": "a", "document": "d"},\n' + json.dumps(entry) + "\n]"

        with pytest.raises(InvalidQuestions) as error:
            read_questions(write(tmp_path / "q.json", text))

        assert str(error.value).startswith("q.json, line 3: ")
        assert complaint in str(error.value)

    def test_broken_json_is_named_with_its_line(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidQuestions, match=r"q\.json, line 2: not valid JSON"):
            read_questions(write(tmp_path / "q.json", '[{"query": "a",\n "document" "d"}]'))

    def test_brackets_without_end_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidQuestions, match="not valid JSON"):
            read_questions(write(tmp_path / "q.json", "[" * 100_000))

    def test_two_questions_of_one_id_are_refused(self, tmp_path: Path) -> None:
        twin = {"id": "x", "query": "a", "document": "d"}

        with pytest.raises(InvalidQuestions, match='the id "x" stands for two'):
            read_json(tmp_path, twin, twin)


class TestCsv:
    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    def test_lines_of_one_question_are_brought_together(self, tmp_path: Path, separator: str) -> None:
        lines = ["query,language,document,page,grade", "oil,en,a.pdf,5,2", "oil,en,b.pdf,8-9,1", "oil,de,a.pdf,,"]

        questions = read_questions(write(tmp_path / "q.csv", "\n".join(lines).replace(",", separator)))

        assert [targets(question) for question in questions] == [["a.pdf, page 5", "b.pdf, pages 8 to 9"], ["a.pdf"]]
        assert list(questions[0].relevant.values()) == [2, 1]

    def test_a_file_of_a_spreadsheet_with_its_mark_and_line_ends_is_read(self, tmp_path: Path) -> None:
        path = tmp_path / "q.csv"
        path.write_bytes("\ufeffQuery;Document;Page\r\nWie alt?;a.pdf;3\r\n".encode())

        (question,) = read_questions(path)

        assert (question.text, targets(question)) == ("Wie alt?", ["a.pdf, page 3"])

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("query,document,pagse\na,d,1\n", 'line 1: the column "pagse" is not known'),
            ("query,document,page\na,d,one\n", 'line 2: page "one" is no number'),
            ("query,document,page\na,d,1\n,d,1\n", "line 3: there is nothing to ask"),
            ("query,document,page\na,,1\n", "line 2: the column document is empty"),
            ("query,document,grade\na,d,good\n", 'line 2: grade "good" must be a whole number'),
            ("query,document\na,d,e\n", "line 2: 3 cells under 2 columns"),
            ('query,document\n"a"b,d\n', "line 2: "),
        ],
    )
    def test_a_mistake_is_named_with_file_and_line(self, tmp_path: Path, text: str, complaint: str) -> None:
        with pytest.raises(InvalidQuestions) as error:
            read_questions(write(tmp_path / "q.csv", text))

        assert str(error.value).startswith("q.csv, " + complaint)


class TestBeir:
    def beir(self, folder: Path, qrels: str, queries: str = '{"_id": "q1", "text": "a"}\n{"_id": "q2", "text": "b"}'):
        write(folder / "queries.jsonl", queries)
        write(folder / "qrels" / "test.tsv", "query-id\tcorpus-id\tscore\n" + qrels)
        return folder

    def test_corpus_ids_are_documents_or_pages_of_them(self, tmp_path: Path) -> None:
        folder = self.beir(tmp_path, "q1\ta b.pdf\t1\nq1\tc.pdf#3\t2\nq1\td#e.pdf#3-4\t1\nq1\tz.pdf\t0\n")

        (question,) = read_questions(folder)

        assert targets(question) == ["a b.pdf", "c.pdf, page 3", "d#e.pdf, pages 3 to 4"]
        assert list(question.relevant.values()) == [1, 2, 1]

    def test_queries_of_other_splits_are_not_asked(self, tmp_path: Path) -> None:
        assert [question.id for question in read_questions(self.beir(tmp_path, "q2\td\t1\n"))] == ["q2"]

    def test_another_split_can_be_named(self, tmp_path: Path) -> None:
        folder = self.beir(tmp_path, "q2\td\t1\n")
        other = write(tmp_path / "dev.tsv", "query-id\tcorpus-id\tscore\nq1\td\t1\n")

        assert [question.id for question in read_questions(folder, qrels=other)] == ["q1"]

    def test_answers_to_an_unknown_query_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidQuestions, match=r'test\.tsv, line 2: there is no query "q9"'):
            read_questions(self.beir(tmp_path, "q9\td\t1\n"))

    def test_a_folder_without_answers_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidQuestions, match="--qrels"):
            read_questions(tmp_path)


class TestTrec:
    def test_queries_and_answers_are_put_together(self, tmp_path: Path) -> None:
        queries = write(tmp_path / "q.tsv", "7\thow long?\n8\twie lange?\tde\n")
        qrels = write(tmp_path / "a.qrels", "7 0 my manual.pdf#3 2\n7 0 b.pdf 0\n8\t0\tb.pdf\t1\n")

        first, second = read_questions(queries, qrels=qrels)

        assert (first.id, targets(first), list(first.relevant.values())) == ("7", ["my manual.pdf, page 3"], [2])
        assert (second.language, targets(second)) == ("de", ["b.pdf"])

    @pytest.mark.parametrize(
        ("queries", "qrels", "complaint"),
        [
            ("7 how long?\n", "7 0 a 1\n", "q.tsv, line 1: a query line holds"),
            ("7\ta\n7\tb\n", "7 0 a 1\n", 'q.tsv, line 2: the query id "7" stands here for the second time'),
            ("7\ta\n", "7 0 a 1\n\n7 0 a\n", 'a.qrels, line 3: this is not "query 0 document grade"'),
            ("7\t\n", "7 0 a 1\n", "q.tsv, line 1: there is nothing to ask"),
        ],
    )
    def test_a_mistake_is_named_with_file_and_line(self, tmp_path, queries: str, qrels: str, complaint: str) -> None:
        with pytest.raises(InvalidQuestions) as error:
            read_questions(write(tmp_path / "q.tsv", queries), qrels=write(tmp_path / "a.qrels", qrels))

        assert str(error.value).startswith(complaint)

    def test_queries_without_answers_point_to_the_option(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidQuestions, match="name the file with the answers by --qrels"):
            read_questions(write(tmp_path / "q.tsv", "7\thow long?\n"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidQuestions, match=r"gone\.json cannot be read"):
        read_questions(tmp_path / "gone.json")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_bytes("query,document\nÖl,d\n".encode("latin-1"))

    with pytest.raises(InvalidQuestions, match="save it as UTF-8"):
        read_questions(path)


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).map(str.strip).filter(bool)
answers = st.lists(
    st.tuples(words, st.none() | st.tuples(st.integers(1, 50), st.integers(0, 9)), st.integers(1, 3)),
    min_size=1,
    max_size=4,
    unique_by=lambda answer: answer[:2],
)
files = st.lists(st.tuples(words, words, answers), min_size=1, max_size=5, unique_by=lambda entry: entry[:2])


def expected(entries) -> list[tuple[str, str, dict[Target, int]]]:
    return [
        (
            query,
            language,
            {
                Target((Place(name, pages[0], sum(pages)) if pages else Place(name),)): grade
                for name, pages, grade in found
            },
        )
        for query, language, found in entries
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(files)
def test_json_and_csv_say_the_same(tmp_path: Path, entries) -> None:
    as_json = [
        {
            "query": query,
            "language": language,
            "relevant": [
                {"document": name, "grade": grade}
                | ({"first_page": pages[0], "last_page": sum(pages)} if pages else {})
                for name, pages, grade in found
            ],
        }
        for query, language, found in entries
    ]
    with (tmp_path / "q.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["query", "language", "document", "page", "grade"])
        for query, language, found in entries:
            for name, pages, grade in found:
                table.writerow([query, language, name, f"{pages[0]}-{sum(pages)}" if pages else "", grade])

    from_json = read_json(tmp_path, *as_json)
    from_csv = read_questions(tmp_path / "q.csv")

    for questions in (from_json, from_csv):
        assert [(question.text, question.language, dict(question.relevant)) for question in questions] == expected(
            entries
        )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_file_breaks_the_reader(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)

    with suppress(InvalidQuestions):
        assert all(question.text or question.image for question in read_questions(path))
