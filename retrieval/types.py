"""What the store keeps and what a search gives back."""

import datetime
from dataclasses import dataclass

from encoders.base import Vector
from ingest.types import Box, Geometry, Modality


@dataclass(frozen=True, slots=True)
class Collection:
    """What a collection was made for. Cosine always: rows are unit vectors."""

    encoder: str  # Encoder.name; vectors of another encoder are refused
    sizes: tuple[int, ...]  # stored Matryoshka sizes, ascending: candidates by the first, scores by the last
    geometry: Geometry = Geometry.FIT  # of pages and pictures
    context: int = 0  # tokens a passage is read in (late chunking); 0: each passage by itself


@dataclass(frozen=True, slots=True)
class Point:
    """One chunk as the store keeps it, without its vectors."""

    id: str  # uuid in its usual form: lower case, hyphens
    document_id: str
    page_number: int  # physical, from 1
    page_label: str
    modality: Modality
    text: str  # empty for images
    path: tuple[str, ...] = ()  # headings above the text, highest first
    kind: str = ""  # of the file: a value of ingest.types.Format
    language: str = ""  # BCP 47; empty where unknown
    date: datetime.date | None = None  # of the document
    owner: str = ""
    collection: str = ""  # which of a library's shelves the document stands on; not the store's `Collection`
    span: tuple[int, int] = (0, 0)  # characters of the page's text; nothing for images
    boxes: tuple[Box, ...] = ()  # where the text stands on the page, one for each printed row, to a ten-thousandth
    is_hidden: bool = False  # most of the text cannot be seen on the page


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Weights of the terms a text has; all others weigh nothing."""

    indices: tuple[int, ...]  # term ids below 2**32, ascending, each once
    weights: tuple[float, ...]  # positive, one for each index


@dataclass(frozen=True, slots=True, eq=False)  # arrays have no single answer to ==
class StoredPoint:
    """A point with all that is needed to write it again elsewhere."""

    point: Point
    vector: Vector  # (D,) of the collection's full size; smaller sizes are cut from it
    lexical: SparseVector  # weights as float32; empty where the point has no terms


@dataclass(frozen=True, slots=True)
class Filter:
    """Which points may be found. Nothing set: all. A set names what is allowed, so an empty one allows nothing."""

    modality: Modality | None = None
    documents: frozenset[str] | None = None
    without: frozenset[str] = frozenset()  # documents that are never found
    kinds: frozenset[str] | None = None
    languages: frozenset[str] | None = None  # compared whole: "zh" does not allow "zh-Hant"
    owners: frozenset[str] | None = None
    collections: frozenset[str] | None = None
    since: datetime.date | None = None  # this day or later; points without a date never pass
    until: datetime.date | None = None  # this day or earlier; likewise


@dataclass(frozen=True, slots=True)
class ScoredPoint:
    """A point and how well it answers a query, in the measure of the search that found it."""

    point: Point
    score: float  # `search`: cosine at the full size, -1..1; `search_lexical`: BM25, above 0 and unbounded


__all__ = ["Collection", "Filter", "Point", "ScoredPoint", "SparseVector", "StoredPoint", "Vector"]
