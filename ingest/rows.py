"""Rows of tables and lines of code on a page: what a chunk takes whole."""

import re
from collections.abc import Iterator

from ingest.boundaries import Span
from ingest.types import Page

_TABLE_ROW = re.compile(r"^[ \t]*\|[^\n]*\|[ \t]*(?:\n[ \t]*\|[-:| \t]+\|[ \t]*)?$", re.M)  # with the rule below it
_FENCED = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n]*\n(.*?)(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.M | re.S)


def whole_rows(page: Page) -> list[Span]:
    """Ranges of the page's text that are each one row of a table or one line of code, in order and apart.

    Known by how they were set, or by their Markdown.
    """
    spans = {*((row.start, row.end) for row in page.rows if row.is_whole), *_markdown(page.text)}
    apart: list[Span] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if end > start and (not apart or start >= apart[-1][1]):
            apart.append((start, end))
    return apart


def _markdown(text: str) -> Iterator[Span]:
    if "|" in text:
        yield from (match.span() for match in _TABLE_ROW.finditer(text))
    if "```" in text or "~~~" in text:
        for block in _FENCED.finditer(text):
            start = block.start(2)
            for line in block[2].splitlines(keepends=True):
                yield start, start + len(line.rstrip())
                start += len(line)
