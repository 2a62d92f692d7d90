"""Passages read within the text around them: a document's chunks laid out as one text again (late chunking)."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from encoders.base import ContextEncoder, Embeddings
from ingest.types import TextChunk

_BETWEEN_PAGES = "\n\n"


def encode_in_context(chunks: Sequence[TextChunk], encoder: ContextEncoder, *, context: int) -> Embeddings:
    """Vectors of text chunks, each read together with its neighbours in ``chunks`` that stand in the same document.

    Args:
        chunks: in reading order, document after document.
        encoder: reads ``context`` tokens at once.
        context: tokens, special ones included.

    Returns:
        (N, D) unit rows.
    """
    rows = []
    for _, group in groupby(chunks, key=lambda chunk: chunk.document_id):
        text, spans = lay_out(list(group))
        rows.append(encoder.encode_spans(text, spans, context=context))
    return np.concatenate(rows)


def lay_out(chunks: Sequence[TextChunk]) -> tuple[str, list[tuple[int, int]]]:
    """One document's chunks put back to where they stand on their pages, page after page.

    Chunks hold every character of a page but white space, so what lies between them is shown as blanks.

    Args:
        chunks: of one document, in reading order.

    Returns:
        The text, and each chunk's (start, end) in it.
    """
    pages: list[str] = []
    spans: list[tuple[int, int]] = []
    offset = 0
    for _, group in groupby(chunks, key=lambda chunk: chunk.page_number):
        on_page = list(group)
        first = min(chunk.start for chunk in on_page)
        characters = [" "] * (max(chunk.end for chunk in on_page) - first)
        for chunk in on_page:
            characters[chunk.start - first : chunk.end - first] = chunk.text
            spans.append((offset + chunk.start - first, offset + chunk.end - first))
        pages.append("".join(characters))
        offset += len(characters) + len(_BETWEEN_PAGES)
    return _BETWEEN_PAGES.join(pages), spans
