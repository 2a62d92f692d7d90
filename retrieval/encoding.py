"""From what is asked to one vector."""

import math
from collections.abc import Mapping

import numpy as np

from encoders.base import Encoder, Vector
from retrieval.errors import InvalidVectors
from retrieval.query import Query

_MOST_CHARACTERS = 20_000  # of a query; no encoder reads more
_SHORTEST = 1e-3  # mean of two unit vectors that still has a direction
_NONE: Mapping[str, Vector] = {}


def question(query: Query) -> str:
    """The words of a query that are read; empty where there are none."""
    return query.text.strip()[:_MOST_CHARACTERS]


def encode_query(query: Query, encoder: Encoder, encoded: Mapping[str, Vector] = _NONE) -> Vector:
    """One unit vector for a question, a picture, or both (their mean direction, weighted).

    Args:
        query: what is asked; nothing but its words and its picture is looked at.
        encoder: encodes both.
        encoded: vectors of questions that need not be encoded any more.

    Raises:
        ValueError: there are neither words nor a picture.
        InvalidVectors: the text's and the picture's vectors cancel each other, or are not finite.
    """
    vectors, weights = [], []
    text = question(query)
    if text:
        vectors.append(encoded[text] if text in encoded else encoder.encode_queries([text])[0])
        weights.append(1 - query.image_share if query.image is not None else 1.0)
    if query.image is not None:
        vectors.append(encoder.encode_images([query.image])[0])
        weights.append(query.image_share if text else 1.0)
    if not vectors:
        raise ValueError("a query needs a text or a picture")
    mean: Vector = np.asarray(np.average(vectors, axis=0, weights=weights), dtype=np.float32)
    length = float(np.linalg.norm(mean))
    if not math.isfinite(length):
        raise InvalidVectors(f"encoder {encoder.name} gives no finite vector for this query: ask another one")
    if length < _SHORTEST:
        raise InvalidVectors("the text and the picture say the opposite: search for one of them alone")
    return mean / np.float32(length)
