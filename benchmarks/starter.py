"""How good and how fast the starter encoder is.

    python benchmarks/starter.py EVAL_FOLDER [--manuals FOLDER]

EVAL_FOLDER holds ``emoji/captions.json`` with its pictures and ``crosslingual.json``; the manuals it names lie in
FOLDER, by default ``corpus`` beside EVAL_FOLDER. Text is cut into plain chunks of 80 words that may run over a page
end, so these figures are the encoder's alone, not the product's.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # else benchmarks/encoders.py would hide the package

import argparse
import json
import resource
import time
from bisect import bisect_right
from collections import defaultdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pymupdf
from PIL import Image

from encoders.base import Embeddings, truncate
from encoders.starter import StarterEncoder

CHUNK_WORDS = 80


def recall(
    queries: Embeddings, rows: Embeddings, relevant: list[set[int]], owners: npt.NDArray[np.int64], k: int
) -> float:
    """Share of queries, in percent, with a relevant owner among the first ``k`` distinct owners."""
    hits = 0
    for scores, wanted in zip(queries @ rows.T, relevant, strict=True):
        first = dict.fromkeys(owners[np.argsort(-scores, kind="stable")].tolist())
        hits += bool(wanted & set(list(first)[:k]))
    return 100 * hits / len(relevant)


def print_table(head: list[str], lines: list[list[str]]) -> None:
    """Print a Markdown table."""
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for line in lines:
        print("| " + " | ".join(line) + " |")
    print()


def measure_emoji(encoder: StarterEncoder, folder: Path) -> None:
    """Find a picture by its name in 15 languages, and by a changed copy of itself."""
    entries: list[dict[str, Any]] = json.loads((folder / "captions.json").read_text("utf-8"))
    pictures = [flatten(Image.open(folder / entry["image"])) for entry in entries]
    encoder.encode_images(pictures[:1])
    start = time.perf_counter()
    rows = encoder.encode_images(pictures)
    print(f"{len(pictures) / (time.perf_counter() - start):.0f} pictures/s\n")

    languages = list(entries[0]["captions"])
    owners = np.arange(len(entries))
    relevant = [{index} for index in range(len(entries))]
    queries = {code: encoder.encode_queries([entry["captions"][code] for entry in entries]) for code in languages}
    lines = []
    for size in encoder.sizes:
        for k in (1, 5, 10):
            cut = truncate(rows, size)
            found = [recall(truncate(queries[code], size), cut, relevant, owners, k) for code in languages]
            lines.append([str(size), f"R@{k}", f"{np.mean(found[1:]):.1f}", *[f"{share:.1f}" for share in found]])
    print_table(["size", "emoji", "mean without en", *languages], lines)

    lines = []
    for change, copies in changed(pictures).items():
        vectors = encoder.encode_images(copies)
        lines.append(
            [change]
            + [f"{recall(truncate(vectors, s), truncate(rows, s), relevant, owners, 1):.1f}" for s in encoder.sizes]
        )
    print_table(["same picture first, R@1", *map(str, encoder.sizes)], lines)


def changed(pictures: list[Image.Image]) -> dict[str, list[Image.Image]]:
    """Copies as people meet them."""
    return {
        "mirrored": [p.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for p in pictures],
        "middle 80 %": [
            p.crop([round(x) for x in (0.1 * p.width, 0.1 * p.height, 0.9 * p.width, 0.9 * p.height)]) for p in pictures
        ],
        "darker": [p.point(lambda value: value * 0.7) for p in pictures],
        "64 px": [p.resize((64, 64)) for p in pictures],
    }


def flatten(image: Image.Image) -> Image.Image:
    """Lay a picture with transparency on white."""
    page = Image.new("RGBA", image.size, "white")
    page.alpha_composite(image.convert("RGBA"))
    return page.convert("RGB")


def measure_manuals(encoder: StarterEncoder, queries_file: Path, manuals: Path) -> None:
    """Find the page of an English manual with a section's title in another language."""
    entries: list[dict[str, Any]] = json.loads(queries_file.read_text("utf-8"))
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        groups[entry["document"], entry["language"]].append(entry)
    chunks = {name: read_chunks(manuals / name) for name in sorted({name for name, _ in groups})}
    rows = {}
    start = time.perf_counter()
    for name, (texts, _) in chunks.items():
        rows[name] = encoder.encode_texts(texts)
    count = sum(len(texts) for texts, _ in chunks.values())
    print(f"{count / (time.perf_counter() - start):.0f} chunks/s ({count} of {CHUNK_WORDS} words)\n")

    lines = []
    for (name, language), asked in sorted(groups.items()):
        vectors = encoder.encode_queries([entry["query"] for entry in asked])
        relevant = [set(range(entry["first_page"], entry["last_page"] + 1)) for entry in asked]
        pages = chunks[name][1]
        found = [recall(truncate(vectors, s), truncate(rows[name], s), relevant, pages, 5) for s in encoder.sizes]
        lines.append([name, language, *[f"{share:.1f}" for share in found]])
    print_table(["manual, R@5 pages", "query", *map(str, encoder.sizes)], lines)


def read_chunks(path: Path) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Chunks of 80 words, and the page, from 1, on which each begins."""
    words: list[str] = []
    first_words: list[int] = []
    with pymupdf.open(path) as document:
        for page in document:
            first_words.append(len(words))
            words += page.get_text().split()
    starts = range(0, len(words), CHUNK_WORDS)
    pages = [bisect_right(first_words, start) for start in starts]
    return [" ".join(words[start : start + CHUNK_WORDS]) for start in starts], np.array(pages)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("eval_folder", type=Path)
    parser.add_argument("--manuals", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()

    start = time.perf_counter()
    encoder = StarterEncoder(threads=args.threads)
    print(f"text tower loaded in {time.perf_counter() - start:.1f} s, peak {peak_mib()} MiB")
    start = time.perf_counter()
    encoder.encode_images([Image.new("RGB", (260, 260))])
    print(f"image tower loaded in {time.perf_counter() - start:.1f} s, peak {peak_mib()} MiB\n")
    measure_manuals(encoder, args.eval_folder / "crosslingual.json", args.manuals or args.eval_folder.parent / "corpus")
    measure_emoji(encoder, args.eval_folder / "emoji")


def peak_mib() -> int:
    """Most memory this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # KiB on Linux


if __name__ == "__main__":
    main()
