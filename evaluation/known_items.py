"""A quick test from the user's own library: ask for things known to be in it, in other words than they stand there.

The passage a query is made from is what must come back, from any page that holds nearly the same text.
"""

import math
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from evaluation.types import Place, Question, Target
from ingest.types import Modality

LIMITS = (
    "The questions were made from the library itself: sentences with words left out, headings, and cropped pictures. "
    "Such a test tells whether what is in the library can be found again, and it compares two settings fairly. It "
    "cannot tell how well questions in your own words do, nor questions in another language than the document's; "
    "expect those to do worse. Measure them with a file of real questions."
)

_DROPPED = 0.3  # share of the units left out
_MIN_UNITS, _MAX_UNITS = 6, 24  # words, or runs of letters where the script has no blanks
_RUN = 3  # letters of such a run
_SHINGLE = 8  # letters
_NEARLY = 0.8  # share of a sentence's shingles that a page must hold to count as holding it
_MIN_HEADING = 6  # letters
_MAX_HEADING_DOCUMENTS = 3  # a heading of more documents asks for nothing in particular
_HEADING_SHARE = 0.25  # of the questions made from text

_CROP = (0.6, 0.9)  # share of each side kept
_CROP_PX = 224  # longest side after shrinking

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|[。！？｡।॥؟۔]|\n\s*\n")


@dataclass(frozen=True, slots=True)
class Passage:
    """A stored piece of text."""

    document_id: str
    document: str  # name
    page: int  # physical, from 1
    text: str
    heading: str = ""  # the nearest above it
    language: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A stored picture."""

    document_id: str
    document: str  # name
    page: int  # frame, from 1
    path: Path  # of a file Pillow opens


def known_items(passages: Sequence[Passage], *, seed: int, count: int) -> list[Question]:
    """Questions made from passages drawn at random.

    Three of four leave 30 % of the words out of the passage's most telling sentence, the one with the rarest
    words; the rest ask with a heading. Passages with no sentence of six words are passed over.

    Args:
        passages: of the whole library, so that the same text elsewhere is not taken for a miss.
        seed: equal seeds and passages give equal questions.
        count: questions wanted; a small library gives fewer.
    """
    chance = random.Random(seed)
    headings = _heading_questions(passages, chance, count=round(count * _HEADING_SHARE))
    sentences = _sentence_questions(passages, chance, count=count - len(headings))
    return headings + sentences


def known_pictures(pictures: Sequence[Picture], *, folder: Path, seed: int, count: int) -> list[Question]:
    """Questions that ask with a cropped, shrunk copy of a picture; they want the picture back.

    Args:
        pictures: of the whole library.
        folder: where the copies are written, as PNG; it must exist.
        seed: equal seeds and pictures give equal questions.
        count: questions wanted; a small library gives fewer.
    """
    chance = random.Random(seed)
    chosen = chance.sample(pictures, min(count, len(pictures)))
    looks = [(picture, _look(_open(picture))) for picture in pictures]
    questions = []
    for number, picture in enumerate(chosen, start=1):
        path = folder / f"picture-{number}.png"
        image = _open(picture)
        _crop(image, chance).save(path)
        look = _look(image)
        places = {_place(other) for other, there in looks if _looks_same(look, there)}
        questions.append(
            Question(
                id=f"picture {number}",
                text="",
                relevant={_target(places): 1},
                image=path,
                modality=Modality.IMAGE,
            )
        )
    return questions


def _sentence_questions(passages: Sequence[Passage], chance: random.Random, *, count: int) -> list[Question]:
    frequency = Counter(unit for passage in passages for unit in set(_units(passage.text.casefold())))
    made: list[tuple[Passage, list[str]]] = []  # and the sentence's units
    sources: set[str] = set()
    for passage in chance.sample(passages, len(passages)):
        if len(made) == count:
            break
        units = _most_telling(passage.text, frequency, len(passages))
        letters = _letters("".join(units))
        if units and letters not in sources:
            sources.add(letters)
            made.append((passage, units))
    places = _places(["".join(units) for _, units in made], passages)
    return [
        Question(
            id=f"sentence {number}",
            text=_thinned(units, chance),
            relevant={_target(found | {_place(passage)}): 1},
            language=passage.language,
            modality=Modality.TEXT,
        )
        for number, ((passage, units), found) in enumerate(zip(made, places, strict=True), start=1)
    ]


def _heading_questions(passages: Sequence[Passage], chance: random.Random, *, count: int) -> list[Question]:
    by_heading: dict[str, list[Passage]] = {}
    for passage in passages:
        by_heading.setdefault(_letters(passage.heading), []).append(passage)
    useful = [
        below
        for letters, below in sorted(by_heading.items())
        if len(letters) >= _MIN_HEADING and len({passage.document_id for passage in below}) <= _MAX_HEADING_DOCUMENTS
    ]
    return [
        Question(
            id=f"heading {number}",
            text=below[0].heading,
            relevant={_target({_place(passage) for passage in below}): 1},
            language=below[0].language,
            modality=Modality.TEXT,
        )
        for number, below in enumerate(chance.sample(useful, min(count, len(useful))), start=1)
    ]


def _most_telling(text: str, frequency: Counter[str], passages: int) -> list[str]:
    """The units of the sentence with the rarest words on average; none where no sentence is long enough."""
    best: list[str] = []
    best_rarity = -1.0
    for sentence in _SENTENCE_END.split(text):
        units = _units(sentence)[:_MAX_UNITS]
        if len(units) < _MIN_UNITS:
            continue
        rarity = sum(math.log(passages / max(1, frequency[unit.casefold()])) for unit in units) / len(units)
        if rarity > best_rarity:
            best, best_rarity = units, rarity
    return best


def _thinned(units: Sequence[str], chance: random.Random) -> str:
    kept = sorted(chance.sample(range(len(units)), math.ceil(len(units) * (1 - _DROPPED))))
    return " ".join(units[place] for place in kept)


def _units(text: str) -> list[str]:
    """Words; long runs without a blank, as in Chinese or Thai, in threes. Rows of dots and dashes are none."""
    units = []
    for word in text.split():
        if not any(letter.isalnum() for letter in word):
            continue
        runs = len(word) > _RUN and any(_is_unspaced(letter) for letter in word)
        units += [word[start : start + _RUN] for start in range(0, len(word), _RUN)] if runs else [word]
    return units


def _is_unspaced(letter: str) -> bool:
    """Han, kana, Thai, Lao, Myanmar or Khmer."""
    return (
        "\u3040" <= letter <= "\u9fff"
        or "\u0e00" <= letter <= "\u0eff"
        or "\u1000" <= letter <= "\u109f"
        or ("\u1780" <= letter <= "\u17ff")
    )


def _places(sentences: Sequence[str], passages: Sequence[Passage]) -> list[set[Place]]:
    """Per sentence, the document and page of each passage that holds nearly the same text."""
    wanted: dict[str, list[int]] = {}
    needed = []
    for index, sentence in enumerate(sentences):
        shingles = _shingles(sentence)
        needed.append(_NEARLY * len(shingles))
        for shingle in shingles:
            wanted.setdefault(shingle, []).append(index)
    places: list[set[Place]] = [set() for _ in sentences]
    for passage in passages:
        held = Counter(index for shingle in _shingles(passage.text) & wanted.keys() for index in wanted[shingle])
        for index, shared in held.items():
            if shared >= needed[index]:
                places[index].add(_place(passage))
    return places


def _shingles(text: str) -> set[str]:
    letters = _letters(text)
    return {letters[start : start + _SHINGLE] for start in range(max(1, len(letters) - _SHINGLE + 1))}


def _letters(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def _place(source: Passage | Picture) -> Place:
    return Place(source.document_id, source.page, source.page, name=source.document)


def _target(places: set[Place]) -> Target:
    return Target(tuple(sorted(places, key=lambda place: (place.name, place.document, place.first_page or 0))))


def _crop(image: Image.Image, chance: random.Random) -> Image.Image:
    width, height = (max(1, round(side * chance.uniform(*_CROP))) for side in image.size)
    left, top = chance.randint(0, image.width - width), chance.randint(0, image.height - height)
    cropped = image.crop((left, top, left + width, top + height))
    cropped.thumbnail((_CROP_PX, _CROP_PX))
    return cropped


def _open(picture: Picture) -> Image.Image:
    """RGB, upright, on white."""
    with Image.open(picture.path) as opened:
        opened.seek(picture.page - 1)
        upright = ImageOps.exif_transpose(opened).convert("RGBA")
    white = Image.new("RGBA", upright.size, "white")
    return Image.alpha_composite(white, upright).convert("RGB")


def _look(image: Image.Image) -> bytes:
    """Grey values of an 8x8 thumbnail: alike for copies of one picture at any size."""
    return image.convert("L").resize((8, 8)).tobytes()


def _looks_same(one: bytes, other: bytes) -> bool:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) <= 2 * len(one)  # 2 of 255 on average
