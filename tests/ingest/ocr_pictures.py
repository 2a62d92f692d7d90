"""Pictures of text for the OCR tests: typeset by MuPDF, worn like a scan."""

from pathlib import Path

import numpy as np
import pymupdf
from PIL import Image, ImageFilter

ENGLISH = (
    "Everyone has the right to rest and leisure, including reasonable limitation of working hours and periodic "
    "holidays with pay. Everyone has the right to education. Education shall be free."
)
GERMAN = (
    "Jeder hat das Recht auf Erholung und Freizeit und insbesondere auf eine vernünftige Begrenzung der Arbeitszeit "
    "und regelmäßigen bezahlten Urlaub. Jeder hat das Recht auf Bildung für Körper und Gemüt."
)
CHINESE = "人人有享有休息和闲暇的权利，包括工作时间有合理限制和定期给薪休假的权利。人人都有受教育的权利，教育应当免费。"
PAGE = (420, 240)  # points


def typeset(*boxes: tuple[tuple[float, float, float, float], str], size: tuple[int, int] = PAGE) -> Image.Image:
    """A page with a text in each box (points), drawn at 200 dpi."""
    with pymupdf.open() as document:
        page = document.new_page(width=size[0], height=size[1])
        for box, text in boxes:
            font = "china-s" if text > "\u0370" else "helv"  # Droid Sans Fallback, which has Greek too
            assert page.insert_textbox(box, text, fontname=font, fontsize=11, lineheight=1.4) >= 0, (
                "the box is too small"
            )
        pixels = page.get_pixmap(dpi=200)
    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)


def page_of(text: str) -> Image.Image:
    """One paragraph."""
    return typeset(((30, 40, 390, 220), text))


def scanned(picture: Image.Image, *, tilt: float = 0.8) -> Image.Image:
    """The page as a cheap scanner sees it: askew, soft, grey and noisy."""
    soft = picture.filter(ImageFilter.GaussianBlur(0.7)).rotate(tilt, Image.Resampling.BICUBIC, fillcolor="white")
    noise = np.random.default_rng(1).normal(0, 4, (picture.height, picture.width, 1))
    return Image.fromarray(np.clip(40 + np.asarray(soft) * 0.78 + noise, 0, 255).astype(np.uint8))


def as_pdf(path: Path, *pictures: Image.Image) -> Path:
    """A PDF that has nothing but a picture on each page."""
    pictures[0].save(path, save_all=True, append_images=pictures[1:], resolution=200)
    return path


def words(text: str) -> list[str]:
    """Without case and marks, so that a comma misread is no failure."""
    return "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split()


def share_found(text: str, wanted: str) -> float:
    """How many of the wanted words the text has; of characters for a text without spaces."""
    if wanted > "\u2e80":
        return sum(letter in text for letter in wanted) / len(wanted)
    have = set(words(text))
    return sum(word in have for word in words(wanted)) / len(words(wanted))
