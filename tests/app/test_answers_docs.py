"""Every example of docs/answers.md runs as it stands, but for the chat model's address."""

import re
from pathlib import Path

import pytest
from chat_server import ChatServer

TEXT = (Path(__file__).parents[2] / "docs" / "answers.md").read_text(encoding="utf-8")
WARRANTY = "# Warranty\n\nThe warranty lasts two years. It begins with the day of purchase.\n"


def test_the_examples_quote_write_and_retrieve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POLYGLANCE_MODELS", str(tmp_path / "models"))
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "warranty.md").write_text(WARRANTY, encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL))
    with ChatServer() as server:
        server.say("Two ", "years [1].")
        server.say("From when on does the warranty last?")
        server.say("From the day of purchase [1].")
        names: dict[str, object] = {}
        exec(code.replace("http://localhost:11434/v1", server.url) + "\nlibrary.close()", names)

    printed = capsys.readouterr().out
    assert "quoted “The warranty lasts two years.” [1]" in printed
    assert "Two years [1].From when on does the warranty last?\n" in printed
    assert re.search(r"^=== \w+ === \[1\] warranty.md, page 1", printed, re.MULTILINE)


def test_the_settings_are_all_there() -> None:
    from app.settings import Settings

    named = set(re.findall(r"`POLYGLANCE_CHAT_(\w+?)(?:=1)?`", TEXT))

    assert named == {name.removeprefix("chat_").upper() for name in Settings.__slots__ if name.startswith("chat_")}
