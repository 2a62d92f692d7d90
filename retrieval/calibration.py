"""Make cosines of texts and of pictures comparable, by what the query scores against each on average.

Text-to-text and text-to-image cosines lie at different heights, so a list of raw cosines lets one modality
drown the other. From each cosine, half of what the query scores against the modality's average point is
taken off. Half, because the average tells two things: how high this modality lies for every query, which
must go, and how much this query asks for this modality ("a photo of a cat" among photographs), which must
stay. Standardising by each query's own deviation was measured and is much worse: where a query has nothing
to do with a whole modality, its deviation is tiny and noise stands out (docs/decisions.md has the figures).
"""

import math
import threading
from dataclasses import dataclass

import numpy as np

from encoders.base import Vector
from ingest.types import Modality
from retrieval.store import VectorStore
from retrieval.types import Filter

SAMPLE_SIZE = 1_000  # points per modality; their mean is known to 3 % of a standard deviation
_STALE = 0.1  # change in the number of points after which the mean is taken anew
_PRIOR_MEAN = 0.1  # cosine of a query to an average point, texts and pictures alike (starter encoder)
_PRIOR_WEIGHT = 20  # points that a small collection borrows from the prior: its mean is the hit itself

_ALIKE = 1e-3  # length under which a picture is the mean of all

_CENTRING = 0.5
_EVEN = 0.35  # centred cosine of an even chance that the page is about the query (starter encoder)
_WIDTH = 0.1  # of the logistic curve around it


@dataclass(frozen=True, slots=True)
class Calibration:
    """Turns cosines of one query to points of one modality into scores."""

    mean: float  # cosine of the query to an average point

    def score(self, cosine: float) -> float:
        """Between 0 and 1, rising with the cosine, comparable across modalities."""
        surplus = cosine - _CENTRING * self.mean - _EVEN
        return 1 / (1 + math.exp(-surplus / _WIDTH))


@dataclass(frozen=True, slots=True)
class _Mean:
    vector: Vector  # (D,), not of unit length
    count: int  # points in the sample
    pool: int  # points in the store when it was drawn


class Background:
    """The average point of each modality of a store, taken anew when the store has changed."""

    def __init__(self, store: VectorStore) -> None:
        self._store = store
        self._means: dict[Modality, _Mean] = {}
        self._lock = threading.Lock()

    def calibrate(self, vector: Vector, modality: Modality) -> Calibration:
        """How cosines of this query to points of this modality are to be read.

        Args:
            vector: (D,), the query.
            modality: of the points.
        """
        mean = self._mean(modality)
        weight = mean.count / (mean.count + _PRIOR_WEIGHT)
        return Calibration(weight * float(mean.vector @ vector) + (1 - weight) * _PRIOR_MEAN)

    def focus(self, picture: Vector) -> tuple[Vector, float]:
        """Take off a picture what all pictures of the store share, which is most of its vector.

        Without it every picture is much like every other, and so is the mean of all.

        Returns:
            (D,), the query to search with, and its cosine to the picture, which a copy of the picture would score.
        """
        mean = self._mean(Modality.IMAGE)
        own = picture - mean.count / (mean.count + _PRIOR_WEIGHT) * mean.vector
        length = float(np.linalg.norm(own))
        if length < _ALIKE:  # the store holds nothing else
            return picture, 1.0
        focused = np.asarray(own / length, dtype=np.float32)
        return focused, float(focused @ picture)

    def _mean(self, modality: Modality) -> _Mean:
        where = Filter(modality=modality)
        pool = self._store.count(where)
        with self._lock:
            mean = self._means.get(modality)
            if mean is None or abs(pool - mean.pool) > _STALE * mean.pool:
                sample = self._store.sample(limit=SAMPLE_SIZE, where=where)  # (N, D)
                vector = sample.sum(axis=0, dtype=np.float32) / np.float32(max(len(sample), 1))
                mean = self._means[modality] = _Mean(vector, len(sample), pool)
        return mean
