"""Which engine reads which language, by what is installed and by what was measured (docs/ocr.md)."""

from dataclasses import dataclass

from ingest.errors import IngestError
from ingest.ocr import rapid, tesseract
from ingest.ocr.engine import OcrEngine
from ingest.ocr.languages import RAPID_LANGUAGES, languages_of, packages, primary, tesseract_codes, to_bcp47
from ingest.ocr.options import OcrMode, OcrOptions
from ingest.ocr.rapid import RapidEngine
from ingest.ocr.tesseract import TesseractEngine

MISSING = "no OCR engine is installed: pip install rapidocr onnxruntime, or install tesseract-ocr"

# RapidOCR makes fewer errors in these; Tesseract, where it has the language, in all others, and in less time.
_RAPID_FIRST = frozenset({"ja", "zh"})


class OcrUnavailable(IngestError):
    """OCR was asked for, and nothing here can do it."""


@dataclass(frozen=True, slots=True)
class Installed:
    """The engines there are."""

    rapid: str | None  # version
    tesseract: str | None  # version
    languages: tuple[str, ...]  # that one of them reads, BCP 47, sorted
    tells_scripts: bool  # Tesseract's orientation and script detection is there


def installed() -> Installed:
    """Which engines and languages there are on this machine."""
    codes = tesseract.installed_languages()
    languages = {to_bcp47(code) for code in codes if code != "osd" and "/" not in code}
    has_rapid = rapid.is_installed()
    return Installed(
        rapid=RapidEngine().name.split()[1] if has_rapid else None,
        tesseract=tesseract.version() if codes else None,
        languages=tuple(sorted(languages | (RAPID_LANGUAGES if has_rapid else frozenset()))),
        tells_scripts="osd" in codes,
    )


def check(options: OcrOptions) -> None:
    """Make sure at the start that what the user asks for can be done.

    Raises:
        OcrUnavailable: the mode is ALWAYS and there is no engine; or none for a language that is asked for.
    """
    if options.mode is OcrMode.OFF:
        return
    if not any_engine():
        if options.mode is OcrMode.ALWAYS or options.languages:
            raise OcrUnavailable(MISSING)
        return
    missing = [language for language in options.languages if engine_for(language) is None]
    if missing:
        raise OcrUnavailable(f"no OCR engine here reads {', '.join(missing)}: install {packages(missing)}")


def any_engine() -> bool:
    """Whether anything can be recognised here."""
    return rapid.is_installed() or tesseract.is_installed()


def engine_for(language: str) -> OcrEngine | None:
    """The better engine for a language (BCP 47); None where none reads it."""
    codes = tuple(code for code in tesseract_codes(language) if code in tesseract.installed_languages())
    reads_rapidly = rapid.is_installed() and primary(language) in RAPID_LANGUAGES
    if reads_rapidly and (primary(language) in _RAPID_FIRST or not codes):
        return RapidEngine()
    return TesseractEngine(codes[:1]) if codes else None  # both of Chinese read worse than the right one


def first_language(script: str) -> str | None:
    """The likeliest language of a script (as Tesseract calls it) that an engine reads."""
    return next((language for language in languages_of(script) if engine_for(language) is not None), None)


def any_language() -> str:
    """A language to begin with where nothing is told: one of many letters."""
    codes = [code for code in tesseract.installed_languages() if code != "osd" and "/" not in code]
    if rapid.is_installed():
        return "zh"  # its one model reads Latin letters too
    return "en" if "eng" in codes or not codes else to_bcp47(codes[0])


def signature() -> str:
    """Changes whenever another engine or language is installed."""
    name = RapidEngine().name if rapid.is_installed() else ""
    codes = tesseract.installed_languages()
    return f"{name}/{tesseract.version() if codes else ''}/{','.join(sorted(codes))}"
