"""The command line: parses, calls the library, prints. Results go to stdout, everything else to stderr."""

import argparse
import json
import logging
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

from app import printing
from app.errors import USER_ERRORS
from app.settings import Settings
from app.types import AddStatus, Match
from ingest.types import Format, Geometry
from retrieval.query import Results

OK, ERROR, USAGE, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3, 130

VARIANTS = ("meaning", "text", "look")  # of `app.evaluating.VARIANTS`, which takes a second to import

Command = Callable[[argparse.Namespace, Settings], int]
T = TypeVar("T")


def run() -> None:
    """Entry point of the ``polyglance`` script."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run one command.

    Returns:
        0 done; 1 an error, told in one line on stderr; 2 wrong usage; 3 some files failed; 130 interrupted.
    """
    options = build_parser().parse_args(argv, argparse.Namespace(data=None, encoder=None, qdrant=None, verbose=False))
    logging.basicConfig(
        level=logging.INFO if options.verbose else logging.ERROR,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    settings = Settings.from_env().override(
        data=options.data,
        encoder=options.encoder,
        geometry=getattr(options, "geometry", None),
        context=getattr(options, "context", None),
        sizes=getattr(options, "store_sizes", None),
        qdrant=options.qdrant,
    )
    command: Command = options.command
    try:
        return command(options, settings)
    except USER_ERRORS as error:
        printing.say_error(str(error))
        return ERROR
    except KeyboardInterrupt:
        printing.say_error("Stopped. What was finished is kept; run the same command again to go on.")
        return INTERRUPTED
    except BrokenPipeError:  # `polyglance list | head`
        sys.stderr.close()
        return OK


def build_parser() -> argparse.ArgumentParser:
    """The whole grammar of the command line."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--data", type=Path, default=argparse.SUPPRESS, metavar="DIR", help="the library's folder")
    shared.add_argument(
        "--encoder",
        default=argparse.SUPPRESS,
        metavar="NAME|PATH",
        help="auto, starter, jina-clip-v2, or a checkpoint's folder",
    )
    shared.add_argument(
        "--qdrant",
        default=argparse.SUPPRESS,
        metavar="URL",
        help="the Qdrant server where the library's vectors are, or go when it is new (default: in its folder)",
    )
    shared.add_argument("--verbose", "-v", action="store_true", default=argparse.SUPPRESS, help="log what happens")
    parser = argparse.ArgumentParser(
        prog="polyglance",
        parents=[shared],
        description="Find anything in your documents, in any language, by text or by picture.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    layout = argparse.ArgumentParser(add_help=False)
    layout.add_argument(
        "--geometry",
        type=Geometry,
        choices=list(Geometry),
        metavar="fit|crop|tiles",
        help="how pages and pictures become squares: the whole (default), its middle, or the whole and its parts",
    )
    layout.add_argument(
        "--context",
        type=_whole,
        metavar="TOKENS",
        help="read passages together with the text around them, that many tokens at once (jina-clip; default 0: alone)",
    )
    layout.add_argument(
        "--sizes",
        type=_sizes,
        dest="store_sizes",
        metavar="D,D,...",
        help="how many numbers of each vector to store, of the encoder's Matryoshka sizes; the full one always is "
        "(default: 128 and the full one)",
    )

    def add_command(
        name: str, command: Command, text: str, *also: argparse.ArgumentParser, as_json: bool = True
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, parents=[shared, *also], help=text, description=text)
        sub.set_defaults(command=command)
        if as_json:
            sub.add_argument("--json", action="store_true", help="print JSON and nothing else on stdout")
        return sub

    sub = add_command("add", _add, "Add files and folders to the library.", layout)
    sub.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    sub = add_command("search", _search, "Search by words, by a picture, by both, or by a page.")
    _add_query_options(sub)
    sub = add_command(
        "ask", _ask, "Build a cited prompt from the best sources, and answer it where a chat model is set."
    )
    sub.add_argument("text", metavar="TEXT")
    sub.add_argument("--limit", type=_positive, default=6, metavar="N", help="sources")
    add_command("list", _list, "List the documents.")
    sub = add_command("remove", _remove, "Remove a document by id or name, with every trace.")
    sub.add_argument("document", metavar="ID|NAME")
    add_command("status", _status, "Show the library at a glance.")
    sub = add_command("embed", _embed, "Print the vectors of texts or pictures.")
    sub.add_argument("texts", nargs="*", metavar="TEXT")
    sub.add_argument("--image", nargs="+", type=Path, default=[], metavar="FILE")
    sub.add_argument("--query", action="store_true", help="the texts are questions, not passages")
    sub.add_argument(
        "--geometry",
        type=Geometry,
        choices=[Geometry.CROP, Geometry.FIT],
        metavar="crop|fit",
        help="jina-clip sees the middle of a picture (default: as its authors prepare pictures) or the whole",
    )
    sub.add_argument("--dim", type=_positive, metavar="D", help="keep the first D numbers of each vector (Matryoshka)")
    sub.add_argument("--max-tokens", type=_positive, metavar="N", help="read that much of a text (jina-clip: 512)")
    sub = add_command("encoders", _encoders, "List the encoders, which one is active, and why.")
    sub.add_argument("--check", action="store_true", help="test whether the active encoder gives the right vectors")
    sub.add_argument(
        "--image", action="append", type=Path, metavar="FILE", help="with --check: the model card's pictures, in order"
    )
    sub = add_command("eval", _eval, "Measure how well the library answers questions whose answers are known.")
    asked = sub.add_mutually_exclusive_group(required=True)
    asked.add_argument("questions", nargs="?", type=Path, metavar="FILE", help="JSON, CSV, BEIR folder or TREC queries")
    asked.add_argument("--self", action="store_true", help="ask for passages and pictures of the library itself")
    sub.add_argument("--qrels", type=Path, metavar="FILE", help="TREC answers, where the questions have none")
    sub.add_argument(
        "--against", action="append", default=[], choices=VARIANTS, help="compare with meaning, text or look alone"
    )
    sub.add_argument("--sizes", action="store_true", help="compare every Matryoshka size of the encoder")
    sub.add_argument("--count", type=_positive, default=100, metavar="N", help="questions that --self makes")
    sub.add_argument("--report", type=Path, metavar="OUT.html|OUT.md", help="write tables, plots and failures")
    add_command("reindex", _reindex, "Encode every document anew, as the options say.", layout, as_json=False)
    sub = add_command("migrate", _migrate, "Move the vectors to a Qdrant server, or back into the library's folder.")
    sub.add_argument("--to", required=True, metavar="URL|embedded")
    sub = add_command("download", _download, "Fetch an encoder's official checkpoint.", as_json=False)
    sub.add_argument("name", metavar="NAME")
    sub.add_argument("--yes", action="store_true", help="accept the licence without being asked")
    sub = add_command("serve", _serve, "Serve the web page on this machine.", layout, as_json=False)
    sub.add_argument("--port", type=_positive, default=7860)
    return parser


def _add_query_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("text", nargs="?", metavar="TEXT", help='words or a question; a "phrase" has to stand there')
    sub.add_argument("--image", type=Path, metavar="FILE")
    sub.add_argument("--like", type=_like, metavar="ID:PAGE|HIT", help="more like this page, or this hit of --json")
    sub.add_argument("--limit", type=_positive, default=10, metavar="N")
    sub.add_argument("--offset", type=_whole, default=0, metavar="N", help="leave out the first N")
    sub.add_argument("--group", choices=["page", "document"], default="page", help="what is listed once")
    sub.add_argument(
        "--modality",
        choices=["any", "text", "image"],
        default="any",
        help="what may match: words, looks, or either",
    )
    sub.add_argument(
        "--language", action="append", default=[], type=_language, metavar="TAG", help="only passages in it: de, en, ja"
    )
    sub.add_argument("--kind", action="append", default=[], choices=[kind.value for kind in Format], help="of file")
    sub.add_argument("--document", action="append", default=[], metavar="NAME|ID", help="only in this document")
    sub.add_argument("--since", type=_day, metavar="DAY", help="only documents of that day or later: 2024-01-31")
    sub.add_argument("--until", type=_day, metavar="DAY", help="only documents of that day or earlier")
    sub.add_argument("--no-words", action="store_true", help="by meaning alone, not by the words as they stand")
    sub.add_argument("--explain", action="store_true", help="say what each hit was found by, and what took how long")


def _positive(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise argparse.ArgumentTypeError(f"{value!r} is not a whole number from 1")
    return int(value)


def _whole(value: str) -> int:
    if not value.isdecimal():
        raise argparse.ArgumentTypeError(f"{value!r} is not a whole number")
    return int(value)


def _sizes(value: str) -> tuple[int, ...]:
    return tuple(sorted({_positive(size) for size in value.split(",")}))


def _language(value: str) -> str:
    from ingest.language import parse_language

    return _told(parse_language, value)


def _day(value: str) -> date:
    from app.query_options import parse_day

    return _told(parse_day, value)


def _like(value: str) -> str | tuple[str, int]:
    from app.query_options import parse_like

    return _told(parse_like, value)


def _told(parse: Callable[[str], T], value: str) -> T:
    """Parse, with the reason of a refusal told to the user."""
    try:
        return parse(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _add(options: argparse.Namespace, settings: Settings) -> int:
    from app.library import Library  # here, as below: `--help` and `encoders` need not pay for it

    started = time.perf_counter()
    with Library(settings) as library, printing.progress_bar() as show:
        added = library.add(*options.paths, on_progress=show)
        encoder = library.status().encoder
    seconds = time.perf_counter() - started
    if options.json:
        fields = ("id", "name", "status", "pages", "chunks", "error", "problems")
        _print_json({"documents": [_pick(one, fields) for one in added], "seconds": round(seconds, 3)})
    else:
        printing.show_added(added, seconds, encoder=encoder)
    return SOME_FAILED if any(one.status is AddStatus.FAILED for one in added) else OK


def _search(options: argparse.Namespace, settings: Settings) -> int:
    from app.library import Library
    from app.query_options import build_query, find_mistake

    mistake = find_mistake(options)
    if mistake:
        printing.say_error(mistake)
        return USAGE
    with Library(settings) as library:
        query = build_query(options, library)
        library.warm_up()
        started = time.perf_counter()
        try:
            results = library.query(query)
        except ValueError as error:  # a hit whose id was given is gone
            printing.say_error(str(error))
            return ERROR
        seconds = time.perf_counter() - started
        matches = library.matches(results, offset=query.offset)
        encoder = library.encoder.name
        is_empty = not library.documents()
    if options.json:
        _print_json(_found_as_json(results, matches, seconds=seconds, encoder=encoder, explain=options.explain))
        return OK
    title = options.text or (options.image.name if options.image else "like this")
    printing.show_matches(
        title, matches, seconds=seconds, encoder=encoder, is_empty=is_empty, is_relevant=results.is_relevant
    )
    if options.explain:
        printing.show_explanation(results, matches)
    return OK


def _found_as_json(
    results: Results, matches: Sequence[Match], *, seconds: float, encoder: str, explain: bool
) -> dict[str, object]:
    fields = (
        *("rank", "id", "document", "document_id", "page", "modality", "language"),
        *("score", "strength", "text", "image"),
    )
    hits = [_pick(match, fields) for match in matches]
    found = {"hits": hits, "relevant": results.is_relevant, "seconds": round(seconds, 4), "encoder": encoder}
    if not explain:
        return found
    evidence = {hit.point.id: [asdict(one) for one in hit.evidence] for hit in results.hits}
    stages = [{"name": stage.name, "milliseconds": round(stage.seconds * 1000, 3)} for stage in results.stages]
    return found | {"hits": [hit | {"evidence": evidence[str(hit["id"])]} for hit in hits], "stages": stages}


def _ask(options: argparse.Namespace, settings: Settings) -> int:
    from app.chat import answer
    from app.library import Library

    if not options.text.strip():
        printing.say_error("Nothing to ask: give a question.")
        return USAGE
    with Library(settings) as library:
        matches = library.search(options.text, limit=options.limit)
        messages = library.prompt(options.text, matches)
    reply = answer(settings, messages)
    if options.json:
        sources = [_pick(match, ("rank", "document", "document_id", "page", "score")) for match in matches]
        turns = [{"role": "user" if turn.type == "human" else turn.type, "content": turn.text} for turn in messages]
        _print_json({"messages": turns, "sources": sources, "answer": reply})
    else:
        printing.show_prompt(messages, reply)
    return OK


def _list(options: argparse.Namespace, settings: Settings) -> int:
    from app.overview import read_documents

    documents = read_documents(settings.data)
    if options.json:
        fields = ("id", "name", "format", "bytes", "pages", "chunks", "problems", "added_at")
        _print_json({"documents": [_pick(document, fields) for document in documents]})
    else:
        printing.show_documents(documents)
    return OK


def _remove(options: argparse.Namespace, settings: Settings) -> int:
    from app.library import Library

    with Library(settings) as library:
        removed = library.remove(options.document)
    if options.json:
        _print_json({"removed": [asdict(one) for one in removed]})
    else:
        printing.show_removed(removed)
    return OK


def _status(options: argparse.Namespace, settings: Settings) -> int:
    from app.overview import read_status

    status = read_status(settings.data, access=settings.qdrant_access)
    if options.json:
        _print_json(asdict(status))
    else:
        printing.show_status(status)
    return OK


def _eval(options: argparse.Namespace, settings: Settings) -> int:
    from app.evaluating import Plan, evaluate_library
    from app.library import Library
    from evaluation.export import to_json, to_markdown
    from evaluation.report import write_report

    plan = Plan(options.questions, options.qrels, tuple(options.against), options.sizes, options.count)
    with Library(settings) as library, printing.count_bar() as show:
        summary = evaluate_library(library, plan, on_progress=show)
    if options.report and options.report.suffix == ".md":
        options.report.write_text(to_markdown(summary), encoding="utf-8")
    elif options.report:
        write_report(summary, options.report)
    if options.json:
        _print_json(to_json(summary))
    else:
        printing.show_summary(summary)
        if options.report:
            printing.say(f"The whole report: {options.report}")
    return OK


def _embed(options: argparse.Namespace, settings: Settings) -> int:
    from app.embedding import embed_images, embed_texts

    if bool(options.texts) == bool(options.image):
        printing.say_error("Nothing to embed, or two things at once: give texts, or --image FILE, and not both.")
        return USAGE
    if options.image:
        embedded = embed_images(options.image, settings, size=options.dim)
    else:
        embedded = embed_texts(
            options.texts, settings, is_query=options.query, size=options.dim, max_tokens=options.max_tokens
        )
    if options.json:
        _print_json(asdict(embedded), indent=None)
    else:
        for vector in embedded.vectors:
            print(*vector)
    return OK


def _encoders(options: argparse.Namespace, settings: Settings) -> int:
    from encoders.registry import list_encoders

    if options.check:
        return _check_encoder(settings, options.image, as_json=options.json)
    encoders = list_encoders(settings.encoder, models=settings.models)
    if options.json:
        _print_json({"encoders": [asdict(encoder) for encoder in encoders]})
    else:
        printing.show_encoders(encoders)
    return OK


def _check_encoder(settings: Settings, pictures: list[Path] | None = None, *, as_json: bool = False) -> int:
    from app.encoder import load
    from encoders.selftest import run_self_test

    # As its authors prepare pictures, because the model card's figures were made that way.
    test = run_self_test(load(settings, crops=True), pictures)
    if as_json:
        _print_json(asdict(test))
    else:
        for line in test.lines():
            printing.say(line)
    return ERROR if test.passed is False else OK


def _reindex(options: argparse.Namespace, settings: Settings) -> int:
    from app.library import Library

    with Library(settings) as library, printing.progress_bar() as show:
        count = library.reindex(on_progress=show)
        name = library.encoder.name
    printing.say(f"{count} documents are encoded anew with {name}.")
    return OK


def _migrate(options: argparse.Namespace, settings: Settings) -> int:
    from app.library import Library

    where_they_are = replace(settings, qdrant=None)  # not where --qdrant or the environment would have them
    with Library(where_they_are) as library, printing.point_bar() as show:
        migrated = library.migrate(options.to, on_progress=show)
    if options.json:
        _print_json(asdict(migrated))
    else:
        printing.show_migrated(migrated)
    return OK


def _download(options: argparse.Namespace, settings: Settings) -> int:
    from encoders.base import UnknownEncoder
    from encoders.download import RELEASES, accept, accepted, download

    release = RELEASES.get(options.name)
    if release is None:
        raise UnknownEncoder(f"No checkpoint is called {options.name!r}; there are: {', '.join(RELEASES)}.")
    if not accepted(release, settings.models):
        printing.say(release.licence)
        if not options.yes and not printing.confirm("Accept and download?"):
            return ERROR
        accept(release, settings.models)
    with printing.byte_bar() as show:
        folder = download(options.name, settings.models, progress=show)
    printing.say(f"{options.name} is in {folder}. Testing it:")
    status = _check_encoder(settings.override(encoder=str(folder)))
    if status == OK:
        printing.say(f"{options.name} is used from now on for new libraries.")
        printing.say(f"Re-embed a library made before: polyglance --encoder {options.name} reindex")
    return status


def _serve(options: argparse.Namespace, settings: Settings) -> int:
    from app.library import Library
    from app.ui import serve

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # let go of the library on `kill` too
    with Library(settings, own_process=True) as library:
        serve(library, port=options.port, announce=printing.say)
    return OK


def _pick(value: object, fields: Sequence[str]) -> dict[str, object]:
    return {field: getattr(value, field) for field in fields}


def _print_json(value: object, *, indent: int | None = 2) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=indent, default=str))
