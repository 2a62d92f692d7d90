"""Every example of docs/api.md runs as it stands."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

import polyglance

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^#+ (.+?)\n(.*?)(?=^#+ |\Z)", TEXT, re.DOTALL | re.MULTILINE))
STORE = "A store without an encoder"

GARANTIE = "# Garantie\n\nDie Garantie dauert zwei Jahre und beginnt mit dem Tag des Kaufs.\n"
MANUAL = [
    "The warranty lasts two years and begins with the day of purchase.",
    "Bake the bread for forty minutes in a hot oven. Let the dough rest overnight before kneading it.",
    "The ship left the harbour at dawn. A storm came up and the sailors took in the sails.",
]

CHECKS = """
names = {document.id: document.name for document in library.documents()}

def found(results):
    return [(names[hit.point.document_id], hit.point.page_number) for hit in results.hits]

assert (best.point.language, best.point.kind, best.point.date) == ("de", "markdown", date(2024, 7, 4))
assert {hit.point.language for hit in results.hits} == {"de"}
assert found(phrase) == [("manual.pdf", 1)]
assert len(by_meaning.hits) > 1
assert sorted(found(documents)) == sorted(set(found(documents))) and len(set(dict(found(documents)))) == 3
assert second_page.hits == ()
assert found(looks_alike)[0][0] == "photo.jpg"
assert set(dict(found(mixed))) == {"photo.jpg", "manual.pdf", "garantie.md"}
assert found(more)[0] == ("manual.pdf", 1)
assert ("manual.pdf", 2) not in found(pages_like_it)
assert [answer.hits[0].point.page_number for answer in answers] == [1, 2]
assert [answer.hits[0].point.id for answer in answers] == [
    answer.hits[0].point.id for answer in library.query_many(map(Query, questions))
]
assert f"[1] {matches[0].document}" in messages[-1].text
library.close()
"""


def examples(*, of_store: bool) -> str:
    wanted = [text for title, text in SECTIONS.items() if (title == STORE) == of_store]
    return "\n".join(block for text in wanted for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL))


def run(code: str, folder: Path) -> str:
    environment = os.environ | {"POLYGLANCE_MODELS": str(folder / "models"), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def write_pdf(path: Path, pages: Iterable[str]) -> None:
    document = pymupdf.open()
    for text in pages:
        document.new_page().insert_textbox(pymupdf.Rect(72, 72, 520, 700), text, fontsize=14)
    document.save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the examples have their documents and their photo."""
    documents = tmp_path / "documents"
    documents.mkdir()
    write_pdf(documents / "manual.pdf", MANUAL)
    garantie = documents / "garantie.md"
    garantie.write_text(GARANTIE, encoding="utf-8")
    os.utime(garantie, (0, datetime(2024, 7, 4, 12).timestamp()))
    for place in (tmp_path, documents):
        Image.linear_gradient("L").resize((90, 60)).save(place / "photo.jpg")
    return tmp_path


def test_the_examples_find_explain_and_quote(folder: Path) -> None:
    printed = run(examples(of_store=False) + CHECKS, folder)

    assert re.search(r"^1 garantie.md 1 (strong|fair) ", printed, re.MULTILINE)
    assert re.search(r"^(strong|fair): 0.\d\d from \d+.\d deviations above chance$", printed, re.MULTILINE)
    assert re.search(r"^    meaning: 0.\d\d, adds \d+.\d$", printed, re.MULTILINE)
    assert re.search(r"^search text: \d+.\d ms$", printed, re.MULTILINE)
    assert "Did you mean 'manual.pdf'?" in printed


def test_a_store_needs_no_torch(folder: Path) -> None:
    also = "import retrieval.search, retrieval.indexing, retrieval.memory, retrieval.qdrant.server, sys\n"

    printed = run(also + examples(of_store=True) + "print('torch' in sys.modules)", folder)

    assert printed.split("\n") == ["2 1.0 1", "False", ""]


def test_every_public_name_is_there_and_listed_once() -> None:
    assert sorted(set(polyglance.__all__)) == sorted(polyglance.__all__)
    assert [name for name in polyglance.__all__ if not hasattr(polyglance, name)] == []


@pytest.mark.parametrize("named", [polyglance.Query, polyglance.Filter])
def test_the_tables_name_every_field(named: type) -> None:
    (table,) = re.findall(rf"^\| `{named.__name__}` .*?(?=\n\n)", TEXT, re.DOTALL | re.MULTILINE)
    first_cells = [row.split("|")[1] for row in table.split("\n")[2:]]

    assert sorted(re.findall(r"`(\w+)`", " ".join(first_cells))) == sorted(field.name for field in fields(named))
