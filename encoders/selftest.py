"""Tells whether an encoder is the model it claims to be, as far as published figures go, and whether it makes sense."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from encoders import card
from encoders.base import Embeddings, Encoder, truncate

Kind: TypeAlias = Literal["card texts", "card pictures", "sanity"]

_LANGUAGES = 4
_TRANSLATIONS = (
    "The dog is sleeping on the sofa.",
    "Der Hund schläft auf dem Sofa.",
    "Le chien dort sur le canapé.",
    "犬がソファで寝ている。",
    "The bank raised its interest rates.",
    "Die Bank hat die Zinsen erhöht.",
    "La banque a augmenté ses taux d'intérêt.",
    "銀行は金利を引き上げた。",
    "How do I change a flat tyre?",
    "Wie wechsle ich einen platten Reifen?",
    "Comment changer un pneu crevé ?",
    "パンクしたタイヤの交換方法は？",
)  # three meanings, each in `_LANGUAGES` languages
_DRAWING_SIDE = 256  # pixels
_ENGLISH = ("a red circle", "a blue square", "a green triangle")  # captions of `_draw_shapes`
_GERMAN = ("ein roter Kreis", "ein blaues Quadrat", "ein grünes Dreieck")


@dataclass(frozen=True, slots=True)
class Check:
    """One number that was looked at."""

    kind: Kind
    name: str
    expected: float
    found: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether ``found`` is as near to ``expected`` as it must be."""
        return abs(self.found - self.expected) <= self.tolerance


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What `run_self_test` found."""

    encoder: str
    checks: tuple[Check, ...]
    not_run: tuple[str, ...]  # what could not be compared, why, and how to do it

    @property
    def passed(self) -> bool | None:
        """Whether the model is the published one; None: no contradiction, but not everything could be compared.

        Sanity checks do not count: they were chosen by us and never run on the released weights.
        """
        if not all(check.passed for check in self.checks if check.kind != "sanity"):
            return False
        return None if self.not_run else True

    def lines(self) -> list[str]:
        """The result in plain words, for people; the verdict comes first."""
        verdict = {True: "passed", False: "FAILED", None: "nothing wrong found, but not everything could be compared"}
        lines = [f"Self-test of {self.encoder}: {verdict[self.passed]}."]
        for kind in ("card texts", "card pictures"):
            lines += self._card_lines([check for check in self.checks if check.kind == kind], kind)
        lines += [f"Not compared: {reason}" for reason in self.not_run]
        sanity = [check for check in self.checks if check.kind == "sanity"]
        lines += [
            f"Warning: {check.name}: {check.expected:.2f} hoped for, {check.found:.2f} found."
            for check in sanity
            if not check.passed
        ]
        if met := sum(check.passed for check in sanity):
            lines.append(f"Plausible in {met} of {len(sanity)} checks of our own, which prove nothing exact.")
        if self.passed is False:
            lines.append(
                "That is more than the rounding in the card's figures explains: get the files anew before trusting a "
                "search, and tell us if that does not help."
            )
        return lines

    @staticmethod
    def _card_lines(checks: Sequence[Check], kind: str) -> list[str]:
        if not checks:
            return []
        met, worst = sum(check.passed for check in checks), max(abs(check.found - check.expected) for check in checks)
        summary = (
            f"Model card, {kind.removeprefix('card ')}: {met} of {len(checks)} similarities met; "
            f"largest difference {worst:.3f}, {checks[0].tolerance:.2f} allowed."
        )
        failed = [check for check in checks if not check.passed]
        return [
            summary,
            *(f"  {check.name}: expected {check.expected:.3f}, found {check.found:.3f}" for check in failed),
        ]


def run_self_test(
    encoder: Encoder, pictures: Sequence[Path] | None = None, *, addresses: Sequence[str] = card.PICTURES
) -> SelfTest:
    """Compare an encoder with the figures its makers published, then see whether it makes sense at all.

    Args:
        encoder: jina-clip-v2 must be loaded with ``crops``, as the card's pictures were cut to their middle square.
        pictures: files of the card's two pictures, in its order; None fetches them, unless HF_HUB_OFFLINE is set.
        addresses: where they are fetched from. We may not ship them, because they carry no licence.

    Raises:
        PicturesMissing: ``pictures`` are not two pictures. Pictures that cannot be fetched are told in the result.
        EncoderError: a vector has no direction.
    """
    given = None if pictures is None else card.read_pictures(pictures)
    sanity = _check_sanity(encoder)
    family, _, variant = encoder.name.partition("@")
    if family != card.MODEL:
        return SelfTest(encoder.name, sanity, (f"nobody published similarities for {family}.",))
    checks = (*_check_card_texts(encoder), *sanity)
    if "crop" not in variant.split("/"):
        reason = "the card's pictures were cut to their middle square, and this encoder is loaded to show them whole."
        return SelfTest(encoder.name, checks, (reason,))
    try:
        shown = given or card.fetch_pictures(addresses)
    except card.PicturesMissing as error:
        return SelfTest(encoder.name, checks, (str(error),))
    return SelfTest(encoder.name, (*_check_card_pictures(encoder, shown), *checks), ())


def _check_card_texts(encoder: Encoder) -> list[Check]:
    sentences = [sentence for sentence, _ in card.SENTENCES.values()]
    found = encoder.encode_queries([card.QUERY])[0] @ encoder.encode_texts(sentences).T  # (9,)
    return [
        Check("card texts", f"query and its {language} translation", expected, float(similarity), card.TOLERANCE)
        for (language, (_, expected)), similarity in zip(card.SENTENCES.items(), found, strict=True)
    ]


def _check_card_pictures(encoder: Encoder, pictures: Sequence[Image.Image]) -> list[Check]:
    first, second = encoder.encode_images(pictures)
    query = encoder.encode_queries([card.QUERY])[0]
    figures = (
        ("query and first picture", card.QUERY_PICTURES[0], query @ first),
        ("query and second picture", card.QUERY_PICTURES[1], query @ second),
        ("first and second picture", card.PICTURE_PICTURE, first @ second),
    )
    return [Check("card pictures", name, expected, float(found), card.TOLERANCE) for name, expected, found in figures]


def _check_sanity(encoder: Encoder) -> tuple[Check, ...]:
    rows, again = encoder.encode_texts(_TRANSLATIONS), encoder.encode_texts(_TRANSLATIONS)
    pictures = encoder.encode_images(_draw_shapes())
    smallest = encoder.sizes[0]
    shares = {
        "sentences whose nearest neighbour is a translation": _share_beside_translation(rows),
        f"the same with the first {smallest} numbers alone": _share_beside_translation(truncate(rows, smallest)),
        "English captions that find their drawing": _share_found(encoder.encode_queries(_ENGLISH), pictures),
        "German captions that find their drawing": _share_found(encoder.encode_queries(_GERMAN), pictures),
    }
    lengths = np.linalg.norm(np.concatenate([rows, pictures]), axis=1)
    farthest = float(lengths[np.abs(lengths - 1).argmax()])
    # 1e-3 leaves room for a GPU's bf16; fp32 needs far less.
    return (
        Check("sanity", "length of the vector farthest from 1", 1.0, farthest, 1e-3),
        Check("sanity", "difference when encoding twice", 0.0, float(np.abs(rows - again).max()), 1e-3),
        *(Check("sanity", name, 1.0, share, 0.0) for name, share in shares.items()),
    )


def _share_beside_translation(rows: Embeddings) -> float:
    similarities = rows @ rows.T  # (N, N)
    np.fill_diagonal(similarities, -np.inf)
    meaning = np.arange(len(rows)) // _LANGUAGES
    return float(np.mean(meaning[similarities.argmax(axis=1)] == meaning))


def _share_found(captions: Embeddings, pictures: Embeddings) -> float:
    return float(np.mean((captions @ pictures.T).argmax(axis=1) == np.arange(len(pictures))))


def _draw_shapes() -> list[Image.Image]:
    images = [Image.new("RGB", (_DRAWING_SIDE, _DRAWING_SIDE), "white") for _ in _ENGLISH]
    circle, square, triangle = (ImageDraw.Draw(image) for image in images)
    circle.ellipse((60, 60, 196, 196), fill="red")
    square.rectangle((60, 60, 196, 196), fill="blue")
    triangle.polygon([(128, 50), (50, 200), (206, 200)], fill="green")
    return images
