"""The Ask tab: conversations that stream and stop, citations that open pages, and nothing of anyone's markup."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chat_server import ChatServer
from documents import PAGES, write_pdf

from app.errors import ChatError, LibraryError
from app.library import Library
from app.settings import Settings
from app.web.asking import Asked, Asking, Talk
from app.web.warmth import Warmth

EVIL = '<img src="https://evil.example/x.png"><script>alert(1)</script> ![x](https://evil.example/y.png) {{x}} ${y}'


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("asking")
    with Library(Settings(data=folder / "library", models=folder / "models", chat_key="server-key")) as library:
        write_pdf(folder / "manual.pdf", PAGES.values())
        (folder / "<b>evil <i>.txt").write_text(f"About the trumpets of Jericho. {EVIL}", encoding="utf-8")
        library.add(folder / "manual.pdf", folder / "<b>evil <i>.txt")
        yield library


@pytest.fixture
def asking(library: Library) -> Asking:
    return Asking(library, Warmth(library))


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
def talk(asking: Asking, server: ChatServer) -> Talk:
    """A conversation whose answers are written."""
    talk = Talk()
    asking.use(talk, server.url, "tiny", "", False)
    return talk


def ask(asking: Asking, talk: Talk, question: str) -> list[Asked]:
    return list(asking.ask(talk, question, 4))


def words(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def tags(markup: str) -> set[str]:
    return {tag.lower() for tag in re.findall(r"<([a-zA-Z]+)", markup)}


def test_an_answer_grows_while_it_is_written(asking: Asking, talk: Talk, server: ChatServer) -> None:
    server.say("Bake it ", "for forty minutes [1].")

    told = ask(asking, talk, "How long is bread baked?")

    assert [one.is_running for one in told] == [True] * (len(told) - 1) + [False]
    assert "Searching…" in told[0].answer
    assert "Writing…" in told[1].answer
    assert "Bake it for forty minutes [1]." in words(told[-1].answer)


def test_sources_and_prompt_are_there_before_the_answer(asking: Asking, talk: Talk, server: ChatServer) -> None:
    server.say("Forty minutes [1].")

    _, first, *_ = ask(asking, talk, "How long is bread baked?")

    assert first.sources is not None
    assert '<span class="pg-number">1</span>' in first.sources
    assert "manual.pdf" in first.sources
    assert first.prompt is not None
    assert first.prompt.endswith("Question: How long is bread baked?")
    assert '"role": "system"' in str(first.messages)


def test_a_citation_opens_its_page_with_the_passage(
    asking: Asking, library: Library, talk: Talk, server: ChatServer
) -> None:
    server.say("Forty minutes [1].")
    (hit,) = library.search("How long is bread baked?", limit=1)

    last = ask(asking, talk, "How long is bread baked?")[-1]

    (link,) = re.findall(r'<a class="pg-cite pg-open"[^>]*>', last.answer)
    assert f'href="/?doc={hit.document_id}&amp;page=2&amp;hit={hit.id}"' in link
    assert 'data-boxes="0.' in link


def test_a_sentence_that_cites_nothing_is_marked(asking: Asking, talk: Talk, server: ChatServer) -> None:
    server.say("Forty minutes [1]. Bread is good.")

    last = ask(asking, talk, "How long is bread baked?")[-1]

    (uncited,) = re.findall(r'<span class="pg-uncited"[^>]*>(.*?)</span>', last.answer)
    assert uncited == "Bread is good."


def test_nothing_that_a_model_says_is_markup(asking: Asking, talk: Talk, server: ChatServer) -> None:
    server.say(f"**Forty** minutes [1]. {EVIL} [click](https://evil.example) <a href='//evil.example'>here</a>")

    told = ask(asking, talk, "How long is bread baked?")

    for one in told:
        assert tags(one.answer) <= {"section", "p", "div", "span", "b", "a"}
        assert "evil.example" not in " ".join(re.findall(r"<[^>]*>", one.answer))
    assert EVIL in words(told[-1].answer)
    assert "<b>Forty</b>" in told[-1].answer
    assert "{{" not in told[-1].answer
    assert "${" not in told[-1].answer


def test_nothing_that_a_document_or_a_question_says_is_markup(asking: Asking) -> None:
    told = ask(asking, Talk(), f"What of the trumpets of Jericho? {EVIL}")

    shown = "".join((one.answer or "") + (one.sources or "") for one in told)
    assert "<b>evil" not in shown
    assert "script" not in tags(shown)
    assert "{{" not in shown
    sources = re.findall(r'src="([^"]*)"', shown)
    assert all(source.startswith("/pages/") for source in sources)
    assert "<b>evil <i>.txt" in words(shown)


def test_without_a_model_the_documents_are_quoted(asking: Asking) -> None:
    last = ask(asking, Talk(), "How long is bread baked?")[-1]

    assert "“Bake the bread for forty minutes in a hot oven.” [1]" in words(last.answer)
    assert "not written" in last.answer
    assert "pg-uncited" not in last.answer


def test_what_is_not_there_is_said_above_what_is_nearest(asking: Asking) -> None:
    told = ask(asking, Talk(), "Who won the football world cup of 1998?")

    assert "I don't find this in your documents." in words(told[-1].answer)
    assert any("nearest there is" in (one.sources or "") for one in told)


def test_earlier_turns_stay_and_follow_ups_lean_on_them(asking: Asking) -> None:
    talk = Talk()
    ask(asking, talk, "How long does bread bake in the oven?")

    told = ask(asking, talk, "And how long?")

    assert told[0].earlier is not None
    assert "How long does bread bake in the oven?" in told[0].earlier
    assert "“Bake the bread for forty minutes" in words(told[0].earlier)
    assert "Searched for How long does bread bake in the oven? And how long?" in words(told[-1].answer)


def test_two_conversations_know_nothing_of_each_other(asking: Asking) -> None:
    ask(asking, Talk(), "How long is bread baked?")

    assert ask(asking, Talk(), "When did the ship leave?")[0].earlier == ""


def test_a_stopped_answer_keeps_what_there_is(asking: Asking, talk: Talk, server: ChatServer) -> None:
    server.say("and on ", never_ends=True)

    for asked in asking.ask(talk, "How long is bread baked?", 4):
        if "and on" in asked.answer:
            asking.stop(talk)

    assert "Stopped." in asked.answer
    assert not asked.is_running
    assert talk.turns[-1].answer.startswith("and on")
    assert server.left.wait(10)


def test_a_tab_that_is_closed_stops_the_model(asking: Asking, talk: Talk, server: ChatServer) -> None:
    server.say("and on ", never_ends=True)

    told = asking.ask(talk, "How long is bread baked?", 4)
    next(asked for asked in told if "and on" in asked.answer)
    told.close()  # type: ignore[attr-defined]  # it is a generator

    assert server.left.wait(10)


def test_a_model_that_fails_is_told_in_its_place(asking: Asking, talk: Talk, server: ChatServer) -> None:
    server.say(status=401, body='{"error": {"message": "<b>no</b>"}}')

    told = ask(asking, talk, "How long is bread baked?")

    assert 'role="alert"' in told[-1].answer
    assert "refused the key" in told[-1].answer
    assert not told[-1].is_running
    assert talk.turns == []


def test_the_servers_key_is_given_to_no_other_url(asking: Asking, talk: Talk, server: ChatServer) -> None:
    server.say("Forty minutes [1].")

    ask(asking, talk, "How long is bread baked?")

    assert server.keys == ["Bearer none"]


def test_no_key_reaches_the_browser(library: Library, server: ChatServer) -> None:
    server.say("Forty minutes [1].")
    library.settings = replace(library.settings, chat_url=server.url, chat_model="tiny")
    try:
        asking = Asking(library, Warmth(library))
        talk = Talk()
        told = ask(asking, talk, "How long is bread baked?")
        line = asking.who(talk)
        mine = asking.use(talk, server.url, "other", "my-key", True)
    finally:
        library.settings = replace(library.settings, chat_url=None, chat_model=None)

    assert server.keys == ["Bearer server-key"]
    assert "server-key" not in repr(told) + line + repr(talk)
    assert "my-key" not in mine + repr(talk)
    assert f"tiny at {server.url}" in words(line)
    assert f"other at {server.url}" in words(mine)


def test_a_model_can_be_put_away_again(asking: Asking, talk: Talk) -> None:
    assert "No chat model is set" in asking.use(talk, " ", "tiny", "k", False)
    with pytest.raises(ChatError, match="no address"):
        asking.use(talk, "localhost", "tiny", "", False)


def test_nothing_asked_and_nothing_there_are_explained(asking: Asking, tmp_path: Path) -> None:
    assert "Ask your documents" in ask(asking, Talk(), "  ")[-1].answer
    with Library(Settings(data=tmp_path / "l", models=tmp_path / "m")) as empty:
        assert "Your library is empty" in ask(Asking(empty, Warmth(empty)), Talk(), "Bread?")[-1].answer


def test_a_program_gets_text_claims_sources_and_messages(asking: Asking) -> None:
    told = asking.answer("How long is bread baked?", 4)

    assert told["kind"] == "quoted"
    assert told["answer"].startswith("“Bake the bread")
    assert told["claims"][0]["sources"] == (1,)
    assert (told["sources"][0]["document"], told["sources"][0]["page"]) == ("manual.pdf", 2)
    assert told["messages"][0]["role"] == "system"
    with pytest.raises(LibraryError, match="give a question"):
        asking.answer(" ", 4)
