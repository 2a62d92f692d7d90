"""What a user may say about OCR; light to import and to send to a reader process."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class OcrMode(StrEnum):
    """Which pages are recognised."""

    OFF = "off"  # none
    AUTO = "auto"  # those that show text their file has no letters for
    ALWAYS = "always"  # all that can be drawn


@dataclass(frozen=True, slots=True)
class OcrOptions:
    """How pages are recognised."""

    mode: OcrMode = OcrMode.AUTO
    languages: tuple[str, ...] = ()  # BCP 47, the likeliest first; none: told page by page
    cache: Path | None = None  # folder for results, shared by processes; None: each page is recognised anew
