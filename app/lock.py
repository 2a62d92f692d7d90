"""One process per library: a lock file that says who holds it."""

import json
import os
import sys
from pathlib import Path

from filelock import FileLock, Timeout

from app.errors import LibraryInUse

_COMMAND_CHARS = 80  # enough to recognise it


class LibraryLock:
    """Held from construction to `release`; the system frees it when the process dies.

    Args:
        data: the library's folder.

    Raises:
        LibraryInUse: another process holds it; the message tells its pid and what to do.
    """

    def __init__(self, data: Path) -> None:
        self._holder = data / "lock.json"
        self._lock = FileLock(data / "lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise LibraryInUse(
                f"{data} is in use by {self._describe_holder()}. Stop it, or use the web page it serves, "
                f"or name another folder with --data."
            ) from error
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:_COMMAND_CHARS]
        self._holder.write_text(json.dumps({"pid": os.getpid(), "command": command}), encoding="utf-8")

    def release(self) -> None:
        """Let the next process in."""
        self._holder.unlink(missing_ok=True)
        self._lock.release()

    def _describe_holder(self) -> str:
        try:
            holder = json.loads(self._holder.read_text(encoding="utf-8"))
            return f"process {holder['pid']} ({holder['command']})"
        except (OSError, ValueError, KeyError):
            return "another process"
