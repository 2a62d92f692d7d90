"""The peers' side of `ingestion.py`: one whole ingest of a folder of PDFs, in a Python of its own.

    python benchmarks/ingestion_peers.py SIDE FOLDER

Prints a line of JSON. Each peer's own PDF reader, splitter and mock embedder. Vectors are those of `ingestion_stub`, as
on our side. Passages are either of the length that the peer's splitter has by default, or of ours: 64 tokens, 20 of
them shared with the passage before.
"""

import importlib.metadata
import json
import logging
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ingestion_stub import SIZE, unit_vector

PACKAGES = {
    "haystack": ("haystack-ai", "qdrant-haystack", "qdrant-client", "pypdf"),
    "llama-index": ("llama-index-core", "llama-index-readers-file", "qdrant-client", "pypdf"),
}
TOKENS, OVERLAP = 64, 20  # of our passages
LETTERS = 4  # a token, as the stub counts


def embed(text: str) -> list[float]:
    """The vector of a text."""
    return unit_vector(text.encode("utf-8", "replace")).tolist()


def run_haystack(paths: list[Path], folder: Path, *, in_memory: bool, is_short: bool) -> int:
    """Its pipeline from PDF to store; how many passages there are."""
    from haystack import Pipeline
    from haystack.components.converters import PyPDFToDocument
    from haystack.components.embedders import MockDocumentEmbedder
    from haystack.components.preprocessors import DocumentSplitter, RecursiveDocumentSplitter
    from haystack.components.writers import DocumentWriter

    if in_memory:
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        store = InMemoryDocumentStore()
    else:
        from haystack_integrations.document_stores.qdrant import QdrantDocumentStore

        store = QdrantDocumentStore(path=str(folder), embedding_dim=SIZE, progress_bar=False)
    length, overlap = TOKENS * LETTERS, OVERLAP * LETTERS
    short = RecursiveDocumentSplitter(
        split_length=length, split_overlap=overlap, split_unit="char", separators=["\n\n", "\n", " "]
    )
    pipeline = Pipeline()
    pipeline.add_component("read", PyPDFToDocument())
    pipeline.add_component("split", short if is_short else DocumentSplitter())
    pipeline.add_component("embed", MockDocumentEmbedder(embedding_fn=embed, progress_bar=False))
    pipeline.add_component("write", DocumentWriter(store))
    pipeline.connect("read", "split")
    pipeline.connect("split", "embed")
    pipeline.connect("embed", "write")
    pipeline.run({"read": {"sources": paths}})
    return store.count_documents()


def run_llama_index(paths: list[Path], folder: Path, *, is_short: bool) -> int:
    """Its pipeline from PDF to Qdrant; how many passages there are."""
    from llama_index.core import SimpleDirectoryReader
    from llama_index.core.embeddings import MockEmbedding
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.readers.file import PDFReader
    from llama_index.vector_stores.qdrant import QdrantVectorStore
    from qdrant_client import QdrantClient

    class Hashing(MockEmbedding):
        def _get_text_embedding(self, text: str) -> list[float]:
            return embed(text)

    short = SentenceSplitter(
        chunk_size=TOKENS, chunk_overlap=OVERLAP, include_metadata=False, tokenizer=lambda text: text[::LETTERS]
    )
    splitter = short if is_short else SentenceSplitter()
    client = QdrantClient(path=str(folder))
    store = QdrantVectorStore("pages", client=client)
    reader = SimpleDirectoryReader(input_files=paths, file_extractor={".pdf": PDFReader()})
    pipeline = IngestionPipeline(
        transformations=[splitter, Hashing(embed_dim=SIZE)], vector_store=store, disable_cache=True
    )
    pipeline.run(documents=reader.load_data())
    return client.count("pages").count


SIDES: dict[str, Callable[[list[Path], Path], int]] = {
    "haystack + Qdrant, our passages": partial(run_haystack, in_memory=False, is_short=True),
    "llama-index + Qdrant, our passages": partial(run_llama_index, is_short=True),
    "haystack + Qdrant, its passages": partial(run_haystack, in_memory=False, is_short=False),
    "llama-index + Qdrant, its passages": partial(run_llama_index, is_short=False),
    "haystack, in memory, its passages": partial(run_haystack, in_memory=True, is_short=False),
}


def main() -> None:
    """Ingest twice, first one file so that everything is imported, and print the figures of the second."""
    side, source = sys.argv[1], Path(sys.argv[2])
    logging.disable(logging.WARNING)  # pypdf has much to say
    paths = sorted(source.glob("*.pdf"))
    with tempfile.TemporaryDirectory() as folder:
        SIDES[side](paths[:1], Path(folder) / "warm")
        started, before = time.perf_counter(), _cpu_seconds()
        points = SIDES[side](paths, Path(folder) / "store")
        seconds, cpu = time.perf_counter() - started, _cpu_seconds() - before
    packages = next(packages for peer, packages in PACKAGES.items() if side.startswith(peer))
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    print(json.dumps({"seconds": seconds, "cpu": cpu, "points": points, "versions": versions}))


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
