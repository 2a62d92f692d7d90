"""Pictures: one page each, or one per frame of a TIFF; an animation is shown by its first frame.

Pillow's plugins are called by class, which leaves out its process-wide bomb check: ours has a limit of its own and
runs before anything is decoded.
"""

import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from ingest.dates import parse_exif_date
from ingest.errors import DocumentTooLarge, UnreadableDocument, UnsupportedFormat
from ingest.formats import sniff
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.names import display_name
from ingest.raster import drawing_px, fit, views
from ingest.readers.registry import Shows, readable, shows
from ingest.types import SKIPPED, Format, Geometry, Page

_logger = logging.getLogger(__name__)

QUERY_PX = 1024  # longest side of a picture that is searched with

_PLUGINS: dict[Format, type[ImageFile.ImageFile]] = {
    Format.PNG: PngImagePlugin.PngImageFile,
    Format.JPEG: JpegImagePlugin.JpegImageFile,
    Format.WEBP: WebPImagePlugin.WebPImageFile,
    Format.TIFF: TiffImagePlugin.TiffImageFile,
    Format.GIF: GifImagePlugin.GifImageFile,
    Format.BMP: BmpImagePlugin.BmpImageFile,
    Format("avif"): AvifImagePlugin.AvifImageFile,
}
_HEIC = Format("heic")  # its plugin loads 20 MB of libraries
# What Pillow's decoders raise on damaged files, found by feeding them such files.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    RuntimeError,
    struct.error,
    zlib.error,
)


class PictureReader:
    """A picture as pages; see `ingest.readers.registry.DocumentReader`."""

    def __init__(self, path: Path, *, format: Format, name: str, limits: Limits, geometry: Geometry) -> None:
        self._path = path
        self._format = format
        self._name = name
        self._limits = limits
        self._geometry = geometry
        self._image = _open(path, format, name)
        try:
            self.page_count = self._count_frames()
        except BaseException:
            self._image.close()
            raise

    @property
    def date(self) -> date | None:
        """The day a photo was taken, as the camera wrote it into a JPEG or WebP file."""
        exif = Image.Exif()
        try:
            exif.load(self._image.info.get("exif", b""))
            taken = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
        except _DAMAGE:
            return None
        return parse_exif_date(taken) if isinstance(taken, str) else None

    def read_pages(self, *, draw_from: int = 1, skip: frozenset[int] = frozenset()) -> Iterator[Page]:
        """Every frame as a page without text; a damaged frame keeps its number and says why it has no image."""
        last_error: UnreadableDocument | None = None
        drawn = 0
        for number in range(1, self.page_count + 1):
            image: Image.Image | None = None
            squares: tuple[Image.Image, ...] = ()
            problem: str | None = None
            if number < draw_from or number in skip:
                drawn += 1
                yield Page(number, str(number), "", None, problem=SKIPPED if number in skip else None)
                continue
            try:
                image, squares = views(self._decode(number), self._geometry)
                drawn += 1
            except UnreadableDocument as error:
                last_error, problem = error, str(error)
                if number == self.page_count and not drawn:
                    raise
            yield Page(number=number, label=str(number), text="", image=image, problem=problem, views=squares)
        if last_error is not None:
            _logger.warning("%s", last_error)

    def render_page(self, number: int, *, max_px: int) -> Image.Image:
        """The frame, never enlarged: RGB, longest side at most `max_px`."""
        if not 1 <= number <= self.page_count:
            raise UnreadableDocument(f"{self._name} has no page {number}: it has {self.page_count}")
        picture = self._decode(number, max_px=max_px)
        picture.thumbnail((max_px, max_px), Image.Resampling.LANCZOS)
        return picture

    def decode(self) -> Image.Image:
        """The first frame as it is, but upright: its own mode and size."""
        with self._told_of_damage(1):
            image = self._frame(1)
            _check_pixels(image, self._name, self._limits)
            image.load()
            return ImageOps.exif_transpose(image)

    def close(self) -> None:
        """Close the file."""
        self._image.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _count_frames(self) -> int:
        if not isinstance(self._image, TiffImagePlugin.TiffImageFile):
            return 1
        try:
            count: int = self._image.n_frames
        except _DAMAGE as error:
            raise _damaged(self._name, error) from error
        if count > self._limits.max_frames:
            raise DocumentTooLarge(
                f"{self._name} has {count} frames, the limit is {self._limits.max_frames}: split it into smaller files"
            )
        return count

    def _frame(self, number: int) -> ImageFile.ImageFile:
        """The frame, not yet decoded: a picture that was drawn small before is opened anew."""
        if self.page_count > 1:
            self._image.seek(number - 1)
        else:
            self._image.close()
            self._image = _open(self._path, self._format, self._name)
        return self._image

    def _decode(self, number: int, *, max_px: int | None = None) -> Image.Image:
        """One frame, upright, in RGB.

        If it has that many pixels, its longest side is at least `max_px`, or what its views need.
        """
        with self._told_of_damage(number):
            image = self._frame(number)
            _check_pixels(image, self._name, self._limits)
            if max_px is None:
                max_px = drawing_px(*image.size, self._geometry)
            image.draft(image.mode, fit(*image.size, max_px=2 * max_px))  # JPEG decodes straight to a smaller size
            image.load()
            return _to_rgb(_shrink(ImageOps.exif_transpose(image), 2 * max_px))

    @contextmanager
    def _told_of_damage(self, number: int) -> Iterator[None]:
        try:
            yield
        except _DAMAGE as error:
            where = f"frame {number} of {self._name}" if self.page_count > 1 else self._name
            raise _damaged(where, error) from error


def read_picture(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> Image.Image:
    """A picture to search with: upright, RGB, longest side at most `QUERY_PX`.

    Raises:
        UnsupportedFormat: it is no picture.
        UnreadableDocument: empty, damaged, or not permitted.
        DocumentTooLarge: more pixels than the limit.
    """
    with _open_picture(path, limits) as reader:
        return reader.render_page(1, max_px=QUERY_PX)


def decode_picture(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> Image.Image:
    """A picture for an encoder that prepares it by itself: upright, in the file's own mode and size.

    Raises:
        UnsupportedFormat: it is no picture.
        UnreadableDocument: empty, damaged, or not permitted.
        DocumentTooLarge: more pixels than the limit.
    """
    with _open_picture(path, limits) as reader:
        return reader.decode()


def _open_picture(path: Path, limits: Limits) -> PictureReader:
    name = display_name(path)
    told = sniff(path)
    if shows(told) is not Shows.PICTURE:
        raise UnsupportedFormat(f"{name} is {told.upper()}, no picture: give {readable(Shows.PICTURE)}")
    return PictureReader(path, format=told, name=name, limits=limits, geometry=Geometry.FIT)


def _plugin(told: Format) -> type[ImageFile.ImageFile]:
    if told != _HEIC:
        return _PLUGINS[told]
    from pillow_heif.as_plugin import HeifImageFile

    return HeifImageFile


def _open(path: Path, told: Format, name: str) -> ImageFile.ImageFile:
    try:
        return _plugin(told)(path)
    except Image.DecompressionBombError as error:  # of a frame larger than its canvas, at once
        raise DocumentTooLarge(f"{name} is a GIF whose frames are larger than itself: export it again") from error
    except _DAMAGE as error:
        raise _damaged(name, error) from error


def _damaged(what: str, error: Exception) -> UnreadableDocument:
    reason = " ".join(str(error).split())  # libheif's have several lines
    return UnreadableDocument(f"{what} is damaged ({reason}): export it again or get a whole copy")


def _check_pixels(image: Image.Image, name: str, limits: Limits) -> None:
    width, height = image.size
    if width * height > limits.max_pixels:
        raise DocumentTooLarge(
            f"{name} has {width} x {height} pixels, the limit is {limits.max_pixels / 1e6:g} megapixels: "
            "scale it down and add it again"
        )


def _shrink(image: Image.Image, max_px: int) -> Image.Image:
    """Box-average a large image by a whole factor: cheap, and no second copy at full size."""
    factor = max(image.size) // max_px
    if factor < 2:
        return image
    if image.mode == "P":
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode.startswith("I;16"):
        image = image.convert("I")
    elif image.mode not in {"L", "LA", "RGB", "RGBA", "CMYK", "I", "F"}:
        image = image.convert("RGB")
    return image.reduce(factor)


def _to_rgb(image: Image.Image) -> Image.Image:
    """RGB on white from any mode, with deep greys scaled to 8 bits."""
    if image.mode == "F" or image.mode.startswith("I"):
        image = _to_grey(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _to_grey(image: Image.Image) -> Image.Image:
    """8-bit grey from 16-bit, 32-bit or floating-point samples."""
    if image.mode.startswith("I;16"):
        image = image.convert("I")
    low, high = image.getextrema()
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        raise ValueError(f"{image.mode} has more than one band")
    if image.mode == "F" or high > 65535 or low < 0:  # no fixed range: stretch what is there
        span = (high - low) or 1
        return image.convert("F").point(lambda value: value * (255 / span) - low * (255 / span)).convert("L")
    return (
        image.convert("F").point(lambda value: value * (1 / 257) + 0).convert("L") if high > 255 else image.convert("L")
    )
