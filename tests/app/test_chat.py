"""Chat models, against a real HTTP server on this machine that speaks OpenAI's protocol from a script."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_server import ChatServer
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from app.answering.chat import ChatModel
from app.errors import ChatError
from app.settings import Settings

ASKED = [SystemMessage("Cite."), HumanMessage("Where are the keys?")]
KEY = "sk-very-secret-0123456789"


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


def model(server: ChatServer, **changes: object) -> ChatModel:
    return ChatModel(**{"url": server.url, "model": "tiny", "key": KEY} | changes)  # type: ignore[arg-type]


def test_the_answer_comes_in_pieces_as_the_model_writes_it(server: ChatServer) -> None:
    may_go_on = threading.Event()
    server.say("In the", " safe", " [1].", hold=may_go_on)

    stream = model(server).stream(ASKED)
    first = next(piece for piece in stream if piece)
    may_go_on.set()  # only now: the first piece was not kept back for the rest

    assert first == "In the"
    assert "".join(stream) == " safe [1]."


def test_the_messages_the_model_and_the_key_go_along(server: ChatServer) -> None:
    server.say("Yes.")

    list(model(server).stream([*ASKED, AIMessage("In the safe."), HumanMessage("Which?")]))

    (body,) = server.asked
    assert server.keys == [f"Bearer {KEY}"]
    assert body["model"] == "tiny"
    assert body["stream"] is True
    assert [message["role"] for message in body["messages"]] == ["system", "user", "assistant", "user"]


def test_a_picture_goes_as_an_image_block(server: ChatServer) -> None:
    server.say("A cat.")
    blocks = [
        {"type": "text", "text": "What is it?"},
        {"type": "image", "base64": "/9j/4AAQ", "mime_type": "image/jpeg"},
    ]

    list(model(server).stream([HumanMessage(content=blocks)]))

    text, image = server.asked[0]["messages"][0]["content"]
    assert text["text"] == "What is it?"
    assert image == {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,/9j/4AAQ"}}


def test_a_stopped_model_is_cut_off(server: ChatServer) -> None:
    server.say("and on ", never_ends=True)
    stop = threading.Event()

    pieces = []
    for piece in model(server).stream(ASKED, stop=stop):
        pieces.append(piece)
        if piece:
            stop.set()

    assert "".join(pieces).startswith("and on ")
    assert server.left.wait(10)  # the connection is closed, so the model stops working too


def test_a_silent_model_can_be_stopped_too(server: ChatServer) -> None:
    server.say("", hold=threading.Event())
    stop = threading.Event()

    pieces = []
    for piece in model(server).stream(ASKED, stop=stop):
        pieces.append(piece)
        stop.set()

    assert pieces == [""]


def test_an_answer_that_nobody_takes_is_cut_off(server: ChatServer) -> None:
    server.say("and on ", never_ends=True)

    stream = model(server).stream(ASKED)
    next(piece for piece in stream if piece)
    stream.close()  # type: ignore[attr-defined]  # it is a generator

    assert server.left.wait(10)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ({"status": 401, "body": '{"error": {"message": "bad key sk-very"}}'}, "refused the key.*POLYGLANCE_CHAT_KEY"),
        ({"status": 404, "body": '{"error": {"message": "no such model"}}'}, "not there.*/v1"),
        ({"status": 400, "body": '{"error": {"message": "context length is 512"}}'}, "context length is 512"),
        ({"status": 400, "body": f'{{"error": {{"message": "{KEY} was wrong"}}}}'}, r"\[key\] was wrong"),
        ({"body": "<html>a login page</html>"}, "POLYGLANCE_CHAT_URL"),
        ({}, "empty answer"),
    ],
)
def test_what_fails_is_told_in_one_line_without_the_key(
    server: ChatServer, script: dict[str, object], words: str
) -> None:
    server.say(**script)

    with pytest.raises(ChatError, match=words) as caught:
        list(model(server).stream(ASKED))

    assert "\n" not in str(caught.value)
    assert KEY not in str(caught.value)
    assert f"tiny at {server.url}" in str(caught.value)


def test_an_answer_that_breaks_off_is_no_complete_one(server: ChatServer) -> None:
    server.say("In the", breaks_off=True)

    with pytest.raises(ChatError, match="tiny at "):
        list(model(server).stream(ASKED))


def test_a_model_that_says_nothing_is_given_up(server: ChatServer) -> None:
    server.say("", hold=threading.Event())

    with pytest.raises(ChatError, match=r"said nothing for 0\.3 s"):
        list(model(server, silence_s=0.3).stream(ASKED))


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(ChatError, match=r"cannot be reached.*POLYGLANCE_CHAT_URL"):
        list(ChatModel("http://127.0.0.1:1/v1").stream(ASKED))


@pytest.mark.parametrize("url", ["localhost:11434", "ftp://host/v1", "http://", "http://host:port/v1", "file:///etc"])
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(ChatError, match="no address of a chat model"):
        ChatModel(url)


def test_secrets_are_in_no_repr_and_in_no_name() -> None:
    chat = ChatModel("https://user:password@host:8000/v1?token=t-1", "tiny", KEY)

    assert chat.name == "tiny at https://host:8000/v1"
    for secret in (KEY, "password", "t-1"):
        assert secret not in repr(chat)
        assert secret not in chat.name


def test_the_key_is_not_logged(server: ChatServer, caplog: pytest.LogCaptureFixture) -> None:
    server.say("Yes.")

    with caplog.at_level(logging.DEBUG):
        list(model(server).stream(ASKED))

    assert caplog.records
    assert KEY not in caplog.text


def test_the_settings_name_the_model() -> None:
    settings = Settings.from_env(
        {"POLYGLANCE_CHAT_URL": "http://host/v1", "POLYGLANCE_CHAT_MODEL": "m", "POLYGLANCE_CHAT_SEES": "1"}
    )

    chat = ChatModel.from_settings(settings)

    assert chat is not None
    assert (chat.name, chat.sees, chat.key) == ("m at http://host/v1", True, None)
    assert ChatModel.from_settings(Settings(data=Path("x"), models=Path("x"))) is None
