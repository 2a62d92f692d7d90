"""BM25 weights as sparse vectors; the store multiplies by how rare each term is (IDF)."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import islice

from retrieval.lexical.terms import Terms, read_terms
from retrieval.types import SparseVector

QUERY_TERMS = 256
_REMEMBERED = 4_096  # terms; more are slower, as they leave the processor's cache
_HEADINGS = 256  # and file names


@dataclass(frozen=True, slots=True)
class Bm25:
    """How terms are weighed. The defaults are what `index_terms` uses; measured by benchmarks/lexical.py."""

    k1: float = 0.2  # how soon repeating a term stops to count
    b: float = 0.3  # how much more a long passage has to repeat a term: 0 not at all, 1 in proportion
    average_length: float = 32  # words of a passage: a constant, so that no vector depends on other passages
    heading: float = 0.5  # what a term in a heading counts, where one in the passage counts 1
    name: float = 0.1  # what a term in the file's name counts

    def weigh(self, text: str, *, headings: Sequence[str] = (), name: str = "") -> SparseVector:
        """See `index_terms`."""
        own = read_terms(text)
        counts: dict[str, float] = dict(Counter(_terms(own)))
        for above, count in (*((heading, self.heading) for heading in headings), (name, self.name)):
            for term in _terms_again(above):
                counts[term] = counts.get(term, 0.0) + count
        half = self.k1 * (1 - self.b + self.b * own.length / self.average_length)
        return _to_vector(counts, [count * (self.k1 + 1) / (count + half) for count in counts.values()])


def index_terms(text: str, *, headings: Sequence[str] = (), name: str = "") -> SparseVector:
    """The document side of BM25: how often each term stands there, saturated, and set against the text's length.

    Args:
        text: a passage, of any length and content.
        headings: those above the passage; they count a little.
        name: of the file; it counts less.
    """
    return Bm25().weigh(text, headings=headings, name=name)


def query_terms(text: str) -> SparseVector:
    """The query side of BM25: each term once, the 256 most telling ones of a longer text.

    Identifiers come first, then words, long ones before short ones: the longer a word, the rarer (Zipf's law of
    abbreviation). Length is in bytes of UTF-8, which sets two Han characters beside six Latin letters. Neighbours fill
    what room is left.
    """
    terms = read_terms(text)
    words = sorted(terms.words, key=lambda word: -len(word.encode()))
    distinct = dict.fromkeys((*terms.identifiers, *words, *terms.pairs))
    asked = list(islice(distinct, QUERY_TERMS))
    return _to_vector(asked, [1.0] * len(asked))


@lru_cache(_REMEMBERED)
def term_id(term: str) -> int:
    """A number below 2**32 that is the same everywhere and for ever.

    Two of a million different terms share one with a chance of 1 in 4,300 for a given term: then a passage without the
    term scores as if it had it. That may move a passage in a ranking, and never hides one; phrases are checked in the
    text itself.
    """
    return int.from_bytes(blake2b(term.encode(), digest_size=4).digest(), "little")


def _terms(terms: Terms) -> tuple[str, ...]:
    return (*terms.words, *terms.pairs, *terms.identifiers, *terms.characters)


@lru_cache(_HEADINGS)
def _terms_again(heading: str) -> tuple[str, ...]:
    """Terms of a heading or a name, which many passages share."""
    return _terms(read_terms(heading))


def _to_vector(terms: Collection[str], weights: Sequence[float]) -> SparseVector:
    ids = list(map(term_id, terms))
    by_id = dict(zip(ids, weights, strict=True))
    if len(by_id) < len(ids):  # terms that share a number: the heavier one counts
        for index, weight in zip(ids, weights, strict=True):
            by_id[index] = max(weight, by_id[index])
    indices = sorted(by_id)
    return SparseVector(tuple(indices), tuple([by_id[index] for index in indices]))
