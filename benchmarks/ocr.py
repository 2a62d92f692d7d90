"""How well each OCR engine reads each language, and how long it takes: `python benchmarks/ocr.py`.

One page of the Universal Declaration in each of the sample library's languages, drawn at 200 dpi and worn like a cheap
scan (soft, askew, yellowed, noisy, JPEG), then read by each engine that has the language. The text layer is the truth.
CER: edits per character, after NFKC and without white space. Engines take turns on each page, so that seconds compare.
"""

import argparse
import io
import sys
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from ingest.language import tell_language
from ingest.ocr import rapid, tesseract
from ingest.ocr.engine import OcrEngine, mean_confidence
from ingest.ocr.languages import RAPID_LANGUAGES, primary, tesseract_codes
from ingest.ocr.order import to_text
from ingest.ocr.paper import looks_like_a_page
from ingest.ocr.reading import DRAWN_PX
from ingest.ocr.recognise import recognise
from ingest.raster import to_raster
from ingest.readers.registry import open_reader
from ingest.types import Format


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("languages", nargs="*", help="BCP 47; all by default")
    parser.add_argument("--px", type=int, default=DRAWN_PX, help="longest side of the drawn page")
    parser.add_argument("--automatic", action="store_true", help="also as `add` does it, language and engine told")
    arguments = parser.parse_args()
    print(f"{'':8} {'engine':28} {'CER %':>6} {'conf.':>6} {'s/page':>7}")
    for language, truth, page in declarations():
        if arguments.languages and language not in arguments.languages:
            continue
        picture = scanned(page, np.random.default_rng(1))
        if arguments.px != max(picture.size):
            scale = arguments.px / max(picture.size)
            size = (round(picture.width * scale), round(picture.height * scale))
            picture = picture.resize(size, Image.Resampling.LANCZOS)
        for engine in engines(language):
            start = time.perf_counter()
            lines = engine.recognise(picture)
            seconds = time.perf_counter() - start
            text, _ = to_text(lines, picture.size)
            show(language, engine.name, error_rate(text, truth), mean_confidence(lines), seconds)
        if arguments.automatic:
            start = time.perf_counter()
            result = recognise(picture)
            seconds = time.perf_counter() - start
            text, _ = to_text(result.lines, picture.size)
            what = f"told {result.language or '-'}{'' if looks_like_a_page(to_raster(picture)) else ', no page'}"
            show(language, what, error_rate(text, truth), result.confidence, seconds)


def show(language: str, engine: str, errors: float, confidence: float, seconds: float) -> None:
    """One row."""
    print(f"{language:8} {engine:28} {100 * errors:6.1f} {confidence:6.3f} {seconds:7.2f}", flush=True)


def engines(language: str) -> Iterator[OcrEngine]:
    """Those that read a language and are installed."""
    if rapid.is_installed() and primary(language) in RAPID_LANGUAGES:
        yield rapid.RapidEngine()
    codes = tuple(code for code in tesseract_codes(language) if code in tesseract.installed_languages())
    if codes:
        yield tesseract.TesseractEngine(codes[:1])


def declarations() -> Iterator[tuple[str, str, Image.Image]]:
    """Language, text and picture of the fullest of the first six pages of each edition."""
    for path in sorted((ROOT / "samples" / "library" / "declaration").glob("*.pdf")):
        with open_reader(path, format=Format.PDF, name=path.name) as reader:
            pages = [page for page in reader.read_pages(draw_from=1 << 30) if 1 < page.number <= 6]
            body = [page for page in pages if " … " not in page.text]  # no table of contents
            fullest = max(body, key=lambda page: len(page.text))
            image = reader.render_page(fullest.number, max_px=DRAWN_PX)
        if image is not None:
            language = tell_language(fullest.text)
            yield ("zh-Hant" if "traditional" in path.name else language), fullest.text, image


def scanned(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """A printed page as a cheap scanner sees it, in the manner of the sample library's two scans."""
    width, height = picture.size
    picture = picture.filter(ImageFilter.GaussianBlur(0.7))
    angle = float(random.uniform(0.6, 1.3) * random.choice((-1, 1)))
    picture = picture.rotate(angle, Image.Resampling.BICUBIC, fillcolor="white")
    ink = np.asarray(picture.convert("L"), dtype=np.float32)[..., None] / 255  # (H, W, 1), 1 is paper
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    light = (1 - 0.10 * np.clip(np.hypot(x + 0.25, y - 0.2), 0, 1.6) ** 2 - 0.22 * np.exp(-(x + 1) * 18))[..., None]
    paper, black = np.array((244, 236, 215)), np.array((48, 42, 40))
    pixels = (black + (paper - black) * ink) * light + random.normal(0, 3.0, (height, width, 1))
    jpeg = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(jpeg, "JPEG", quality=58)
    return Image.open(jpeg).convert("RGB")


def error_rate(text: str, truth: str) -> float:
    """Edits (Levenshtein) per character of the truth."""
    have, want = (np.array([ord(letter) for letter in plain(side)]) for side in (text, truth))
    steps = np.arange(len(have) + 1)
    row = steps.copy()
    for number, letter in enumerate(want, start=1):
        best = np.empty_like(row)
        best[0] = number
        best[1:] = np.minimum(row[1:] + 1, row[:-1] + (have != letter))
        row = np.minimum.accumulate(best - steps) + steps  # insertions, from left to right
    return float(row[-1]) / max(1, len(want))


def plain(text: str) -> str:
    """NFKC, without white space."""
    return "".join(unicodedata.normalize("NFKC", text).split())


if __name__ == "__main__":
    main()
