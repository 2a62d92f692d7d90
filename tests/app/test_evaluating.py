"""`polyglance eval`: a library is asked questions whose answers are known."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from documents import PAGES

from app.cli import ERROR, OK, USAGE, main
from app.library import Library
from app.settings import Settings

PHOTOS = Path(__file__).parents[1] / "data" / "photos"


@pytest.fixture
def filled(settings: Settings, manual: Path) -> Path:
    with Library(settings) as library:
        library.add(manual, PHOTOS)
    return settings.data


def run(capsys: pytest.CaptureFixture[str], data: Path, *words: str) -> dict[str, object]:
    assert main(["--data", str(data), "eval", *words, "--json"]) == OK
    printed: dict[str, object] = json.loads(capsys.readouterr().out)
    return printed


def write_questions(folder: Path, **more: object) -> Path:
    path = folder / "questions.json"
    entries = [
        {"query": text, "language": "en", "document": "manual.pdf", "page": number}
        for number, text in enumerate(PAGES.values(), start=1)
    ]
    path.write_text(json.dumps([*entries, {"query": "a cat", "document": "chelsea.jpg"}, *more.values()]))
    return path


def test_questions_of_a_file_are_asked_and_judged(
    capsys: pytest.CaptureFixture[str], filled: Path, tmp_path: Path
) -> None:
    printed = run(capsys, filled, str(write_questions(tmp_path)))

    assert printed["summary"][0].startswith("The right page or picture was among the first five for 4 of 4 questions")
    assert printed["settings"][0]["metrics"]["recall@1"]["mean"] == 1


def test_a_question_about_a_document_that_is_not_there_is_left_out_and_named(
    capsys: pytest.CaptureFixture[str], filled: Path, tmp_path: Path
) -> None:
    path = write_questions(tmp_path, absent={"id": "gone", "query": "tea", "document": "absent.pdf", "page": 1})

    printed = run(capsys, filled, str(path))

    assert [entry["id"] for entry in printed["left_out"]] == ["gone"]
    assert len(printed["runs"][0]["outcomes" if "outcomes" in printed["runs"][0] else "questions"]) == 4


def test_two_settings_and_every_size_are_compared_in_one_run(
    capsys: pytest.CaptureFixture[str], filled: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.html"

    printed = run(
        capsys, filled, str(write_questions(tmp_path)), "--against", "meaning", "--sizes", "--report", str(report)
    )

    names = [setting["setting"] for setting in printed["settings"]]
    assert names == ["default", "meaning", "64 numbers", "128 numbers", "256 numbers", "512 numbers"]
    assert "<svg" in report.read_text()


def test_a_library_can_be_asked_for_what_is_in_it(capsys: pytest.CaptureFixture[str], filled: Path) -> None:
    assert main(["--data", str(filled), "eval", "--self", "--count", "8"]) == OK

    out = capsys.readouterr().out
    assert "among the first five for" in out
    assert "made from the library itself" in " ".join(out.split())


def test_a_report_can_be_markdown(capsys: pytest.CaptureFixture[str], filled: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.md"

    run(capsys, filled, "--self", "--count", "4", "--report", str(report))

    assert "| recall@1" in report.read_text()


@pytest.mark.parametrize(
    ("content", "told"),
    [("not json", "questions.json"), ('[{"query": "a"}]', "questions.json"), ("[]", "the file is empty")],
)
def test_a_broken_file_is_named(
    capsys: pytest.CaptureFixture[str], filled: Path, tmp_path: Path, content: str, told: str
) -> None:
    path = tmp_path / "questions.json"
    path.write_text(content)

    assert main(["--data", str(filled), "eval", str(path)]) == ERROR

    assert told in capsys.readouterr().err


def test_an_empty_library_says_so(capsys: pytest.CaptureFixture[str], settings: Settings, tmp_path: Path) -> None:
    empty = replace(settings, data=tmp_path / "empty")

    assert main(["--data", str(empty.data), "eval", str(write_questions(tmp_path))]) == ERROR

    assert capsys.readouterr().err


def test_something_has_to_be_asked() -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["eval"])

    assert stopped.value.code == USAGE
