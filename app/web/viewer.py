"""What the viewer asks of a document: its pages, and the passage that a link names."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from app.errors import LibraryError
from app.library import Library
from ingest.manifest import Document
from ingest.readers.registry import shows
from retrieval.types import Filter, Point

_KEPT = 64  # documents whose outlines are kept


@dataclass(frozen=True, slots=True)
class Outline:
    """The pages of a document, without what stands on them."""

    labels: dict[int, str]  # printed ones, by physical page, where they are another than it
    points: dict[int, str]  # id of what stands for a page in "more like this": its longest passage, else its picture


class Outlines:
    """Tells the viewer about documents. Safe to call from several threads.

    Args:
        library: whose documents they are.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._known: OrderedDict[str, Outline] = OrderedDict()
        self._lock = threading.Lock()

    def tell(self, document_id: str, hit: str) -> dict[str, Any]:
        """Everything the viewer shows of a document but its pictures, as JSON has it.

        Args:
            document_id: its id, in full.
            hit: id of a passage of it; empty or unknown for none.

        Raises:
            LibraryError: there is no such document.
        """
        document = self.document(document_id)
        with self._lock:
            outline = self._known.get(document_id)
        passage = None
        if outline is None or hit:
            points = [one.point for one in self._library.stored(Filter(documents=frozenset({document_id})))]
            passage = next((point for point in points if point.id == hit), None)
            outline = _outline(points)
            self._keep(document_id, outline)
        return {
            "name": document.name,
            "shows": shows(document.format).value,
            "pages": document.pages,
            "labels": outline.labels,
            "points": outline.points,
            "passage": _passage(passage) if passage else None,
        }

    def document(self, document_id: str) -> Document:
        """The document of exactly this id.

        Raises:
            LibraryError: there is none.
        """
        for document in self._library.find(document_id):
            if document.id == document_id:
                return document
        raise LibraryError(f"No document has the id {document_id!r}: open it from a new search.")

    def _keep(self, document_id: str, outline: Outline) -> None:
        with self._lock:
            self._known[document_id] = outline
            self._known.move_to_end(document_id)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)


def _outline(points: list[Point]) -> Outline:
    longest: dict[int, Point] = {}
    for point in points:
        known = longest.get(point.page_number)
        if known is None or len(point.text) > len(known.text):
            longest[point.page_number] = point
    return Outline(
        labels={
            page: point.page_label for page, point in sorted(longest.items()) if point.page_label not in ("", str(page))
        },
        points={page: point.id for page, point in sorted(longest.items())},
    )


def _passage(point: Point) -> dict[str, Any]:
    return {
        "page": point.page_number,
        "text": point.text,
        "headings": " › ".join(point.path),
        "boxes": [list(box) for box in point.boxes],
        "isHidden": point.is_hidden,
    }
