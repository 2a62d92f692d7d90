"""From paths on a command line to the files to add."""

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import IngestError, NothingToAdd, UnsupportedFormat
from ingest.formats import sniff
from ingest.names import display_name
from ingest.readers.registry import kinds, readable

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """A path that cannot be added, and why."""

    path: Path
    error: IngestError


@dataclass(frozen=True, slots=True)
class Collected:
    """What a list of paths comes to."""

    files: tuple[Path, ...]  # each once; in the order given, a folder's files sorted
    skipped: tuple[Path, ...]  # files inside folders that are of no format we read
    failures: tuple[Failure, ...]  # paths given or found that cannot be added


def collect(paths: Sequence[Path]) -> Collected:
    """Walk folders and list the files to add.

    Hidden files and folders inside a folder are passed over, links are followed once. Inside a folder a file of no
    format we read is skipped, unless its name promises one; a file named outright is always listed.
    """
    files: dict[str, Path] = {}  # real path -> path as found
    skipped: list[Path] = []
    failures: list[Failure] = []
    for path in paths:
        if os.path.isdir(path):
            found = _collect_folder(path)
            for file in found.files:
                files.setdefault(os.path.realpath(file), file)
            skipped += found.skipped
            failures += found.failures
        elif os.path.exists(path):
            files.setdefault(os.path.realpath(path), path)
        else:
            error = NothingToAdd(f"{display_name(path)} does not exist: check the path")
            failures.append(Failure(path, error))
    return Collected(tuple(files.values()), tuple(skipped), tuple(failures))


def is_promising(suffix: str) -> bool:
    """Whether a name that ends so promises a format we read: if the content is another, the user wants to hear of it.

    Args:
        suffix: in lower case, with its dot.
    """
    return any(suffix in kind.suffixes for kind in kinds())


def _collect_folder(folder: Path) -> Collected:
    files: list[Path] = []
    skipped: list[Path] = []
    failures: list[Failure] = []
    for file in _walk(folder, failures):
        try:
            sniff(file)
        except UnsupportedFormat as error:
            if not is_promising(file.suffix.lower()):
                skipped.append(file)
                _logger.info("skipped: %s", error)
                continue
            failures.append(Failure(file, error))
        except IngestError as error:
            failures.append(Failure(file, error))
        else:
            files.append(file)
    if not files and not failures:
        nothing = NothingToAdd(
            f"{display_name(folder)} holds no file Polyglance reads ({len(skipped)} of other kinds): "
            f"it reads {readable()}"
        )
        failures.append(Failure(folder, nothing))
    return Collected(tuple(files), tuple(skipped), tuple(failures))


def _walk(folder: Path, failures: list[Failure]) -> Iterator[Path]:
    """Regular files below `folder`, sorted, each folder once however it is linked."""

    def refuse(error: OSError) -> None:
        path = Path(os.fsdecode(error.filename or folder))
        reason = NothingToAdd(f"{display_name(path)} may not be listed ({error.strerror}): give yourself permission")
        failures.append(Failure(path, reason))

    seen: set[str] = set()
    for where, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
        real = os.path.realpath(where)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(where, name)
            if not name.startswith(".") and file.is_file():
                yield file
