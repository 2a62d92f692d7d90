"""Whether "nothing relevant" and the words for scores mean the same in small and in large libraries.

    python benchmarks/relevance.py EVAL_JSON CORPUS_DIR EMOJI_DIR [--sizes 10000 50000]

The libraries: each manual that EVAL_JSON asks for; all of them; and those with other PDFs of CORPUS_DIR (no
translations of the manuals) and docstrings of the installed Python packages, filled up to each size. Asked through the
product's `Searcher`: section titles, which the manuals answer, and what no library here answers: names of pictures in
15 languages, beginnings of sentences of the Declaration in 15 languages, and everyday questions. An unrelated query is
left out where a passage found holds it literally. "Right" is a first hit on the title's own pages.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # else benchmarks/encoders.py would hide the package

import argparse
import ast
import random
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pymupdf
from contents import (
    QUOTES,
    Asked,
    Content,
    encode_chunks,
    join,
    place,
    read_names,
    read_pdf,
    read_titles,
    searching,
)
from fusion import DECLARATIONS
from starter import print_table

from encoders.starter import StarterEncoder
from ingest.types import Modality
from retrieval.lexical import contains, index_terms
from retrieval.query import Query, Results, Strength
from retrieval.search import Searcher
from retrieval.types import Point

FIXED = 4.6  # surplus below which nothing was relevant in libraries of every size before
PASSAGE_WORDS = 45
LANGUAGES = ["english", "french", "german", "spanish", "italian", "portuguese", "dutch", "polish", "turkish", "thai"]
QUESTIONS = """
How long do I boil an egg?|best way to prune roses|Who painted the Mona Lisa?|symptoms of vitamin D deficiency
how to change a bicycle tyre|train timetable from Lyon to Geneva|average rainfall in Kenya|Why is the sky blue?
recipe for lentil soup|rules of offside in football|Wie pflanze ich Tomaten?|Wann wurde Karl der Große gekrönt?
Rezept für Apfelkuchen|Welche Vögel ziehen im Winter nach Süden?|Öffnungszeiten des Schwimmbads
Behandlung von Heuschnupfen|Comment faire une pâte à crêpes ?|Quelle est la capitale de l'Australie ?
traitement de la migraine|histoire de la Révolution française|les plus belles plages de Bretagne
¿Cómo se cocina una paella?|biografía de Cervantes|síntomas de la diabetes|¿Cuál es el río más largo de América?
ricetta del tiramisù|la storia dell'Impero romano|migliori sentieri nelle Dolomiti|receita de bacalhau
clima do Brasil no verão|hoe bak ik pannenkoeken|mooiste wandelroutes in Drenthe|przepis na pierogi
historia bitwy pod Grunwaldem|рецепт борща|столица Монголии|как вырастить огурцы|mercimek çorbası tarifi
Osmanlı padişahları|وصفة الكبسة|عاصمة المغرب|红烧肉怎么做|长城有多长|糖尿病的症状|味噌汁の作り方|富士山の高さ
花粉症の治療|김치찌개 만드는 법|조선의 왕들|วิธีทำต้มยำกุ้ง|ความสูงของดอยอินทนนท์|knitting pattern for a scarf
house prices in Madrid|side effects of aspirin|who won the 1966 world cup|when do cherries ripen
dog vaccination schedule|mortgage interest rates|yoga exercises for the back|chess opening for beginners
how do whales sleep|divorce lawyer fees|wedding dress sizes|cheap flights to Crete
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one query."""

    results: Results
    right: tuple[bool, ...]  # for each hit

    @property
    def surplus(self) -> float:
        """Of the best hit."""
        return self.results.hits[0].surplus


def read_sentences(count: int, seed: int) -> list[str]:
    """Beginnings of the Declaration's passages in several languages: ten words, or thirty characters."""
    random_ = random.Random(seed)
    drawn = []
    for path in sorted(DECLARATIONS.glob("*.pdf")):
        if path.stem.startswith("udhr-") and path.stem.removeprefix("udhr-") not in LANGUAGES:
            continue  # not a language of the starter
        with pymupdf.open(path) as pdf:
            blocks = [QUOTES.sub("", block[4]).split() for page in pdf for block in page.get_text("blocks")]
        texts = [" ".join(words[:10]) if len(words) > 12 else " ".join(words)[:30] for words in blocks]
        long = [text for text in texts if len(text) >= 12]
        drawn += random_.sample(long, min(40, len(long)))
    return random_.sample(drawn, min(count, len(drawn)))


def read_docstrings(count: int, encoder: StarterEncoder, seed: int) -> Content:
    """Passages of the docstrings of the packages installed beside this Python."""
    (site,) = {Path(path) for path in sys.path if path.endswith("site-packages")}
    files = sorted(path for path in site.rglob("*.py") if path.stat().st_size < 300_000)
    random.Random(seed).shuffle(files)
    found: dict[str, str] = {}
    for path in files:
        if len(found) >= count:
            break
        found |= dict.fromkeys(_docstrings(path), path.name)
    points = [
        Point(str(uuid.UUID(int=random.Random(text).getrandbits(128))), name, 1 + row, "", Modality.TEXT, text)
        for row, (text, name) in enumerate(list(found.items())[:count])
    ]
    texts = [point.text for point in points]
    rows = [encoder.encode_texts(texts[start : start + 128]) for start in range(0, len(texts), 128)]
    return Content(points, np.concatenate(rows), [index_terms(text) for text in texts])


def _docstrings(path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            words = (ast.get_docstring(node) or "").split()
            for start in range(0, len(words), PASSAGE_WORDS):
                if len(words) - start > PASSAGE_WORDS // 3:
                    yield " ".join(words[start : start + PASSAGE_WORDS])


def ask(searcher: Searcher, asked: Sequence[Asked]) -> list[Answer]:
    """Search, and compare with what is right; unrelated queries that a passage holds are left out."""
    answers = []
    for one, results in zip(asked, searcher.search_many(one.query for one in asked), strict=True):
        if one.right or not any(contains(hit.point.text, one.query.text) for hit in results.hits):
            answers.append(Answer(results, tuple(place(hit) in one.right for hit in results.hits)))
    return answers


def describe(titles: Sequence[Answer], unrelated: Mapping[str, Sequence[Answer]]) -> list[str]:
    """A line of the table."""
    everything = [*titles, *(answer for answers in unrelated.values() for answer in answers)]
    told = [f"{100 * np.mean([one.results.is_relevant for one in answers]):.1f}" for answers in unrelated.values()]
    before = [f"{100 * np.mean([one.surplus >= FIXED for one in answers]):.1f}" for answers in unrelated.values()]
    missed = [not one.results.is_relevant for one in titles]
    found_missed = [not one.results.is_relevant for one in titles if any(one.right)]
    first = []
    for strength in Strength:
        right = [any(one.right[:1]) for one in everything if one.results.hits[0].strength is strength]
        first.append(f"{100 * np.mean(right):.1f} of {len(right)}")
    return [
        *[f"{now} ({fixed})" for now, fixed in zip(told, before, strict=True)],
        f"{100 * np.mean(missed):.1f} ({100 * np.mean([one.surplus < FIXED for one in titles]):.1f})",
        f"{100 * np.mean(found_missed):.1f}",
        *first,
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("eval_json", type=Path)
    parser.add_argument("corpus_dir", type=Path)
    parser.add_argument("emoji_dir", type=Path)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 50_000])
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    encoder = StarterEncoder()
    titles = read_titles(arguments.eval_json)
    names = read_names(arguments.emoji_dir, 40, arguments.seed)
    questions = [text for text in re.split(r"[|\n]", QUESTIONS) if text]
    unrelated = {
        "names": [Asked(one.query, one.language, frozenset()) for one in names],
        "sentences": [Asked(Query(text), "", frozenset()) for text in read_sentences(400, arguments.seed)],
        "questions": [Asked(Query(text), "", frozenset()) for text in questions],
    }
    manuals = sorted({page[0] for one in titles for page in one.right})
    stems = {name.partition(".")[0] for name in manuals}
    others = [p.name for p in sorted(arguments.corpus_dir.glob("*.pdf")) if p.name.partition(".")[0] not in stems]
    contents = {
        name: encode_chunks(list(read_pdf(arguments.corpus_dir / name, encoder)), encoder) for name in manuals + others
    }
    everything = join(contents.values())
    missing = max([0, *arguments.sizes]) - len(everything.points)
    if missing > 0:
        everything = join([everything, read_docstrings(missing, encoder, arguments.seed)])
    libraries = [contents[name] for name in manuals] + [join(contents[name] for name in manuals)]
    libraries += [everything.only(range(size)) for size in arguments.sizes]

    lines = []
    for library in libraries:
        held = {(point.document_id, point.page_number) for point in library.points}
        own = [one for one in titles if not one.right.isdisjoint(held)]
        with searching(library, encoder) as searcher:
            answers = {kind: ask(searcher, asked) for kind, asked in unrelated.items()}
            lines.append([str(len(library.points)), *describe(ask(searcher, own), answers)])
        print(lines[-1], file=sys.stderr, flush=True)
    head = [f"{kind} let through" for kind in unrelated] + ["titles told nothing", "those found"]
    print_table(["points", *head, *[f"{strength}: first is right" for strength in Strength]], lines)


if __name__ == "__main__":
    main()
