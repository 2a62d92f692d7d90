"""Pictures of pages for the browser: drawn from the originals by document id and page, kept for a while."""

import io
import threading
from collections import OrderedDict

from PIL import Image

from app.library import Library

SMALL_PX, LARGE_PX = 520, 1600  # longer side, on a card and in the large view
_CACHE_BYTES = 64 << 20
_QUALITY = 85

Key = tuple[str, int, int]  # document id, page, longer side


class Previews:
    """Draws pages as JPEG. Safe to call from several threads.

    Args:
        library: whose pages they are; nothing else can be asked for.
        cache_bytes: what the pictures drawn last may take.
    """

    def __init__(self, library: Library, *, cache_bytes: int = _CACHE_BYTES) -> None:
        self._library = library
        self._room = cache_bytes
        self._drawn: OrderedDict[Key, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def draw(self, document_id: str, page: int, *, large: bool) -> bytes:
        """A page or picture as JPEG.

        Raises:
            LibraryError: there is no such document or page (any more), or it has no picture.
            IngestError: it cannot be drawn.
        """
        key = (document_id, page, LARGE_PX if large else SMALL_PX)
        with self._lock:
            known = self._drawn.get(key)
            if known is not None:
                self._drawn.move_to_end(key)
                return known
        jpeg = _to_jpeg(self._library.page_image(document_id, page, max_px=key[2]))
        with self._lock:
            if key not in self._drawn:
                self._drawn[key] = jpeg
                self._room -= len(jpeg)
            while self._room < 0 and self._drawn:
                self._room += len(self._drawn.popitem(last=False)[1])
        return jpeg

    def forget(self, document_id: str) -> None:
        """Drop what was drawn of a document that is removed."""
        with self._lock:
            for key in [key for key in self._drawn if key[0] == document_id]:
                self._room += len(self._drawn.pop(key))


def _to_jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
