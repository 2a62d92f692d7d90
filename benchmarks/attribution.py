"""Page attribution: whether a passage says the physical page it stands on.

    python benchmarks/attribution.py [--pages 60]

Makes a PDF with a word of its own on every page that can hold one: roman labels at the front; two chapters whose labels
both begin at 1; a blank page, a turned and a cropped one; one whose content breaks off, and one that calls itself a
page tree, so that MuPDF does not load it. Then prints, per way of reading, the share of words found in a passage that
names the right physical page, those found elsewhere, and those not found:

- ours: `ingest.readers` and `ingest.chunk`, the passage's page number;
- pypdf, by position: its pages counted from 1;
- pypdf, pages with text: blank ones dropped first and the rest counted, as loaders do that skip empty documents;
- pypdf, by label: the first page that has the passage's label, which is what a citation by label leads to.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import argparse
import logging
import tempfile
from collections.abc import Callable, Iterator

import pymupdf
import pypdf

from ingest.chunk import split_page
from ingest.readers.registry import open_reader
from ingest.types import Format

FILLER = "All human beings are born free and equal in dignity and rights. " * 12
BLANK, TURNED, CROPPED, CUT_OFF, UNLOADABLE = 4, 7, 9, 12, 15  # physical pages, from 1
FRONT, CHAPTER = 5, 25  # pages before the first chapter, and of each but the last

Found = Iterator[tuple[int, str]]  # page and text of each passage


def word(number: int) -> str:
    """The word that stands on one page only."""
    return "quoin" + "".join("abcdefghij"[int(digit)] for digit in f"{number:04d}")


def make(path: Path, count: int) -> list[int]:
    """Save the document; returns the pages that have a word."""
    document = pymupdf.open()
    for number in range(1, count + 1):
        page = document.new_page()
        if number not in (BLANK, UNLOADABLE):
            page.insert_textbox((72, 90, 523, 760), f"{word(number)} {FILLER}", fontsize=11)
    document[TURNED - 1].set_rotation(90)
    document[CROPPED - 1].set_cropbox(pymupdf.Rect(40, 40, 560, 700))
    content = document[CUT_OFF - 1].get_contents()[0]
    document.update_stream(content, document.xref_stream(content)[:300])
    document.xref_set_key(document[UNLOADABLE - 1].xref, "Type", "/Pages")
    document.set_page_labels(
        [
            {"startpage": 0, "style": "r", "firstpagenum": 1},
            {"startpage": FRONT, "style": "D", "firstpagenum": 1},
            {"startpage": FRONT + CHAPTER, "style": "D", "firstpagenum": 1},
        ]
    )
    document.save(path, garbage=0)
    return [number for number in range(1, count + 1) if number not in (BLANK, UNLOADABLE)]


def ours(path: Path) -> Found:
    """Our passages."""
    with open_reader(path, format=Format.PDF, name=path.name) as reader:
        for page in reader.read_pages(draw_from=reader.page_count + 1):
            for chunk in split_page(page, document_id="d", count_tokens=lambda text: len(text) // 4):
                yield chunk.page_number, chunk.text


def by_position(path: Path) -> Found:
    """Every page that pypdf lists."""
    for number, page in enumerate(pypdf.PdfReader(path).pages, start=1):
        yield number, text_of(page)


def with_text(path: Path) -> Found:
    """Those that have text."""
    texts = (text_of(page) for page in pypdf.PdfReader(path).pages)
    yield from enumerate((text for text in texts if text.strip()), start=1)


def by_label(path: Path) -> Found:
    """Each called by its label."""
    reader = pypdf.PdfReader(path)
    labels = reader.page_labels
    for label, page in zip(labels, reader.pages, strict=False):
        yield 1 + labels.index(label), text_of(page)


def text_of(page: pypdf.PageObject) -> str:
    """A page's text by pypdf; nothing where it raises an error, which would else cost the whole document."""
    try:
        return page.extract_text()
    except pypdf.errors.PyPdfError:
        return ""


WAYS: dict[str, Callable[[Path], Found]] = {
    "ours": ours,
    "pypdf, by position": by_position,
    "pypdf, pages with text": with_text,
    "pypdf, by label": by_label,
}


def measure(path: Path, count: int) -> None:
    """Read the document in every way and print the table."""
    wanted = make(path, count)
    print(f"{count} pages, {len(wanted)} words\n\n| | right page (%) | wrong page | not found |\n|---|---:|---:|---:|")
    for name, read in WAYS.items():
        passages = list(read(path))
        right = wrong = lost = 0
        for number in wanted:
            pages = {page for page, text in passages if word(number) in text}
            right += pages == {number}
            wrong += bool(pages - {number})
            lost += not pages
        print(f"| {name} | {100 * right / len(wanted):.1f} | {wrong} | {lost} |")


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description="Page attribution of PDF readers.")
    parser.add_argument("--pages", type=int, default=60)
    arguments = parser.parse_args()
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder) / "attribution.pdf", max(arguments.pages, FRONT + 2 * CHAPTER))


if __name__ == "__main__":
    main()
