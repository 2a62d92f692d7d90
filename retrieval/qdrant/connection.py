"""The way to a Qdrant server: one border where its errors become ours, and requests that are tried again."""

import logging
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from json import JSONDecodeError
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import grpc
from qdrant_client import QdrantClient
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from retrieval.errors import StoreUnavailable

OLDEST = (1, 16)  # the first server that keeps metadata with a collection

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 2.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_FIRST_CONTACT_S = 5.0  # a wrong address is told soon

T = TypeVar("T")

log = logging.getLogger(__name__)


class Connection(Protocol):
    """Something that runs requests of qdrant-client."""

    def call(self, request: Callable[[QdrantClient], T]) -> T:
        """Run a request; its errors come out as ours."""
        ...

    def check_open(self) -> None:
        """Raise StoreUnavailable once closed."""
        ...

    def close(self) -> None:
        """Let go; closing again does nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Server:
    """Where a Qdrant server or cluster is, and how long to wait for it."""

    url: str  # of its REST interface, as http://localhost:6333; https:// for TLS
    api_key: str | None = field(default=None, repr=False)
    prefer_grpc: bool = False  # faster by half, and needs a second port to be open
    grpc_port: int = 6334
    timeout_s: int = 30  # for one attempt
    patience_s: float = 30  # for all attempts of one request


@dataclass(frozen=True, slots=True)
class _Failure:
    """What a failed request comes to."""

    reason: str
    may_pass: bool  # trying again may help


class ServerConnection:
    """An open connection. Every request must be safe to repeat: it is, while the server does not answer or refuses.

    Raises:
        StoreUnavailable: the server does not answer, refuses the key, is no Qdrant or too old a one.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client: QdrantClient | None = _open_client(server)
        self._patience_s = min(server.patience_s, _FIRST_CONTACT_S)
        try:
            self._check_version()
            self._patience_s = server.patience_s
        except StoreUnavailable:
            self.close()
            raise

    @property
    def url(self) -> str:
        """The server's address, as given."""
        return self._server.url

    def call(self, request: Callable[[QdrantClient], T]) -> T:
        """Run a request, again after a pause where that may help, until it is answered or patience ends.

        Raises:
            StoreUnavailable: names the server and the last failure.
        """
        give_up = time.monotonic() + self._patience_s
        pauses = _pauses()
        while True:
            client = self._client
            if client is None:
                raise StoreUnavailable(f"the connection to {self.url} is closed: open the library again")
            try:
                return request(client)
            except (ApiException, QdrantException, JSONDecodeError, grpc.RpcError) as error:
                failure, pause = _read(error), next(pauses)
                if not failure.may_pass or time.monotonic() + pause > give_up:
                    raise StoreUnavailable(f"Qdrant at {self.url} {failure.reason}") from error
            log.info("Qdrant at %s %s; trying again in %.1f s", self.url, failure.reason, pause)
            time.sleep(pause)

    def check_open(self) -> None:
        """Raise StoreUnavailable once closed."""
        if self._client is None:
            raise StoreUnavailable(f"the connection to {self.url} is closed: open the library again")

    def close(self) -> None:
        """Hang up; closing again does nothing."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _check_version(self) -> None:
        version = self.call(lambda client: client.info()).version
        numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
        if numbers < OLDEST:
            raise StoreUnavailable(
                f"Qdrant at {self.url} is version {version}: bring it to {'.'.join(map(str, OLDEST))} or later"
            )


def _open_client(server: Server) -> QdrantClient:
    address = urlsplit(server.url)
    if address.scheme not in ("http", "https"):
        raise StoreUnavailable(f"{server.url} is not a server's address: write it as http://localhost:6333")
    with warnings.catch_warnings():
        if address.hostname in _LOOPBACK:
            warnings.filterwarnings("ignore", "Api key is used with an insecure connection")
        try:
            return QdrantClient(
                url=server.url,
                api_key=server.api_key,
                prefer_grpc=server.prefer_grpc,
                grpc_port=server.grpc_port,
                timeout=server.timeout_s,
                check_compatibility=False,  # `_check_version` does, in our words
            )
        except ValueError as error:
            raise StoreUnavailable(f"{server.url} is not a server's address: {error}") from error


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE_S
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE_S)


def _read(error: Exception) -> _Failure:
    """What failed, whichever way the request went."""
    if isinstance(error, UnexpectedResponse):
        return _read_answer(error.status_code or 500, error.content.decode(errors="replace"))
    if isinstance(error, ResourceExhaustedResponse):
        return _read_answer(429, str(error))
    source = error.source if isinstance(error, ResponseHandlingException) else error
    if isinstance(source, ValueError):  # JSON or pydantic
        return _Failure(f"answers in a way no known Qdrant does ({source}): check the address", may_pass=False)
    if isinstance(error, ResponseHandlingException):
        return _Failure(f"does not answer ({error}): is it running, and the address right?", may_pass=True)
    if isinstance(error, grpc.RpcError) and isinstance(error, grpc.Call):
        return _read_answer(_HTTP_OF.get(error.code(), 500), error.details() or str(error.code()))
    return _Failure(f"failed: {error}", may_pass=False)


_HTTP_OF = {
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.ABORTED: 503,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.UNIMPLEMENTED: 400,
}  # the same meaning over the other way


def _read_answer(status: int, text: str) -> _Failure:
    if "No space left" in text or "out of disk" in text.lower():
        return _Failure(
            "has no room left on its disk and kept nothing of this request: make room and try again", may_pass=False
        )
    if status in (401, 403):
        return _Failure(
            "refuses the API key: set POLYGLANCE_QDRANT_API_KEY to the one the server was started with", may_pass=False
        )
    if status == 404:
        return _Failure(
            f"lacks what was asked for ({text}): if it was replaced, open the library again", may_pass=False
        )
    if status in (408, 429) or status >= 500:
        return _Failure(f"cannot serve at present ({text})", may_pass=True)
    return _Failure(f"refused the request: {text}", may_pass=False)
