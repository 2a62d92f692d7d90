"""Cross-lingual page retrieval: a section's title in another language, found in the English PDF.

    python benchmarks/crosslingual.py EVAL_JSON CORPUS_DIR

EVAL_JSON is a list of {query, language, document, first_page, last_page}; CORPUS_DIR holds the PDFs. For
each PDF alone in a library, prints per language the share of queries (%) whose first (R@1) or first five
(R@5) pages hold one of the range, and the mean reciprocal rank over ten pages (MRR), for

- plain: MuPDF's text in chunks of 80 words, raw cosine, what a first script would do;
- meaning: the product, text chunks alone, by their vectors;
- text: the same, by vectors and words;
- any: the product as it searches by default, page rasters competing too.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # else benchmarks/encoders.py would hide the package

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pymupdf
from contents import encode_chunks, read_chunks, searching

from encoders.base import Embeddings, Encoder
from encoders.starter import StarterEncoder
from ingest import chunk
from ingest.types import Modality
from retrieval.query import Query
from retrieval.search import Searcher
from retrieval.types import Filter

PLAIN_WORDS = 80
DEPTH = 10  # pages looked at
WAYS = ("plain", "meaning", "text", "any")

Ranking = Callable[[str], list[int]]  # pages, best first


@dataclass(frozen=True, slots=True)
class Title:
    """A title and the pages that answer it."""

    query: str
    language: str
    document: str
    first_page: int
    last_page: int


def plain_ranking(path: Path, encoder: Encoder) -> Ranking:
    """The baseline: chunks of 80 words, raw cosine, best chunk of a page."""
    numbers: list[int] = []
    texts: list[str] = []
    with pymupdf.open(path) as pdf:
        for number, page in enumerate(pdf, start=1):
            words = page.get_text().split()
            for start in range(0, len(words), PLAIN_WORDS):
                numbers.append(number)
                texts.append(" ".join(words[start : start + PLAIN_WORDS]))
    rows: Embeddings = np.concatenate(
        [encoder.encode_texts(texts[start : start + 128]) for start in range(0, len(texts), 128)]
    )

    def rank(text: str) -> list[int]:
        order = np.argsort(-(rows @ encoder.encode_queries([text])[0]), kind="stable")
        return list(dict.fromkeys(numbers[row] for row in order))[:DEPTH]

    return rank


def product_ranking(searcher: Searcher, where: Filter, *, uses_words: bool) -> Ranking:
    """The product's search."""

    def rank(text: str) -> list[int]:
        query = Query(text, where=where, limit=DEPTH, uses_words=uses_words)
        return [hit.point.page_number for hit in searcher.search(query).hits]

    return rank


def measure(rank: Ranking, titles: Sequence[Title]) -> tuple[float, float, float]:
    """R@1 %, R@5 %, MRR."""
    places = []
    for title in titles:
        good = [title.first_page <= page <= title.last_page for page in rank(title.query)]
        places.append(good.index(True) + 1 if any(good) else np.inf)
    found = np.array(places)
    return 100 * float((found <= 1).mean()), 100 * float((found <= 5).mean()), float((1 / found).mean())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("eval_json", type=Path)
    parser.add_argument("corpus_dir", type=Path)
    parser.add_argument("--max-tokens", type=int, default=chunk.MAX_TOKENS)
    parser.add_argument("--overlap", type=int, default=chunk.OVERLAP)
    arguments = parser.parse_args()

    encoder = StarterEncoder()
    by_document: dict[str, dict[str, list[Title]]] = defaultdict(lambda: defaultdict(list))
    for entry in json.loads(arguments.eval_json.read_text(encoding="utf-8")):
        by_document[entry["document"]][entry["language"]].append(Title(**entry))

    print(f"encoder {encoder.name}, chunks of {arguments.max_tokens} tokens, overlap {arguments.overlap}")
    print(f"{'document':<30}{'lang':<6}{'queries':>7}" + "".join(f"{way:>22}" for way in WAYS))
    print(" " * 43 + f"{'R@1   R@5   MRR':>22}" * len(WAYS))
    figures = []
    for document, by_language in by_document.items():
        path = arguments.corpus_dir / document
        chunks = list(read_chunks(path, encoder, max_tokens=arguments.max_tokens, overlap=arguments.overlap))
        content = encode_chunks(chunks, encoder)
        with searching(content, encoder) as searcher:
            ways = [
                plain_ranking(path, encoder),
                product_ranking(searcher, Filter(modality=Modality.TEXT), uses_words=False),
                product_ranking(searcher, Filter(modality=Modality.TEXT), uses_words=True),
                product_ranking(searcher, Filter(), uses_words=True),
            ]
            for language, titles in by_language.items():
                row = [measure(rank, titles) for rank in ways]
                figures.append(row)
                print(f"{document:<30}{language:<6}{len(titles):>7}" + _columns(row), flush=True)
            print(f"{'':<30}{len(content.points)} points")
    print(f"{'mean of the rows':<43}" + _columns(np.mean(figures, axis=0).tolist()))


def _columns(row: Sequence[Sequence[float]]) -> str:
    return "".join(f"{f'{r1:.1f}  {r5:.1f}  {mrr:.3f}':>22}" for r1, r5, mrr in row)


if __name__ == "__main__":
    main()
