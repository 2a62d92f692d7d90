"""What every OCR engine does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL import Image


class OcrError(Exception):
    """A page cannot be recognised; the message fits behind 'its text cannot be recognised: '."""


@dataclass(frozen=True, slots=True)
class OcrLine:
    """A line, or the part of it before a wide gap."""

    text: str  # in reading order, without white space around it
    box: tuple[float, float, float, float]  # left, top, right, bottom in pixels of the picture
    confidence: float  # the engine's own, 0..1


class OcrEngine(Protocol):
    """Reads pictures in the languages it was made for. Used from one thread."""

    @property
    def name(self) -> str:
        """Engine, version and languages: equal names give equal results."""
        ...

    @property
    def least_confidence(self) -> float:
        """Mean confidence of a page below which its letters are other ones than the engine knows."""
        ...

    @property
    def good_confidence(self) -> float:
        """Mean confidence of a page below which it has more wrong letters than a reader likes."""
        ...

    def recognise(self, image: Image.Image) -> list[OcrLine]:
        """The lines of an upright RGB picture, in no particular order.

        Raises:
            OcrError: the engine fails or takes too long.
        """
        ...


def mean_confidence(lines: Sequence[OcrLine]) -> float:
    """Of all characters; 0 for none."""
    letters = sum(len(line.text) for line in lines)
    return sum(len(line.text) * line.confidence for line in lines) / letters if letters else 0.0
