"""Where a library's vectors are: in its own folder, or on a Qdrant server under a name of their own."""

import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from retrieval.errors import StoreUnavailable

_PORT = 6333  # Qdrant's own, where an address names none


@dataclass(frozen=True, slots=True)
class Place:
    """Where the vectors of one library are."""

    url: str | None = None  # of a Qdrant server; None: in the library's folder
    name: str = ""  # of the library on that server, which other libraries may share

    def __str__(self) -> str:
        return self.url or "embedded"


@dataclass(frozen=True, slots=True)
class Access:
    """How a Qdrant server is reached, besides its address."""

    api_key: str | None = field(default=None, repr=False)
    grpc_port: int | None = None  # None: over REST
    patience_s: float = 30  # how long one request is tried again


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What a server tells of a library's collection; it tells no bytes."""

    collection: str  # its own name, behind the library's
    points: int
    segments: int
    state: str  # green: all is indexed; yellow: it is being indexed; grey, red: the server's log says more


EMBEDDED = Place()
NO_KEY = Access()


def new_place(url: str) -> Place:
    """A place on a server under a name that no other library has.

    Raises:
        StoreUnavailable: it is not a server's address.
    """
    return Place(server_url(url), f"polyglance_{secrets.token_hex(6)}")


def server_url(text: str) -> str:
    """A server's address in its one usual form: lower case, with its port, without a slash at the end.

    Raises:
        StoreUnavailable: it is not such an address, or holds a name or a key.
    """
    try:
        address = urlsplit(text.strip())
        port = address.port
    except ValueError:
        raise _not_an_address(text) from None
    if "@" in address.netloc or address.query or address.fragment:
        raise _not_an_address(f"{address.scheme}://{address.hostname}/…")  # what is left out may be a key
    if address.scheme not in ("http", "https") or not address.hostname:
        raise _not_an_address(text)
    host = address.netloc.lower() if port else f"{address.netloc.lower().rstrip(':')}:{_PORT}"
    return f"{address.scheme}://{host}{address.path.rstrip('/')}"


def _not_an_address(shown: str) -> StoreUnavailable:
    return StoreUnavailable(
        f"{shown!r} is not a Qdrant server's address: write it as http://localhost:6333, "
        "and a key in POLYGLANCE_QDRANT_API_KEY"
    )
