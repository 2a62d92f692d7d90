"""Builds a store's index on a copy, in a process of its own.

Edge holds Python's interpreter lock while it builds, for seconds at 50,000 points, so whoever answers searches must
not be the one who builds. Says "copied" when it has read the original, which must not change before; what it made is
on disk when it exits.
"""

import errno
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from retrieval.edge.generations import FIRST, newest, sync
from retrieval.edge.store import EdgeStore
from retrieval.errors import RetrievalError, StoreUnavailable
from retrieval.metadata import FILE_NAME, read_metadata

_NICENESS = 10  # searches go first
_CHUNK = 1 << 20
_MARGIN_BYTES = 512 << 20  # what the store itself may still claim, and as much again


def main() -> None:
    """Copy the store of folder `argv[1]` to folder `argv[2]` and build there; 1 and a sentence on failure."""
    original, copy = map(Path, sys.argv[1:])
    try:
        copy_store(original, copy)
        sys.stdout.write("copied\n")
        sys.stdout.flush()
        os.nice(_NICENESS)
        build(copy)
    except RetrievalError as error:
        sys.exit(str(error))


def copy_store(original: Path, copy: Path) -> None:
    """Copy what counts of a store that nobody writes to meanwhile; holes in its files stay holes.

    Raises:
        StoreUnavailable: no room, or the files cannot be read or written.
    """
    source = newest(original)
    try:
        _check_room(source)
        copy.mkdir()
        _copy_file(original / FILE_NAME, copy / FILE_NAME)
        for path in [source, *sorted(source.rglob("*"))]:
            target = copy / FIRST / path.relative_to(source)
            if path.is_dir():
                target.mkdir()
            else:
                _copy_file(path, target)
    except OSError as error:
        raise StoreUnavailable(f"{original} cannot be copied ({error}): check space and rights") from error


def build(folder: Path) -> None:
    """Build the index of the store in ``folder`` and make all of it last through a power cut."""
    metadata = read_metadata(folder)
    assert metadata is not None  # just copied
    store = EdgeStore(folder, metadata.collection)
    store.optimize()
    store.close()
    for path in [folder, *folder.rglob("*")]:
        sync(path)


def _check_room(source: Path) -> None:
    used = sum(path.stat().st_blocks * 512 for path in source.rglob("*"))
    free, needed = shutil.disk_usage(source).free, 2 * used + _MARGIN_BYTES
    if free < needed:
        raise StoreUnavailable(f"{free >> 20} MiB are free on the disk, {needed >> 20} MiB needed for a while")


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as reading, target.open("wb") as writing:
        for start, stop in _extents(reading.fileno()):
            for offset in range(start, stop, _CHUNK):
                writing.seek(offset)
                writing.write(os.pread(reading.fileno(), min(_CHUNK, stop - offset), offset))
        writing.truncate(os.fstat(reading.fileno()).st_size)


def _extents(descriptor: int) -> Iterator[tuple[int, int]]:
    """Where a file has bytes: (start, stop) of each stretch between holes."""
    stop = 0
    while True:
        try:
            start = os.lseek(descriptor, stop, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return  # only a hole, or nothing, is left
            raise
        stop = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield start, stop
