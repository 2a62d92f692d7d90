"""What the store keeps and what a search gives back."""

from dataclasses import dataclass

from encoders.base import Vector
from ingest.types import Modality


@dataclass(frozen=True, slots=True)
class Collection:
    """What a collection was made for. Cosine always: rows are unit vectors."""

    encoder: str  # Encoder.name; vectors of another encoder are refused
    sizes: tuple[int, ...]  # stored Matryoshka sizes, ascending: candidates by the first, scores by the last


@dataclass(frozen=True, slots=True)
class Point:
    """One chunk as the store keeps it, without its vector."""

    id: str  # uuid
    document_id: str
    page_number: int  # physical, from 1
    page_label: str
    modality: Modality
    text: str  # empty for images
    path: tuple[str, ...] = ()  # headings above the text, highest first


@dataclass(frozen=True, slots=True)
class Filter:
    """Which points may be found. Nothing set: all."""

    modality: Modality | None = None
    documents: frozenset[str] | None = None  # only these
    without: frozenset[str] = frozenset()  # never these


@dataclass(frozen=True, slots=True)
class ScoredPoint:
    """A point and its cosine to a query at the collection's full size."""

    point: Point
    cosine: float


@dataclass(frozen=True, slots=True)
class Hit:
    """One page that answers a query, by its best chunk."""

    point: Point
    cosine: float  # of the query as it was searched with; comparable only within one modality
    score: float  # 0..1, calibrated, comparable across modalities; hits are sorted by it


__all__ = ["Collection", "Filter", "Hit", "Point", "ScoredPoint", "Vector"]
