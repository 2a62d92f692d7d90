"""Keeps the page's own address fields from Gradio, which takes ``page`` for one of its pages and fails."""

from starlette.types import ASGIApp, Receive, Scope, Send


class PlainAddress:
    """ASGI middleware: the page is asked for without fields; the browser reads them, and `search_tab` is told them.

    Args:
        app: what serves the page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["path"] == "/":
            scope = {**scope, "query_string": b""}
        await self._app(scope, receive, send)
