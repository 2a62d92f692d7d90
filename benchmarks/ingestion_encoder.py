"""How busy the starter is while a manual goes in: the share of the time in which it encodes something.

    python benchmarks/ingestion_encoder.py MANUAL.pdf [MANUAL.pdf ...] [--repeats 3] [--threads 2]

Models are loaded before. Texts and pictures are two lanes: "either" is the share of the wall time in which at least
one call is running. What no pipeline can fill stands beside it: the time before the first call, while the first page is
read, and the time after the last, while the last batch goes into the store.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # else benchmarks/encoders.py would hide the package

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ingestion_parts import median, print_table
from PIL import Image

from app.library import Library
from app.settings import Settings
from encoders.base import Embeddings, Encoder
from encoders.starter import StarterEncoder

Span = tuple[float, float]


class Watched:
    """An encoder whose calls are noted."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.texts: list[Span] = []
        self.images: list[Span] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """As the encoder does."""
        return _note(self.texts, lambda: self._encoder.encode_texts(texts))

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        """As the encoder does."""
        return _note(self.images, lambda: self._encoder.encode_images(images))


def _note(spans: list[Span], work: Callable[[], Embeddings]) -> Embeddings:
    started = time.perf_counter()
    rows = work()
    spans.append((started, time.perf_counter()))
    return rows


@dataclass(frozen=True)
class Run:
    """Seconds of one `add`."""

    pages: int
    wall: float
    texts: float
    images: float
    either: float
    before: float  # the first call
    after: float  # the last


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manuals", type=Path, nargs="+")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    encoder = StarterEncoder(threads=options.threads)
    encoder.encode_texts(["warm"])
    encoder.encode_images([Image.new("RGB", (64, 64))])
    runs = [measure(options.manuals, encoder, threads=options.threads) for _ in range(options.repeats)]
    print(f"{', '.join(path.name for path in options.manuals)}, {runs[0].pages} pages, {options.repeats} runs\n")
    rows = [
        [
            number,
            f"{run.pages / run.wall:.1f}",
            f"{run.either / run.wall:.1%}",
            f"{run.texts / run.wall:.1%}",
            f"{run.images / run.wall:.1%}",
            f"{run.before:.2f}, {run.after:.2f}",
            f"{run.either / (run.wall - run.before - run.after):.1%}",
        ]
        for number, run in enumerate(runs, start=1)
    ]
    head = ["run", "pages/s", "either", "texts", "pictures", "s before, after", "either, without these"]
    print_table(head, rows)
    print(f"median of either: {median([run.either / run.wall for run in runs]):.1%}")


def measure(manuals: Sequence[Path], encoder: Encoder, *, threads: int) -> Run:
    """One `add` into a new library."""
    watched = Watched(encoder)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder), Path(folder), "starter", threads=threads)
        with Library(settings, encoder=watched) as library:
            started = time.perf_counter()
            added = library.add(*manuals)
            ended = time.perf_counter()
    assert all(one.error is None for one in added), added
    calls = sorted(watched.texts + watched.images)
    return Run(
        sum(one.pages for one in added),
        ended - started,
        *(sum(end - start for start, end in spans) for spans in (watched.texts, watched.images)),
        either=covered(calls),
        before=calls[0][0] - started,
        after=ended - max(end for _, end in calls),
    )


def covered(spans: Sequence[Span]) -> float:
    """Seconds that at least one of the spans covers; they come by their starts."""
    seconds, until = 0.0, float("-inf")
    for start, end in spans:
        seconds += max(0.0, end - max(start, until))
        until = max(until, end)
    return seconds


if __name__ == "__main__":
    main()
