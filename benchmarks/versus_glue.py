"""Polyglance beside the same job glued together from LangChain parts, in one run.

    python benchmarks/versus_glue.py MANUAL.pdf QUERIES.json [--points 10000] [--repeats 3]

Both sides use the same starter encoder, rasterise and encode every page, cut and encode the text, and store the vectors
on disk. The glue is PyMuPDFLoader, RecursiveCharacterTextSplitter and QdrantVectorStore in local mode, with page images
through pymupdf and a second collection. Each side runs in fresh processes, turn by turn; medians are printed.
Needs: `uv pip install --group bench`. QUERIES.json is a list of objects with a "query".
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # else benchmarks/encoders.py would hide the package

import argparse
import json
import resource
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable

import numpy as np
from PIL import Image

from encoders.base import Encoder

SIDES = ("polyglance", "glue")
THREADS = 2


def main() -> None:
    """Run both sides turn by turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manual", type=Path)
    parser.add_argument("queries", type=Path)
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)  # a child process
    options = parser.parse_args()
    if options.side:
        print(json.dumps(SIDE[options.side](options.manual, read_queries(options.queries), options.points)))
        return
    runs: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    for _ in range(options.repeats):
        for side in SIDES:
            command = [sys.executable, __file__, str(options.manual), str(options.queries)]
            command += ["--points", str(options.points), "--side", side]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            runs[side].append(json.loads(output.splitlines()[-1]))
    print(f"{options.manual.name}, medians of {options.repeats} runs, {options.points} points for the searches\n")
    print(f"| {'measure':<44} | {'polyglance':>10} | {'glue':>10} | ratio |")
    print(f"|{'-' * 46}|{'-' * 12}|{'-' * 12}|-------|")
    for measure in runs["polyglance"][0]:
        ours, theirs = (statistics.median(run[measure] for run in runs[side]) for side in SIDES)
        print(f"| {measure:<44} | {ours:>10.1f} | {theirs:>10.1f} | {ours / theirs:>5.2f} |")


def read_queries(path: Path) -> list[str]:
    """A hundred queries, spread over the file and so over its languages."""
    queries = [str(entry["query"]) for entry in json.loads(path.read_text(encoding="utf-8"))]
    return queries[:: max(1, len(queries) // 100)][:100]


def measure_polyglance(manual: Path, queries: list[str], points: int) -> dict[str, float]:
    """Our side, in this process."""
    from app.library import Library
    from app.settings import Settings
    from app.shelf import collection_for
    from ingest.types import Modality
    from retrieval.lexical import index_terms
    from retrieval.types import Filter, Point

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), models=Path(folder), encoder="starter", threads=THREADS)
        with Library(settings) as library:
            before = load(library.encoder)
            started = time.perf_counter()
            (added,) = library.add(manual)
            seconds = time.perf_counter() - started
            peak = peak_mib()
            assert added.id is not None, added.error
            store = library._shelf.store(collection_for(library.encoder))
            assert store is not None
            vectors = multiply(store.sample(limit=points, where=Filter()), points - added.chunks)
            extra = [
                Point(str(uuid.UUID(int=number)), added.id, 1000 + number, "", Modality.TEXT, f"passage {number}")
                for number in range(len(vectors))
            ]
            for start in range(0, len(extra), 256):
                part = extra[start : start + 256]
                store.upsert(part, vectors[start : start + 256], [index_terms(point.text) for point in part])
            store.optimize()
            p50 = time_queries(lambda query: library.search(query), queries)
    return report(added.pages, seconds, before, peak, p50)


def measure_glue(manual: Path, queries: list[str], points: int) -> dict[str, float]:
    """The same job from LangChain's parts, in this process."""
    import pymupdf
    from langchain_community.document_loaders import PyMuPDFLoader
    from langchain_core.embeddings import Embeddings
    from langchain_qdrant import QdrantVectorStore
    from langchain_text_splitters import RecursiveCharacterTextSplitter
    from qdrant_client import QdrantClient
    from qdrant_client.models import Distance, PointStruct, VectorParams

    from encoders.starter import StarterEncoder

    encoder = StarterEncoder(threads=THREADS)

    class Starter(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return encoder.encode_texts(texts).tolist()

        def embed_query(self, text: str) -> list[float]:
            return encoder.encode_queries([text])[0].tolist()

    before = load(encoder)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        client = QdrantClient(path=folder)
        size = VectorParams(size=encoder.sizes[-1], distance=Distance.COSINE)
        for name in ("text", "pages"):
            client.create_collection(name, vectors_config=size)
        pages = PyMuPDFLoader(str(manual)).load()
        splitter = RecursiveCharacterTextSplitter(chunk_size=500, chunk_overlap=80)
        texts = QdrantVectorStore(client=client, collection_name="text", embedding=Starter())
        texts.add_documents(splitter.split_documents(pages))
        with pymupdf.open(manual) as document:
            for first in range(0, len(document), 16):
                images = []
                for page in document.pages(first, min(first + 16, len(document))):
                    scale = 512 / max(page.rect.width, page.rect.height)
                    pixmap = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale))
                    images.append(Image.frombytes("RGB", (pixmap.width, pixmap.height), pixmap.samples))
                rows = encoder.encode_images(images)
                client.upsert(
                    "pages",
                    [
                        PointStruct(id=first + i, vector=row.tolist(), payload={"page": first + i})
                        for i, row in enumerate(rows)
                    ],
                )
        seconds = time.perf_counter() - started
        peak = peak_mib()
        stored, _ = client.scroll("text", limit=points, with_vectors=True)
        vectors = multiply(
            np.asarray([point.vector for point in stored], dtype=np.float32), points - len(stored) - len(pages)
        )
        for start in range(0, len(vectors), 256):
            batch = vectors[start : start + 256]
            payload = {"page_content": "passage", "metadata": {}}
            client.upsert(
                "text",
                [
                    PointStruct(id=10**9 + start + i, vector=row.tolist(), payload=payload)
                    for i, row in enumerate(batch)
                ],
            )
        p50 = time_queries(lambda query: texts.similarity_search(query, k=10), queries)
        client.close()
    return report(len(pages), seconds, before, peak, p50)


def load(encoder: Encoder) -> float:
    """Load both towers, and say what memory that took at its peak: MiB."""
    encoder.encode_texts(["warm"])
    encoder.encode_images([Image.new("RGB", (64, 64))])
    return peak_mib()


def multiply(vectors: np.ndarray, count: int) -> np.ndarray:
    """``count`` unit vectors around the given ones: real directions, slightly turned."""
    rng = np.random.default_rng(0)
    rows = vectors[rng.integers(0, len(vectors), size=max(0, count))]
    rows = rows + rng.normal(scale=0.02, size=rows.shape)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def time_queries(search: Callable[[str], object], queries: list[str]) -> float:
    """Median milliseconds of a warm search, encoding included."""
    for query in queries[:5]:
        search(query)
    seconds = []
    for query in queries:
        started = time.perf_counter()
        search(query)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds) * 1000


def peak_mib() -> float:
    """Peak resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(pages: int, seconds: float, before: float, peak: float, p50: float) -> dict[str, float]:
    """The rows of the table."""
    return {
        "add, pages/s (models loaded)": pages / seconds,
        "add, peak memory above loaded models, MiB": max(0.1, peak - before),
        "search, p50 ms, text encoding included": p50,
    }


SIDE = {"polyglance": measure_polyglance, "glue": measure_glue}

if __name__ == "__main__":
    main()
