"""A point as the engines keep it: the only place where payload keys are spelled."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from ingest.types import Modality
from retrieval.types import Point

Payload: TypeAlias = dict[str, Any]  # JSON values only

DOCUMENT = "document"
PAGE = "page"
LABEL = "label"
MODALITY = "modality"
TEXT = "text"
PATH = "path"

FILTERED = (DOCUMENT, MODALITY)  # keys that filters ask for, so engines index them


def to_payload(point: Point) -> Payload:
    """Everything of a point but its id."""
    return {
        DOCUMENT: point.document_id,
        PAGE: point.page_number,
        LABEL: point.page_label,
        MODALITY: point.modality.value,
        TEXT: point.text,
        PATH: list(point.path),
    }


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
    )


__all__ = ["DOCUMENT", "FILTERED", "MODALITY", "Payload", "from_payload", "to_payload"]
