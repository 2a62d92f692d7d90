"""The library's files: originals under their content hash, one raster a page. Nothing else is ever served."""

import hashlib
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ingest.errors import UnreadableDocument

_BLOCK = 1 << 20
_JPEG_QUALITY = 90

log = logging.getLogger(__name__)


def digest(path: Path) -> str:
    """Content hash of a file, which is its document id: sha256 in hex.

    Raises:
        UnreadableDocument: the file may not be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableDocument(f"{path.name} cannot be read: {error.strerror}. Check its permissions.") from error


class Files:
    """Originals and rasters below one folder, found by document id.

    Args:
        root: made where it is missing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._originals = root / "originals"
        self._rasters = root / "rasters"
        self._originals.mkdir(parents=True, exist_ok=True)
        self._rasters.mkdir(parents=True, exist_ok=True)

    def original(self, document_id: str) -> Path:
        """Where a document's own copy of the original lies."""
        return self._originals / document_id[:2] / document_id

    def raster(self, document_id: str, page_number: int) -> Path:
        """Where the raster of a page lies, if it has one."""
        return self._raster_folder(document_id) / f"{page_number:06d}.jpg"

    def rendition(self, document_id: str) -> Path:
        """Where the PDF lies that an Office document was turned into, if it is one."""
        return self._raster_folder(document_id) / "rendition.pdf"

    def keep(self, path: Path, document_id: str) -> Path:
        """Copy an original in, whole or not at all.

        Raises:
            UnreadableDocument: the file changed since it was hashed.
            OSError: the disk is full, or the like.
        """
        target = self.original(document_id)
        target.parent.mkdir(exist_ok=True)
        partial = target.with_suffix(".partial")
        seen = hashlib.sha256()
        try:
            with path.open("rb") as source, partial.open("wb") as copy:
                while block := source.read(_BLOCK):
                    seen.update(block)
                    copy.write(block)
                copy.flush()
                os.fsync(copy.fileno())
            if seen.hexdigest() != document_id:
                raise UnreadableDocument(f"{path.name} changed while it was read; add it again when it is complete.")
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        return target

    def keep_raster(self, document_id: str, page_number: int, jpeg: bytes) -> None:
        """Write the raster of a page, whole or not at all."""
        path = self.raster(document_id, page_number)
        partial = path.with_suffix(".partial")
        try:
            try:
                partial.write_bytes(jpeg)
            except FileNotFoundError:  # the first of its document
                path.parent.mkdir(parents=True, exist_ok=True)
                partial.write_bytes(jpeg)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def remove(self, document_id: str) -> int:
        """Remove a document's files; how many there were."""
        folder = self._raster_folder(document_id)
        removed = sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0
        shutil.rmtree(folder, ignore_errors=True)
        original = self.original(document_id)
        if original.exists():
            original.unlink()
            removed += 1
        return removed

    def remove_orphans(self, known: frozenset[str]) -> int:
        """Remove files of documents that are not ``known``; how many documents there were."""
        orphans = {path.stem for path in self._entries() if path.stem not in known}
        for document_id in orphans:
            self.remove(document_id)
            self.original(document_id).with_suffix(".partial").unlink(missing_ok=True)
        if orphans:
            log.info("removed the files of %d unfinished documents", len(orphans))
        return len(orphans)

    def size_bytes(self) -> int:
        """Bytes all originals and rasters take."""
        roots = (self._originals, self._rasters)
        return sum(path.stat().st_size for root in roots for path in root.rglob("*") if path.is_file())

    def _entries(self) -> Iterator[Path]:
        for root in (self._originals, self._rasters):
            for folder in root.iterdir():
                if folder.is_dir():  # file managers leave notes of their own
                    yield from folder.iterdir()

    def _raster_folder(self, document_id: str) -> Path:
        return self._rasters / document_id[:2] / document_id
