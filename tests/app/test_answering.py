"""From a question to a cited answer: a real library and encoder, a chat server that speaks from a script."""

import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chat_server import ChatServer
from documents import PAGES, write_pdf

from app.answering.asking import Answerer
from app.answering.chat import ChatModel
from app.answering.types import Answer, Kind, Turn
from app.cli import main
from app.errors import ChatError
from app.library import Library
from app.settings import Settings
from encoders.base import Encoder
from encoders.registry import load_encoder
from retrieval.types import Filter

BIKE = "# Cuidar una bicicleta\n\nLimpia la cadena cada mes. Después échale una gota de aceite por eslabón.\n"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("answering")
    encoder: Encoder = load_encoder("starter", models=folder / "models", threads=2)
    with Library(Settings(data=folder / "library", models=folder / "models"), encoder=encoder) as library:
        write_pdf(folder / "manual.pdf", PAGES.values())
        (folder / "bicicleta.md").write_text(BIKE, encoding="utf-8")
        (folder / "paper.txt").write_text("Whales sing to each other over long distances, as was shown [3] before.")
        library.add(folder / "manual.pdf", folder / "bicicleta.md", folder / "paper.txt")
        yield library


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library that is closed."""
    folder = tmp_path_factory.mktemp("asked")
    write_pdf(folder / "manual.pdf", PAGES.values())
    with Library(Settings(data=folder / "library", models=folder / "models")) as library:
        library.add(folder / "manual.pdf")
    return folder


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


def written(library: Library, server: ChatServer, **changes: object) -> Answerer:
    return Answerer(library, replace(ChatModel(server.url, "tiny"), **changes))  # type: ignore[arg-type]


def pages(answer: Answer) -> list[tuple[str, int]]:
    return [(source.match.document, source.match.page) for source in answer.sources]


class TestWithoutAModel:
    def test_the_nearest_sentences_are_quoted_and_cited(self, library: Library) -> None:
        answer = Answerer(library).answer("How long does bread stay in the oven?")

        assert answer.kind is Kind.QUOTED
        assert pages(answer)[0] == ("manual.pdf", 2)
        assert answer.text.startswith("“Bake the bread for forty minutes in a hot oven.” [1]")
        assert answer.claims[0].sources == (1,)

    def test_a_quote_may_be_in_another_language_than_the_question(self, library: Library) -> None:
        answer = Answerer(library).answer("How often should I clean a bicycle chain?")

        assert "“Limpia la cadena cada mes.” [1]" in answer.text
        assert "Cuidar una" not in answer.text  # a heading says nothing

    def test_what_a_document_cites_is_not_taken_for_a_citation(self, library: Library) -> None:
        answer = Answerer(library).answer("Do whales sing to each other?")

        assert "as was shown (3) before.” [1]" in answer.text
        assert {number for claim in answer.claims for number in claim.sources} == {1}

    @pytest.mark.parametrize(
        ("question", "said"),
        [
            ("Who won the football world cup of 1998?", "I don't find this in your documents."),
            ("Wer hat die Fußballweltmeisterschaft 1998 gewonnen?", "Das finde ich nicht in Ihren Dokumenten."),
            ("ワールドカップで優勝した国はどこですか", "お手持ちの文書の中には見つかりませんでした。"),
        ],
    )
    def test_what_is_not_in_the_documents_is_said_so_in_the_askers_language(
        self, library: Library, question: str, said: str
    ) -> None:
        answer = Answerer(library).answer(question)

        assert (answer.kind, answer.text) == (Kind.NOTHING, said)

    def test_a_follow_up_that_says_too_little_is_searched_with_the_question_before(self, library: Library) -> None:
        history = [Turn("How should I look after a bicycle chain?", "…")]

        answer = Answerer(library).answer("And how often?", history=history)

        assert answer.searched == "How should I look after a bicycle chain? And how often?"
        assert pages(answer)[0] == ("bicicleta.md", 1)

    def test_a_new_topic_is_searched_by_itself(self, library: Library) -> None:
        history = [Turn("How should I look after a bicycle chain?", "…")]

        answer = Answerer(library).answer("Does everyone have the right to education?", history=history)

        assert answer.searched == "Does everyone have the right to education?"
        assert pages(answer)[0] == ("manual.pdf", 1)

    def test_the_sources_and_the_prompt_come_first(self, library: Library) -> None:
        first, *_ = Answerer(library).ask("How long is bread baked?")

        assert (first.text, first.is_complete) == ("", False)
        assert PAGES[2] in first.prompt.messages[-1].text

    def test_only_allowed_documents_are_used(self, library: Library) -> None:
        (bike,) = library.find("bicicleta.md")
        here = Filter(documents=frozenset({bike.id}))

        *_, answer = Answerer(library).ask("How long is bread baked?", where=here)

        assert {name for name, _ in pages(answer)} <= {"bicicleta.md"}

    def test_nothing_is_no_question(self, library: Library) -> None:
        with pytest.raises(ValueError, match="give a question"):
            list(Answerer(library).ask("  "))


class TestWithAModel:
    def test_the_answer_grows_and_its_citations_are_checked(self, library: Library, server: ChatServer) -> None:
        server.say("Bread is baked ", "for forty minutes [", "1", "]", " [77]. ", "It is good.")

        told = list(written(library, server).ask("How long is bread baked?"))

        texts = [answer.text for answer in told]
        assert texts[-1] == "Bread is baked for forty minutes [1]. It is good."
        assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(texts))
        assert [answer.is_complete for answer in told] == [False] * (len(told) - 1) + [True]
        last = told[-1]
        assert last.kind is Kind.WRITTEN
        assert [(last.text[claim.start : claim.end], claim.sources) for claim in last.claims] == [
            ("Bread is baked for forty minutes [1].", (1,)),
            ("It is good.", ()),
        ]

    def test_a_citation_leads_to_the_passage_on_its_page(self, library: Library, server: ChatServer) -> None:
        server.say("Forty minutes [1].")

        answer = written(library, server).answer("How long is bread baked?")

        source = answer.sources[answer.claims[0].sources[0] - 1]
        assert (source.match.document, source.match.page, source.text) == ("manual.pdf", 2, PAGES[2])
        assert source.match.boxes
        assert source.match.id in {stored.point.id for stored in library.stored(Filter())}

    def test_a_model_is_not_asked_what_the_documents_do_not_hold(self, library: Library, server: ChatServer) -> None:
        server.say("France.")

        answer = written(library, server).answer("Who won the football world cup of 1998?")

        assert answer.kind is Kind.NOTHING
        assert server.asked == []

    def test_a_follow_up_is_rewritten_to_stand_alone(self, library: Library, server: ChatServer) -> None:
        server.say("“How often is a bicycle chain cleaned?”\n")
        server.say("Each month [1].")
        history = [Turn("How do I look after a bicycle chain?", "Clean it [1].")]

        answer = written(library, server).answer("And how often?", history=history)

        assert answer.searched == "How often is a bicycle chain cleaned?"
        assert answer.text == "Each month [1]."
        assert pages(answer)[0] == ("bicicleta.md", 1)
        rewriting, answering = server.asked
        assert "Assistant: Clean it." in rewriting["messages"][-1]["content"]
        assert [message["role"] for message in answering["messages"]] == ["system", "user", "assistant", "user"]
        assert answering["messages"][-1]["content"].endswith("Question: And how often?")

    def test_what_is_no_question_is_not_searched_for(self, library: Library, server: ChatServer) -> None:
        server.say("I think that you mean the chain. " * 40)
        server.say("Each month [1].")

        answer = written(library, server).answer(
            "How often do I clean a bicycle chain?", history=[Turn("Hello, who are you?", "A program.")]
        )

        assert answer.searched == "How often do I clean a bicycle chain?"

    def test_a_model_that_sees_is_shown_the_pages(self, library: Library, server: ChatServer) -> None:
        server.say("Forty minutes [1].")

        written(library, server, sees=True).answer("How long is bread baked?", limit=2)

        content = server.asked[0]["messages"][-1]["content"]
        images = [block["image_url"]["url"] for block in content if block["type"] == "image_url"]
        assert images
        assert all(image.startswith("data:image/jpeg;base64,/9j/") for image in images)

    def test_a_model_that_does_not_gets_text_alone(self, library: Library, server: ChatServer) -> None:
        server.say("Forty minutes [1].")

        written(library, server).answer("How long is bread baked?")

        assert isinstance(server.asked[0]["messages"][-1]["content"], str)

    def test_a_stopped_answer_keeps_what_there_is(self, library: Library, server: ChatServer) -> None:
        server.say("and on ", never_ends=True)
        stop = threading.Event()

        for answer in written(library, server).ask("How long is bread baked?", stop=stop):
            if answer.text:
                stop.set()

        assert answer.text.startswith("and on")
        assert (answer.is_complete, answer.is_stopped) == (True, True)
        assert server.left.wait(10)

    def test_what_a_model_says_is_free_of_control_characters(self, library: Library, server: ChatServer) -> None:
        server.say("Forty \x1b[2Jminutes\u202e [1].")

        assert written(library, server).answer("How long is bread baked?").text == "Forty [2Jminutes [1]."

    def test_a_failing_model_is_an_error_after_the_sources(self, library: Library, server: ChatServer) -> None:
        server.say(status=404, body="{}")
        telling = written(library, server).ask("How long is bread baked?")

        first = next(telling)

        assert pages(first)[0] == ("manual.pdf", 2)
        with pytest.raises(ChatError, match="tiny at"):
            list(telling)


class TestTheCommand:
    @pytest.fixture(autouse=True)
    def _environment(self, asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("POLYGLANCE_DATA", str(asked / "library"))
        monkeypatch.setenv("POLYGLANCE_MODELS", str(asked / "models"))
        monkeypatch.setenv("POLYGLANCE_CHAT_KEY", "k-1")
        monkeypatch.delenv("POLYGLANCE_CHAT_URL", raising=False)

    def test_json_has_everything(self, server: ChatServer, capfd: pytest.CaptureFixture[str]) -> None:
        server.say("Forty ", "minutes [1][5].")

        ended = main(["ask", "How long is bread baked?", "--chat-url", server.url, "--chat-model", "tiny", "--json"])

        told = json.loads(capfd.readouterr().out)
        assert ended == 0
        assert (told["kind"], told["answer"]) == ("written", "Forty minutes [1].")
        assert told["claims"] == [{"start": 0, "end": 18, "sources": [1]}]
        assert told["model"] == f"tiny at {server.url}"
        assert told["sources"][0]["document"] == "manual.pdf"
        assert told["sources"][0]["passages"][0]["text"] == PAGES[2]
        assert [message["role"] for message in told["messages"]] == ["system", "user"]
        assert server.keys == ["Bearer k-1"]

    def test_people_read_the_answer_and_its_sources(
        self, server: ChatServer, capfd: pytest.CaptureFixture[str]
    ) -> None:
        server.say("Forty ", "minutes [1].")

        assert main(["ask", "How long is bread baked?", "--chat-url", server.url]) == 0

        printed = capfd.readouterr().out
        assert printed.startswith("Forty minutes [1].\n\nSources:\n  [1] manual.pdf, page 2\n")
        assert "=== " not in printed

    def test_without_a_model_it_quotes_and_says_so(self, capfd: pytest.CaptureFixture[str]) -> None:
        assert main(["ask", "How long is bread baked?", "--prompt"]) == 0

        printed = capfd.readouterr()
        assert "“Bake the bread for forty minutes in a hot oven.” [1]" in printed.out
        assert "Question: How long is bread baked?" in printed.out
        assert "not written" in printed.err

    def test_a_model_that_fails_is_one_line(self, capfd: pytest.CaptureFixture[str]) -> None:
        assert main(["ask", "How long is bread baked?", "--chat-url", "http://127.0.0.1:1/v1"]) == 1

        assert "cannot be reached" in capfd.readouterr().err
