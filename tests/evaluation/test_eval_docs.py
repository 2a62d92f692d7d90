"""The examples of docs/evaluation.md are read and run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from evaluation.queries import read_questions

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")

CHECKS = """
assert evaluation.runs[0].outcomes[0].judged.first == 1
assert figures["settings"][0]["questions"] == 3
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example files of the page, and the picture they name."""
    for name, content in re.findall(r"^`([^`\n]+)`\n```\w+\n(.*?)```", TEXT, re.DOTALL | re.MULTILINE):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    Image.new("RGB", (8, 8)).save(tmp_path / "sketch.png")
    return tmp_path


def test_the_json_example_reads_as_described(folder: Path) -> None:
    questions = read_questions(folder / "questions.json")

    assert [[str(target) for target in question.relevant] for question in questions] == [
        ["pump.pdf, page 12"],
        ["pump.pdf, pages 12 to 14"],
        ["pump.pdf, page 3", "pump.pdf, page 7"],
        ["coast.jpg"],
        ["coast.jpg"],
        ["pump.pdf, page 5", "engine.pdf, pages 8 to 9"],
    ]
    assert questions[4].image == folder / "sketch.png"
    assert list(questions[5].relevant.values()) == [2, 1]


def test_the_csv_example_says_what_the_json_one_says(folder: Path) -> None:
    warranty, garantie, oil, lighthouse = read_questions(folder / "questions.csv")
    in_json = read_questions(folder / "questions.json")

    assert [warranty.relevant, garantie.relevant] == [in_json[0].relevant, in_json[1].relevant]
    assert oil.relevant == in_json[5].relevant
    assert lighthouse.text == "a lighthouse, at night"


def test_the_beir_and_trec_examples_read(folder: Path) -> None:
    (beir,) = read_questions(folder / "set")
    (trec,) = read_questions(folder / "queries.tsv", qrels=folder / "answers.qrels")

    assert (beir.text, beir.language, list(map(str, beir.relevant))) == (trec.text, "en", ["pump.pdf, page 12"])
    assert list(trec.relevant.values()) == [2]


def test_the_python_example_runs(folder: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)

    ended = subprocess.run(
        [sys.executable, "-c", example + CHECKS],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert "The right page was among the first five for 2 of 3 questions" in ended.stdout
    assert (folder / "report.html").stat().st_size > 3_000
