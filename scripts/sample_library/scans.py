"""Makes PDFs that look scanned: pages printed, photographed askew on yellowed paper, with no text layer."""

import html
import io
from pathlib import Path

import numpy as np
import pymupdf
import weasyprint
from PIL import Image, ImageFilter

from sample_library.declaration import DATE
from sample_library.sections import Section

DPI = 170
GETTYSBURG = (
    "Four score and seven years ago our fathers brought forth on this continent, a new nation, conceived in "
    "Liberty, and dedicated to the proposition that all men are created equal.",
    "Now we are engaged in a great civil war, testing whether that nation, or any nation so conceived and so "
    "dedicated, can long endure. We are met on a great battle-field of that war. We have come to dedicate a portion "
    "of that field, as a final resting place for those who here gave their lives that that nation might live. It is "
    "altogether fitting and proper that we should do this.",
    "But, in a larger sense, we can not dedicate—we can not consecrate—we can not hallow—this ground. The brave men, "
    "living and dead, who struggled here, have consecrated it, far above our poor power to add or detract. The world "
    "will little note, nor long remember what we say here, but it can never forget what they did here. It is for us "
    "the living, rather, to be dedicated here to the unfinished work which they who fought here have thus far so "
    "nobly advanced. It is rather for us to be here dedicated to the great task remaining before us—that from these "
    "honored dead we take increased devotion to that cause for which they gave the last full measure of "
    "devotion—that we here highly resolve that these dead shall not have died in vain—that this nation, under God, "
    "shall have a new birth of freedom—and that government of the people, by the people, for the people, shall not "
    "perish from the earth.",
)
BOOK = """@page { size: A5; margin: 19mm 17mm 20mm } body { font: 10.4pt/1.55 "Noto Serif"; text-align: justify }
h1 { font: 600 15pt/1.4 "Noto Serif"; text-align: center; letter-spacing: .04em; margin: 4mm 0 3mm }
h2 { font: italic 10pt "Noto Serif"; text-align: center; margin: 0 0 8mm } p { margin: 0; text-indent: 5mm }"""
TYPESCRIPT = """@page { size: A4; margin: 28mm 24mm; @top-center { content: "- " counter(page) " -";
font: 10.5pt "Noto Sans Mono" } } body { font: 10.5pt/1.65 "Noto Sans Mono" }
h1, h2 { font-size: 10.5pt; text-decoration: underline; margin: 1.4em 0 .7em; break-after: avoid }
h1 { text-align: center; text-transform: uppercase; margin-top: 0 } p { margin: 0 0 .7em }"""


def write_scans(french: list[Section], target: Path) -> None:
    """Save the two scans to `target`, an existing folder.

    Args:
        french: the French declaration's sections.
        target: where the two PDFs go.
    """
    body = "".join(f"<p>{paragraph}</p>" for paragraph in GETTYSBURG)
    speech = f"<h1>The Gettysburg Address</h1><h2>Abraham Lincoln, November 19, 1863</h2>{body}"
    _write_scan(_typeset(BOOK, speech, "en"), target / "scan-gettysburg-address.pdf", seed=1863)
    articles = "".join(
        f"<h2>{html.escape(section.heading)}</h2>"
        + "".join(f"<p>{html.escape(paragraph.text)}</p>" for paragraph in section.paragraphs)
        for section in french[1:11]
    )
    typescript = f"<h1>Déclaration universelle des droits de l’homme</h1>{articles}"
    _write_scan(_typeset(TYPESCRIPT, typescript, "fr"), target / "scan-droits-de-l-homme.pdf", seed=1948)


def _typeset(style: str, body: str, lang: str) -> bytes:
    page = f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><style>{style}</style></head>{body}</html>'
    data: bytes = weasyprint.HTML(string=page).write_pdf()
    return data


def _write_scan(printed: bytes, target: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    with pymupdf.open(stream=printed, filetype="pdf") as source, pymupdf.open() as scan:
        for page in source:
            pixmap = page.get_pixmap(dpi=DPI)
            picture = Image.frombytes("RGB", (pixmap.width, pixmap.height), pixmap.samples)
            jpeg = io.BytesIO()
            _scanned(picture, random).save(jpeg, "JPEG", quality=58, optimize=True)
            scan.new_page(width=page.rect.width, height=page.rect.height).insert_image(
                page.rect, stream=jpeg.getvalue()
            )
        scan.set_metadata({"title": "", "producer": "", "creationDate": DATE, "modDate": DATE})
        scan.save(target, garbage=4, deflate=True, no_new_id=True)


def _scanned(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """A printed page as a cheap scanner sees it: askew, a little soft, uneven light, paper and sensor noise."""
    width, height = picture.size
    picture = picture.filter(ImageFilter.GaussianBlur(0.7))
    angle = float(random.uniform(0.6, 1.3) * random.choice((-1, 1)))
    picture = picture.rotate(angle, Image.Resampling.BICUBIC, fillcolor="white")
    ink = np.asarray(picture.convert("L"), dtype=np.float32)[..., None] / 255  # (H, W, 1), 1 is paper
    grain = random.normal(0, 1, (height // 3, width // 3)).astype(np.float32)
    fibres = np.asarray(Image.fromarray(grain).resize((width, height), Image.Resampling.BICUBIC))[..., None]
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    light = (1 - 0.10 * np.clip(np.hypot(x + 0.25, y - 0.2), 0, 1.6) ** 2)[..., None]
    gutter = (0.22 * np.exp(-(x + 1) * 18))[..., None]  # shadow of the spine along the left edge
    paper, black = np.array((244, 236, 215)), np.array((48, 42, 40))
    pixels = (black + (paper - black) * ink) * (light - gutter) + 2.2 * fibres
    pixels += random.normal(0, 2.0, (height, width, 1))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
