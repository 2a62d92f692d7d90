"""The words' side of a search alone: exact BM25 over the sparse vectors, with the IDF that Qdrant applies.

    python benchmarks/lexical.py [--library DIR] [--corpus DIR --crosslingual EVAL_JSON]

1. Substrings: strings of 8 to 24 characters, drawn from passages between words, or between any two characters where
   words run together. Prints per PDF of --library and --corpus the share (%) for which the first passage of the whole
   library has the string; where several have it, any is right.
2. Titles: a section's title in English, found in the English PDF of CORPUS_DIR by its pages (see
   benchmarks/crosslingual.py). R@1 and R@5 in %, and the mean reciprocal rank over ten pages.

Columns: the product; without pairs of neighbouring words; with k1 and b of the textbook; other weights of headings.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # else benchmarks/encoders.py would hide the package

import argparse
import json
import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt
from icu4py.breakers import CharacterBreaker

from encoders.starter import StarterEncoder
from ingest import chunk
from ingest.readers.registry import open_reader
from ingest.types import Format, TextChunk
from retrieval.lexical import contains, query_terms
from retrieval.lexical.terms import RUNNING, read_terms
from retrieval.lexical.weights import Bm25, term_id
from retrieval.types import SparseVector

SHORTEST, LONGEST = 8, 24
DEPTH = 10  # pages looked at

_RUNNING = re.compile(f"[{RUNNING}]")
_HANGUL = re.compile("[\uac00-\ud7a3]")


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to weigh and to ask."""

    name: str
    bm25: Bm25
    pairs: bool = True

    def ask(self, text: str) -> SparseVector:
        """The query's vector."""
        vector = query_terms(text)
        if self.pairs:
            return vector
        dropped = set(map(term_id, read_terms(text).pairs))
        kept = [
            (index, weight)
            for index, weight in zip(vector.indices, vector.weights, strict=True)
            if index not in dropped
        ]
        return SparseVector(tuple(index for index, _ in kept), tuple(weight for _, weight in kept))


VARIANTS = (
    Variant("product", Bm25()),
    Variant("no pairs", Bm25(), pairs=False),
    Variant("k1 1.2 b .75", Bm25(k1=1.2, b=0.75)),
    Variant("heading 0", Bm25(heading=0)),
    Variant("heading .25", Bm25(heading=0.25)),
    Variant("heading 1", Bm25(heading=1)),
)


class Index:
    """Passages by their terms, scored exactly."""

    def __init__(self, passages: Sequence[TextChunk], bm25: Bm25) -> None:
        postings: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
        for row, passage in enumerate(passages):
            vector = bm25.weigh(passage.text, headings=passage.path, name=passage.document_id)
            for index, weight in zip(vector.indices, vector.weights, strict=True):
                postings[index].append((row, weight))
        self.size = len(passages)
        self.terms = sum(map(len, postings.values())) / self.size
        self._postings = {index: self._weigh(rows) for index, rows in postings.items()}

    def scores(self, query: SparseVector) -> npt.NDArray[np.float64]:
        """(N,), one for each passage."""
        total = np.zeros(self.size)
        for index, weight in zip(query.indices, query.weights, strict=True):
            if index in self._postings:
                rows, weights = self._postings[index]
                total[rows] += weight * weights
        return total

    def _weigh(self, rows: Sequence[tuple[int, float]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        idf = log((self.size - len(rows) + 0.5) / (len(rows) + 0.5) + 1)
        return np.array([row for row, _ in rows]), idf * np.array([weight for _, weight in rows])


def read_passages(folder: Path) -> dict[str, list[TextChunk]]:
    """The product's text chunks of each PDF in a folder."""
    encoder = StarterEncoder()
    passages: dict[str, list[TextChunk]] = {}
    for path in sorted(folder.glob("*.pdf")):
        with open_reader(path, format=Format.PDF, name=path.name) as reader:
            passages[path.name] = [
                passage
                for page in reader.read_pages()
                for passage in chunk.chunk_page(page, document_id=path.name, count_tokens=encoder.count_tokens)
                if isinstance(passage, TextChunk)
            ]
    return passages


def draw_substrings(passages: Sequence[TextChunk], count: int, random_: random.Random) -> Iterator[str]:
    """Strings of the passages, without the punctuation around them; dotted lines are left out."""
    while count:
        text = random_.choice(passages).text
        places = _cuts(text)
        start = random_.choice(places)
        length = random_.randint(SHORTEST, LONGEST)
        end = next((place for place in places if place >= start + length), start)
        drawn = _strip(text[start:end])
        if len(drawn) >= SHORTEST and not re.search(r"…|\. \.", drawn):
            yield drawn
            count -= 1


def _cuts(text: str) -> list[int]:
    """Where a substring may begin or end."""
    running = len(_RUNNING.findall(text)) - len(_HANGUL.findall(text))
    if 2 * running > sum(map(str.isalpha, text)):
        places = [0]
        for character in CharacterBreaker(text, "root"):
            places.append(places[-1] + len(character))
        return [place for place in places if not _is_in_word(text, place)]
    return [edge for word in re.finditer(r"\S+", text) for edge in word.span()]


def _is_in_word(text: str, place: int) -> bool:
    around = text[max(0, place - 1) : place + 1]
    return len(around) == 2 and around.isalnum() and not _RUNNING.search(around)


def _strip(text: str) -> str:
    inner = [place for place, character in enumerate(text) if unicodedata.category(character)[0] in "LMN"]
    return text[inner[0] : inner[-1] + 1] if inner else ""


def measure_substrings(passages: dict[str, list[TextChunk]], count: int, seed: int) -> None:
    """Print the shares of substrings found first, by document."""
    library = [passage for chunks in passages.values() for passage in chunks]
    indexes = [Index(library, variant.bm25) for variant in VARIANTS]
    print(f"substrings: {len(library)} passages, {indexes[0].terms:.0f} terms each, {count} substrings a document")
    _print_row("", [variant.name for variant in VARIANTS])
    figures = []
    for name, chunks in passages.items():
        hits = [
            [
                contains(library[int(index.scores(variant.ask(drawn)).argmax())].text, drawn)
                for index, variant in zip(indexes, VARIANTS, strict=True)
            ]
            for drawn in draw_substrings(chunks, count, random.Random(f"{seed} {name}"))
        ]
        figures.append(100 * np.mean(hits, axis=0))
        _print_row(name, [f"{share:.1f}" for share in figures[-1]])
    _print_row("mean", [f"{share:.1f}" for share in np.mean(figures, axis=0)])


def measure_titles(passages: dict[str, list[TextChunk]], evaluation: Path) -> None:
    """Print how well English titles are found, by document."""
    by_document: defaultdict[str, list[dict[str, str | int]]] = defaultdict(list)
    for entry in json.loads(evaluation.read_text(encoding="utf-8")):
        if entry["language"] == "en":
            by_document[entry["document"]].append(entry)
    for document, entries in by_document.items():
        print(f"titles: {document}, {len(entries)} queries, R@1 R@5 MRR")
        for variant in VARIANTS:
            index = Index(passages[document], variant.bm25)
            pages = np.array([passage.page_number for passage in passages[document]])
            places = np.array(
                [_place(index.scores(variant.ask(str(entry["query"]))), pages, _is_answer(entry)) for entry in entries]
            )
            figures = 100 * (places <= 1).mean(), 100 * (places <= 5).mean(), (1 / places).mean()
            _print_row(variant.name, [f"{figures[0]:.1f}", f"{figures[1]:.1f}", f"{figures[2]:.3f}"])


def _is_answer(entry: dict[str, str | int]) -> Callable[[int], bool]:
    return lambda page: int(entry["first_page"]) <= page <= int(entry["last_page"])


def _place(scores: npt.NDArray[np.float64], pages: npt.NDArray[np.int64], is_answer: Callable[[int], bool]) -> float:
    """Rank of the first page that answers, each page by its best passage; infinite if it is not among the first."""
    best = np.zeros(pages.max() + 1)
    np.maximum.at(best, pages, scores)
    order = [int(page) for page in np.argsort(-best, kind="stable")[:DEPTH] if best[page] > 0]
    return next((place for place, page in enumerate(order, start=1) if is_answer(page)), np.inf)


def _print_row(label: str, cells: Sequence[str]) -> None:
    print(f"{label:<40}" + "".join(f"{cell:>14}" for cell in cells), flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, default=Path(__file__).parent.parent / "samples/library/declaration")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--crosslingual", type=Path)
    parser.add_argument("--count", type=int, default=200, help="substrings a document")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    measure_substrings(read_passages(arguments.library), arguments.count, arguments.seed)
    if arguments.corpus:
        manuals = read_passages(arguments.corpus)
        measure_substrings(manuals, arguments.count, arguments.seed)
        if arguments.crosslingual:
            measure_titles(manuals, arguments.crosslingual)


if __name__ == "__main__":
    main()
