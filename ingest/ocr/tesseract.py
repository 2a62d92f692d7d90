"""Tesseract, the program: more than a hundred languages, each in a file that may or may not be installed."""

import csv
import io
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import NamedTuple

from PIL import Image

from ingest.ocr.engine import OcrError, OcrLine

SECONDS = 120  # for one page
LEAST_LINE = 0.3  # lines below are specks and ornaments
_DPI = 200  # what pages are drawn at, about
# Thai, Lao, Burmese, Khmer; Han, kana and full-width signs: where Tesseract says word, a reader sees no space.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\uff00-\uffef]")
_IDEOGRAPHS = re.compile(r"[\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\uff00-\uffef]")


@dataclass(frozen=True)
class TesseractEngine:
    """Tesseract with some of its languages; see `ingest.ocr.engine.OcrEngine`."""

    languages: tuple[str, ...]  # by Tesseract's own codes, the likeliest first

    # Measured (docs/ocr.md): scans in the right language 0.88 to 0.96, in other letters at most 0.36.
    least_confidence = 0.5
    good_confidence = 0.8

    @cached_property
    def name(self) -> str:
        """Version and languages."""
        return f"tesseract {version()} {'+'.join(self.languages)}"

    def recognise(self, image: Image.Image) -> list[OcrLine]:
        """The lines of an upright RGB picture; see `OcrEngine`."""
        table = _run(image, "-l", "+".join(self.languages), "--psm", "3", "tsv")
        words: dict[tuple[str, ...], list[_Word]] = {}
        for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["level"] == "5" and row["text"].strip():
                place = (row["block_num"], row["par_num"], row["line_num"])
                words.setdefault(place, []).append(_to_word(row))
        lines = (_to_line(line) for line in words.values())
        return [line for line in lines if line.confidence >= LEAST_LINE]


class Osd(NamedTuple):
    """What Tesseract's orientation and script detection says of a page."""

    script: str  # as Tesseract calls it: Latin, Han, Japanese, Korean, Arabic ...
    script_confidence: float
    rotation: int  # degrees clockwise that make the page upright: 0, 90, 180 or 270
    rotation_confidence: float


def is_installed() -> bool:
    """Whether the program and one language are there."""
    return bool(installed_languages())


@cache
def installed_languages() -> tuple[str, ...]:
    """Tesseract's codes of the languages it has, "osd" among them; none where there is no program."""
    if shutil.which("tesseract") is None:
        return ()
    try:
        listed = _call(["--list-langs"], b"", seconds=20)
    except OcrError:
        return ()
    return tuple(line.strip() for line in listed.splitlines()[1:] if line.strip())


@cache
def version() -> str:
    """Of the program, "5.3.0"."""
    words = _call(["--version"], b"", seconds=20).split()
    return words[1] if len(words) > 1 else "?"


def detect(image: Image.Image) -> Osd | None:
    """Script and orientation of a picture of text; None where it has too little text, or the model is absent."""
    if "osd" not in installed_languages():
        return None
    try:
        said = dict(line.split(": ", 1) for line in _run(image, "--psm", "0").splitlines() if ": " in line)
        return Osd(
            said["Script"],
            float(said["Script confidence"]),
            int(said["Rotate"]),
            float(said["Orientation confidence"]),
        )
    except (OcrError, KeyError, ValueError):
        return None


class _Word(NamedTuple):
    text: str
    x0: int
    y0: int
    x1: int
    y1: int
    confidence: float


def _to_word(row: dict[str, str]) -> _Word:
    left, top, width, height = (int(row[key]) for key in ("left", "top", "width", "height"))
    return _Word(row["text"].strip(), left, top, left + width, top + height, float(row["conf"]) / 100)


def _to_line(words: Sequence[_Word]) -> OcrLine:
    y0, y1 = min(word.y0 for word in words), max(word.y1 for word in words)
    text = words[0].text
    for before, word in pairwise(words):
        gap = max(word.x0 - before.x1, before.x0 - word.x1)
        text += _space(text[-1], word.text[0], is_wide=gap > 0.4 * (y1 - y0)) + word.text
    letters = sum(len(word.text) for word in words)
    return OcrLine(
        text,
        (min(word.x0 for word in words), y0, max(word.x1 for word in words), y1),
        sum(len(word.text) * max(word.confidence, 0.0) for word in words) / letters,
    )


def _space(left: str, right: str, *, is_wide: bool) -> str:
    if _IDEOGRAPHS.match(left) and _IDEOGRAPHS.match(right):
        return ""
    return "" if not is_wide and _UNSPACED.match(left) and _UNSPACED.match(right) else " "


def _run(image: Image.Image, *arguments: str) -> str:
    picture = io.BytesIO()
    image.save(picture, "PPM")
    return _call(["stdin", "stdout", "--dpi", str(_DPI), *arguments], picture.getvalue(), seconds=SECONDS)


def _call(arguments: Sequence[str], stdin: bytes, *, seconds: float) -> str:
    # Its own threads cost more than they save. `env`, because only the settings touch our own environment.
    calm = ["env", "OMP_THREAD_LIMIT=1"] if shutil.which("env") else []
    try:
        done = subprocess.run([*calm, "tesseract", *arguments], input=stdin, capture_output=True, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise OcrError(f"Tesseract gave up after {seconds:g} s") from error
    except OSError as error:
        raise OcrError(f"Tesseract cannot be started ({error.strerror})") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise OcrError(f"Tesseract failed ({said[-1] if said else f'status {done.returncode}'})")
    return done.stdout.decode(errors="replace")
