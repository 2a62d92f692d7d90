"""How long other threads and searches wait while points are written and their index is built.

Both sides in one run, in turns: Edge in this process, and Edge in a process of its own. A heartbeat thread notes
its own wake-ups every 5 ms, a searching thread asks all the while, the main thread writes and builds. `nothing` is
the same with neither, so it shows what the machine does by itself. Vectors are random, of unit length, with energy
that falls over the coordinates; times are of a machine with other work on it, so read them side by side.

    python -P benchmarks/stalls.py --folder FOLDER
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # else benchmarks/encoders.py would hide the package

import argparse
import shutil
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from encoders.base import Embeddings
from ingest.types import Modality
from retrieval.edge.store import EdgeStore
from retrieval.process import ProcessStore
from retrieval.store import VectorStore
from retrieval.types import Collection, Filter, Point, SparseVector

ENGINES: dict[str, Callable[[Path, Collection], VectorStore]] = {
    "in process": EdgeStore,
    "own process": ProcessStore,
}
ALL = Filter()
BEAT = 0.005  # seconds
PAUSE = 0.02  # seconds between two searches
ALONE = 500  # searches with nothing else going on


@dataclass
class Waits:
    """Milliseconds."""

    stalls: list[float] = field(default_factory=list)
    searches: list[float] = field(default_factory=list)


def main() -> None:
    """Print a line for each engine and phase."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=50_000)
    parser.add_argument("--sizes", type=int, nargs="+", default=(1024,), help="stored ones, ascending")
    parser.add_argument("--batch", type=int, default=128, help="points in one upsert")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path, required=True, help="for the stores; what is in it is removed")
    arguments = parser.parse_args()
    vectors = falling_vectors(arguments.points, arguments.sizes[-1])
    collection = Collection("benchmark@1", tuple(arguments.sizes))
    with watching(Waits(), None) as waits:
        time.sleep(5)
    print(f"{'nothing':<12} {'':<10} longest stall {max(waits.stalls):7.0f} ms")
    for _ in range(arguments.rounds):
        for name, engine in ENGINES.items():
            folder = arguments.folder / "store"
            shutil.rmtree(folder, ignore_errors=True)
            started = time.perf_counter()
            store = engine(folder, collection)
            print(f"{name:<12} {'open':<10} {time.perf_counter() - started:.2f} s")
            measure(name, store, vectors, arguments.batch)
            store.close()


def measure(name: str, store: VectorStore, vectors: Embeddings, batch: int) -> None:
    """Write, build, and search alone, under watch."""

    def write() -> None:
        for start in range(0, len(vectors), batch):
            rows = vectors[start : start + batch]
            store.upsert([make_point(start + row) for row in range(len(rows))], rows, [EMPTY] * len(rows))

    phases: dict[str, Callable[[], None]] = {"write": write, "build": store.optimize}
    for phase, work in phases.items():
        with watching(Waits(), lambda: store.search(vectors[0], limit=10, where=ALL)) as waits:
            started = time.perf_counter()
            work()
            seconds = time.perf_counter() - started
        searches = sorted(waits.searches)
        print(
            f"{name:<12} {phase:<10} longest stall {max(waits.stalls):7.0f} ms   {len(searches):5} searches: "
            f"p50 {statistics.median(searches):6.1f}, p99 {searches[int(0.99 * len(searches))]:6.1f}, "
            f"longest {searches[-1]:7.1f} ms   took {seconds:.1f} s",
            flush=True,
        )
    alone = sorted(timed(partial(store.search, row, limit=10, where=ALL)) for row in vectors[:ALONE])
    print(f"{name:<12} {'alone':<10} p50 {statistics.median(alone):.2f}, p99 {alone[int(0.99 * ALONE)]:.2f} ms")
    if isinstance(store, ProcessStore):
        print(f"{name:<12} {'memory':<10} {resident_mib(store.pid):.0f} MiB resident")


@contextmanager
def watching(waits: Waits, search: Callable[[], object] | None) -> Iterator[Waits]:
    """Beat, and search if there is something to, until the block ends."""
    ended = threading.Event()

    def beat() -> None:
        last = time.perf_counter()
        while not ended.is_set():
            time.sleep(BEAT)
            now = time.perf_counter()
            waits.stalls.append((now - last - BEAT) * 1e3)
            last = now

    def search_on() -> None:
        while search and not ended.wait(PAUSE):
            waits.searches.append(timed(search))

    threads = [threading.Thread(target=beat), threading.Thread(target=search_on)]
    for thread in threads:
        thread.start()
    try:
        yield waits
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def timed(work: Callable[[], object]) -> float:
    """Milliseconds it takes."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1e3


def falling_vectors(count: int, size: int) -> Embeddings:
    """Unit rows whose energy falls as that of Matryoshka embeddings does."""
    rows = np.random.default_rng(0).normal(size=(count, size)).astype(np.float32)
    rows /= np.sqrt(1 + np.arange(size, dtype=np.float32) / 8)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def make_point(number: int) -> Point:
    """A passage of a hundred to its document."""
    return Point(
        id=str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))),
        document_id=str(number // 100),
        page_number=1,
        page_label="1",
        modality=Modality.TEXT,
        text="A passage of some sixty words. " * 10,
    )


def resident_mib(pid: int | None) -> float:
    """Resident memory of a process, file pages included."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


EMPTY = SparseVector((), ())

if __name__ == "__main__":
    main()
