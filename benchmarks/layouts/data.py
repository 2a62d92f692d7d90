"""Vectors, queries, filters and what is right: synthetic ones, and the starter encoder's of real text."""

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from encoders.base import Embeddings, truncate
from ingest.types import Modality
from retrieval.lexical import index_terms
from retrieval.types import Filter, Point, SparseVector

YES = frozenset({"yes"})
FILTERS = {
    "all": Filter(),
    "1 %": Filter(owners=YES),
    "30 %": Filter(collections=YES),
    "30 % alike": Filter(kinds=YES),  # those nearest to some vector: a part of the space, as one language is
    "99 %": Filter(languages=YES),
}
DEPTHS = (10, 64)  # places at which recall is taken
QUERIES = 200
BATCH = 128  # points in one upsert, as the product writes them
SYNTHETIC_SIZES = (64, 128, 256, 512, 768, 1024)
WINDOWS = ((64, 20), (32, 24), (24, 18), (48, 40), (16, 12), (40, 34), (20, 16), (56, 50))  # tokens, overlap
SLIDING, SLIDE = 160, 16  # characters, where sentences are used up
TEXT = "A passage of some sixty words. " * 10


@dataclass(frozen=True)
class Data:
    """A folder with vectors.npy (N, D), queries.npy (Q, D), passes.npy (filters, N), kth.npy (filters, Q, depths)."""

    folder: Path
    sizes: tuple[int, ...]

    def array(self, name: str) -> Any:
        """One of them, mapped."""
        return np.load(self.folder / f"{name}.npy", mmap_mode="r")

    def points(self) -> Iterator[tuple[list[Point], Embeddings, list[SparseVector]]]:
        """Batches as the product writes them."""
        vectors, passes = self.array("vectors"), self.array("passes")
        texts_file = self.folder / "texts.json"
        texts = json.loads(texts_file.read_text(encoding="utf-8")) if texts_file.exists() else None
        for start in range(0, len(vectors), BATCH):
            numbers = range(start, min(start + BATCH, len(vectors)))
            points = [make_point(number, texts[number] if texts else TEXT, passes[:, number]) for number in numbers]
            lexical = [index_terms(point.text) if texts else SparseVector((), ()) for point in points]
            yield points, np.array(vectors[start : start + BATCH]), lexical


def make_point(number: int, text: str, passes: Sequence[bool]) -> Point:
    """A passage of a hundred to its document, with what the filters ask for."""
    _, owner, collection, kind, language = ("yes" if value else "no" for value in passes)
    return Point(
        id=str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))),
        document_id=str(number // 100),
        page_number=1,
        page_label="1",
        modality=Modality.TEXT,
        text=text,
        kind=kind,
        language=language,
        owner=owner,
        collection=collection,
    )


def write_data(
    folder: Path, vectors: Embeddings, queries: Embeddings, sizes: tuple[int, ...], texts: list[str] | None
) -> Data:
    """Add who passes which filter and what is right, and write all of it."""
    rng = np.random.default_rng(1)
    likeness = vectors @ vectors[0]
    shares = [np.ones(len(vectors), bool), *(rng.random(len(vectors)) < share for share in (0.01, 0.3))]
    passes = np.array([*shares, likeness > np.quantile(likeness, 0.7), rng.random(len(vectors)) < 0.99])
    folder.mkdir(parents=True)
    np.save(folder / "vectors.npy", vectors)
    np.save(folder / "queries.npy", queries)
    np.save(folder / "passes.npy", passes)
    np.save(folder / "kth.npy", kth_best(queries @ vectors.T, passes))
    if texts is not None:
        (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    return Data(folder, sizes)


def kth_best(cosines: Embeddings, passes: Any) -> Any:
    """The least cosine that is right, (filters, Q, depths)."""
    return np.array(
        [[[nth(row[allowed], depth) for depth in DEPTHS] for row in cosines] for allowed in passes],
        dtype=np.float32,
    )


def nth(cosines: Embeddings, depth: int) -> float:
    """The cosine at that place, or the last."""
    depth = min(depth, len(cosines))
    return float(np.partition(cosines, -depth)[-depth])


def synthetic(count: int) -> tuple[Embeddings, Embeddings]:
    """Vectors and queries in clusters of about a hundred, nearly as alike at 256 coordinates as at all 1024."""
    rng = np.random.default_rng(0)
    width = SYNTHETIC_SIZES[-1]
    scale = (1 / np.sqrt(1 + np.arange(width) / 8)).astype(np.float32)
    centres = rng.standard_normal((count // 100, width), dtype=np.float32)

    def draw(number: int) -> Embeddings:
        rows = centres[rng.integers(0, len(centres), number)] + rng.standard_normal((number, width), dtype=np.float32)
        return truncate(rows * scale, width)

    return draw(count), draw(QUERIES)


def real(corpus: Path, titles: Path, most: int) -> tuple[Embeddings, Embeddings, tuple[int, ...], list[str]]:
    """The starter's vectors of passages and titles, its sizes, and the passages' texts."""
    from encoders.starter import StarterEncoder  # here, so that the processes which search do not load it

    encoder = StarterEncoder()
    texts = list(passages(corpus, encoder.count_tokens, most))
    entries = json.loads(titles.read_text(encoding="utf-8"))
    queries = sorted({entry["query"] for entry in entries})
    chosen = np.random.default_rng(2).choice(queries, QUERIES, replace=False).tolist()
    rows = [encoder.encode_texts(texts[start : start + 256]) for start in range(0, len(texts), 256)]
    return np.concatenate(rows), encoder.encode_queries(chosen), encoder.sizes, texts


def passages(corpus: Path, count_tokens: Callable[[str], int], most: int) -> Iterator[str]:
    """Different texts: the product's passages of all PDFs, then ever more overlapping windows of the same."""
    from ingest import chunk
    from ingest.readers.registry import open_reader
    from ingest.types import Format

    pages = []
    for path in sorted(corpus.glob("*.pdf")):
        with open_reader(path, format=Format.PDF, name=path.name) as reader:
            pages += [(path.name, replace(page, image=None, views=())) for page in reader.read_pages()]
    counted = cache(count_tokens)
    seen: set[str] = set()
    for tokens, overlap in WINDOWS:
        for name, page in pages:
            pieces = chunk.split_page(page, document_id=name, count_tokens=counted, max_tokens=tokens, overlap=overlap)
            for text in (piece.text for piece in pieces):
                if text not in seen and len(seen) < most:
                    seen.add(text)
                    yield text
        print(f"{len(seen)} passages with windows of {tokens} tokens, overlap {overlap}", flush=True)
        if len(seen) == most:
            return
    for _, page in pages:
        for start in range(0, len(page.text), SLIDE):
            text = page.text[start : start + SLIDING]
            if text not in seen and len(seen) < most and not text.isspace():
                seen.add(text)
                yield text
    print(f"{len(seen)} passages with windows of {SLIDING} characters, every {SLIDE}", flush=True)
