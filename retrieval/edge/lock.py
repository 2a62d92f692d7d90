"""A lock on engine files, asked for before the engine touches them.

The engine has one of its own, but takes it only after it has opened the files: a second process, which is then refused,
has by that time cut short the journals of the first, whose next flush fails.
"""

import os
from pathlib import Path

from retrieval.errors import StoreLocked

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be cut short by another process
    fcntl = None  # type: ignore[assignment]


class FilesLock:
    """Held from the beginning until `release`, or until the process ends."""

    def __init__(self, files: Path) -> None:
        """Lock the folder ``files``.

        Raises:
            StoreLocked: another process, or another store of this one, has it.
        """
        self._descriptor = os.open(files, os.O_RDONLY) if fcntl else None
        if self._descriptor is not None:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                self.release()
                raise StoreLocked(
                    f"{files.parent} is in use by another process: close it there, or choose another --data folder"
                ) from error

    def release(self) -> None:
        """Let go; again does nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
