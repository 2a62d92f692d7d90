"""One picture of text to lines: upright, by the right engine, in the right language."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image, ImageStat

from ingest.language import tell_language
from ingest.ocr import tesseract
from ingest.ocr.choice import any_language, engine_for, first_language
from ingest.ocr.engine import OcrEngine, OcrLine, mean_confidence
from ingest.ocr.languages import languages_of, package, primary

_UPRIGHT = {
    90: Image.Transpose.ROTATE_270,  # degrees clockwise; Pillow counts the other way
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}
_SURE_ROTATION = 3.0  # of Tesseract's own measure; upright pages had 5 to 33
_SURE_SCRIPT = 2.0  # likewise; Han and Korean are told rightly below it too, but so are short Latin texts as Han
_BLANK = 2.5  # standard deviation of grey, of 255, up to which a page is empty paper


@dataclass(frozen=True, slots=True)
class Recognition:
    """What an engine made of a picture."""

    lines: tuple[OcrLine, ...]  # in pixels of the upright picture; none where the letters are unknown
    rotation: int = 0  # degrees clockwise that made the picture upright
    language: str = ""  # BCP 47, that the engine was told to read; empty where nothing was recognised
    confidence: float = 0.0
    problem: str | None = None  # in words for the user


@dataclass(frozen=True, slots=True)
class _Attempt:
    engine: OcrEngine
    language: str
    lines: Sequence[OcrLine]
    rotation: int
    confidence: float

    @property
    def is_good(self) -> bool:
        return self.confidence >= self.engine.good_confidence

    @property
    def is_readable(self) -> bool:
        return self.confidence >= self.engine.least_confidence

    @property
    def merit(self) -> float:
        """Comparable across engines, whose confidences are not: 0 is unreadable, 1 is good."""
        least, good = self.engine.least_confidence, self.engine.good_confidence
        return (self.confidence - least) / (good - least)


def recognise(image: Image.Image, *, languages: Sequence[str] = (), before: str = "") -> Recognition:
    """Recognise a picture.

    Args:
        image: RGB, drawn at about 200 dpi.
        languages: asked for by the user (BCP 47), the likeliest first; none: told by the picture.
        before: the language of the page before, tried first; empty for none.

    Raises:
        OcrError: the engine fails or takes too long.
    """
    if _is_blank(image):
        return Recognition(())
    if before:
        attempt = _follow(image, _attempt(image, before, 0), languages)
        if attempt is not None and attempt.is_good and not _lies_sideways(attempt):
            return _told(attempt)
    told = _detect(image)
    rotation = told.rotation if told is not None and told.rotation_confidence >= _SURE_ROTATION else 0
    best: _Attempt | None = None
    for language in _candidates(image, told.script if told else "", rotation, languages):
        attempt = _follow(image, _attempt(image, language, rotation), languages)
        if attempt is not None and _lies_sideways(attempt):
            turned = [_attempt(image, language, (rotation + turn) % 360) for turn in (90, 270)]
            attempt = max([attempt, *filter(None, turned)], key=lambda one: (not _lies_sideways(one), one.merit))
        if attempt is not None and (best is None or attempt.merit > best.merit):
            best = attempt
        if best is not None and best.is_good:
            break
    if best is None:
        return Recognition((), problem=_missing(told))
    if not best.is_readable and best.lines:
        return Recognition((), problem=_missing(told) or _unreadable(best, knows_script=told is not None))
    return _told(best)


def _told(attempt: _Attempt) -> Recognition:
    problem = None
    if attempt.lines and not attempt.is_good:
        problem = f"its text was recognised with a confidence of {attempt.confidence:.0%} and may have wrong letters"
    language = attempt.language if attempt.lines else ""
    return Recognition(tuple(attempt.lines), attempt.rotation, language, attempt.confidence, problem)


def _detect(image: Image.Image) -> tesseract.Osd | None:
    """Script and orientation, of the middle of the upper half, which is quicker; else of the whole."""
    return tesseract.detect(_middle(image)) or tesseract.detect(image)


def _middle(image: Image.Image) -> Image.Image:
    width, height = image.size
    return image.crop((width // 8, height // 8, width * 7 // 8, height // 2))


def _candidates(image: Image.Image, script: str, rotation: int, languages: Sequence[str]) -> Iterator[str]:
    """Languages to try until one is good."""
    if languages:
        fitting = [language for language in languages if primary(language) in languages_of(script)]
        yield from dict.fromkeys([*fitting, *languages])
        return
    first = first_language(script)
    if first is not None:
        yield _guess(image, first, rotation) if len(languages_of(script)) > 1 else first
    if any_language() != first:
        yield any_language()


def _guess(image: Image.Image, language: str, rotation: int) -> str:
    """A closer guess than the script's first language, from the words of a part of the page."""
    attempt = _attempt(_middle(image), language, rotation)
    if attempt is None or not attempt.is_readable:
        return language
    told = tell_language(" ".join(line.text for line in attempt.lines))
    return told if told and engine_for(told) is not None else language


def _attempt(image: Image.Image, language: str, rotation: int) -> _Attempt | None:
    engine = engine_for(language)
    if engine is None:
        return None
    lines = engine.recognise(image.transpose(_UPRIGHT[rotation]) if rotation else image)
    return _Attempt(engine, language, lines, rotation, mean_confidence(lines))


def _follow(image: Image.Image, attempt: _Attempt | None, languages: Sequence[str]) -> _Attempt | None:
    """Again in the language that the recognised words are of, where another engine is the one for it."""
    if attempt is None or not attempt.is_readable:
        return attempt
    told = tell_language(" ".join(line.text for line in attempt.lines))
    if not told or primary(told) == primary(attempt.language):
        return attempt
    if languages and told not in {primary(language) for language in languages}:
        return attempt
    engine = engine_for(told)
    if engine is None or engine.name == attempt.engine.name:
        return attempt
    again = _attempt(image, told, attempt.rotation)
    return again if again is not None and (again.is_good or again.merit > attempt.merit) else attempt


def _lies_sideways(attempt: _Attempt) -> bool:
    """Whether most letters stand in lines that are taller than wide."""
    letters = sum(len(line.text) for line in attempt.lines if len(line.text) > 2)
    tall = sum(
        len(line.text)
        for line in attempt.lines
        if len(line.text) > 2 and line.box[3] - line.box[1] > 1.5 * (line.box[2] - line.box[0])
    )
    return 2 * tall > letters


def _is_blank(image: Image.Image) -> bool:
    return ImageStat.Stat(image.convert("L").reduce(4)).stddev[0] < _BLANK


def _missing(told: tesseract.Osd | None) -> str | None:
    """What to install for a script that nothing here reads."""
    if told is None or told.script_confidence < _SURE_SCRIPT or first_language(told.script) is not None:
        return None
    languages = languages_of(told.script)
    if not languages:
        return f"its text is in {told.script} letters, which no OCR engine here reads"
    return f"its text is in {told.script} letters: install {package(languages[0])}"


def _unreadable(best: _Attempt, *, knows_script: bool) -> str:
    if knows_script:
        return f"its text cannot be made out (confidence {best.confidence:.0%}): scan it sharper or larger"
    return (
        "its letters are none that the OCR engine here reads: "
        "install tesseract-ocr and the package of its language, such as tesseract-ocr-rus"
    )
