"""Pictures: what Pillow decodes, and HEIC, for which it has a plugin."""

from collections.abc import Callable

from ingest.head import Head
from ingest.readers.registry import DocumentReader, Kind, Opening, Shows
from ingest.types import Format

_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")  # the last two: BigTIFF
_BMP_HEADER_BYTES = {12, 16, 40, 52, 56, 64, 108, 124}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_AVIF_BRANDS = {b"avif", b"avis"}
_ANY_BRANDS = {b"mif1", b"msf1"}  # HEIF of any coding, which the others in the list tell


def _open(opening: Opening) -> DocumentReader:
    from ingest.readers.picture import PictureReader

    return PictureReader(
        opening.path,
        format=opening.format,
        name=opening.name,
        limits=opening.limits,
        geometry=opening.geometry,
    )


def _is_webp(head: Head) -> bool:
    return head.start.startswith(b"RIFF") and head.start[8:12] == b"WEBP"


def _is_bmp(head: Head) -> bool:
    return head.start.startswith(b"BM") and int.from_bytes(head.start[14:18], "little") in _BMP_HEADER_BYTES


def _is_avif(head: Head) -> bool:
    return bool(_brands(head) & _AVIF_BRANDS)


def _is_heic(head: Head) -> bool:
    brands = _brands(head)
    return bool(brands & (_HEIC_BRANDS | _ANY_BRANDS)) and not brands & _AVIF_BRANDS


def _brands(head: Head) -> set[bytes]:
    """What an ISO media file says it is (ISO/IEC 14496-12, 4.3)."""
    if head.start[4:8] != b"ftyp":
        return set()
    listed = head.start[16 : min(int.from_bytes(head.start[:4], "big"), 256)]
    return {head.start[8:12], *(listed[at : at + 4] for at in range(0, len(listed), 4))}


def _starts(*signatures: bytes) -> Callable[[Head], bool]:
    return lambda head: head.start.startswith(signatures)


KINDS = tuple(
    Kind(format, words, suffixes, recognise, _open, shows=Shows.PICTURE)
    for format, words, suffixes, recognise in (
        (Format.PNG, "PNG", (".png",), _starts(b"\x89PNG\r\n\x1a\n")),
        (Format.JPEG, "JPEG", (".jpg", ".jpeg"), _starts(b"\xff\xd8\xff")),
        (Format.WEBP, "WebP", (".webp",), _is_webp),
        (Format.TIFF, "TIFF", (".tif", ".tiff"), _starts(*_TIFF)),
        (Format.GIF, "GIF", (".gif",), _starts(b"GIF87a", b"GIF89a")),
        (Format.BMP, "BMP", (".bmp",), _is_bmp),
        (Format("heic"), "HEIC", (".heic", ".heif"), _is_heic),
        (Format("avif"), "AVIF", (".avif",), _is_avif),
    )
)
