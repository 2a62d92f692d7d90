"""How well one list is made of what texts, words and pictures say, and what its scores are worth.

    python benchmarks/fusion.py EVAL_JSON CORPUS_DIR EMOJI_DIR [--only PART ...]

EVAL_JSON and CORPUS_DIR: section titles and the English PDFs that they ask for, as for benchmarks/crosslingual.py.
EMOJI_DIR holds ``captions.json`` and pictures with their names in 15 languages. All goes through the product's
`Searcher` over its embedded store; the other ways to merge are given the same lists, one of texts and one of pictures.

1. mixed: both manuals (passages and page rasters) and all pictures in one library; titles ask for text, names for a
   picture. Recall@10 and @5 per language. The bound is what the right one of the two lists finds by itself.
2. gap: the same, with a constant added to all pictures' and rasters' vectors. This gap is artificial: encoders of the
   CLIP kind have one, the starter has almost none.
3. words: substrings of the Declaration (see benchmarks/lexical.py) and identifiers among others like them, hit@1.
4. verdict: what the scores mean, and how often "nothing relevant" is said rightly and wrongly.
5. pictures: changed copies of pictures find their original first.
6. speed: milliseconds a stage, in a library of everything in CORPUS_DIR.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # else benchmarks/encoders.py would hide the package

import argparse
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from contents import (
    Asked,
    Content,
    Page,
    encode_chunks,
    join,
    place,
    read_names,
    read_pdf,
    read_pictures,
    read_titles,
    searching,
)
from lexical import draw_substrings
from PIL import Image
from starter import changed, flatten, print_table

from encoders.starter import StarterEncoder
from ingest.types import Modality, TextChunk, chunk_id
from retrieval.lexical import contains
from retrieval.query import Hit, Query, Strength
from retrieval.search import Searcher
from retrieval.types import Filter
from retrieval.typical import TYPICAL_QUERIES

DEPTH = 50  # pages in each of the two lists that are merged
DECLARATIONS = Path(__file__).resolve().parents[1] / "samples/library/declaration"
DECLARATION = {
    "en": "udhr-english.pdf",
    "de": "udhr-german.pdf",
    "fr": "udhr-french.pdf",
    "es": "udhr-spanish.pdf",
    "pl": "udhr-polish.pdf",
    "tr": "udhr-turkish.pdf",
    "zh": "世界人权宣言.pdf",
    "ja": "世界人権宣言.pdf",
    "ko": "세계인권선언.pdf",
    "th": "udhr-thai.pdf",
    "ar": "الإعلان العالمي لحقوق الإنسان.pdf",
    "hi": "udhr-hindi.pdf",
}
IDENTIFIERS = {  # a sentence, and what is asked for
    "advisory": ("The update for {} repairs an overflow in the parser.", "CVE-2024-{}"),
    "file name": ("The figures of the quarter are in {}, ask the accountant.", "report_{}-v{}.xlsx"),
    "part number": ("Order part {} for the pump's second stage.", "AB-{}/{}"),
    "section": ("According to {} of the act the notice is to be given in writing.", "§ {}({})"),
}
Ranking = list[Page]  # best first


# How lists are merged -------------------------------------------------------------------------------------------------


def cosines(hits: Sequence[Hit]) -> dict[Page, float]:
    """Cosine of each page's best passage or picture."""
    return {place(hit): hit.evidence[0].value for hit in hits}


def merge_raw(lists: Sequence[Sequence[Hit]]) -> dict[Page, float]:
    """The larger cosine."""
    merged: dict[Page, float] = {}
    for page, cosine in (pair for hits in lists for pair in cosines(hits).items()):
        merged[page] = max(cosine, merged.get(page, -1.0))
    return merged


def merge_ranks(lists: Sequence[Sequence[Hit]], *, constant: int) -> dict[Page, float]:
    """Reciprocal rank fusion."""
    merged: defaultdict[Page, float] = defaultdict(float)
    for hits in lists:
        for rank, hit in enumerate(hits, start=1):
            merged[place(hit)] += 1 / (constant + rank)
    return merged


def merge_distributions(lists: Sequence[Sequence[Hit]]) -> dict[Page, float]:
    """Distribution-based score fusion: each list between its mean less and plus three deviations, added."""
    merged: defaultdict[Page, float] = defaultdict(float)
    for hits in lists:
        found = cosines(hits)
        values = np.array(list(found.values()) or [0.0])
        mean, deviation = float(values.mean()), max(float(values.std()), 1e-6)
        for page, cosine in found.items():
            merged[page] += float(np.clip((cosine - mean + 3 * deviation) / (6 * deviation), 0, 1))
    return merged


MERGES: Mapping[str, Callable[[Sequence[Sequence[Hit]]], dict[Page, float]]] = {
    "raw cosine": merge_raw,
    "RRF, k = 60": lambda lists: merge_ranks(lists, constant=60),
    "RRF, k = 10": lambda lists: merge_ranks(lists, constant=10),
    "DBSF": merge_distributions,
}


def rank_all_ways(searcher: Searcher, query: Query, *, modality: Modality) -> dict[str, Ranking]:
    """Pages by each way to merge; the bound knows what ``modality`` is asked for."""
    dense = replace(query, uses_words=False)
    lists = {one: searcher.search(replace(dense, limit=DEPTH, where=Filter(modality=one))).hits for one in Modality}
    ways = {name: _by_score(merge(list(lists.values()))) for name, merge in MERGES.items()}
    ways["calibrated"] = list(map(place, searcher.search(dense).hits))
    ways["calibrated, words"] = list(map(place, searcher.search(query).hits))
    ways["bound"] = list(map(place, lists[modality]))
    return ways


def _by_score(scores: Mapping[Page, float]) -> Ranking:
    return sorted(scores, key=lambda page: (-scores[page], page))


# The parts ------------------------------------------------------------------------------------------------------------


def measure_mixed(content: Content, encoder: StarterEncoder, kinds: Mapping[Modality, Sequence[Asked]]) -> None:
    """Print recall per way, kind and language."""
    with searching(content, encoder) as searcher:
        for modality, asked in kinds.items():
            found: dict[str, dict[str, list[tuple[bool, bool]]]] = defaultdict(lambda: defaultdict(list))
            for one in asked:
                for way, ranking in rank_all_ways(searcher, one.query, modality=modality).items():
                    hits = [page in one.right for page in ranking[:10]]
                    found[way][one.language].append((any(hits), any(hits[:5])))
            languages = sorted({one.language for one in asked})
            for column, name in enumerate(("R@10", "R@5")):
                lines = []
                for way, by_language in found.items():
                    shares = [100 * np.mean([hit[column] for hit in by_language[code]]) for code in languages]
                    lines.append([way, f"{np.mean(shares):.1f}", *[f"{share:.1f}" for share in shares]])
                print_table([f"{modality} asked for, {name}", "mean", *languages], lines)


def measure_gap(content: Content, encoder: StarterEncoder, kinds: Mapping[Modality, Sequence[Asked]]) -> None:
    """Print the mixed pool's figures with pictures moved away from queries, and aside."""
    queries = encoder.encode_queries(TYPICAL_QUERIES)
    towards = queries.mean(axis=0) / np.linalg.norm(queries.mean(axis=0))
    aside = np.random.default_rng(0).normal(size=len(towards)).astype(np.float32)
    aside -= (aside @ towards) * towards
    aside /= np.linalg.norm(aside)
    is_text = np.array([point.modality is Modality.TEXT for point in content.points])
    for name, gap in {"away": -towards, "twice as far away": -2 * towards, "aside": 2 * aside}.items():
        moved = content.shifted(gap)
        texts, pictures = ((queries @ moved.vectors[rows].T).mean() for rows in (is_text, ~is_text))
        print(
            f"artificial gap: {name}; typical queries' mean cosine: {texts:.2f} to texts, {pictures:.2f} to pictures\n"
        )
        measure_mixed(moved, encoder, {kind: asked[::4] for kind, asked in kinds.items()})


def measure_words(encoder: StarterEncoder, count: int, seed: int) -> None:
    """Print hit@1 of substrings and of identifiers."""
    names = list(dict.fromkeys(DECLARATION.values()))
    chunks = {name: list(read_pdf(DECLARATIONS / name, encoder)) for name in names}
    lines = []
    with searching(join(encode_chunks(one, encoder) for one in chunks.values()), encoder) as searcher:
        for language, name in DECLARATION.items():
            texts = [one for one in chunks[name] if isinstance(one, TextChunk)]
            drawn = list(draw_substrings(texts, count, random.Random(f"{seed} {name}")))
            lines.append(
                [
                    language,
                    *[
                        f"{100 * np.mean([_first(searcher, Query(text, where=where)) for text in drawn]):.1f}"
                        for where in (Filter(), Filter(modality=Modality.TEXT))
                    ],
                ]
            )
    means = [f"{np.mean([float(line[column]) for line in lines]):.1f}" for column in (1, 2)]
    print_table(["substrings, hit@1", "default search", "texts alone"], [*lines, ["mean", *means]])


def measure_identifiers(content: Content, encoder: StarterEncoder, seed: int) -> None:
    """Print hit@1 of identifiers, each among others like it, in a library of manuals."""
    lines = []
    for kind, (sentence, identifier) in IDENTIFIERS.items():
        numbers = random.Random(f"{seed} {kind}").sample(range(1_000, 10_000), 300)
        asked = [identifier.format(number, number % 97) for number in numbers]
        chunks = [
            TextChunk(chunk_id(kind, row + 1, Modality.TEXT, 0), kind, row + 1, "", sentence.format(one), 0, 0, ())
            for row, one in enumerate(asked)
        ]
        with searching(join([content, encode_chunks(chunks, encoder)]), encoder) as searcher:
            hits = [_first(searcher, Query(one)) for one in asked[:100]]
        lines.append([kind, asked[0], f"{100 * np.mean(hits):.1f}"])
    print_table(["identifiers, hit@1", "such as", "default search"], lines)


def _first(searcher: Searcher, query: Query) -> bool:
    hits = searcher.search(replace(query, limit=1)).hits
    return bool(hits) and contains(hits[0].point.text, query.text)


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer to a query, and what is known of it."""

    hits: tuple[Hit, ...]
    right: tuple[bool, ...]  # for each hit
    is_answered: bool  # whether the library holds an answer at all

    @property
    def surplus(self) -> float:
        """Of the best hit."""
        return self.hits[0].surplus


def judge(searcher: Searcher, asked: Iterable[Asked]) -> list[Judged]:
    """Search, and compare with what is right."""
    judged = []
    for one in asked:
        hits = searcher.search(one.query).hits
        judged.append(Judged(hits, tuple(place(hit) in one.right for hit in hits), bool(one.right)))
    return judged


def measure_verdict(
    manuals: Mapping[str, Content],
    emoji: Content,
    encoder: StarterEncoder,
    titles: Sequence[Asked],
    names: Sequence[Asked],
) -> None:
    """Print what scores mean, for libraries of texts and of pictures, in halves of the queries."""
    nowhere = [replace(one, right=frozenset()) for one in names]
    of_text: list[Judged] = []
    for manual, content in manuals.items():
        own = [one for one in titles if any(page[0] == manual for page in one.right)]
        with searching(content, encoder) as searcher:
            of_text += judge(searcher, own) + judge(searcher, nowhere[: len(own)])
    half = emoji.only(range(0, len(emoji.points), 2))
    kept = {(point.document_id, 1) for point in half.points}
    with searching(half, encoder) as searcher:
        of_pictures = judge(searcher, [replace(one, right=one.right & kept) for one in names])
        of_pictures += judge(searcher, [replace(one, right=frozenset()) for one in titles])
    for kind, judged in (("texts", of_text), ("pictures", of_pictures)):
        print_verdicts(kind, judged)
        print_strengths(kind, judged)


def print_verdicts(kind: str, judged: Sequence[Judged]) -> None:
    """Shares told that nothing is relevant, by the surplus at which it is said."""
    lines = []
    for least in np.arange(2, 9, 0.5):
        cells = []
        for half in (judged[::2], judged[1::2]):
            found = [one for one in half if any(one.right)]
            answered = [one for one in half if one.is_answered]
            unanswered = [one for one in half if not one.is_answered]
            cells += [
                f"{100 * np.mean([one.surplus < least for one in group]):.1f}"
                for group in (unanswered, answered, found)
            ]
        lines.append([f"{least:.1f}", *cells])
    head = [f"{name} ({half})" for half in ("chosen on", "held out") for name in ("unrelated", "answered", "found")]
    print_table([f"{kind}: told nothing below", *head], lines)


def print_strengths(kind: str, judged: Sequence[Judged]) -> None:
    """How many hits called strong, fair and weak are right."""
    lines = []
    for strength in Strength:
        cells = []
        for half in (judged[::2], judged[1::2]):
            for depth in (1, 10):
                right = [
                    right
                    for one in half
                    for hit, right in list(zip(one.hits, one.right, strict=True))[:depth]
                    if hit.strength is strength
                ]
                cells += [str(len(right)), f"{100 * np.mean(right):.1f}" if right else "-"]
        lines.append([strength.value, *cells])
    head = [
        cell
        for half in ("chosen on", "held out")
        for name in ("first", "ten")
        for cell in (f"{name} ({half})", "right %")
    ]
    print_table([f"{kind}: hits called", *head], lines)


def measure_pictures(content: Content, encoder: StarterEncoder, pictures: Mapping[str, Image.Image]) -> None:
    """Print how often a changed copy finds its picture first in the mixed pool, and how many texts stand in the ten."""
    lines = []
    with searching(content, encoder) as searcher:
        for change, copies in changed(list(pictures.values())).items():
            found = [searcher.search(Query(image=copy)).hits for copy in copies]
            first = [hits[0].point.document_id == name for hits, name in zip(found, pictures, strict=True)]
            texts = [sum(hit.modality is Modality.TEXT for hit in hits) for hits in found]
            strong = [hits[0].strength is Strength.STRONG for hits in found]
            second = [hits[1].strength is Strength.STRONG for hits in found]
            lines.append(
                [change, *[f"{100 * np.mean(share):.1f}" for share in (first, strong, second)], f"{np.mean(texts):.1f}"]
            )
    print_table(["picture asked for", "first", "first strong", "second strong", "texts of ten"], lines)


def measure_speed(content: Content, encoder: StarterEncoder, titles: Sequence[Asked]) -> None:
    """Print milliseconds a stage."""
    with searching(content, encoder) as searcher:
        searcher.search(titles[0].query)
        times: dict[str, list[float]] = defaultdict(list)
        for one in titles:
            for stage in searcher.search(one.query).stages:
                times[stage.name].append(1000 * stage.seconds)
    lines = [[name, *[f"{np.percentile(times_, share):.2f}" for share in (50, 95)]] for name, times_ in times.items()]
    total = np.sum([all_ for name, all_ in times.items() if name != "encode"], axis=0)
    lines.append(["all but encode", *[f"{np.percentile(total, share):.2f}" for share in (50, 95)]])
    print_table([f"{len(content.points)} points, ms", "p50", "p95"], lines)


PARTS = ("mixed", "gap", "words", "verdict", "pictures", "speed")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("eval_json", type=Path)
    parser.add_argument("corpus_dir", type=Path)
    parser.add_argument("emoji_dir", type=Path)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--names", type=int, default=100, help="pictures asked for in each language")
    parser.add_argument("--substrings", type=int, default=100, help="in each language")
    parser.add_argument("--photos", type=Path, default=Path(__file__).parents[1] / "tests/data/photos")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    encoder = StarterEncoder()
    titles = read_titles(arguments.eval_json)
    names = read_names(arguments.emoji_dir, arguments.names, arguments.seed)
    kinds = {Modality.TEXT: titles, Modality.IMAGE: names}
    documents = sorted({page[0] for one in titles for page in one.right})
    manuals = {name: encode_chunks(list(read_pdf(arguments.corpus_dir / name, encoder)), encoder) for name in documents}
    drawn = {
        str(path.relative_to(arguments.emoji_dir)): flatten(Image.open(path))
        for path in sorted((arguments.emoji_dir / "images").glob("*.png"))
    }
    emoji = read_pictures(drawn, encoder)
    pool = join([*manuals.values(), emoji])
    if "mixed" in arguments.only:
        measure_mixed(pool, encoder, kinds)
    if "gap" in arguments.only:
        measure_gap(pool, encoder, kinds)
    if "words" in arguments.only:
        measure_words(encoder, arguments.substrings, arguments.seed)
        measure_identifiers(pool, encoder, arguments.seed)
    if "verdict" in arguments.only:
        measure_verdict(manuals, emoji, encoder, titles, names)
    if "pictures" in arguments.only:
        photos = {path.name: flatten(Image.open(path)) for path in sorted(arguments.photos.glob("*.jpg"))}
        everything = join([pool, read_pictures(photos, encoder)])
        measure_pictures(everything, encoder, dict(list(drawn.items())[::4]))
        measure_pictures(everything, encoder, photos)
    if "speed" in arguments.only:
        paths = sorted(arguments.corpus_dir.glob("*.pdf"))
        library = join(encode_chunks(list(read_pdf(path, encoder)), encoder) for path in paths)
        measure_speed(library, encoder, titles)


if __name__ == "__main__":
    main()
