"""Questions that lean on the ones before them, made to stand alone."""

from collections.abc import Sequence
from threading import Event

from langchain_core.messages import HumanMessage, SystemMessage

from app.answering.chat import Chat
from app.answering.citations import without_citations
from app.answering.plain import clean, one_line
from app.answering.types import Turn

_TURNS = 3  # the last, that are looked back at
_ANSWER = 400  # characters of each of their answers
_LONGEST = 500  # characters; more is no question but an answer

_SYSTEM = """\
You rewrite the last question of a conversation so that it can be understood without the conversation: put in what \
"it", "there", "and in May?" and the like refer to. Keep its language. If it can stand alone, repeat it unchanged. \
Reply with the question alone and do not answer it.\
"""


def rewrite(question: str, history: Sequence[Turn], chat: Chat, *, stop: Event | None = None) -> str:
    """The question as it can be searched for, by a chat model; as it is where the model gives no question.

    Raises:
        ChatError: the model fails.
    """
    if not history:
        return question
    talk = "\n".join(
        f"User: {one_line(turn.question)}\nAssistant: {one_line(without_citations(turn.answer))[:_ANSWER]}"
        for turn in history[-_TURNS:]
    )
    asked = HumanMessage(f"{talk}\nUser: {clean(question)}\n\nThe last question, rewritten:")
    rewritten = one_line("".join(chat.stream([SystemMessage(_SYSTEM), asked], stop=stop))).strip('"“”')
    return rewritten if 0 < len(rewritten) <= _LONGEST else question


def join(question: str, history: Sequence[Turn]) -> str:
    """The question behind the one before it: what can be searched for without a model."""
    return f"{history[-1].question} {question}"
