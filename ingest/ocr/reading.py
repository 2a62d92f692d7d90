"""Pages with the text that only their pictures show."""

from collections.abc import Iterator
from dataclasses import replace

from PIL import Image

from ingest.errors import IngestError
from ingest.ocr.cache import OcrCache, key_of
from ingest.ocr.choice import MISSING, any_engine, signature
from ingest.ocr.engine import OcrError, OcrLine
from ingest.ocr.options import OcrMode, OcrOptions
from ingest.ocr.order import to_text
from ingest.ocr.paper import looks_like_a_page
from ingest.ocr.recognise import Recognition, recognise
from ingest.raster import to_raster
from ingest.readers.registry import DocumentReader
from ingest.types import RASTER_PX, Box, Heading, Page, PrintedRow

DRAWN_PX = 2400  # longest side: 205 dpi on A4, which measured best (docs/ocr.md)
_ENLARGED_BELOW = 1200  # a picture this small is a screenshot, whose letters are too small for the engines
_RECIPE = 1  # raise it whenever the same picture would come out otherwise: cached results are then left alone


def read_with_ocr(
    reader: DocumentReader, options: OcrOptions, *, draw_from: int = 1, skip: frozenset[int] = frozenset()
) -> Iterator[Page]:
    """The reader's pages; where they show text they have no letters for, with that text.

    Args:
        reader: an open document.
        options: which pages are recognised, and how.
        draw_from: pages before this one come without image and views; their text is the same.
        skip: pages that are not touched.

    Raises:
        UnreadableDocument: no page at all can be read.
        DocumentTooLarge: a page is past a limit.
    """
    recogniser = _Recogniser(reader, options)
    for page in reader.read_pages(draw_from=draw_from, skip=skip):
        yield page if page.number in skip else recogniser.complete(page)


class _Recogniser:
    """Goes through one document's pages in order."""

    def __init__(self, reader: DocumentReader, options: OcrOptions) -> None:
        self._reader = reader
        self._options = options
        self._cache = OcrCache(options.cache) if options.cache is not None else None
        self._language = ""  # of the last page that was recognised

    def complete(self, page: Page) -> Page:
        """The page, with its text if it is one to recognise."""
        mode = self._options.mode
        if mode is OcrMode.OFF:
            return _with_problem(page, "it is a picture of text and OCR is off") if page.needs_ocr else page
        try:
            if not (mode is OcrMode.ALWAYS or page.needs_ocr or self._shows_paper(page)):
                return page
            if not any_engine():
                return _with_problem(page, f"it is a picture of text and {MISSING}")
            image = self._reader.render_page(page.number, max_px=DRAWN_PX)
            return page if image is None else self._recognised(page, _enlarged(image))
        except OcrError as error:
            return _with_problem(page, f"its text cannot be recognised: {error}")
        except IngestError:
            return page  # it cannot be drawn, and says so already

    def _shows_paper(self, page: Page) -> bool:
        """Whether a page without text, of a reader that looks for none, is a picture of a page."""
        if page.text or page.problem:
            return False
        image = page.image
        if image is None:  # it was not drawn this time: draw it as it was
            drawn = self._reader.render_page(page.number, max_px=RASTER_PX)
            image = to_raster(drawn) if drawn is not None else None
        return image is not None and looks_like_a_page(image)

    def _recognised(self, page: Page, image: Image.Image) -> Page:
        result = self._result(image)
        self._language = result.language or self._language
        text, rows = to_text(result.lines, _turned(image.size, result.rotation))
        if not text:  # what letters the file has are better than none
            return _with_problem(replace(page, needs_ocr=False), result.problem)
        rows = tuple(PrintedRow(row.start, row.end, _as_shown(row.box, result.rotation)) for row in rows)
        return _with_problem(
            replace(
                page,
                text=text,
                rows=rows,
                headings=_headings(page, text),
                hidden=(),
                needs_ocr=False,
                confidence=result.confidence,
            ),
            result.problem,
        )

    def _result(self, image: Image.Image) -> Recognition:
        languages = self._options.languages
        if self._cache is None:
            return recognise(image, languages=languages, before=self._language)
        key = key_of(image, str(_RECIPE), signature(), ",".join(languages), self._language)
        stored = self._cache.read(key)
        if stored is not None and (known := _from_json(stored)) is not None:
            return known
        result = recognise(image, languages=languages, before=self._language)
        self._cache.write(key, _to_json(result))
        return result


def _enlarged(image: Image.Image) -> Image.Image:
    if max(image.size) >= _ENLARGED_BELOW:
        return image
    return image.resize((2 * image.width, 2 * image.height), Image.Resampling.BICUBIC)


def _with_problem(page: Page, problem: str | None) -> Page:
    return replace(page, problem="; ".join(filter(None, (page.problem, problem))) or None)


def _headings(page: Page, text: str) -> tuple[Heading, ...]:
    """Those the file's outline has on the page, where they stand in the recognised text, else at its start."""
    folded = text.casefold()
    found = [replace(heading, start=max(0, folded.find(heading.title.casefold()))) for heading in page.headings]
    return tuple(sorted(found, key=lambda heading: heading.start)) if len(folded) == len(text) else ()


def _turned(size: tuple[int, int], rotation: int) -> tuple[int, int]:
    return size if rotation in (0, 180) else (size[1], size[0])


def _as_shown(box: Box, rotation: int) -> Box:
    """A box on the upright page as one on the page as its file shows it, `rotation` degrees clockwise ago."""
    x0, y0, x1, y1 = box
    if rotation == 90:
        return y0, 1 - x1, y1, 1 - x0
    if rotation == 180:
        return 1 - x1, 1 - y1, 1 - x0, 1 - y0
    return (1 - y1, x0, 1 - y0, x1) if rotation == 270 else box


def _to_json(result: Recognition) -> dict[str, object]:
    return {
        "lines": [[line.text, *line.box, line.confidence] for line in result.lines],
        "rotation": result.rotation,
        "language": result.language,
        "confidence": result.confidence,
        "problem": result.problem,
    }


def _from_json(stored: dict[str, object]) -> Recognition | None:
    """A stored result; None where it is not of the shape we write."""
    match stored:
        case {
            "lines": list(lines),
            "rotation": 0 | 90 | 180 | 270 as rotation,
            "language": str(language),
            "confidence": float(confidence),
            "problem": None | str() as problem,
        }:
            try:
                read = tuple(OcrLine(str(text), (x0, y0, x1, y1), float(sure)) for text, x0, y0, x1, y1, sure in lines)
            except (TypeError, ValueError):
                return None
            return Recognition(read, rotation, language, confidence, problem)
    return None
