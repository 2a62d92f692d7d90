"""MuPDF's account of a page's letters and strokes, as lines of text and rules."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import pymupdf

from ingest.bidi import has_letters_from_left, has_right_to_left, reads_from_right, to_reading_order
from ingest.cleaning import clean
from ingest.layout import Line, Place

_SOFT_HYPHEN = "\u00ad"
_MONO = re.compile(r"mono|courier|consol|typewriter|code", re.I)  # in the name of a face
_INDIC_MARKS = "".join(chr(code) for code in range(0x900, 0xE00) if unicodedata.category(chr(code))[0] == "M")
_TWICE = re.compile(f"([{_INDIC_MARKS}])\\1")  # written once: MuPDF repeats the last mark of some `ActualText`
_DRAWN = 16 | 32  # of a span's `char_flags`: its letters are filled, or stroked
_SMALLEST = 1.0  # points; smaller letters are dust
_VECTOR = 3  # type of a block

Span = dict[str, Any]


def to_lines(content: dict[str, Any], letters: str) -> list[Line]:
    """Lines in the order they were set.

    Args:
        content: `TextPage.extractDICT`; `extractRAWDICT` where letters are written from the right, whose places tell
            their order.
        letters: every character of the page.
    """
    is_mirrored = has_right_to_left(letters) and reads_from_right(letters)
    return [
        _to_line(spans, line["bbox"] if len(spans) == len(line["spans"]) else _around(spans), index, is_mirrored)
        for index, block in enumerate(content["blocks"])
        for line in block.get("lines", ())
        for spans in _by_sight(line["spans"])
    ]


def all_letters(content: dict[str, Any]) -> str:
    """Every character in the file, as it is."""
    return "".join(map(_span_text, _spans(content)))


def to_strokes(content: dict[str, Any]) -> list[Place]:
    """Boxes around what is drawn in lines and areas."""
    return [block["bbox"] for block in content["blocks"] if block["type"] == _VECTOR and block["alpha"]]


def to_characters(raw: dict[str, Any]) -> list[tuple[str, Place]]:
    """Every character with its place, in the order they were set."""
    return [(char["c"], char["bbox"]) for span in _spans(raw) for char in span["chars"]]


def _spans(content: dict[str, Any]) -> Iterator[Span]:
    for block in content["blocks"]:
        for line in block.get("lines", ()):
            yield from line["spans"]


def _by_sight(spans: Sequence[Span]) -> Iterator[Sequence[Span]]:
    """The line's spans; apart where some are drawn and some are not."""
    if len(spans) == 1 or len({_is_hidden(span) for span in spans}) == 1:
        if spans:
            yield spans
        return
    start = 0
    for end in range(1, len(spans) + 1):
        if end == len(spans) or _is_hidden(spans[end]) != _is_hidden(spans[start]):
            yield spans[start:end]
            start = end


def _is_hidden(span: Span) -> bool:
    """Whether the file says that the letters are not to be seen, or are too small for that."""
    return not span["alpha"] or span["size"] < _SMALLEST or not span["char_flags"] & _DRAWN


def _to_line(spans: Sequence[Span], place: Place, block: int, is_mirrored: bool) -> Line:
    text = _text(spans, is_mirrored)
    longest = spans[0] if len(spans) == 1 else max(spans, key=lambda span: len(_span_text(span)))
    x0, y0, x1, y1 = place
    return Line(
        text=text,
        x0=x0,
        y0=y0,
        x1=x1,
        y1=y1,
        size=longest["size"],
        is_mono=all(_is_mono(span) for span in spans),
        block=block,
        hidden=((0, len(text)),) if _is_hidden(spans[0]) else (),
    )


def _around(spans: Sequence[Span]) -> Place:
    boxes = [span["bbox"] for span in spans]
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def _text(spans: Sequence[Span], is_mirrored: bool) -> str:
    text = _span_text(spans[0]) if len(spans) == 1 else "".join(map(_span_text, spans))
    if "chars" in spans[0] and _is_from_right(text, is_mirrored):
        text = to_reading_order([(char["c"], char["bbox"][0]) for span in spans for char in span["chars"]])
    if not text.isascii():
        text = _TWICE.sub(r"\1", text)
    text = text.replace("\n", " ").strip()
    if text.endswith(_SOFT_HYPHEN):
        text = text[:-1] + "-"  # it is drawn, and the word goes on
    return clean(text)


def _is_from_right(text: str, is_mirrored: bool) -> bool:
    """Whether a line is read from the right; on a page that is, so are its bare numbers."""
    if is_mirrored:
        return has_right_to_left(text) or not has_letters_from_left(text)
    return has_right_to_left(text) and reads_from_right(text)


def _span_text(span: Span) -> str:
    """A span's text; where characters come one by one, of those."""
    return span["text"] if "text" in span else "".join(char["c"] for char in span["chars"])


def _is_mono(span: Span) -> bool:
    return bool(span["flags"] & pymupdf.TEXT_FONT_MONOSPACED) or _MONO.search(span["font"]) is not None
