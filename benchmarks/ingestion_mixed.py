"""A folder of 300 mixed files, some broken on purpose: added with one command, killed once, resumed, verified.

    python benchmarks/ingestion_mixed.py SOURCE [SOURCE ...] [--files 300]

SOURCES are folders of real files: manuals, unpacked documentation packages of a distribution, pictures. The smallest
of each kind are taken, from every folder in turn, in the shares below; the rest are the bad inputs of `tests/ingest`,
but for those that are large or made to take minutes; the order is random. Everything goes through the command line with
the starter, in processes of its own. Killed as soon as two fifths of the files are done.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "ingest")]  # else benchmarks/encoders.py would hide the package

import argparse
import hashlib
import os
import random
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice, zip_longest
from typing import Any

from bad_inputs import CASES
from ingestion_parts import CHILD_ENV, print_table

from ingest.jobs import FileState, Jobs

KINDS = {
    "PDF": ((".pdf",), 0.10),
    "HTML": ((".html", ".htm"), 0.32),
    "text": ((".txt", ".md", ".rst"), 0.20),
    "pictures": ((".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tiff"), 0.22),
    "e-books": ((".epub",), 0.01),
}
BROKEN = "broken on purpose"
LARGEST, LARGEST_BROKEN = 450_000, 100_000  # bytes
TOO_SLOW = {"billion_laughs.pdf"}  # two minutes, until the limit ends it
KILLED_AT = 0.4  # of the files


def main() -> None:
    """Do it, and print what became of the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", type=Path, nargs="+")
    parser.add_argument("--files", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder, data = Path(scratch) / "archive", Path(scratch) / "library"
        kinds = fill(folder, options.sources, count=options.files)
        started = time.perf_counter()
        done = add_and_kill(folder, data, options.files)
        killed = time.perf_counter() - started
        print(f"{len(kinds)} files; killed after {killed:.0f} s, when {done} of them were done")
        print(f"polyglance jobs resume: exit status {run(data, 'jobs', 'resume').returncode}, ", end="")
        print(f"after {time.perf_counter() - started - killed:.0f} s\n")
        report(data, kinds)
        verified = run(data, "verify")
        print(f"polyglance verify: exit status {verified.returncode}\n\n    {verified.stdout.strip()}")


def fill(folder: Path, sources: Sequence[Path], *, count: int) -> dict[str, str]:
    """Make the folder; the kind of each file by its name."""
    seen: set[bytes] = set()  # packages share files, and equal ones are one document
    real: list[tuple[str, str, bytes]] = []
    for kind, (suffixes, share) in KINDS.items():
        different = (path for path in _by_turns(sources, suffixes) if _is_new(path, seen))
        real += [(kind, path.name, path.read_bytes()) for path in islice(different, round(share * count))]
    broken = [(BROKEN, case.name, case.make()) for case in CASES if case.name not in TOO_SLOW]
    small = [case for case in broken if len(case[2]) <= LARGEST_BROKEN]
    chosen = [*real, *small[: count - len(real)]]
    assert len(chosen) == count, f"only {len(chosen)} files: name more sources"
    random.Random(0).shuffle(chosen)
    folder.mkdir()
    kinds = {}
    for number, (kind, name, content) in enumerate(chosen):
        kinds[f"{number:03} {name}"] = kind
        (folder / f"{number:03} {name}").write_bytes(content)
    return kinds


def _by_turns(sources: Sequence[Path], suffixes: Sequence[str]) -> Iterator[Path]:
    found = [
        sorted(
            (
                path
                for path in source.rglob("*")
                if path.suffix in suffixes and path.is_file() and _bytes(path) <= LARGEST
            ),
            key=_bytes,
        )
        for source in sources
    ]
    for row in zip_longest(*found):
        yield from (path for path in row if path is not None)


def _is_new(path: Path, seen: set[bytes]) -> bool:
    key = hashlib.sha256(path.read_bytes()).digest()
    is_new = key not in seen
    seen.add(key)
    return is_new


def _bytes(path: Path) -> int:
    return path.stat().st_size


def command(data: Path, *arguments: object) -> list[str]:
    """A command of `polyglance` on a library with the starter."""
    return [str(Path(sys.executable).with_name("polyglance")), *map(str, arguments), "--data", str(data)]


def run(data: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(command(data, *arguments), stdout=subprocess.PIPE, text=True, env=_env(), cwd=ROOT)


def _env() -> dict[str, str]:
    return {**os.environ, **CHILD_ENV, "POLYGLANCE_ENCODER": "starter"}


def add_and_kill(folder: Path, data: Path, count: int) -> int:
    """Begin to add, kill; how many files were done then."""
    with subprocess.Popen(command(data, "add", folder), stdout=subprocess.DEVNULL, env=_env(), cwd=ROOT) as process:
        done = 0
        while done < KILLED_AT * count:
            time.sleep(0.5)
            assert process.poll() is None, "it ended before it was killed"
            done = sum(states(data).values())
        process.kill()
    return done


def states(data: Path) -> Counter[str]:
    """How many files of the job are in each state, of those that are done."""
    return Counter(file["state"] for file in files(data) if file["state"] not in (FileState.WAITING, FileState.READING))


def files(data: Path) -> list[dict[str, Any]]:
    """The files of the job, as far as there is one."""
    path = data / "library.sqlite3"
    if not path.exists():
        return []
    with closing(Jobs.read(path)) as jobs:
        job = jobs.latest()
        found = jobs.files(job.id) if job else []
    return [{"name": one.name, "state": one.state, "error": one.error} for one in found]


def report(data: Path, kinds: dict[str, str]) -> None:
    """Print what became of the files, by their kind."""
    ends: dict[str, Counter[str]] = {kind: Counter() for kind in (*KINDS, BROKEN)}
    for file in files(data):
        ends[kinds[file["name"]]][file["state"]] += 1
    columns = sorted({state for counts in ends.values() for state in counts})
    rows = [[kind, sum(counts.values()), *(counts[state] for state in columns)] for kind, counts in ends.items()]
    print_table(["files", "in all", *columns], rows)
    odd = [file for file in files(data) if file["state"] == FileState.FAILED and kinds[file["name"]] != BROKEN]
    for file in odd:
        print(f"- {file['error']}")
    print()


if __name__ == "__main__":
    main()
