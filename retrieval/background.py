"""Make cosines of texts and of pictures comparable, by what queries score against each by chance.

Text-to-text and text-to-image cosines lie at different heights and spread differently (the modality gap), so a list
of raw cosines lets one modality drown the other. What a cosine is worth is told by a background: what typical
queries, which have nothing to do with the library, score against an average point of the same modality, and how far
single points scatter around that. Most of what this very query scores on average is taken off too; the rest stays,
because it tells how much the query asks for the modality ("a photo of a cat" among photographs). Standardising by
each query's own mean and deviation alone was measured and is much worse: where a query has nothing to do with a whole
modality, its deviation is tiny and noise stands out. Figures: docs/benchmarks/fusion.md.
"""

import math
import threading
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from encoders.base import Embeddings, Vector
from ingest.types import Modality
from retrieval.store import VectorStore
from retrieval.types import Filter, SparseVector

SAMPLE_SIZE = 1_000  # points per modality; their mean is known to 3 % of a standard deviation
_TYPICAL_PICTURES = 64  # pictures of the store that stand for picture queries
_STALE = 0.1  # change in the number of points after which the sample is taken anew

_FOLLOWED = 0.8  # share of what a query scores on average that is taken off
_FEW = 20  # points at which half of that is: with fewer the average is the hit itself
_PRIOR_DEVIATION, _PRIOR_WEIGHT = 0.05, 10  # of cosines around their average; for stores of a few points

# Of a picture's cosines to pictures, as shares of its cosine to itself. Not told from the store, whose pictures may be
# all alike or all different: a copy scores 1 everywhere, and has to be found strong everywhere.
_PICTURE_EXPECTED, _PICTURE_DEVIATION = -0.05, 0.067
_PICTURE_FOLLOWED = 0.5  # share of what is still alike after the focus; all of it is not known from few pictures

_ALIKE = 1e-3  # length under which a picture is the mean of all


@dataclass(frozen=True, slots=True)
class Calibration:
    """How cosines of one query to points of one modality are to be read."""

    expected: float  # cosine to an average point, by chance
    deviation: float  # of single points around it

    def standardise(self, cosine: float) -> float:
        """By how many deviations a cosine is more than chance: comparable across modalities."""
        return (cosine - self.expected) / self.deviation


@dataclass(frozen=True, slots=True)
class _Sample:
    """Points of one modality."""

    rows: Embeddings  # (N, D), full-size vectors
    mean: Vector  # (D,), not of unit length
    pool: int  # points in the store when it was drawn

    @property
    def trust(self) -> float:
        """How far the mean speaks for the modality, and not for single points."""
        return len(self.rows) / (len(self.rows) + _FEW)

    def focus(self, pictures: Embeddings) -> Embeddings:
        """Take the mean off rows, (N, D), and bring them back to unit length."""
        own = pictures - np.float32(self.trust) * self.mean
        lengths = np.linalg.norm(own, axis=1, keepdims=True)
        return np.where(lengths < _ALIKE, pictures, own / np.maximum(lengths, _ALIKE)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Terms:
    """How many passages of a sample hold each term."""

    counts: dict[int, int]
    sample: int
    pool: float  # passages with words in the store when it was drawn, about

    @classmethod
    def read(cls, store: VectorStore) -> "_Terms":
        where = Filter(modality=Modality.TEXT)
        stored = store.scroll(where=where, limit=SAMPLE_SIZE)  # by id; ids are hashes, so this is a random sample
        worded = [one.lexical.indices for one in stored if one.lexical.indices]  # engines count no others
        pool = store.count(where) * len(worded) / max(len(stored), 1)
        return cls(dict(Counter(index for indices in worded for index in indices)), len(worded), pool)

    def rarity(self, index: int) -> float:
        """IDF as the engines have it."""
        each = max(1.0, self.pool / max(self.sample, 1))  # passages for which one of the sample stands
        # A term that the sample lacks is held by none of the others, or by up to ``each``: about the middle.
        holding = self.counts[index] * each if index in self.counts else math.sqrt(each) - 1
        return math.log((self.pool - holding + 0.5) / (holding + 0.5) + 1)


class Background:
    """What queries score by chance in a store.

    Args:
        store: its points are sampled.
        typical: (N, D), vectors of questions of every kind, none about this store.
    """

    def __init__(self, store: VectorStore, typical: Embeddings) -> None:
        self._store = store
        self._typical = typical
        self._samples: dict[Modality, _Sample] = {}
        self._chances: dict[tuple[Modality, bool], Calibration] = {}
        self._terms: _Terms | None = None
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Forget what was learned from a store that has changed by much since; to be called before a search."""
        with self._lock:
            for modality, sample in list(self._samples.items()):
                pool = self._store.count(Filter(modality=modality))
                if abs(pool - sample.pool) > _STALE * sample.pool:
                    self._samples.clear()
                    self._chances.clear()
                    self._terms = None
                    return

    def compared(self, where: Filter) -> int:
        """How many points a search has to choose from, about."""
        if replace(where, modality=None) != Filter():
            return self._store.count(where)
        with self._lock:
            return sum(self._sample(modality).pool for modality in ([where.modality] if where.modality else Modality))

    def calibrate(self, query: Vector, modality: Modality) -> Calibration:
        """How cosines of this question to points of this modality are to be read.

        Args:
            query: (D,), of a text, or of a text and a picture.
            modality: of the points.
        """
        with self._lock:
            sample = self._sample(modality)
            chance = self._chance(modality, self._typical, is_picture=False)
        own = float(sample.mean @ query) - chance.expected
        return Calibration(chance.expected + _FOLLOWED * sample.trust * own, chance.deviation)

    def focus(self, picture: Vector) -> tuple[Vector, float]:
        """Take off a picture what all pictures of the store share, which is most of its vector.

        Without it every picture is much like every other, and so is the mean of all.

        Returns:
            (D,), the query to search with, and its cosine to the picture: what a copy of the picture scores.
        """
        with self._lock:
            focused: Vector = self._sample(Modality.IMAGE).focus(picture[None])[0]
        return focused, float(focused @ picture)

    def calibrate_picture(self, focused: Vector, own: float, modality: Modality) -> Calibration:
        """How cosines of a picture to points of this modality are to be read.

        Args:
            focused: (D,), as `focus` gives it.
            own: its cosine to the picture, likewise.
            modality: of the points.
        """
        with self._lock:
            pictures = self._sample(Modality.IMAGE)
            if modality is Modality.IMAGE:
                shared = _PICTURE_FOLLOWED * pictures.trust * float(pictures.mean @ focused)
                return Calibration(_PICTURE_EXPECTED * own + shared, _PICTURE_DEVIATION * own)
            return self._chance(modality, pictures.focus(pictures.rows[:_TYPICAL_PICTURES]), is_picture=True)

    def attainable(self, terms: SparseVector) -> float:
        """BM25 score of a passage that holds each of these terms once, about: rarity is told from a sample."""
        with self._lock:
            if self._terms is None:
                self._terms = _Terms.read(self._store)
            rarity = self._terms.rarity
        return sum(weight * rarity(index) for index, weight in zip(terms.indices, terms.weights, strict=True))

    def _chance(self, modality: Modality, queries: Embeddings, *, is_picture: bool) -> Calibration:
        """What queries score against points: their average, and the deviation of points around each query's own."""
        chance = self._chances.get((modality, is_picture))
        if chance is None:
            sample = self._sample(modality)
            cosines = (queries @ sample.rows.T).astype(np.float64)  # (queries, N)
            mean, variance = (float(cosines.mean()), float(cosines.var(axis=1).mean())) if cosines.size else (0.0, 0.0)
            count = len(sample.rows)
            pooled = (count * variance + _PRIOR_WEIGHT * _PRIOR_DEVIATION**2) / (count + _PRIOR_WEIGHT)
            chance = self._chances[modality, is_picture] = Calibration(mean, math.sqrt(pooled))
        return chance

    def _sample(self, modality: Modality) -> _Sample:
        sample = self._samples.get(modality)
        if sample is None:
            where = Filter(modality=modality)
            pool = self._store.count(where)
            rows = self._store.sample(limit=SAMPLE_SIZE, where=where)
            mean = rows.sum(axis=0, dtype=np.float32) / np.float32(max(len(rows), 1))
            sample = self._samples[modality] = _Sample(rows, mean, pool)
        return sample
