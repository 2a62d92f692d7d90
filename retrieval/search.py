"""From a query to pages: text and pictures searched apart, calibrated, merged, one hit per page."""

import weakref

import numpy as np
from PIL import Image

from encoders.base import Encoder, Vector
from ingest.types import Modality
from retrieval.calibration import Background
from retrieval.errors import InvalidVectors
from retrieval.store import VectorStore
from retrieval.types import Filter, Hit, Point, ScoredPoint
from retrieval.vectors import check_limit, check_vector

_SHORTEST = 1e-3  # mean of two unit vectors that still has a direction

_backgrounds: "weakref.WeakKeyDictionary[VectorStore, Background]" = weakref.WeakKeyDictionary()


def encode_query(encoder: Encoder, *, text: str | None = None, image: Image.Image | None = None) -> Vector:
    """One unit vector for a question, a picture, or both (their mean direction).

    Raises:
        ValueError: neither is given.
        InvalidVectors: the text's and the picture's vectors cancel each other.
    """
    vectors = []
    if text is not None and text.strip():
        vectors.append(encoder.encode_queries([text])[0])
    if image is not None:
        vectors.append(encoder.encode_images([image])[0])
    if not vectors:
        raise ValueError("a query needs a text or a picture")
    mean: Vector = np.mean(vectors, axis=0, dtype=np.float32)
    length = float(np.linalg.norm(mean))
    if length < _SHORTEST:
        raise InvalidVectors("the text and the picture say the opposite: search for one of them alone")
    return mean / np.float32(length)


def search(
    vector: Vector, *, store: VectorStore, limit: int, where: Filter | None = None, is_picture: bool = False
) -> list[Hit]:
    """The ``limit`` pages that answer a query best, best first.

    A page stands once, by its best chunk. Scores are comparable across modalities; ties go by point id.

    Args:
        vector: of `encode_query`.
        store: where to look.
        limit: how many pages at most.
        where: which points may be found; all if not given.
        is_picture: the query is a picture alone.

    Raises:
        ValueError: ``limit`` is below 1.
        InvalidVectors: the vector is not a finite unit vector of the collection's size.
    """
    check_limit(limit)
    check_vector(vector, store.collection)
    where = where or Filter()
    background = _backgrounds.setdefault(store, Background(store))
    vector, own = background.focus(vector) if is_picture else (vector, 1.0)
    modalities = [where.modality] if where.modality else list(Modality)
    hits: list[Hit] = []
    for modality in modalities:
        calibration = background.calibrate(vector, modality)
        scale = own if modality is Modality.IMAGE else 1.0  # so that a copy of the picture scores as one
        narrowed = Filter(modality=modality, documents=where.documents, without=where.without)
        hits += [
            Hit(scored.point, scored.cosine, calibration.score(scored.cosine / scale))
            for scored in _best_chunks(vector, store=store, pages=limit, where=narrowed)
        ]
    return _best_of_each_page(hits)[:limit]


def _best_chunks(vector: Vector, *, store: VectorStore, pages: int, where: Filter) -> list[ScoredPoint]:
    """Nearest chunks that cover ``pages`` different pages, or all there are."""
    asked = 2 * pages
    while True:
        scored = store.search(vector, limit=asked, where=where)
        if len(scored) < asked or len({_page(hit.point) for hit in scored}) >= pages:
            return scored
        asked *= 4


def _best_of_each_page(hits: list[Hit]) -> list[Hit]:
    """Best hit of each page, best page first, ties by id."""
    best: dict[tuple[str, int], Hit] = {}
    for hit in sorted(hits, key=lambda hit: (-hit.score, hit.point.id)):
        best.setdefault(_page(hit.point), hit)
    return list(best.values())


def _page(point: Point) -> tuple[str, int]:
    return point.document_id, point.page_number
