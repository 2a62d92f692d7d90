"""The process that keeps a store for another: answers its calls over sockets until they close.

Imports numpy and the engine, no encoder. `retrieval.process` is the other end.
"""

import operator
import pickle
import shutil
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from io import BufferedRWPair
from pathlib import Path
from typing import Any, TypeAlias

from ingest.launch import python_command
from retrieval.edge.generations import draft, newest, publish, remove_others
from retrieval.edge.store import EdgeStore
from retrieval.errors import RetrievalError, StoreLocked, StoreUnavailable
from retrieval.types import Collection

Call: TypeAlias = Callable[[EdgeStore], Any]  # of one method, its arguments bound

_LOCK_PATIENCE = 1.0  # seconds: a worker whose parent was killed needs some milliseconds to let go
_BREATH = 0.02  # seconds


class ServedStore:
    """An `EdgeStore` that goes on answering, and taking writes, while its index is built on a copy.

    One thread may read, one write and one build at the same time.
    """

    def __init__(self, folder: Path, collection: Collection) -> None:
        """Open the store; raises what `EdgeStore` raises."""
        self._folder = folder
        self._collection = collection
        self._reading, self._writing = threading.Lock(), threading.Lock()  # for both: writing first
        self._store = _open_patiently(folder, collection)
        self._missed: list[Call] = []  # writes that the copy lacks
        self._builder: subprocess.Popen[str] | None = None
        self._closed = False
        remove_others(folder)

    def read(self, call: Call) -> Any:
        """Make a call that changes nothing."""
        with self._reading:
            return call(self._store)

    def write(self, call: Call) -> Any:
        """Make a call that may change something."""
        with self._writing:
            result = call(self._store)
            if self._builder is not None:
                self._missed.append(call)
            return result

    def optimize(self) -> None:
        """Build the index on a copy, bring the copy up to date, and go on with it.

        Raises:
            StoreUnavailable: closed, no room for the copy, or the build failed; the store is as it was.
        """
        with self._writing:
            self._store.flush()
            if not self._store.index_is_behind():
                return
            builder = self._begin_build()
        try:
            _, complaint = builder.communicate()
            with self._writing:
                self._check_built(builder, complaint)
                self._change_over()
        finally:
            with self._writing:
                self._builder = None
                self._missed.clear()
                shutil.rmtree(draft(self._folder), ignore_errors=True)

    def close(self) -> None:
        """Stop a build, flush and let go of the files."""
        with self._writing, self._reading:
            self._closed = True
            if self._builder is not None:
                self._builder.kill()
            self._store.close()

    def _begin_build(self) -> "subprocess.Popen[str]":
        """Start the builder; back when it has made its copy, so that later writes are noted."""
        shutil.rmtree(draft(self._folder), ignore_errors=True)
        builder = subprocess.Popen(
            python_command("retrieval.edge.builder", str(self._folder), str(draft(self._folder))),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert builder.stdout is not None
        self._builder = builder
        builder.stdout.readline()
        return builder

    def _check_built(self, builder: "subprocess.Popen[str]", complaint: str) -> None:
        if self._closed:
            raise StoreUnavailable(f"{self._folder} was closed while its index was built: nothing is lost")
        if builder.returncode:
            reason = complaint.strip().rpartition("\n")[2] or f"its process ended with {builder.returncode}"
            raise StoreUnavailable(
                f"the index of {self._folder} was not built ({reason}): nothing is lost, searches are slower "
                "until the next attempt"
            )

    def _change_over(self) -> None:
        copy = draft(self._folder)
        if self._missed:
            store = EdgeStore(copy, self._collection)
            for call in self._missed:
                call(store)
            store.close()
        try:
            publish(newest(copy), self._folder)
            fresh = EdgeStore(self._folder, self._collection)
        except BaseException:
            self._store.close()  # its files may no longer be those that count
            raise
        with self._reading:
            old, self._store = self._store, fresh
        time.sleep(_BREATH)  # closing holds the interpreter lock, as opening did: searches that waited go between
        old.close()
        remove_others(self._folder)


def main() -> None:
    """Serve the sockets whose descriptors are in `argv[1:]`: reads, writes, builds. Ends when they close."""
    reads, writes, builds = (socket.socket(fileno=int(descriptor)).makefile("rwb") for descriptor in sys.argv[1:])
    try:
        store = ServedStore(*pickle.load(reads))
    except RetrievalError as error:
        _send(reads, (False, error))
        return
    _send(reads, (True, None))
    threading.Thread(target=_serve, args=(writes, store.write), daemon=True).start()
    threading.Thread(target=_serve, args=(builds, lambda _: store.optimize()), daemon=True).start()
    _serve(reads, store.read)
    store.close()


def _serve(stream: BufferedRWPair, make: Callable[[Call], Any]) -> None:
    """Answer (name, args, kwargs) with (True, result) or (False, error), one after the other, until the end."""
    with suppress(EOFError, OSError, pickle.UnpicklingError), stream:  # the parent closed it or died
        while True:
            name, args, kwargs = pickle.load(stream)
            _send(stream, _outcome(make, operator.methodcaller(name, *args, **kwargs)))


def _outcome(make: Callable[[Call], Any], call: Call) -> tuple[bool, Any]:
    try:
        return True, make(call)
    except Exception as error:
        if not isinstance(error, RetrievalError | ValueError):
            error.add_note(f"In the store's process:\n{traceback.format_exc()}")
        return False, error


def _send(stream: BufferedRWPair, reply: tuple[bool, Any]) -> None:
    pickle.dump(reply, stream, pickle.HIGHEST_PROTOCOL)
    stream.flush()


def _open_patiently(folder: Path, collection: Collection) -> EdgeStore:
    deadline = time.monotonic() + _LOCK_PATIENCE
    while True:
        try:
            return EdgeStore(folder, collection)
        except StoreLocked:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)
