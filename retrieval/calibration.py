"""Make cosines of text and of pictures comparable, by how each modality answers this query by chance.

Text-to-text and text-to-image cosines live on different scales, so one list of raw cosines is wrong by
construction. What can be compared is how far a cosine stands out from what the same query scores against
points of the same modality that have nothing to do with it.
"""

import math
import threading
from dataclasses import dataclass

from encoders.base import Embeddings, Vector
from ingest.types import Modality
from retrieval.store import VectorStore
from retrieval.types import Filter

SAMPLE_SIZE = 1_000  # points per modality; the mean is then known to 3 % of a standard deviation
_STALE = 0.1  # change in the number of points after which the sample is drawn anew
_PRIOR_WEIGHT = 20  # points of chance a small collection borrows from the prior


@dataclass(frozen=True, slots=True)
class Chance:
    """The distribution of cosines that chance gives."""

    mean: float
    deviation: float


PRIORS = {Modality.TEXT: Chance(0.15, 0.10), Modality.IMAGE: Chance(0.15, 0.08)}


@dataclass(frozen=True, slots=True)
class Calibration:
    """Turns cosines of one query and one modality into scores.

    Attributes:
        chance: what the query scores against points that have nothing to do with it.
        pool: how many points compete; the best of many by chance is better than the best of few.
    """

    chance: Chance
    pool: int

    def score(self, cosine: float) -> float:
        """How likely it is, 0..1, that chance alone would not have found a better point in the whole pool."""
        z = (cosine - self.chance.mean) / self.chance.deviation
        bar = math.sqrt(2 * math.log(max(self.pool, 2)))  # expected best of the pool, in deviations
        return 1 / (1 + math.exp(-(z - bar)))


class Background:
    """Samples of a store's points by modality, drawn anew when the store has changed."""

    def __init__(self, store: VectorStore) -> None:
        self._store = store
        self._samples: dict[Modality, tuple[int, Embeddings]] = {}
        self._lock = threading.Lock()

    def calibrate(self, vector: Vector, modality: Modality) -> Calibration:
        """How cosines of this query to points of this modality are to be read."""
        where = Filter(modality=modality)
        pool = self._store.count(where)
        with self._lock:
            drawn_from, sample = self._samples.get(modality, (-1, None))
            if sample is None or abs(pool - drawn_from) > _STALE * drawn_from:
                sample = self._store.sample(limit=SAMPLE_SIZE, where=where)
                self._samples[modality] = (pool, sample)
        return Calibration(_chance(sample @ vector, PRIORS[modality]), pool)


def _chance(cosines: Vector, prior: Chance) -> Chance:
    """Mean and deviation of the cosines, drawn towards the prior where they are few."""
    count = len(cosines)
    weight = count / (count + _PRIOR_WEIGHT)
    mean = weight * (float(cosines.mean()) if count else 0.0) + (1 - weight) * prior.mean
    variance = weight * (float(cosines.var()) if count else 0.0) + (1 - weight) * prior.deviation**2
    return Chance(mean, math.sqrt(variance))
