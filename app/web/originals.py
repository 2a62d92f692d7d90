"""Originals of documents for the browser, to be kept and never to be shown."""

from fastapi import Response
from fastapi.responses import FileResponse, PlainTextResponse

from app.errors import LibraryError
from app.library import Library


def send_original(library: Library, document_id: str) -> Response:
    """A document as it was added, under its own name (RFC 5987); only a whole id finds it."""
    try:
        [document] = [one for one in library.find(document_id) if one.id == document_id]
    except (LibraryError, ValueError):
        return PlainTextResponse("No such document is in the library.", status_code=404)
    path = library.original(document_id)
    if not path.is_file():
        return PlainTextResponse(
            f"The original of {document.name} is missing: polyglance verify --repair tells what can be done.",
            status_code=404,
        )
    return FileResponse(
        path,
        media_type="application/octet-stream",  # a browser that took it for a page would run what is in it
        filename=document.name.replace("/", "_"),
        headers={"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"},
    )
