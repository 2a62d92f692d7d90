"""Messages between the parent and a reader process: JSON, and raw bytes behind it.

The process that reads a hostile file is not trusted: nothing of what it sends is unpickled, and sizes are bounded.
"""

import json
import struct
from collections.abc import Sequence
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from ingest.ocr.options import OcrMode, OcrOptions
from ingest.raster import MAX_TILES
from ingest.types import RASTER_PX, Format, Geometry, Heading, Page, PrintedRow
from ingest.workers.task import ReadPage, ReadTask

JPEG_QUALITY = 90  # of the rasters that are stored

_SIZES = struct.Struct("!II")  # bytes of JSON, bytes behind it
_MAX_JSON = 1 << 30  # a text file of `Limits.max_text_bytes` with every character escaped is below
_RASTER_BYTES = RASTER_PX * RASTER_PX * 3
_MAX_BEHIND = (3 + MAX_TILES) * _RASTER_BYTES  # the whole, its views, and a JPEG that is never larger than raw pixels

Message = dict[str, Any]


def send(stream: BinaryIO, message: Message, behind: Sequence[bytes] = ()) -> None:
    """Write a message whole."""
    content = json.dumps(message, separators=(",", ":")).encode("ascii")
    stream.write(_SIZES.pack(len(content), sum(map(len, behind))))
    stream.write(content)
    for part in behind:
        stream.write(part)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[Message, bytes]:
    """Read a message and the bytes behind it.

    Raises:
        EOFError: the other side is gone.
        ValueError: what came is no message.
    """
    length, length_behind = _SIZES.unpack(_read(stream, _SIZES.size))
    if length > _MAX_JSON or length_behind > _MAX_BEHIND:
        raise ValueError(f"a message of {length} and {length_behind} bytes")
    message = json.loads(_read(stream, length))
    if not isinstance(message, dict):
        raise ValueError("a message that is no object")
    return message, _read(stream, length_behind)


def _read(stream: BinaryIO, count: int) -> bytes:
    content = stream.read(count)
    if len(content) < count:
        raise EOFError
    return content


def task_to_message(task: ReadTask) -> Message:
    """A task as JSON."""
    return {
        "path": _written(task.path),
        "format": task.format,
        "name": task.name,
        "geometry": task.geometry,
        "ocr": {
            "mode": task.ocr.mode,
            "languages": task.ocr.languages,
            "cache": _written(task.ocr.cache),
        },
        "draw_from": task.draw_from,
        "rendition": _written(task.rendition),
    }


def _written(path: Path | None) -> str | None:
    """The path from the root: this process may have changed its folder since it started the other."""
    return None if path is None else str(path.absolute())


def message_to_task(message: Message) -> ReadTask:
    """The task that was sent."""
    ocr = message["ocr"]
    return ReadTask(
        path=Path(message["path"]),
        format=Format(message["format"]),
        name=message["name"],
        geometry=Geometry(message["geometry"]),
        ocr=OcrOptions(
            mode=OcrMode(ocr["mode"]),
            languages=tuple(ocr["languages"]),
            cache=None if ocr["cache"] is None else Path(ocr["cache"]),
        ),
        draw_from=message["draw_from"],
        rendition=None if message["rendition"] is None else Path(message["rendition"]),
    )


def page_to_message(page: Page) -> tuple[Message, list[bytes]]:
    """A page as JSON; behind it its JPEG, and every raster once."""
    rasters = [page.image] if page.image is not None else []
    rasters += [view for view in page.views if view is not page.image]
    jpeg = BytesIO()
    if page.image is not None:
        page.image.save(jpeg, "JPEG", quality=JPEG_QUALITY)
    message: Message = {
        "number": page.number,
        "label": page.label,
        "text": page.text,
        "headings": [(heading.start, heading.level, heading.title) for heading in page.headings],
        "path": page.path,
        "problem": page.problem,
        "rows": [(row.start, row.end, row.box) for row in page.rows],
        "hidden": page.hidden,
        "needs_ocr": page.needs_ocr,
        "confidence": page.confidence,
        "has_image": page.image is not None,
        "shows_whole": any(view is page.image for view in page.views),  # then it is the first view
        "jpeg_bytes": jpeg.tell(),
    }
    return message, [jpeg.getvalue(), *(raster.tobytes() for raster in rasters)]


def message_to_page(message: Message, behind: bytes) -> ReadPage:
    """The page that was sent.

    Raises:
        ValueError, KeyError, TypeError: what came is no page.
    """
    jpeg_bytes = int(message["jpeg_bytes"])
    rasters = [
        Image.frombytes("RGB", (RASTER_PX, RASTER_PX), behind[start : start + _RASTER_BYTES])
        for start in range(jpeg_bytes, len(behind), _RASTER_BYTES)
    ]
    image = rasters[0] if message["has_image"] else None
    page = Page(
        number=int(message["number"]),
        label=str(message["label"]),
        text=str(message["text"]),
        image=image,
        headings=tuple(Heading(start, level, title) for start, level, title in message["headings"]),
        path=tuple(message["path"]),
        problem=message["problem"],
        views=tuple(rasters if image is None or message["shows_whole"] else rasters[1:]),
        rows=tuple(PrintedRow(start, end, (x0, y0, x1, y1)) for start, end, (x0, y0, x1, y1) in message["rows"]),
        hidden=tuple((start, end) for start, end in message["hidden"]),
        needs_ocr=bool(message["needs_ocr"]),
        confidence=message["confidence"],
    )
    return ReadPage(page, behind[:jpeg_bytes] if image is not None else None)


def to_date(text: str | None) -> date | None:
    """A day as JSON has it."""
    return None if text is None else date.fromisoformat(text)
