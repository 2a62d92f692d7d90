"""The web server's application: the page, the pictures of pages, and the guard around both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import gradio as gr
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.concurrency import run_in_threadpool

from app.errors import USER_ERRORS
from app.library import Library
from app.web.addresses import PlainAddress
from app.web.guard import Guard
from app.web.handlers import Handlers
from app.web.originals import send_original
from app.web.page import build_page
from app.web.previews import Previews
from app.web.theme import head, theme
from app.web.viewer import Outlines
from ingest.limits import DEFAULT_LIMITS

_KEEP_S = 600  # that a browser may keep a picture of a page; a removed document is soon gone from there too


def build_site(library: Library) -> FastAPI:
    """Everything that is served for one library; it starts to warm up when the server does.

    Args:
        library: open, and kept open by the caller until the server has stopped.
    """
    handlers = Handlers(library)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        handlers.warmth.start()
        handlers.shelving.start()
        yield
        await run_in_threadpool(handlers.shelving.close)

    site = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    site.add_middleware(PlainAddress)
    site.add_middleware(Guard)  # the outermost
    site.add_api_route("/pages/{document_id}/{page}", partial(_draw_page, handlers.previews), response_class=Response)
    site.add_api_route("/documents/{document_id}", partial(_tell_document, handlers.outlines), response_class=Response)
    site.add_api_route("/originals/{document_id}", partial(send_original, library), response_class=Response)
    page = build_page(handlers)
    gr.mount_gradio_app(
        site,
        page,
        path="/",
        server_name="127.0.0.1",
        allowed_paths=[],
        max_file_size=DEFAULT_LIMITS.max_bytes,
        footer_links=[],
        run_history=False,
        app_kwargs={"openapi_url": None},
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        theme=theme(),
        head=head(),
    )
    # Gradio 6.31 takes a mounted page for one still being built, and then lets a request name any file of this machine
    # as an upload. Launched pages take only what was uploaded (gradio.processing_utils._check_allowed).
    page.has_launched = True
    return site


def _draw_page(previews: Previews, document_id: str, page: int, large: bool = False) -> Response:
    try:
        jpeg = previews.draw(document_id, page, large=large)
    except USER_ERRORS as error:
        return PlainTextResponse(str(error), status_code=404)
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": f"private, max-age={_KEEP_S}"})


def _tell_document(outlines: Outlines, document_id: str, hit: str = "") -> Response:
    try:
        told = outlines.tell(document_id, hit)
    except USER_ERRORS as error:
        return PlainTextResponse(str(error), status_code=404)
    return JSONResponse(told, headers={"Cache-Control": "no-store"})
