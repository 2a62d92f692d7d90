"""From a query to pages: meaning, words and looks searched apart, read against chance, added up, one hit a page."""

import asyncio
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice

from encoders.base import Encoder, Vector
from ingest.types import Modality
from retrieval.background import Background, Calibration
from retrieval.encoding import encode_query, question
from retrieval.lexical import contains, phrases, query_terms
from retrieval.query import Evidence, Group, Hit, Query, Results, Route, Stage
from retrieval.scores import AS_MEASURED, RELEVANT, score, strength
from retrieval.store import VectorStore
from retrieval.types import Point
from retrieval.typical import TYPICAL_QUERIES
from retrieval.vectors import check_limit

# Measured by benchmarks/fusion.py; docs/benchmarks/fusion.md has the figures.
WORDS_WEIGHT = 8.0  # deviations that a passage gains in proportion to the query's words that it holds
COMPLETE_WEIGHT, _NEARLY = 6.0, 0.8  # that it gains besides for all of them, rising from this share on
_MOST_WORDS = 1.2  # a passage that repeats the words counts for no more than that
_DEPTH, _DEEPER = 25, 4  # hits are cut from lists of 25, 100, 400, ...: pages of one list then fit together
_MOST_WANTED = 10**9  # engines count in 64 bits; no library has as many pages
_MARGIN = 0.25  # deviations by which a graph may have missed something nearer than the farthest it found
_PHRASE_DEPTH = 400  # passages by their words that are looked through for a phrase
_TOGETHER = 32  # questions encoded at once, in a third of the time


class Searcher:
    """Answers queries from one store. Share it between threads.

    Args:
        store: where to look.
        encoder: the one that made the store's vectors; loaded at the first query that needs it if given as a function.
    """

    def __init__(self, store: VectorStore, encoder: Encoder | Callable[[], Encoder]) -> None:
        self._store = store
        self._give_encoder = encoder if callable(encoder) else lambda: encoder
        self._background: Background | None = None
        self._lock = threading.Lock()

    def search(self, query: Query) -> Results:
        """The pages that answer a query best, best first, ties by id.

        Pages of one list (``offset`` 0, 10, 20, ...) fit together as long as the store does not change.

        Raises:
            ValueError: nothing is asked, ``limit`` is below 1, ``offset`` below 0 or ``image_share`` not in 0..1.
            InvalidVectors: a text and a picture that cancel each other, or vectors that are not the collection's.
            RetrievalError: the store fails, or there is no point of the id in ``like``.
        """
        return self._search(query, {})

    async def asearch(self, query: Query) -> Results:
        """`search`, for a program with an event loop: runs on a thread of its own."""
        return await asyncio.to_thread(self.search, query)

    def search_many(self, queries: Iterable[Query]) -> Iterator[Results]:
        """Answer one query after the other, as they are asked for; reads up to 32 ahead and encodes them together."""
        coming = iter(queries)
        while batch := list(islice(coming, _TOGETHER)):
            texts = list(dict.fromkeys(filter(None, map(question, batch))))
            rows = self._give_encoder().encode_queries(texts) if texts else ()
            encoded = dict(zip(texts, rows, strict=True))
            for query in batch:
                yield self._search(query, encoded)

    def warm_up(self) -> None:
        """Load the encoder and measure chance, which the first search would wait for."""
        self._chance()

    def _chance(self) -> Background:
        with self._lock:
            if self._background is None:
                typical = self._give_encoder().encode_queries(TYPICAL_QUERIES)
                self._background = Background(self._store, typical)
            return self._background

    def _search(self, query: Query, encoded: Mapping[str, Vector]) -> Results:
        """`search`, where some questions are encoded already."""
        check(query)
        watch = _Stopwatch()
        with watch.stage("prepare"):
            self._chance().refresh()
        with watch.stage("encode"):
            asked = self._encode(query, encoded)
        candidates = self._candidates(asked, query, watch)
        with watch.stage("fuse"):
            # A picture's deviations are not told from the store, and a copy is as much like it in any.
            compared = self._chance().compared(query.where) if asked.own is None else AS_MEASURED
            best = _best_of_each(candidates, query.group)
            page = best[query.offset : query.offset + query.limit]
            hits = tuple(_to_hit(candidate, compared) for candidate in page)
            is_relevant = bool(best) and score(best[0].surplus, compared=compared) >= RELEVANT
        return Results(hits, is_relevant, tuple(watch.stages))

    def _encode(self, query: Query, encoded: Mapping[str, Vector]) -> "_Asked":
        if query.like is not None:
            return self._encode_stored(query.like, query.group)
        text = question(query)
        vector = encode_query(query, self._give_encoder(), encoded)
        if not text:
            return self._ask_picture(vector)
        return _Asked(vector, text if query.uses_words else "", tuple(phrases(text)))

    def _encode_stored(self, point_id: str, group: Group) -> "_Asked":
        found = self._store.retrieve([point_id])
        if not found:
            raise ValueError(f"There is no passage or picture with the id {point_id!r} any more: search anew.")
        point, vector = found[0].point, found[0].vector
        asked = self._ask_picture(vector) if point.modality is Modality.IMAGE else _Asked(vector)
        return replace(asked, left_out=_key(point, group))

    def _ask_picture(self, vector: Vector) -> "_Asked":
        focused, own = self._chance().focus(vector)
        return _Asked(focused, own=own)

    def _calibrate(self, asked: "_Asked", modality: Modality) -> Calibration:
        if asked.own is None:
            return self._chance().calibrate(asked.vector, modality)
        return self._chance().calibrate_picture(asked.vector, asked.own, modality)

    def _candidates(self, asked: "_Asked", query: Query, watch: "_Stopwatch") -> "list[_Candidate]":
        found: list[_Candidate] = []
        for modality in [query.where.modality] if query.where.modality else list(Modality):
            if modality is Modality.IMAGE and asked.phrases:
                continue  # a picture holds no words
            within = replace(query, where=replace(query.where, modality=modality))
            with watch.stage(f"search {modality}"):
                calibration = self._calibrate(asked, modality)
                nearest = self._nearest(asked, within, calibration)
            if modality is Modality.TEXT and asked.words:
                with watch.stage("search words"):
                    nearest = self._add_words(nearest, asked, within, calibration)
            found += nearest
        return [candidate for candidate in found if asked.allows(candidate.point, query.group)]

    def _nearest(self, asked: "_Asked", query: Query, calibration: Calibration) -> "list[_Candidate]":
        """Nearest points that cover different pages or documents, as many as are wanted, or all there are."""
        assert query.where.modality is not None
        route = Route.MEANING if query.where.modality is Modality.TEXT else Route.LOOK
        # A page has several passages, and one picture.
        limit = _depth(_wanted(query)) * (2 if query.where.modality is Modality.TEXT else 1)
        while True:
            scored = self._store.search(asked.vector, limit=limit, where=query.where)
            if len(scored) < limit or len({_key(hit.point, query.group) for hit in scored}) > _wanted(query):
                break
            limit *= _DEEPER
        return [
            _Candidate(hit.point, (Evidence(route, hit.score, calibration.standardise(hit.score)),)) for hit in scored
        ]

    def _add_words(
        self, nearest: "list[_Candidate]", asked: "_Asked", query: Query, calibration: Calibration
    ) -> "list[_Candidate]":
        """What the words say for passages found by meaning, and passages that only the words find."""
        words = self._search_words(asked, query)
        found = [
            _Candidate(one.point, (*one.evidence, words[one.point.id][1])) if one.point.id in words else one
            for one in nearest
        ]
        known = {one.point.id for one in nearest}
        farthest = min((one.surplus for one in nearest), default=math.inf)
        least = _last_surplus(found, query, asked) - farthest - _MARGIN
        missing = [
            point.id
            for point, evidence in words.values()
            if point.id not in known and evidence.surplus >= least and asked.allows(point, query.group)
        ]
        for stored in self._store.retrieve(missing):
            cosine = float(stored.vector @ asked.vector)
            meaning = Evidence(Route.MEANING, cosine, calibration.standardise(cosine))
            found.append(_Candidate(stored.point, (meaning, words[stored.point.id][1])))
        return found

    def _search_words(self, asked: "_Asked", query: Query) -> dict[str, tuple[Point, Evidence]]:
        """Passages that hold words of the query, by id."""
        terms = query_terms(asked.words)
        if not terms.indices:
            return {}
        depth = max(_PHRASE_DEPTH if asked.phrases else 0, _depth(_wanted(query)))
        attainable = self._chance().attainable(terms)
        # Pictures hold no words, so that they need no filter, which takes the engine longer than the search itself.
        anywhere = replace(query.where, modality=None)
        return {
            hit.point.id: (hit.point, Evidence(Route.WORDS, hit.score, _words_surplus(hit.score / attainable)))
            for hit in self._store.search_lexical(terms, limit=depth, where=anywhere)
            if hit.point.modality is Modality.TEXT
        }


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query, encoded."""

    vector: Vector
    words: str = ""  # looked for as they stand; empty: not at all
    phrases: tuple[str, ...] = ()  # every passage found has to hold them all
    own: float | None = None  # cosine of a focused picture to itself; None: the query is no picture alone
    left_out: tuple[object, ...] | None = None  # page or document that is not to be found

    def allows(self, point: Point, group: Group) -> bool:
        if self.left_out is not None and _key(point, group) == self.left_out:
            return False
        text = "\n".join((*point.path, point.text)) if self.phrases else ""
        return all(contains(text, phrase) for phrase in self.phrases)


@dataclass(frozen=True, slots=True)
class _Candidate:
    point: Point
    evidence: tuple[Evidence, ...]

    @property
    def surplus(self) -> float:
        return sum(evidence.surplus for evidence in self.evidence)


class _Stopwatch:
    """Times the stages of one search."""

    def __init__(self) -> None:
        self.stages: list[Stage] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.stages.append(Stage(name, time.perf_counter() - started))


def check(query: Query) -> None:
    """Refuse a query that asks for nothing, or whose numbers make no sense.

    Raises:
        ValueError: says which.
    """
    check_limit(query.limit)
    if query.offset < 0:
        raise ValueError(f"offset must be at least 0, got {query.offset}")
    if not 0 <= query.image_share <= 1:
        raise ValueError(f"image_share must be between 0 and 1, got {query.image_share}")
    if not query.text.strip() and query.image is None and query.like is None:
        raise ValueError("Nothing to search for: give words, a picture, or both.")


def _words_surplus(coverage: float) -> float:
    """What it is worth to hold this share of a query's words, rare ones counting more."""
    complete = min(max(0.0, coverage - _NEARLY) / (1 - _NEARLY), 1.0)
    return WORDS_WEIGHT * min(coverage, _MOST_WORDS) + COMPLETE_WEIGHT * complete


def _last_surplus(candidates: Sequence[_Candidate], query: Query, asked: _Asked) -> float:
    """The surplus that a page or document needs to be among the wanted ones."""
    allowed = [one for one in candidates if asked.allows(one.point, query.group)]
    best = _best_of_each(allowed, query.group)
    return best[_wanted(query) - 1].surplus if len(best) >= _wanted(query) else -math.inf


def _wanted(query: Query) -> int:
    """Places of the list that have to be right."""
    return min(query.offset + query.limit, _MOST_WANTED)


def _depth(wanted: int) -> int:
    depth = _DEPTH
    while depth < wanted:
        depth *= _DEEPER
    return depth


def _best_of_each(candidates: Sequence[_Candidate], group: Group) -> list[_Candidate]:
    """The best of each page or document, best first, ties by id."""
    best: dict[tuple[object, ...], _Candidate] = {}
    for candidate in sorted(candidates, key=lambda one: (-one.surplus, one.point.id)):
        best.setdefault(_key(candidate.point, group), candidate)
    return list(best.values())


def _to_hit(candidate: _Candidate, compared: int) -> Hit:
    worth = score(candidate.surplus, compared=compared)
    return Hit(candidate.point, candidate.surplus, worth, strength(worth), candidate.evidence)


def _key(point: Point, group: Group) -> tuple[object, ...]:
    return (point.document_id,) if group is Group.DOCUMENT else (point.document_id, point.page_number)
