"""SIGKILL at random moments, then resume: whether the same points are there as after an undisturbed run.

    python benchmarks/ingestion_kills.py MANUALS [--kills 20] [--files 30] [--seed 0] [--encoder stub]

MANUALS is a folder of PDFs, whose pages are cut into files of ten. A process adds them and is killed at a moment drawn
evenly from the steps of an undisturbed run (a page read, a file begun or done) and up to half a second after it, so
that other work on the machine does not move it. Then the library is opened again and its job resumed. Ids and counts of
points, documents with their pages, and rasters must be those of the undisturbed run, and `verify` must find nothing.
Linux and macOS.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # else benchmarks/encoders.py would hide the package

import argparse
import random
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass

from ingestion_parts import CHILD_ENV, cut_manuals, open_library, point_ids, print_table
from ingestion_stub import Stub

from app.library import Library
from encoders.base import Encoder
from encoders.starter import StarterEncoder


@dataclass(frozen=True)
class Contents:
    """What is in a library, to be compared."""

    points: tuple[str, ...]
    documents: tuple[tuple[str, str, int, int], ...]
    rasters: tuple[str, ...]


def main() -> None:
    """Print a row for every kill."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manuals", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--files", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--encoder", choices=("stub", "starter"), default="stub")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    encoder: Encoder = Stub() if options.encoder == "stub" else StarterEncoder(threads=2)
    if options.child:
        with open_library(options.child, encoder=encoder) as library:
            print("open", flush=True)
            for _ in library.ingest(options.manuals):
                print("step", flush=True)
        return
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        source, data = Path(scratch) / "pages", Path(scratch) / "library"
        pages = cut_manuals(options.manuals, source, files=options.files)
        steps = add(source, data, options.encoder)
        with open_library(data, encoder=encoder) as library:
            expected = read(library)
        print(f"{pages} pages in {options.files} PDFs, {options.encoder}, seed {options.seed}: ", end="")
        print(f"{len(expected.points)} points in {steps} steps undisturbed\n")
        rows, same = [], 0
        for number in range(1, options.kills + 1):
            shutil.rmtree(data)
            step, seconds = draw.randrange(steps), draw.uniform(0, 0.5)
            add(source, data, options.encoder, kill_at=step, after=seconds)
            row, is_same = resume(data, encoder, source, expected)
            rows.append([number, f"{step} + {seconds:.2f} s", *row])
            same += is_same
            print(f"{number}: {'same' if is_same else 'DIFFERENT'}", file=sys.stderr, flush=True)
    head = [
        "kill",
        "at step",
        "documents done",
        "points then",
        "points in the end",
        "ids",
        "pages",
        "rasters",
        "verify",
    ]
    print_table(head, rows)
    print(f"{same} of {options.kills} as undisturbed")


def add(source: Path, data: Path, encoder: str, *, kill_at: int | None = None, after: float = 0.0) -> int:
    """Add a folder in another process, and kill it that many seconds after a step; how many steps it came to."""
    command = [sys.executable, __file__, str(source), "--child", str(data), "--encoder", encoder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=CHILD_ENV) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        steps = 0
        while steps != kill_at and process.stdout.readline():
            steps += 1
        if kill_at is not None:
            time.sleep(after)
            process.kill()
    assert kill_at is not None or process.returncode == 0, "the undisturbed run failed"
    return steps


def resume(data: Path, encoder: Encoder, source: Path, expected: Contents) -> tuple[list[object], bool]:
    """Go on with what was killed; columns of the table, and whether all is as it should be."""
    with open_library(data, encoder=encoder) as library:
        documents, points = len(library.documents()), len(point_ids(library))
        jobs = library.jobs.unfinished()
        for job in jobs:
            for _ in library.jobs.run(library.jobs.resume(job.id).id):
                pass
        if not jobs:  # killed before the job was there, or after it was done
            library.add(source)
        found = read(library)
        problems = library.verify().problems
    checks = [found.points == expected.points, found.documents == expected.documents, found.rasters == expected.rasters]
    row = [documents, points, len(found.points), *("same" if check else "DIFFERENT" for check in checks)]
    return [*row, "clean" if not problems else f"{len(problems)} problems"], all(checks) and not problems


def read(library: Library) -> Contents:
    """What is in a library."""
    documents = sorted((one.id, one.name, one.pages, one.chunks) for one in library.documents())
    rasters = library.settings.data / "rasters"
    return Contents(
        tuple(point_ids(library)),
        tuple(documents),
        tuple(sorted(str(path.relative_to(rasters)) for path in rasters.rglob("*") if path.is_file())),
    )


if __name__ == "__main__":
    main()
