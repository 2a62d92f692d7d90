"""Serves the web page, on this machine only."""

import errno
import logging
import socket
from collections.abc import Callable

import uvicorn

from app.errors import LibraryError
from app.library import Library

HOST = "127.0.0.1"
_GRACE_S = 2  # for open connections; every browser tab holds one

log = logging.getLogger(__name__)


def serve(library: Library, *, port: int, announce: Callable[[str], None]) -> None:
    """Serve the page until it is interrupted.

    Args:
        library: open, and kept open by the caller.
        port: on 127.0.0.1.
        announce: told the page's address once it can be opened.

    Raises:
        LibraryError: the port is taken.
    """
    with bind(port) as listening:
        url = f"http://{HOST}:{listening.getsockname()[1]}"
        library.note_address(url)
        announce(f"Polyglance is at {url} (Ctrl-C stops it)")
        try:
            build_server(library).run(sockets=[listening])
        except KeyboardInterrupt:  # the server has already stopped in good order, and hands it on
            announce("Stopped.")


def bind(port: int) -> socket.socket:
    """Take a port; connections wait from now on.

    Raises:
        LibraryError: it is taken, or may not be used.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen()
    except (OSError, OverflowError) as error:
        listening.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = "is in use by another program" if taken else f"cannot be used ({error})"
        raise LibraryError(
            f"Port {port} {reason}. Choose another: polyglance serve --port {port % 60000 + 1}"
        ) from error
    return listening


def build_server(library: Library) -> uvicorn.Server:
    """The web server, not yet running; `run` it on a socket of `bind`."""
    from app.web.site import build_site  # here: Gradio takes seconds, and a taken port should not wait for it

    config = uvicorn.Config(
        build_site(library), log_level="warning", access_log=False, timeout_graceful_shutdown=_GRACE_S
    )
    return uvicorn.Server(config)
