"""The command that answers questions: ask."""

import argparse

from app.commands.grammar import OK, USAGE, Commands, positive
from app.printing.console import print_json, say_error
from app.settings import Settings


def declare(commands: Commands) -> None:
    """Say which commands there are."""
    parser = commands.add(
        "ask", ask, "Answer a question from the documents, each sentence cited; quoted where no chat model is set."
    )
    parser.add_argument("text", metavar="TEXT")
    parser.add_argument("--limit", type=positive, default=8, metavar="N", help="sources")
    parser.add_argument("--prompt", action="store_true", help="show the exact prompt too, to paste into any chat")
    parser.add_argument("--quote", action="store_true", help="quote the nearest sentences, even where a model is set")
    parser.add_argument("--chat-url", metavar="URL", help="an OpenAI-compatible endpoint: http://localhost:11434/v1")
    parser.add_argument("--chat-model", metavar="NAME", help="of the model there; its key is POLYGLANCE_CHAT_KEY")
    parser.add_argument("--pictures", action="store_true", help="show the model pictures of the pages: it has to see")


def ask(options: argparse.Namespace, settings: Settings) -> int:
    """Answer a question."""
    from app.answering.asking import Answerer
    from app.answering.chat import ChatModel
    from app.answering.telling import answer_as_json
    from app.library import Library
    from app.printing.asking import AnswerPrinter

    if not options.text.strip():
        say_error("Nothing to ask: give a question.")
        return USAGE
    settings = settings.override(
        chat_url=options.chat_url, chat_model=options.chat_model, chat_sees=options.pictures or None
    )
    chat = None if options.quote else ChatModel.from_settings(settings)
    with Library(settings) as library:
        answerer = Answerer(library, chat, tokens=settings.chat_tokens)
        printer = None if options.json else AnswerPrinter(is_empty=not library.documents())
        for answer in answerer.ask(options.text, limit=options.limit):
            if printer:
                printer.show(answer)
    if printer:
        printer.finish(answer, has_model=chat is not None, shows_prompt=options.prompt)
    else:
        print_json(answer_as_json(answer) | {"model": chat.name if chat else None})
    return OK
