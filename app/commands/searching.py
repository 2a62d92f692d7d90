"""The command that searches: search."""

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.grammar import ERROR, OK, USAGE, Commands, language, positive, told, whole
from app.printing.console import pick, print_json, say_error
from app.settings import Settings
from ingest.readers.registry import Shows, kinds

if TYPE_CHECKING:  # they bring numpy, which `--help` need not pay for
    from app.types import Match
    from retrieval.query import Results


def declare(commands: Commands) -> None:
    """Say which commands there are."""
    parser = commands.add("search", search, "Search by words, by a picture, by both, or by a page.")
    parser.add_argument("text", nargs="?", metavar="TEXT", help='words or a question; a "phrase" has to stand there')
    parser.add_argument("--image", type=Path, metavar="FILE")
    parser.add_argument("--like", type=_like, metavar="ID:PAGE|HIT", help="more like this page, or this hit of --json")
    parser.add_argument("--limit", type=positive, default=10, metavar="N")
    parser.add_argument("--offset", type=whole, default=0, metavar="N", help="leave out the first N")
    parser.add_argument("--group", choices=["page", "document"], default="page", help="what is listed once")
    parser.add_argument(
        "--modality",
        choices=["any", "text", "image"],
        default="any",
        help="what may match: words, looks, or either",
    )
    parser.add_argument(
        "--language", action="append", default=[], type=language, metavar="TAG", help="only passages in it: de, en, ja"
    )
    formats = [kind.format for kind in kinds() if kind.shows is not Shows.MEMBERS]
    parser.add_argument("--kind", action="append", default=[], choices=formats, help="of file")
    parser.add_argument("--document", action="append", default=[], metavar="NAME|ID", help="only in this document")
    parser.add_argument("--since", type=_day, metavar="DAY", help="only documents of that day or later: 2024-01-31")
    parser.add_argument("--until", type=_day, metavar="DAY", help="only documents of that day or earlier")
    parser.add_argument("--no-words", action="store_true", help="by meaning alone, not by the words as they stand")
    parser.add_argument("--explain", action="store_true", help="say what each hit was found by, and what took how long")


def search(options: argparse.Namespace, settings: Settings) -> int:
    """Search."""
    from app.library import Library
    from app.printing.searching import show_explanation, show_matches
    from app.query_options import build_query, find_mistake

    mistake = find_mistake(options)
    if mistake:
        say_error(mistake)
        return USAGE
    with Library(settings) as library:
        query = build_query(options, library)
        library.warm_up()
        started = time.perf_counter()
        try:
            results = library.query(query)
        except ValueError as error:  # a hit whose id was given is gone
            say_error(str(error))
            return ERROR
        seconds = time.perf_counter() - started
        matches = library.matches(results, offset=query.offset)
        encoder = library.encoder.name
        is_empty = not library.documents()
    if options.json:
        print_json(_found_as_json(results, matches, seconds=seconds, encoder=encoder, explain=options.explain))
        return OK
    title = options.text or (options.image.name if options.image else "like this")
    show_matches(title, matches, seconds=seconds, encoder=encoder, is_empty=is_empty, is_relevant=results.is_relevant)
    if options.explain:
        show_explanation(results, matches)
    return OK


def _found_as_json(
    results: "Results", matches: Sequence["Match"], *, seconds: float, encoder: str, explain: bool
) -> dict[str, object]:
    fields = (
        *("rank", "id", "document", "document_id", "page", "modality", "language"),
        *("score", "strength", "text", "image"),
    )
    hits = [pick(match, fields) for match in matches]
    found = {"hits": hits, "relevant": results.is_relevant, "seconds": round(seconds, 4), "encoder": encoder}
    if not explain:
        return found
    evidence = {hit.point.id: [asdict(one) for one in hit.evidence] for hit in results.hits}
    stages = [{"name": stage.name, "milliseconds": round(stage.seconds * 1000, 3)} for stage in results.stages]
    return found | {"hits": [hit | {"evidence": evidence[str(hit["id"])]} for hit in hits], "stages": stages}


def _day(value: str) -> date:
    from app.query_options import parse_day

    return told(parse_day, value)


def _like(value: str) -> str | tuple[str, int]:
    from app.query_options import parse_like

    return told(parse_like, value)
