"""The command line's contract: names, exit codes, JSON alone on stdout, one line on stderr."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from documents import PAGES
from PIL import Image

from app.cli import main


@pytest.fixture(autouse=True)
def _environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYGLANCE_DATA", str(tmp_path / "library"))
    monkeypatch.setenv("POLYGLANCE_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("POLYGLANCE_CHAT_URL", raising=False)


@pytest.fixture
def run_json(capfd: pytest.CaptureFixture[str]) -> Any:
    def run(*argv: str | Path, code: int = 0) -> Any:
        assert main([str(argument) for argument in argv] + ["--json"]) == code
        return json.loads(capfd.readouterr().out)

    return run


def test_add_and_search_speak_the_agreed_json(run_json: Any, manual: Path) -> None:
    added = run_json("add", manual)
    again = run_json("add", manual)
    found = run_json("search", "教育を受ける権利", "--limit", "2")

    (document,) = added["documents"]
    assert {"id", "name", "status", "pages", "chunks", "error"} <= set(document)
    assert (document["name"], document["status"], document["pages"]) == ("manual.pdf", "added", 3)
    assert document["error"] is None
    assert added["seconds"] > 0
    assert again["documents"][0]["status"] == "unchanged"
    assert set(found) == {"hits", "relevant", "seconds", "encoder"}
    assert len(found["hits"]) == 2
    first = found["hits"][0]
    assert set(first) == {
        *("rank", "id", "document", "document_id", "page", "modality", "language", "score", "strength", "text", "image")
    }
    assert (first["rank"], first["document"], first["document_id"]) == (1, "manual.pdf", document["id"])
    assert Path(first["image"]).is_file()


def test_only_the_asked_modality_comes_back(run_json: Any, manual: Path) -> None:
    run_json("add", manual)

    for modality in ("text", "image"):
        hits = run_json("search", "bread", "--modality", modality)["hits"]
        assert {hit["modality"] for hit in hits} == {modality}


def test_a_picture_is_a_query_too(run_json: Any, tmp_path: Path) -> None:
    Image.new("RGB", (90, 60), "orange").save(tmp_path / "orange.png")
    run_json("add", tmp_path / "orange.png")

    (hit,) = run_json("search", "--image", tmp_path / "orange.png")["hits"]

    assert (hit["document"], hit["modality"], hit["text"]) == ("orange.png", "image", "")


def test_failures_are_told_and_the_exit_code_says_so(run_json: Any, manual: Path) -> None:
    (manual.parent / "empty.pdf").touch()

    documents = {one["name"]: one for one in run_json("add", manual.parent, code=3)["documents"]}

    assert documents["manual.pdf"]["status"] == "added"
    assert documents["empty.pdf"]["status"] == "failed"
    assert documents["empty.pdf"]["id"] is None
    assert "empty.pdf is empty" in documents["empty.pdf"]["error"]


def test_ask_gives_messages_sources_and_quotes_without_a_model(run_json: Any, manual: Path) -> None:
    run_json("add", manual)

    asked = run_json("ask", "How long does bread bake?")

    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    assert PAGES[2] in asked["messages"][1]["content"]
    assert asked["sources"][0]["document"] == "manual.pdf"
    assert (asked["kind"], asked["model"]) == ("quoted", None)
    assert "“Bake the bread for forty minutes in a hot oven.” [1]" in asked["answer"]


def test_list_status_and_remove(run_json: Any, manual: Path) -> None:
    run_json("add", manual)
    run_json("add", shutil.copy(manual, manual.with_name("copy.pdf")))

    (document,) = run_json("list")["documents"]
    status = run_json("status")
    (removed,) = run_json("remove", "manual.pdf")["removed"]

    assert (document["name"], document["pages"], document["format"]) == ("manual.pdf", 3, "pdf")
    assert (status["documents"], status["pages"], status["encoder"].split("@")[0]) == (1, 3, "starter")
    assert (document["language"], document["ocr_pages"]) == ("en", 0)
    assert document["names"] == ["manual.pdf", "copy.pdf"]
    assert (removed["points"], removed["files"]) == (document["chunks"], 4)  # the original, and a raster of each page
    assert run_json("list")["documents"] == []


def test_encoders_say_which_is_active_and_what_the_next_step_is(run_json: Any) -> None:
    encoders = {encoder["name"]: encoder for encoder in run_json("encoders")["encoders"]}

    assert encoders["starter"]["active"]
    assert encoders["starter"]["upgrade"] == "polyglance download jina-clip-v2"
    assert not encoders["jina-clip-v2"]["available"]


def test_a_checkpoint_given_by_its_folder_drives_everything(
    run_json: Any, manual: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    options = ("--encoder", tiny_checkpoint, "--data", tmp_path / "tiny")

    run_json(*options, "add", manual)
    found = run_json(*options, "search", "bread")

    assert len(found["hits"]) == 3
    assert found["encoder"].startswith("jina-clip")


def test_options_may_stand_before_or_after_the_command(run_json: Any, manual: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    run_json("--data", elsewhere, "add", manual)

    assert len(run_json("list", "--data", elsewhere)["documents"]) == 1
    assert run_json("list")["documents"] == []


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (["search"], 2, "Nothing to search for"),
        (["search", " "], 2, "Nothing to search for"),
        (["ask", ""], 2, "Nothing to ask"),
        (["remove", "nothing"], 1, "polyglance list"),
        (["search", "--image", "/nowhere/cat.png"], 1, "cat.png"),
        (["--encoder", "word2vec", "search", "x", "--image", "/nowhere/cat.png"], 1, "cat.png"),
        (["download", "word2vec"], 1, "jina-clip-v2"),
        (["--data", "/proc/nowhere", "status"], 0, ""),
        (["--data", "/proc/nowhere", "add", "/nowhere"], 1, "--data"),
    ],
)
def test_an_error_is_one_line_with_a_remedy(
    argv: list[str], code: int, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == code

    error = capfd.readouterr().err
    assert words in error
    assert error.count("\n") == (1 if words else 0)


def test_a_limit_below_one_is_wrong_usage(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["search", "x", "--limit", "0"])

    assert "whole number from 1" in capfd.readouterr().err


def test_help_loads_nothing_that_takes_long() -> None:
    code = "import sys\nfrom app.cli import main\ntry: main(['--help'])\nfinally: print(*sys.modules, file=sys.stderr)"

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "Show the library at a glance" in ended.stdout
    assert {"torch", "gradio", "numpy", "transformers", "langchain_core"} & set(ended.stderr.split()) == set()


def test_people_get_tables(manual: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (manual.parent / "copy.pdf").write_bytes(manual.read_bytes())
    (manual.parent / "empty.pdf").touch()
    main(["add", str(manual.parent)])
    told = capfd.readouterr()
    assert "1 added (3 pages), 1 unchanged, 1 failed" in told.out
    assert told.err.splitlines() == [
        "failed empty.pdf is empty: replace it with the whole file",
        "Try the failed ones again once they are mended: polyglance jobs retry 1",
    ]
    main(["search", "bread"])
    main(["list"])
    main(["status"])
    main(["ask", "bread?"])
    main(["remove", "copy.pdf"])

    out = capfd.readouterr().out
    for word in (
        "also",
        "6 points and 4 files.",
        "score",
        "snippet",
        "manual.pdf",
        "vector sizes",
        "Sources:",
    ):
        assert word in out


def test_an_empty_library_says_what_to_do(capfd: pytest.CaptureFixture[str]) -> None:
    main(["search", "bread"])
    main(["list"])

    assert capfd.readouterr().out.count("polyglance add FOLDER") == 2
