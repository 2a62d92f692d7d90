"""The library's documents."""

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from app.listing import Listed
from app.printing.console import OUT, count, say, size_in_words
from app.types import Removed


def show_documents(documents: Sequence[Listed]) -> None:
    """The library's documents as a table, each with the names of its equal copies."""
    if not documents:
        OUT.print("The library is empty. Add something: polyglance add FOLDER")
        return
    table = Table()
    table.add_column("id", no_wrap=True)
    for title in ("document", "type", "in"):
        table.add_column(title, overflow="fold")
    for title in ("pages", "chunks", "size"):
        table.add_column(title, justify="right")
    table.add_column("added", no_wrap=True)
    for listed in documents:
        one, copies = listed.document, listed.names[1:]
        pages = f"{one.pages} ({one.ocr_pages} by OCR)" if one.ocr_pages else str(one.pages)
        table.add_row(
            one.id[:8],
            Text.assemble(one.name, (f"\nalso {', '.join(copies)}" if copies else "", "dim")),
            one.format,
            one.language,
            pages,
            str(one.chunks),
            size_in_words(one.bytes),
            datetime.fromtimestamp(one.added_at).strftime("%Y-%m-%d"),
        )
    OUT.print(table)


def show_removed(removed: Sequence[Removed]) -> None:
    """What is gone, counted."""
    for one in removed:
        say(f"Removed {one.name}: {count(one.points, 'point')} and {count(one.files, 'file')}.")
