"""Results of OCR in a folder, so that no page is recognised twice.

A result is a JSON file named by the hash of all it depends on. It is written beside its place and renamed into it, so
that processes may share a folder. What cannot be read back counts as absent.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path

from PIL import Image

MAX_BYTES = 256 << 20
_KEPT = 0.8  # share of MAX_BYTES that stays when the oldest go
_PAGE = 4096  # what a small file takes on most disks


class OcrCache:
    """A folder of results, bounded in size; the least recently used go first."""

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._unmeasured = max_bytes  # bytes written since the folder was last measured: it never was

    def read(self, key: str) -> dict[str, object] | None:
        """The result stored under `key`; None where there is none."""
        path = self._path(key)
        try:
            entry = json.loads(path.read_bytes())
            if not isinstance(entry, dict) or entry.pop("key", None) != key:
                return None
            os.utime(path)
        except (OSError, ValueError):
            return None
        return entry

    def write(self, key: str, result: dict[str, object]) -> None:
        """Store a result; a full or read-only disk is no error, the page was recognised."""
        content = json.dumps({"key": key, **result}, ensure_ascii=False, separators=(",", ":")).encode()
        path = self._path(key)
        temporary: str | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(temporary, path)
        except OSError:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
            return
        self._unmeasured += max(len(content), _PAGE)
        if self._unmeasured > self._max_bytes // 10:
            self._prune()

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"

    def _prune(self) -> None:
        """Delete the least recently used files, and what killed processes left, until enough room is free."""
        self._unmeasured = 0
        files: list[tuple[float, int, Path]] = []
        for path in [*self._folder.glob("??/*.json"), *self._folder.glob("??/*.part")]:
            with contextlib.suppress(OSError):  # another process may have deleted it
                stat = path.stat()
                files.append((stat.st_mtime, max(stat.st_size, _PAGE), path))
        total = sum(size for _, size, _ in files)
        if total <= self._max_bytes:
            return
        for _, size, path in sorted(files):
            if total <= _KEPT * self._max_bytes:
                break
            with contextlib.suppress(OSError):
                path.unlink()
            total -= size


def key_of(image: Image.Image, *parts: str) -> str:
    """Hash of a drawn page and of the words that say how it is recognised."""
    told = hashlib.blake2b(repr((image.mode, image.size, parts)).encode(), digest_size=20)
    told.update(image.tobytes())
    return told.hexdigest()
