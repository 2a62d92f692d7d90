"""The chat model, where one is configured: any OpenAI-compatible endpoint. The only importer of langchain_openai."""

from collections.abc import Sequence

from langchain_core.messages import BaseMessage

from app.errors import ChatError
from app.settings import Settings

_TIMEOUT_S = 120.0


def answer(settings: Settings, messages: Sequence[BaseMessage]) -> str | None:
    """Ask the configured chat model.

    Returns:
        Its answer, or None where no model is configured.

    Raises:
        ChatError: the model cannot be reached or refuses, or the ``chat`` extra is not installed.
    """
    if not settings.chat_url:
        return None
    try:
        from langchain_openai import ChatOpenAI
        from openai import OpenAIError
    except ImportError as error:
        raise ChatError(
            "POLYGLANCE_CHAT_URL is set, but chat is not installed: pip install 'polyglance[chat]'."
        ) from error
    try:
        model = ChatOpenAI(
            base_url=settings.chat_url,
            model=settings.chat_model or "default",
            api_key=lambda: settings.chat_key or "none",  # local servers ask for none
            timeout=_TIMEOUT_S,
            max_retries=1,
        )
        return str(model.invoke(list(messages)).text)
    except OpenAIError as error:
        raise ChatError(
            f"The chat model at {settings.chat_url} failed: {error}. Check POLYGLANCE_CHAT_URL, _MODEL and _KEY."
        ) from error
