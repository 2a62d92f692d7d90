"""Small real documents."""

from collections.abc import Iterable
from pathlib import Path

import pymupdf

PAGES = {
    1: "Everyone has the right to education. Education shall be free, at least in the elementary stages.",
    2: "Bake the bread for forty minutes in a hot oven. Let the dough rest overnight before kneading it.",
    3: "The ship left the harbour at dawn. A storm came up and the sailors took in the sails.",
}


def write_pdf(path: Path, pages: Iterable[str]) -> None:
    document = pymupdf.open()
    for text in pages:
        page = document.new_page()
        page.insert_textbox(pymupdf.Rect(72, 72, 520, 700), text, fontsize=14)
    document.save(path)
    document.close()
