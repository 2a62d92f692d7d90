"""One process per library, wherever its vectors are: a lock file that says who holds it."""

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
        self._data = data
        self._holder = data / "lock.json"
        self._lock = FileLock(data / "lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise LibraryInUse(self._explain()) from error
        self._note()

    def note_address(self, url: str) -> None:
        """Let others know where this process serves the library."""
        self._note(url)

    def release(self) -> None:
        """Let the next process in."""
        self._holder.unlink(missing_ok=True)
        self._lock.release()

    def _note(self, url: str | None = None) -> None:
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:_COMMAND_CHARS]
        entry = {"pid": os.getpid(), "command": command, "url": url}
        self._holder.write_text(json.dumps(entry), encoding="utf-8")

    def _explain(self) -> str:
        try:
            holder = json.loads(self._holder.read_text(encoding="utf-8"))
            who, stop = f"process {holder['pid']} ({holder['command']})", f"stop it (kill {holder['pid']})"
            url = holder.get("url")
        except (OSError, ValueError, KeyError, AttributeError):
            who, stop, url = "another process", "stop it", None
        use = f"use its page in the browser at {url}" if url else "wait until it is done"
        return (
            f"{self._data} is in use by {who}, and one process at a time can open a library: {use}; {stop}; or, so "
            "that other programs can search the vectors meanwhile, keep them on a Qdrant server (polyglance migrate "
            "--to URL, once it is free). Another library is named with --data."
        )
