"""Mutated files of many formats: each is read or refused, and nothing is left behind."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from fuzzing import CONFUSED, read_mutants

from ingest.limits import Limits
from ingest.workers.pool import ReaderPool


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc")
def test_mutated_files_are_read_or_refused_and_leave_nothing_behind(tmp_path: Path) -> None:
    descriptors, threads = os.listdir("/proc/self/fd"), threading.active_count()
    limits = Limits(seconds_per_page=20, memory_bytes=1 << 30)

    with ReaderPool(workers=1, limits=limits) as pool:
        fuzzed = list(read_mutants(tmp_path, pool, count=120, seed=1))

    assert len(fuzzed) == 120
    assert [one for one in fuzzed if one.outcome == CONFUSED] == []
    assert [one.message for one in fuzzed if "\n" in one.message] == []
    assert list(tmp_path.iterdir()) == []
    assert os.listdir("/proc/self/fd") == descriptors
    assert threading.active_count() == threads
    children = ["pgrep", "-P", str(os.getpid()), "-f", "ingest.workers.worker"]
    assert subprocess.run(children, capture_output=True).stdout == b""
