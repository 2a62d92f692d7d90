"""What each stage of our ingest costs by itself: one after the other, on one thread, without queues between them."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import groupby
from pathlib import Path

from ingestion_parts import print_table
from ingestion_stub import Stub

from app.shelf import collection_for
from ingest.chunk import chunk_page
from ingest.files import Files, digest
from ingest.formats import sniff
from ingest.language import LanguageMarker
from ingest.ledger import Entry, Ledger
from ingest.looks import look_of
from ingest.readers.registry import open_reader
from ingest.types import Chunk, Format, ImageChunk, Page, TextChunk
from ingest.workers.wire import message_to_page, page_to_message, receive, send
from retrieval.indexing import IMAGE_BATCH, TEXT_BATCH, content_of, encode_passages, to_point
from retrieval.lexical import index_terms
from retrieval.stores import open_store

NAMES = (
    "hash the file, copy the original",
    "read the text",
    "draw the page",
    "JPEG and the way to the parent",
    "keep the JPEG",
    "look (perceptual hash)",
    "cut passages",
    "tell their language",
    "hash their content",
    "encode (the stub)",
    "index their words",
    "write the points",
    "note them in the ledger",
)


def print_stages(paths: Sequence[Path]) -> None:
    """Take files in stage by stage, and print what each stage takes."""
    with tempfile.TemporaryDirectory() as folder:
        inlet = Inlet(Path(folder))
        for path in paths:
            inlet.take(path)
        inlet.close()
    total = sum(inlet.seconds.values())
    rows = [
        [name, f"{seconds / inlet.pages * 1000:.2f}", f"{seconds / total:.0%}"]
        for name, seconds in inlet.seconds.items()
    ]
    print_table(["stage", "CPU ms a page", "share"], [*rows, ["all", f"{total / inlet.pages * 1000:.2f}", "100%"]])


class Inlet:
    """Takes files into a library of its own.

    Attributes:
        seconds: of the processor, by stage.
        pages: taken so far.
    """

    def __init__(self, folder: Path) -> None:
        self.seconds = dict.fromkeys(NAMES, 0.0)
        self.pages = 0
        self._encoder = Stub()
        self._files = Files(folder)
        self._store = open_store(folder / "vectors", collection_for(self._encoder))
        self._ledger = Ledger(folder / "ledger.sqlite3")
        self._texts: list[Chunk] = []
        self._images: list[Chunk] = []

    def take(self, path: Path) -> None:
        """Take one file."""
        with self._timing("hash the file, copy the original"):
            format, document_id = sniff(path), digest(path)
            self._files.keep(path, document_id)
        self._ledger.begin(document_id)
        with self._timing("read the text"):
            _read(path, format, is_drawn=False)
        with self._timing("draw the page"):  # reads it again, which is taken off below
            pages = _read(path, format, is_drawn=True)
        marker = LanguageMarker()
        for page in pages:
            self._take_page(page, marker, document_id)
        self.pages += len(pages)

    def close(self) -> None:
        """Write the last batches."""
        self._write(self._texts)
        self._write(self._images)
        self._store.close()
        self._ledger.close()
        self.seconds["draw the page"] -= self.seconds["read the text"]

    def _take_page(self, page: Page, marker: LanguageMarker, document_id: str) -> None:
        with self._timing("JPEG and the way to the parent"):
            pipe = BytesIO()
            send(pipe, *page_to_message(page))
            pipe.seek(0)
            read = message_to_page(*receive(pipe))
        with self._timing("keep the JPEG"):
            if read.jpeg is not None:
                self._files.keep_raster(document_id, page.number, read.jpeg)
        with self._timing("look (perceptual hash)"):
            if read.page.image is not None:
                look_of(read.page.image)
        with self._timing("cut passages"):
            chunks = chunk_page(read.page, document_id=document_id, count_tokens=self._encoder.count_tokens)
        with self._timing("tell their language"):
            chunks = marker.mark(chunks)
        self._texts += [chunk for chunk in chunks if isinstance(chunk, TextChunk)]
        self._images += [chunk for chunk in chunks if isinstance(chunk, ImageChunk)]
        while len(self._texts) >= TEXT_BATCH:
            self._write(self._texts[:TEXT_BATCH])
            del self._texts[:TEXT_BATCH]
        while len(self._images) >= IMAGE_BATCH:
            self._write(self._images[:IMAGE_BATCH])
            del self._images[:IMAGE_BATCH]

    def _write(self, chunks: Sequence[Chunk]) -> None:
        if not chunks:
            return
        with self._timing("hash their content"):
            contents = [content_of(chunk) for chunk in chunks]
        with self._timing("encode (the stub)"):
            images = [chunk.image for chunk in chunks if isinstance(chunk, ImageChunk)]
            texts = [chunk for chunk in chunks if isinstance(chunk, TextChunk)]
            vectors = self._encoder.encode_images(images) if images else encode_passages(texts, self._encoder)
        with self._timing("index their words"):
            points = [to_point(chunk) for chunk in chunks]
            lexical = [index_terms(point.text, headings=point.path, name="name.pdf") for point in points]
        with self._timing("write the points"):
            self._store.upsert(points, vectors, lexical)
        with self._timing("note them in the ledger"):
            self._ledger.find(contents)
            for (document_id, page), group in groupby(
                zip(chunks, contents, strict=True), key=lambda pair: (pair[0].document_id, pair[0].page_number)
            ):
                entries = [Entry(chunk.id, page, chunk.modality, content) for chunk, content in group]
                self._ledger.record(document_id, entries, pages_done=page)

    @contextmanager
    def _timing(self, name: str) -> Iterator[None]:
        before = time.process_time()
        yield
        self.seconds[name] += time.process_time() - before


def _read(path: Path, format: Format, *, is_drawn: bool) -> list[Page]:
    with open_reader(path, format=format, name=path.name) as reader:
        return list(reader.read_pages(draw_from=1 if is_drawn else reader.page_count + 1))
