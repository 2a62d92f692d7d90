"""Commands that look after the library's documents: list, remove, status."""

import argparse
from dataclasses import asdict

from app.commands.grammar import OK, Commands
from app.printing.console import pick, print_json
from app.settings import Settings


def declare(commands: Commands) -> None:
    """Say which commands there are."""
    commands.add("list", show_all, "List the documents.")
    parser = commands.add("remove", remove, "Remove a document by id or name, with every trace.")
    parser.add_argument("document", metavar="ID|NAME")
    commands.add("status", status, "Show the library at a glance.")


def show_all(options: argparse.Namespace, settings: Settings) -> int:
    """List the documents."""
    from app.job_overview import read_unfinished
    from app.listing import read_listing
    from app.printing.documents import show_documents
    from app.printing.jobs import tell_unfinished

    listed = read_listing(settings.data)
    if options.json:
        fields = ("id", "name", "format", "bytes", "pages", "chunks", "problems", "added_at", "language", "ocr_pages")
        print_json({"documents": [pick(one.document, fields) | {"names": one.names} for one in listed]})
    else:
        show_documents(listed)
    tell_unfinished(read_unfinished(settings.data))
    return OK


def remove(options: argparse.Namespace, settings: Settings) -> int:
    """Remove documents."""
    from app.library import Library
    from app.printing.documents import show_removed

    with Library(settings) as library:
        removed = library.remove(options.document)
    if options.json:
        print_json({"removed": [asdict(one) for one in removed]})
    else:
        show_removed(removed)
    return OK


def status(options: argparse.Namespace, settings: Settings) -> int:
    """Show the library at a glance."""
    from app.job_overview import read_unfinished
    from app.overview import read_status
    from app.printing.jobs import tell_unfinished
    from app.printing.status import show_status

    status = read_status(settings.data, access=settings.qdrant_access)
    if options.json:
        print_json(asdict(status))
    else:
        show_status(status)
    tell_unfinished(read_unfinished(settings.data))
    return OK
