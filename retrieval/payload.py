"""A point as the engines keep it: the only place where the keys of payloads and vectors are spelled."""

import datetime
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeAlias

from ingest.types import Box, Modality
from retrieval.types import Point

Payload: TypeAlias = dict[str, Any]  # JSON values only

DOCUMENT = "document"
PAGE = "page"
LABEL = "label"
MODALITY = "modality"
TEXT = "text"
PATH = "path"
KIND = "kind"
LANGUAGE = "language"
DATE = "date"
OWNER = "owner"
COLLECTION = "collection"
SPAN = "span"
BOXES = "boxes"  # four whole numbers each, ten-thousandths of the page
HIDDEN = "hidden"

LEXICAL = "lexical"  # the sparse vector

_BOX_UNITS = 10_000


class Index(StrEnum):
    """How an engine indexes a key."""

    KEYWORD = "keyword"
    INTEGER = "integer"
    DATE = "datetime"


INDEXED = {
    DOCUMENT: Index.KEYWORD,
    MODALITY: Index.KEYWORD,
    KIND: Index.KEYWORD,
    LANGUAGE: Index.KEYWORD,
    OWNER: Index.KEYWORD,
    COLLECTION: Index.KEYWORD,
    PAGE: Index.INTEGER,
    DATE: Index.DATE,
}  # keys that filters ask for


def to_payload(point: Point) -> Payload:
    """Everything of a point but its id and its vectors."""
    payload: Payload = {
        DOCUMENT: point.document_id,
        PAGE: point.page_number,
        LABEL: point.page_label,
        MODALITY: point.modality.value,
        TEXT: point.text,
        PATH: list(point.path),
        KIND: point.kind,
        LANGUAGE: point.language,
        OWNER: point.owner,
        COLLECTION: point.collection,
    }
    if point.date:
        payload[DATE] = point.date.isoformat()
    if point.text:
        payload[SPAN] = list(point.span)
    if point.boxes:
        payload[BOXES] = [round(edge * _BOX_UNITS) for box in point.boxes for edge in box]
    if point.is_hidden:
        payload[HIDDEN] = True
    return payload


def from_payload(point_id: str, payload: Mapping[str, Any]) -> Point:
    """The point that `to_payload` was given."""
    return Point(
        id=point_id,
        document_id=payload[DOCUMENT],
        page_number=payload[PAGE],
        page_label=payload[LABEL],
        modality=Modality(payload[MODALITY]),
        text=payload[TEXT],
        path=tuple(payload[PATH]),
        kind=payload[KIND],
        language=payload[LANGUAGE],
        date=datetime.date.fromisoformat(payload[DATE]) if DATE in payload else None,
        owner=payload[OWNER],
        collection=payload[COLLECTION],
        span=tuple(payload.get(SPAN, (0, 0))),
        boxes=_to_boxes(payload.get(BOXES, ())),
        is_hidden=payload.get(HIDDEN, False),
    )


def _to_boxes(edges: Sequence[int]) -> tuple[Box, ...]:
    shares = [edge / _BOX_UNITS for edge in edges]
    return tuple(zip(shares[::4], shares[1::4], shares[2::4], shares[3::4], strict=True))


def vector_name(size: int) -> str:
    """Key of the vector with this many coordinates."""
    return f"d{size}"
