"""Brings a library in step with a folder: what is new goes in, what is gone goes out, what was renamed is renamed."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from app.adding import added_of
from app.errors import LibraryError
from app.jobs import JobRunner
from app.paths import archive_of, is_gone
from app.shelf import Shelf
from app.types import Added, AddStatus, Progress
from ingest.collect import collect, is_promising
from ingest.errors import IngestError, UnsupportedFormat
from ingest.formats import sniff
from ingest.jobs import FileState, JobFile, Jobs
from ingest.names import display_name

OnProgress = Callable[[Progress], None]

_SAME_TIME_S = 1e-5  # a float holds a time of our days to a quarter of a microsecond


class FolderGone(LibraryError):
    """A folder is not there, or empty where it was not: its disk may not be mounted, so nothing is removed."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """The same content at another path."""

    old: str
    new: str
    id: str


@dataclass(frozen=True, slots=True)
class Synced:
    """What a folder changed in the library."""

    added: tuple[Added, ...] = ()  # added, replaced or failed
    renamed: tuple[Renamed, ...] = ()
    removed: tuple[str, ...] = ()  # names of documents

    @property
    def is_nothing(self) -> bool:
        """Whether the library is as it was."""
        return not (self.added or self.renamed or self.removed)


class Syncing:
    """Takes a folder's changes over; archives count as folders.

    Args:
        shelf: of the library.
        jobs: where its jobs are noted.
        runner: runs them.
        changing: held while documents are removed.
    """

    def __init__(self, shelf: Shelf, jobs: Jobs, runner: JobRunner, *, changing: threading.Lock) -> None:
        self._shelf = shelf
        self._jobs = jobs
        self._runner = runner
        self._changing = changing

    def sync(
        self,
        folder: Path,
        changed: Sequence[Path] | None = None,
        *,
        on_progress: OnProgress | None = None,
        stop: threading.Event | None = None,
    ) -> Synced:
        """One step.

        Args:
            folder: all documents from within it are compared with what is there now.
            changed: the only paths in it to look at, there or gone; None: all.
            on_progress: called after every page and every file.
            stop: when set, the call returns soon, and nothing is removed.

        Raises:
            FolderGone: documents came from it, and it is not there or empty; nothing was done.
            LibraryError: it is no folder, or the library itself lies in it.
        """
        folder = folder.absolute()
        self._check(folder)
        before = dict(self._shelf.manifest.sources_below(folder))
        files = self._add(self._fresh(folder, before, changed), on_progress, stop)
        sources = {file.source or file.path.parent / file.name: file for file in files}
        met = {file.document_id for file in files}
        gone = [
            path
            for path, document_id in before.items()
            if path not in sources
            and (changed is None or document_id in met or any(path.is_relative_to(place) for place in changed))
            and _is_lost(path, sources)
        ]
        renamed = tuple(self._find_renamed(folder, files, before, gone))
        removed: list[str] = []
        if stop is None or not stop.is_set():  # else what lies elsewhere by now may not have been met
            removed = [name for path in gone for name in self._drop(path, before[path])]
        results = [added for file in files if (added := added_of(file)) is not None]
        changes = tuple(one for one in results if one.status is not AddStatus.UNCHANGED)
        return Synced(changes, renamed, tuple(removed))

    def _check(self, folder: Path) -> None:
        data = self._shelf.files.root.absolute()
        if data.is_relative_to(folder):
            raise LibraryError(f"The library itself lies in {folder}, in {data}: keep one of them elsewhere.")
        is_there = folder.is_dir()
        if is_there and any(not path.name.startswith(".") for path in folder.iterdir()):
            return
        if self._shelf.manifest.sources_below(folder):
            raise FolderGone(
                f"{folder} {'is empty' if is_there else 'is not there'}, so nothing of it is removed from the library: "
                "mount its disk again, or remove its documents with `polyglance remove`."
            )
        if not is_there:
            raise LibraryError(f"{folder} is no folder: check the path.")

    def _fresh(self, folder: Path, before: Mapping[Path, str], changed: Sequence[Path] | None) -> list[Path]:
        """The files that may hold something new; of an archive only its members can tell."""
        if changed is None:
            return [path for path in _files_in(folder) if not self._is_as_before(path, before.get(path))]
        folders = [path for path in changed if path.is_dir()]
        inside = [file for path in folders for file in _files_in(path)]
        return [*(path for path in changed if path not in folders and _is_ours(path)), *inside]

    def _is_as_before(self, path: Path, document_id: str | None) -> bool:
        """Whether size and time of a file are those that were copied with its content; spares reading it."""
        if document_id is None:
            return False
        try:
            here, kept = path.stat(), self._shelf.files.original(document_id).stat()
        except OSError:
            return False
        return here.st_size == kept.st_size and abs(here.st_mtime - kept.st_mtime) < _SAME_TIME_S

    def _add(
        self, paths: Sequence[Path], on_progress: OnProgress | None, stop: threading.Event | None
    ) -> list[JobFile]:
        if not paths:
            return []
        job = self._runner.create(paths)
        with closing(self._runner.run(job.id, stop=stop)) as events:
            for progress in events:
                if on_progress:
                    on_progress(progress)
        return self._jobs.files(job.id)

    def _find_renamed(
        self, folder: Path, files: Sequence[JobFile], before: Mapping[Path, str], gone: Sequence[Path]
    ) -> Iterator[Renamed]:
        old = {before[path]: path for path in gone}
        for file in files:
            is_known = file.state in (FileState.UNCHANGED, FileState.REPLACED)
            if is_known and file.source and file.source not in before and file.document_id in old:
                yield Renamed(_shown(old.pop(file.document_id), folder), _shown(file.source, folder), file.document_id)

    def _drop(self, path: Path, document_id: str) -> Iterator[str]:
        """Let a path go that is gone; the name of its document, if no other path stands for that."""
        with self._changing:
            manifest = self._shelf.manifest
            removed = self._shelf.sweep(manifest.drop_source(path))
            if removed is not None:
                yield removed.name
                return
            document, others = manifest.get(document_id), manifest.sources_of(document_id)
            if document is not None and others and document.name == display_name(path):
                manifest.rename(document_id, display_name(others[0]))


def _is_lost(path: Path, sources: Mapping[Path, JobFile]) -> bool:
    """Whether a path is gone, or its archive was unpacked just now and has it no more."""
    if is_gone(path):
        return True
    archive = archive_of(path)
    return archive is not None and any(archive in source.parents for source in sources)


def _files_in(folder: Path) -> list[Path]:
    found = collect([folder])
    return [*found.files, *(failure.path for failure in found.failures if failure.path.is_file())]


def _is_ours(path: Path) -> bool:
    """Whether a file is one that its folder would be searched for."""
    try:
        sniff(path)
    except UnsupportedFormat:
        return is_promising(path.suffix.lower())
    except IngestError:
        return path.is_file()
    return True


def _shown(path: Path, folder: Path) -> str:
    return "/".join(display_name(Path(part)) for part in path.relative_to(folder).parts)
