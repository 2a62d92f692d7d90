"""Libraries of passages and pictures, and queries with their answers, for the benchmarks beside this file."""

import json
import random
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from encoders.base import Embeddings, Encoder, Vector
from encoders.starter import StarterEncoder
from ingest import chunk
from ingest.readers.registry import open_reader
from ingest.types import Chunk, Format, Modality, TextChunk, chunk_id
from retrieval.indexing import encode_passages, to_point
from retrieval.lexical import index_terms
from retrieval.query import Hit, Query
from retrieval.search import Searcher
from retrieval.stores import open_store
from retrieval.types import Collection, Point, SparseVector

QUOTES = re.compile('["„“”«»「」『』＂]')  # what stands in quotes would have to be found as it is


Page = tuple[str, int]  # document, number


@dataclass(frozen=True, slots=True)
class Content:
    """Points of a library, encoded."""

    points: list[Point]
    vectors: Embeddings
    lexical: list[SparseVector]

    def only(self, rows: Iterable[int]) -> "Content":
        """Some of the points."""
        kept = list(rows)
        return Content([self.points[row] for row in kept], self.vectors[kept], [self.lexical[row] for row in kept])

    def shifted(self, gap: Vector) -> "Content":
        """The same with a vector added to every picture."""
        is_picture = np.array([point.modality is Modality.IMAGE for point in self.points])
        moved = self.vectors + is_picture[:, None] * gap
        rows = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)
        return replace(self, vectors=rows)


@dataclass(frozen=True, slots=True)
class Asked:
    """A query and the pages that answer it; none where nothing in the library does."""

    query: Query
    language: str
    right: frozenset[Page]


def join(parts: Iterable[Content]) -> Content:
    """One library of several."""
    all_parts = list(parts)
    return Content(
        [point for part in all_parts for point in part.points],
        np.concatenate([part.vectors for part in all_parts]),
        [terms for part in all_parts for terms in part.lexical],
    )


@contextmanager
def searching(content: Content, encoder: StarterEncoder) -> Iterator[Searcher]:
    """The product's search over these points."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder), Collection(encoder.name, (encoder.sizes[1], encoder.sizes[-1])))
        store.upsert(content.points, content.vectors, content.lexical)
        store.optimize()
        yield Searcher(store, encoder)
        store.close()


def encode_chunks(chunks: Sequence[Chunk], encoder: StarterEncoder) -> Content:
    """Points of a document, as the product makes them."""
    texts = [one for one in chunks if isinstance(one, TextChunk)]
    pictures = [one for one in chunks if not isinstance(one, TextChunk)]
    points = [*map(to_point, texts), *map(to_point, pictures)]
    rows = [encode_passages(texts, encoder), encoder.encode_images([one.image for one in pictures])]
    lexical = [index_terms(point.text, headings=point.path, name=point.document_id) for point in points]
    return Content(points, np.concatenate(rows), lexical)


def read_pdf(path: Path, encoder: StarterEncoder) -> Iterator[Chunk]:
    """A PDF's passages and page rasters."""
    return read_chunks(path, encoder, max_tokens=chunk.MAX_TOKENS, overlap=chunk.OVERLAP)


def read_pictures(pictures: Mapping[str, Image.Image], encoder: StarterEncoder) -> Content:
    """Pictures, each a document of its own."""
    points = [
        Point(chunk_id(name, 1, Modality.IMAGE, 0), name, 1, "1", Modality.IMAGE, "", kind="png") for name in pictures
    ]
    rows = encoder.encode_images(list(pictures.values()))
    return Content(points, rows, [index_terms("") for _ in points])


def read_chunks(path: Path, encoder: Encoder, *, max_tokens: int, overlap: int) -> Iterator[Chunk]:
    """The product's chunks of a PDF."""
    with open_reader(path, format=Format.PDF, name=path.name) as reader:
        for page in reader.read_pages():
            yield from chunk.chunk_page(
                page,
                document_id=path.name,
                count_tokens=encoder.count_tokens,
                max_tokens=max_tokens,
                overlap=overlap,
            )


def place(hit: Hit) -> Page:
    """The page a hit stands for."""
    return hit.point.document_id, hit.point.page_number


def read_titles(path: Path) -> list[Asked]:
    """Section titles that ask for pages."""
    return [
        Asked(
            Query(QUOTES.sub("", one["query"])),
            one["language"],
            frozenset((one["document"], number) for number in range(one["first_page"], one["last_page"] + 1)),
        )
        for one in json.loads(path.read_text(encoding="utf-8"))
    ]


def read_names(folder: Path, count: int, seed: int) -> list[Asked]:
    """Names of pictures, ``count`` a language, in a mixed order."""
    entries = json.loads((folder / "captions.json").read_text(encoding="utf-8"))
    random_ = random.Random(seed)
    asked = [
        Asked(Query(QUOTES.sub("", one["captions"][language])), language, frozenset({(one["image"], 1)}))
        for language in entries[0]["captions"]
        for one in random_.sample(entries, count)
    ]
    random_.shuffle(asked)
    return asked
