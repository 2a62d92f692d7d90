"""What mutated files do to the reader processes, and what the matrix of bad inputs costs.

Files of many formats, small and whole, are changed at random (bytes flipped, cut, dropped, repeated, blanked, numbers
made odd, objects swapped, pieces of others spliced in) and read as the product reads them. Equal seeds make equal
files. "crashed", "hung" and "too much memory" are pages that were left out while the rest of the file was read.

    python -P benchmarks/fuzz.py --count 2000
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "ingest")]  # the packages, and what the tests make such files with

import argparse
import os
import resource
import subprocess
import tempfile
import threading
import time
from collections import Counter

from bad_inputs import CASES
from fuzzing import OUTCOMES, Fuzzed, read_mutants

from ingest.errors import IngestError
from ingest.formats import sniff
from ingest.limits import Limits
from ingest.ocr.options import OcrMode, OcrOptions
from ingest.types import Geometry
from ingest.workers.pool import ReaderPool
from ingest.workers.task import ReadTask


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=10.0, help="a page may take")
    parser.add_argument("--matrix", action="store_true", help="the bad inputs instead, each under the usual limits")
    parser.add_argument("--file", type=Path, help="one file instead, under the usual limits")
    options = parser.parse_args()
    if options.file:
        print_row(options.file)
        return
    with tempfile.TemporaryDirectory() as folder:
        if options.matrix:
            print_matrix(Path(folder))
        else:
            fuzz(Path(folder), options.count, options.seed, options.seconds)


def fuzz(folder: Path, count: int, seed: int, seconds: float) -> None:
    """Read so many mutants and print how they ended and what is left behind."""
    descriptors = len(os.listdir("/proc/self/fd"))
    began = time.perf_counter()
    seen: list[Fuzzed] = []
    resident: list[int] = []
    with ReaderPool(workers=1, limits=Limits(seconds_per_page=seconds, memory_bytes=1 << 30)) as pool:
        for fuzzed in read_mutants(folder, pool, count=count, seed=seed):
            seen.append(fuzzed)
            resident.append(resident_mib())
            if fuzzed.outcome not in OUTCOMES[:3]:
                print(f"{fuzzed.number}.{fuzzed.format}: {fuzzed.outcome}: {fuzzed.message}", file=sys.stderr)
    taken = time.perf_counter() - began

    formats = sorted({fuzzed.format for fuzzed in seen})
    print(f"| format | files | {' | '.join(OUTCOMES)} |")
    print("|---|" + "---:|" * (len(OUTCOMES) + 1))
    for format in [*formats, "all"]:
        counts = Counter(fuzzed.outcome for fuzzed in seen if format in (fuzzed.format, "all"))
        print(f"| {format} | {counts.total()} | {' | '.join(str(counts[outcome]) for outcome in OUTCOMES)} |")
    print(f"\n{count} files in {taken:.0f} s, {count / taken:.0f} files/s; seed {seed}.")
    print(f"This process: {resident[count // 10]} MiB after a tenth, {resident[-1]} MiB at the end.")
    print(
        f"Left behind: {len(os.listdir('/proc/self/fd')) - descriptors} descriptors, {children()} processes, "
        f"{threading.active_count() - 1} threads, {len(list(folder.iterdir()))} files."
    )


def print_matrix(folder: Path) -> None:
    """Read each bad input, and print how it ended and what it cost."""
    print("| file | bytes | seconds | peak MiB | ends |")
    print("|---|---:|---:|---:|---|", flush=True)
    for case in CASES:
        path = folder / case.name
        path.write_bytes(case.make())
        subprocess.run([sys.executable, "-P", __file__, "--file", str(path)], check=True)
        path.unlink()


def print_row(path: Path) -> None:
    """Read one file. In a process of its own, so that the peak is of its reader and what that started."""
    began = time.perf_counter()
    try:
        task = ReadTask(path, sniff(path), path.name, Geometry.FIT, OcrOptions(mode=OcrMode.OFF))
        with ReaderPool(workers=1, limits=Limits(seconds_per_page=10)) as pool, pool.read(task) as reading:
            problems = [read.page.problem for read in reading.pages()]
        told = [problem for problem in problems if problem]
        ending = f"{len(problems)} pages read" + (f", {len(told)} not whole: {told[0]}" if told else "")
    except IngestError as error:
        ending = f"{type(error).__name__}: {error}"
    taken = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    print(f"| {path.name} | {path.stat().st_size} | {taken:.2f} | {peak} | {ending} |")


def resident_mib() -> int:
    """Memory this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") >> 20


def children() -> int:
    """Processes that this one started and that have not ended."""
    return len(Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split())


if __name__ == "__main__":
    main()
