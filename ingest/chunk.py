"""A page cut into chunks: passages that end at sentences, and its views."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from ingest.boundaries import Span, halve, split_sentences, strip
from ingest.boxes import boxes_of
from ingest.outline import Trail
from ingest.rows import whole_rows
from ingest.types import Chunk, Heading, ImageChunk, Modality, Page, TextChunk, chunk_id

MAX_TOKENS = 64
OVERLAP = 20  # tokens

MOST_OF_A_ROW = 4  # chunks; a longer row of a table, or line of code, is cut

CountTokens = Callable[[str], int]

_NUMBERING = 16  # letters and digits before a title: "Chapter twelve"
_LONG_TITLE = 500  # characters; a section longer than that is no bare heading


@dataclass(frozen=True, slots=True)
class _Section:
    start: int
    end: int
    path: tuple[str, ...]


def chunk_page(
    page: Page,
    *,
    document_id: str,
    count_tokens: CountTokens,
    max_tokens: int = MAX_TOKENS,
    overlap: int = OVERLAP,
) -> list[Chunk]:
    """The page's text chunks in order, then an image chunk for each of its views."""
    texts = split_page(page, document_id=document_id, count_tokens=count_tokens, max_tokens=max_tokens, overlap=overlap)
    images = [
        ImageChunk(
            id=chunk_id(document_id, page.number, Modality.IMAGE, position),
            document_id=document_id,
            page_number=page.number,
            page_label=page.label,
            image=view,
        )
        for position, view in enumerate(page.views)
    ]
    return [*texts, *images]


def split_page(
    page: Page,
    *,
    document_id: str,
    count_tokens: CountTokens,
    max_tokens: int = MAX_TOKENS,
    overlap: int = OVERLAP,
) -> list[TextChunk]:
    """Cut a page's text into passages of whole sentences; a new heading starts a new one.

    Every character but white space is in some chunk. Chunks of one section are of about equal length, and each begins
    with the last sentences of the one before, as far as `overlap` goes. A sentence longer than `max_tokens` is cut at
    a soft boundary: a line, a clause, a word, and never inside a character. A row of a table and a line of code are
    each one sentence, and cut only where they are longer than `MOST_OF_A_ROW` chunks.

    Args:
        page: what was read.
        document_id: sha256 of the file's bytes, in hex.
        count_tokens: the encoder's own count; called once a sentence.
        max_tokens: of one chunk, as the sum over its sentences.
        overlap: tokens, less than `max_tokens`; 0 for none.
    """
    if not 0 <= overlap < max_tokens:
        raise ValueError(f"overlap is {overlap} tokens, it must be at least 0 and below max_tokens, {max_tokens}")
    chunks: list[TextChunk] = []
    whole = whole_rows(page)
    for section in _sections(page):
        sentences = list(_sentences(page.text, section, whole, count_tokens, max_tokens))
        for start, end in _pack(sentences, max_tokens, overlap):
            chunks.append(
                TextChunk(
                    id=chunk_id(document_id, page.number, Modality.TEXT, len(chunks)),
                    document_id=document_id,
                    page_number=page.number,
                    page_label=page.label,
                    text=page.text[start:end],
                    start=start,
                    end=end,
                    path=section.path,
                    boxes=boxes_of(page, start, end),
                    is_hidden=_is_hidden(page, start, end),
                )
            )
    return chunks


def _sections(page: Page) -> Iterator[_Section]:
    """The page cut at its headings; a heading with nothing below it goes with the next."""
    trail = Trail.of(page.path)
    starts = [heading.start for heading in page.headings]
    yield _Section(0, starts[0] if starts else len(page.text), trail.path)
    start = starts[0] if starts else 0
    for heading, end in zip(page.headings, [*starts[1:], len(page.text)][: len(starts)], strict=True):
        trail.pass_by([heading])
        if end == len(page.text) or not _is_bare(heading, page.text[heading.start : end]):
            yield _Section(start, end, trail.path)
            start = end


def _is_bare(heading: Heading, text: str) -> bool:
    """Whether a section is its heading alone, with no more than a number or a word like "Chapter" before it."""
    if len(text) > _LONG_TITLE:
        return False
    printed, title = _letters(text), _letters(heading.title)
    return printed.endswith(title) and len(printed) <= len(title) + _NUMBERING


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


@dataclass(frozen=True, slots=True)
class _Sentence:
    start: int
    end: int
    tokens: int


def _sentences(
    text: str, section: _Section, whole: Sequence[Span], count_tokens: CountTokens, max_tokens: int
) -> Iterator[_Sentence]:
    """The section's sentences; rows that are whole are one each."""
    start = section.start
    for first, last in [*whole, (section.end, section.end)]:
        first, last = max(first, section.start), min(last, section.end)
        if first > last or first < start:
            continue
        between = text[start:first]
        for begin, end in () if between.isspace() else split_sentences(between):
            yield from _fit(text, (start + begin, start + end), count_tokens, max_tokens)
        if row := strip(text, first, last):
            yield from _fit(text, row, count_tokens, max_tokens, MOST_OF_A_ROW * max_tokens)
        start = last


def _fit(
    text: str, span: Span, count_tokens: CountTokens, max_tokens: int, most: int | None = None
) -> Iterator[_Sentence]:
    """The span as one sentence, or in parts that fit; whole up to `most` tokens."""
    start, end = span
    tokens = count_tokens(text[start:end])
    halves = halve(text[start:end]) if tokens > (most or max_tokens) else None
    if halves is None:
        yield _Sentence(start, end, tokens)
        return
    for first, last in halves:
        yield from _fit(text, (start + first, start + last), count_tokens, max_tokens)


def _is_hidden(page: Page, start: int, end: int) -> bool:
    """Whether most of a range cannot be seen on the page."""
    unseen = sum(max(0, min(end, last) - max(start, first)) for first, last in page.hidden)
    return 2 * unseen > end - start


def _pack(sentences: Sequence[_Sentence], max_tokens: int, overlap: int) -> Iterator[Span]:
    """Spans of successive sentences, about equally long, each beginning with the end of the one before."""
    total = sum(sentence.tokens for sentence in sentences)
    if not sentences:
        return
    target = total / ceil(total / (max_tokens - overlap)) if total > max_tokens else total
    first, new, tokens = 0, 0, 0  # of the open chunk: first sentence, tokens not repeated, tokens
    for index, sentence in enumerate(sentences):
        if index > first and (new >= target or tokens + sentence.tokens > max_tokens):
            yield sentences[first].start, sentences[index - 1].end
            room = min(overlap, max_tokens - sentence.tokens)
            first, tokens = _reach_back(sentences, index, room)
            new = 0
        new += sentence.tokens
        tokens += sentence.tokens
    yield sentences[first].start, sentences[-1].end


def _reach_back(sentences: Sequence[_Sentence], index: int, room: int) -> tuple[int, int]:
    """The earliest of the sentences before `index` that fit into `room` tokens together, and their tokens."""
    tokens = 0
    while index and tokens + sentences[index - 1].tokens <= room:
        index -= 1
        tokens += sentences[index].tokens
    return index, tokens
