"""A store in a process of its own, so that its engine stalls no thread of this one.

Edge holds Python's interpreter lock in every call: a flush may take a tenth of a second, building an index takes
seconds. A full disk, or the kernel short of memory, ends the other process alone; the
engine's log keeps what it acknowledged. For systems with Unix sockets and descriptors that a child inherits.
"""

import pickle
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from ingest.launch import python_command
from retrieval.errors import StoreUnavailable
from retrieval.store import VectorStore
from retrieval.types import Collection

_METHODS = frozenset(name for name, member in vars(VectorStore).items() if callable(member) and name[0] != "_")
_READS = frozenset({"count", "retrieve", "sample", "scroll", "search", "search_lexical", "search_many"})
_PATIENCE = 30.0  # seconds for a write in progress, when closing
_CHANNELS = ("reads", "writes", "builds")  # each carries one call at a time, so that none waits for a slower kind


class ProcessStore:
    """Every method of `VectorStore`, done by a worker process; safe to call from several threads.

    Searches are answered, and writes taken, while `optimize` builds. The worker ends with this process. If it is
    killed, the calls under way raise `StoreUnavailable`, and the next one starts another.
    """

    def __init__(self, folder: Path, collection: Collection) -> None:
        """Start a worker that opens the folder.

        Raises:
            CollectionMismatch: another encoder or other sizes made it.
            StoreLocked: another process, or another store of this one, has it open.
            StoreUnavailable: it cannot be read or written.
        """
        self._folder = folder.absolute()
        self._collection = collection
        self._changing = threading.Lock()  # which worker there is
        self._closed = False
        self._worker: _Worker | None = _Worker(self._folder, collection)

    @property
    def collection(self) -> Collection:
        """The encoder and sizes the collection was made with."""
        return self._collection

    @property
    def pid(self) -> int | None:
        """The worker's process id; None when there is none."""
        worker = self._worker
        return worker.pid if worker is not None else None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """The store's method ``name``, done by the worker; raises what the method raises."""
        if name not in _METHODS:
            raise AttributeError(f"a store has no {name!r}")
        return partial(self._call, name)

    def close(self) -> None:
        """Flush, let go of the files and end the worker; closing again does nothing."""
        with self._changing:
            worker, self._worker = self._worker, None
            self._closed = True
        if worker is not None:
            worker.close()

    def _call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        channel = "builds" if name == "optimize" else "reads" if name in _READS else "writes"
        worker = self._living_worker()
        try:
            done, outcome = worker.ask(channel, (name, args, kwargs))
        except _WorkerDied as error:
            self._complain(error)
        if not done:
            raise outcome
        return outcome

    def _living_worker(self) -> "_Worker":
        with self._changing:
            if self._closed:
                raise StoreUnavailable(f"{self._folder} is closed: open the library again")
            if self._worker is not None and self._worker.is_dead():
                self._worker.close()
                self._worker = None
            if self._worker is None:
                self._worker = _Worker(self._folder, self._collection)
            return self._worker

    def _complain(self, error: "_WorkerDied") -> NoReturn:
        if self._closed:
            raise StoreUnavailable(f"{self._folder} was closed during the call: open the library again") from error
        raise StoreUnavailable(
            f"the process that keeps {self._folder} ended ({error}): what was stored is kept; "
            "try again, and make sure there is memory and room on the disk"
        ) from error


class _WorkerDied(Exception):
    """Tells how."""


class _Worker:
    """One worker process and the sockets to it."""

    def __init__(self, folder: Path, collection: Collection) -> None:
        pairs = [socket.socketpair() for _ in _CHANNELS]
        descriptors = [theirs.fileno() for _, theirs in pairs]
        self._process = subprocess.Popen(
            python_command("retrieval.edge.worker", *map(str, descriptors)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=descriptors,
            start_new_session=True,  # Ctrl-C is for the parent, who closes the sockets
        )
        for _, theirs in pairs:
            theirs.close()
        self._channels = {name: _Channel(ours) for name, (ours, _) in zip(_CHANNELS, pairs, strict=True)}
        try:
            opened, error = self.ask("reads", (folder, collection))
        except _WorkerDied as died:
            self.close()
            raise StoreUnavailable(f"the process that should keep {folder} did not start ({died})") from died
        if not opened:
            self.close()
            raise error

    def ask(self, channel: str, request: tuple[Any, ...]) -> tuple[bool, Any]:
        """Send a request and wait for (done, result or error).

        Raises:
            _WorkerDied: it ended before it answered.
        """
        try:
            return self._channels[channel].ask(request)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise _WorkerDied(self._end()) from error
        except BaseException:  # Ctrl-C: half a request or half a reply may lie in the socket
            self._end(patience=0)
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def is_dead(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def close(self) -> None:
        """Let it finish what it does, and end."""
        for channel in self._channels.values():
            channel.end_requests()
        self._end(_PATIENCE)
        for channel in self._channels.values():
            channel.close()

    def _end(self, patience: float = 1.0) -> str:
        """See the process end, by force after some seconds; how it went."""
        try:
            code = self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        return signal.Signals(-code).name if code < 0 else f"exit status {code}"


class _Channel:
    """One request at a time over a socket, pickled: both ends are ours, and nobody else can reach them."""

    def __init__(self, ours: socket.socket) -> None:
        self._socket = ours
        self._stream = ours.makefile("rwb")
        self._lock = threading.Lock()

    def ask(self, request: tuple[Any, ...]) -> tuple[bool, Any]:
        with self._lock:
            pickle.dump(request, self._stream, pickle.HIGHEST_PROTOCOL)
            self._stream.flush()
            reply: tuple[bool, Any] = pickle.load(self._stream)
            return reply

    def end_requests(self) -> None:
        """The worker reads no more; its replies still arrive."""
        with suppress(OSError):  # it is gone already
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Give the socket back, after the call under way."""
        with self._lock, self._socket, suppress(OSError):  # what a dead worker never took is still buffered
            self._stream.close()
