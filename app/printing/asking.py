"""An answer, printed as it comes."""

from collections.abc import Iterator

from rich.panel import Panel
from rich.text import Text

from app.answering.types import Answer, Kind
from app.printing.console import OUT, say, say_aside


class AnswerPrinter:
    """Prints an answer while it grows, then what it rests on.

    Args:
        is_empty: there is nothing in the library to answer from.
    """

    def __init__(self, *, is_empty: bool) -> None:
        self._is_empty = is_empty
        self._printed = 0  # characters

    def show(self, answer: Answer) -> None:
        """Print what is new of the answer."""
        if self._is_empty:
            return
        OUT.print(Text(answer.text[self._printed :]), end="", soft_wrap=True)
        self._printed = len(answer.text)

    def finish(self, answer: Answer, *, has_model: bool, shows_prompt: bool) -> None:
        """Print the sources of a complete answer.

        Args:
            answer: the complete one.
            has_model: a chat model is set.
            shows_prompt: print the prompt as well.
        """
        if self._is_empty:
            say("The library is empty. Add something: polyglance add FOLDER")
            return
        OUT.print()
        if answer.sources:
            OUT.print()
            say("Nearest in your documents:" if answer.kind is Kind.NOTHING else "Sources:")
        for line in _sources(answer):
            say(line)
        if answer.prompt.left_out:
            say_aside(f"{answer.prompt.left_out} more found no room; POLYGLANCE_CHAT_TOKENS gives them more.")
        if answer.kind is Kind.QUOTED and not has_model:
            say_aside(
                "Quoted from the documents, not written: no chat model is set (POLYGLANCE_CHAT_URL). "
                "--prompt shows a prompt to paste into any chat."
            )
        if shows_prompt:
            for message in answer.prompt.messages:
                OUT.print(Panel(Text(str(message.text)), title=message.type, title_align="left"))


def _sources(answer: Answer) -> Iterator[str]:
    for source in answer.sources:
        match = source.match
        label = "" if match.page_label in ("", str(match.page)) else f" (printed as {match.page_label})"
        hidden = ", text not visible on the page" if any(passage.is_hidden for passage in source.passages) else ""
        yield f"  [{source.number}] {match.document}, page {match.page}{label}{hidden}"
