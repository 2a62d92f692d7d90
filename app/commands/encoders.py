"""Commands about encoders and their vectors: embed, encoders, download."""

import argparse
from dataclasses import asdict
from pathlib import Path

from app.commands.grammar import ERROR, OK, USAGE, Commands, positive
from app.printing.console import confirm, print_json, say, say_error, say_numbers
from app.settings import Settings
from ingest.types import Geometry


def declare(commands: Commands) -> None:
    """Say which commands there are."""
    parser = commands.add("embed", embed, "Print the vectors of texts or pictures.")
    parser.add_argument("texts", nargs="*", metavar="TEXT")
    parser.add_argument("--image", nargs="+", type=Path, default=[], metavar="FILE")
    parser.add_argument("--query", action="store_true", help="the texts are questions, not passages")
    parser.add_argument(
        "--geometry",
        type=Geometry,
        choices=[Geometry.CROP, Geometry.FIT],
        metavar="crop|fit",
        help="jina-clip sees the middle of a picture (default: as its authors prepare pictures) or the whole",
    )
    parser.add_argument(
        "--dim", type=positive, metavar="D", help="keep the first D numbers of each vector (Matryoshka)"
    )
    parser.add_argument("--max-tokens", type=positive, metavar="N", help="read that much of a text (jina-clip: 512)")
    parser = commands.add("encoders", show_all, "List the encoders, which one is active, and why.")
    parser.add_argument("--check", action="store_true", help="test whether the active encoder gives the right vectors")
    parser.add_argument(
        "--image", action="append", type=Path, metavar="FILE", help="with --check: the model card's pictures, in order"
    )
    parser = commands.add("download", download, "Fetch an encoder's official checkpoint.", as_json=False)
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--yes", action="store_true", help="accept the licence without being asked")


def embed(options: argparse.Namespace, settings: Settings) -> int:
    """Print vectors."""
    from app.embedding import embed_images, embed_texts

    if bool(options.texts) == bool(options.image):
        say_error("Nothing to embed, or two things at once: give texts, or --image FILE, and not both.")
        return USAGE
    if options.image:
        embedded = embed_images(options.image, settings, size=options.dim)
    else:
        embedded = embed_texts(
            options.texts, settings, is_query=options.query, size=options.dim, max_tokens=options.max_tokens
        )
    if options.json:
        print_json(asdict(embedded), indent=None)
    else:
        for vector in embedded.vectors:
            say_numbers(vector)
    return OK


def show_all(options: argparse.Namespace, settings: Settings) -> int:
    """List the encoders, or test the active one."""
    from app.printing.encoders import show_encoders
    from encoders.registry import list_encoders

    if options.check:
        return _check(settings, options.image, as_json=options.json)
    encoders = list_encoders(settings.encoder, models=settings.models)
    if options.json:
        print_json({"encoders": [asdict(encoder) for encoder in encoders]})
    else:
        show_encoders(encoders)
    return OK


def download(options: argparse.Namespace, settings: Settings) -> int:
    """Fetch a checkpoint, and test it."""
    from app.printing.bars import byte_bar
    from encoders.base import UnknownEncoder
    from encoders.download import RELEASES, accept, accepted
    from encoders.download import download as fetch

    release = RELEASES.get(options.name)
    if release is None:
        raise UnknownEncoder(f"No checkpoint is called {options.name!r}; there are: {', '.join(RELEASES)}.")
    if not accepted(release, settings.models):
        say(release.licence)
        if not options.yes and not confirm("Accept and download?"):
            return ERROR
        accept(release, settings.models)
    with byte_bar() as show:
        folder = fetch(options.name, settings.models, progress=show)
    say(f"{options.name} is in {folder}. Testing it:")
    status = _check(settings.override(encoder=str(folder)))
    if status == OK:
        say(f"{options.name} is used from now on for new libraries.")
        say(f"Re-embed a library made before: polyglance --encoder {options.name} reindex")
    return status


def _check(settings: Settings, pictures: list[Path] | None = None, *, as_json: bool = False) -> int:
    from app.encoder import load
    from encoders.selftest import run_self_test

    # As its authors prepare pictures, because the model card's figures were made that way.
    test = run_self_test(load(settings, crops=True), pictures)
    if as_json:
        print_json(asdict(test))
    else:
        for line in test.lines():
            say(line)
    return ERROR if test.passed is False else OK
