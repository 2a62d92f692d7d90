"""The chat model, against a real HTTP server on this machine that speaks OpenAI's protocol from a script."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from app.chat import answer
from app.errors import ChatError
from app.prompt import build_prompt
from app.settings import Settings


class Scripted(BaseHTTPRequestHandler):
    """Answers every chat with one sentence, and remembers what it was asked."""

    asked: ClassVar[list[tuple[str, dict[str, Any]]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.headers["Authorization"], body))
        message = {"role": "assistant", "content": "In the safe [1]."}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        reply = {"id": "1", "object": "chat.completion", "created": 0, "model": body["model"], "choices": [choice]}
        self.send_response(200 if self.path == "/v1/chat/completions" else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(reply).encode())

    def log_message(self, format: str, *arguments: object) -> None:
        pass  # keeps the test's output clean


@pytest.fixture
def url() -> Iterator[str]:
    Scripted.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def settings(url: str | None) -> Settings:
    return Settings(data=Path("x"), models=Path("x"), chat_url=url, chat_model="tiny", chat_key="k-1")


def test_the_prompt_goes_to_the_model_and_its_answer_comes_back(url: str) -> None:
    assert answer(settings(url), build_prompt("Where are the keys?", [])) == "In the safe [1]."

    ((key, body),) = Scripted.asked
    assert key == "Bearer k-1"
    assert body["model"] == "tiny"
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["messages"][1]["content"].endswith("Question: Where are the keys?")


def test_no_model_is_no_error() -> None:
    assert answer(settings(None), build_prompt("?", [])) is None


@pytest.mark.parametrize("path", ["/wrong", ":1"])
def test_a_model_that_does_not_answer_is_named(url: str, path: str) -> None:
    wrong = url.rpartition(":")[0] + path if path == ":1" else url + path

    with pytest.raises(ChatError, match="POLYGLANCE_CHAT_URL"):
        answer(settings(wrong), build_prompt("?", []))
