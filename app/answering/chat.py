"""Chat models behind any OpenAI-compatible endpoint. The only importer of langchain_openai."""

import asyncio
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from langchain_core.messages import BaseMessage

from app.errors import ChatError
from app.settings import Settings

_CONNECT_S = 10.0
_SILENCE_S = 120.0  # between two pieces of an answer; a large model on a slow machine reads its prompt that long
_TICK_S = 0.2  # how often a waiting caller may look around
_LONGEST_REASON = 300  # characters of what an endpoint says about a failure
_REMEDY = "Check POLYGLANCE_CHAT_URL, _MODEL and _KEY."


class Chat(Protocol):
    """A chat model. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def sees(self) -> bool:
        """Whether it is shown pictures of pages."""
        ...

    def stream(self, messages: Sequence[BaseMessage], *, stop: threading.Event | None = None) -> Iterator[str]:
        """The answer in pieces, as they come; empty ones while none does, so that the caller can look around.

        Once ``stop`` is set, or the iterator closed, the model is cut off and the iterator ends.

        Raises:
            ChatError: the model cannot be reached, refuses or breaks off.
        """
        ...


@dataclass(frozen=True, slots=True)
class ChatModel:
    """A model behind an OpenAI-compatible endpoint: Ollama, vLLM, llama.cpp's server, or a hosted one.

    Raises:
        ChatError: the URL is none.
    """

    url: str = field(repr=False)  # it may hold a password
    model: str = "default"
    key: str | None = field(default=None, repr=False)
    sees: bool = False  # is shown pictures of pages; the model has to be able to read them
    silence_s: float = _SILENCE_S  # after which it has failed

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
            _ = parts.port
        except ValueError:
            is_address = False
        if not is_address:
            raise ChatError(f"{self.url!r} is no address of a chat model: write http://HOST:PORT/v1.")

    @classmethod
    def from_settings(cls, settings: Settings) -> "ChatModel | None":
        """The model that the settings name; None where they name none.

        Raises:
            ChatError: the URL is none.
        """
        if not settings.chat_url:
            return None
        return cls(settings.chat_url, settings.chat_model or "default", settings.chat_key, settings.chat_sees)

    @property
    def name(self) -> str:
        """The model, and the endpoint without what may be secret in it."""
        parts = urlsplit(self.url)
        host = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
        return f"{self.model} at {urlunsplit((parts.scheme, host, parts.path, '', ''))}"

    def stream(self, messages: Sequence[BaseMessage], *, stop: threading.Event | None = None) -> Iterator[str]:
        """See `Chat.stream`."""
        pieces: queue.SimpleQueue[str | ChatError | None] = queue.SimpleQueue()
        is_over = threading.Event()
        loop = asyncio.new_event_loop()
        task = loop.create_task(self._pump(list(messages), pieces, is_over))
        thread = threading.Thread(target=_run, args=(loop, task, pieces), name="chat", daemon=True)
        thread.start()
        try:
            while stop is None or not stop.is_set():
                try:
                    piece = pieces.get(timeout=_TICK_S)
                except queue.Empty:
                    yield ""
                    continue
                if piece is None:
                    return
                if isinstance(piece, ChatError):
                    raise piece
                yield piece
        finally:
            is_over.set()
            if thread.is_alive():
                with suppress(RuntimeError):  # it has just ended by itself
                    loop.call_soon_threadsafe(task.cancel)  # closes the connection, so that the model stops as well
                thread.join()

    async def _pump(
        self,
        messages: list[BaseMessage],
        pieces: "queue.SimpleQueue[str | ChatError | None]",
        is_over: threading.Event,
    ) -> None:
        try:
            import httpx
            from langchain_openai import ChatOpenAI
            from openai import OpenAIError
        except ImportError:
            pieces.put(ChatError("A chat model is set, but chat is not installed: pip install 'polyglance[chat]'."))
            return
        timeout = httpx.Timeout(self.silence_s, connect=_CONNECT_S)
        # A client of its own: langchain's shared one is tied to the event loop it was first used in.
        async with httpx.AsyncClient(timeout=timeout) as client:
            try:
                model = ChatOpenAI(
                    base_url=self.url,
                    model=self.model,
                    api_key=lambda: self.key or "none",  # local servers ask for none
                    timeout=timeout,
                    max_retries=1,
                    http_async_client=client,
                )
                has_answered = False
                async for piece in model.astream(messages):
                    if is_over.is_set():
                        return  # until Python 3.12 asyncio.wait_for, which langchain uses, may lose a cancellation
                    text = str(piece.text)
                    if text:
                        has_answered = True
                        pieces.put(text)
                if not has_answered:
                    pieces.put(ChatError(f"The chat model {self.name} gave an empty answer. {_REMEDY}"))
            except (OpenAIError, httpx.HTTPError, ValueError) as error:  # ValueError: what came was no chat at all
                pieces.put(self._explain(error))

    def _explain(self, error: Exception) -> ChatError:
        """What failed in one line, the key taken out of what the endpoint says."""
        import httpx
        import openai

        name, key = self.name, self.key or ""
        if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
            return ChatError(f"The chat model {name} refused the key. Set POLYGLANCE_CHAT_KEY to one that it takes.")
        if isinstance(error, openai.NotFoundError):
            return ChatError(
                f"The chat model {name} is not there (404). Check POLYGLANCE_CHAT_MODEL, and that "
                "POLYGLANCE_CHAT_URL ends as the server wants it, most often in /v1."
            )
        if isinstance(error, openai.APITimeoutError | httpx.TimeoutException):
            return ChatError(
                f"The chat model {name} said nothing for {self.silence_s:g} s. Ask again, give it fewer sources, or "
                "name a faster one in POLYGLANCE_CHAT_MODEL."
            )
        if isinstance(error, openai.APIConnectionError):
            return ChatError(f"The chat model {name} cannot be reached. Start its server, or mend POLYGLANCE_CHAT_URL.")
        if isinstance(error, httpx.HTTPError):
            return ChatError(f"The chat model {name} broke off in the middle of its answer. Ask again.")
        reason = " ".join(str(error).split())
        reason = reason.replace(key, "[key]") if key else reason
        return ChatError(f"The chat model {name} failed: {reason[:_LONGEST_REASON]} {_REMEDY}")


def _run(
    loop: asyncio.AbstractEventLoop,
    task: "asyncio.Task[None]",
    pieces: "queue.SimpleQueue[str | ChatError | None]",
) -> None:
    try:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        pieces.put(None)
