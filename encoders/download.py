"""Fetches official checkpoints through huggingface_hub: pinned, checked, resumed, and never half there.

huggingface_hub's own ``hf_hub_download`` starts a file anew when its process was ended, which for 1.7 GB is not
good enough; its ``http_get`` continues a file where it stopped, so that is what is used here.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias, cast

from encoders.base import EncoderError, UnknownEncoder
from encoders.jina_clip.files import REQUIRED, WEIGHTS, check_complete, is_complete

Progress: TypeAlias = Callable[[str, int, int], None]  # file, bytes so far, bytes in all

_ACCEPTED = ".accepted.json"  # in the models folder: {name: {"licence": its text, "accepted_at": ISO 8601}}
_BLOCK = 1 << 20


class DownloadFailed(EncoderError):
    """A checkpoint could not be fetched; what has arrived is kept and continued from next time."""


@dataclass(frozen=True, slots=True)
class Release:
    """One published checkpoint, pinned."""

    name: str
    repository: str
    revision: str
    weights_sha256: str
    weights_bytes: int
    licence: str


RELEASES = {
    "jina-clip-v2": Release(
        name="jina-clip-v2",
        repository="jinaai/jina-clip-v2",
        revision="e10d47f5691d0454a0fb5d13f46f2199b74cb436",
        weights_sha256="eff4c0a13ab4de71a9927a56968fef44e626920ff935e503f1bd3e6ec797062d",
        weights_bytes=1_730_688_642,
        licence=(
            "The weights of jina-clip-v2 are by Jina AI, licensed CC BY-NC 4.0 "
            "(https://creativecommons.org/licenses/by-nc/4.0/): you may use and share them with attribution, "
            "but not for commercial purposes unless Jina AI allows it."
        ),
    ),
}


def accepted(release: Release, models: Path) -> bool:
    """Whether somebody has accepted this release's licence, in these words, on this machine."""
    entry = _read_accepted(models).get(release.name)
    return isinstance(entry, dict) and entry.get("licence") == release.licence


def accept(release: Release, models: Path) -> None:
    """Note that the licence was accepted, so that nobody is asked again.

    Raises:
        DownloadFailed: the note cannot be written.
    """
    notes = _read_accepted(models)
    notes[release.name] = {"licence": release.licence, "accepted_at": datetime.now(UTC).isoformat(timespec="seconds")}
    fresh = models / f"{_ACCEPTED}.new"
    try:
        models.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(notes, ensure_ascii=False, indent=2), encoding="utf-8")
        fresh.replace(models / _ACCEPTED)
    except OSError as error:
        raise DownloadFailed(f"The licence's acceptance could not be noted in {models}: {error}") from error


def _read_accepted(models: Path) -> dict[str, Any]:
    """What was accepted so far; a note that cannot be read counts for nothing, so the question is asked again."""
    try:
        notes = json.loads((models / _ACCEPTED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) else {}


def is_genuine(release: Release, folder: Path) -> bool:
    """Whether the weights in ``folder`` are the published ones, by their sha256; seconds for 1.7 GB.

    `download` looks before a checkpoint gets its place; this is for one that was copied there by hand.
    """
    return _sha256(folder / WEIGHTS) == release.weights_sha256


def download(name: str, models: Path, *, progress: Progress, releases: dict[str, Release] = RELEASES) -> Path:
    """Put a checkpoint into ``models``; returns at once if it is there already.

    Args:
        name: a key of ``releases``.
        models: the checkpoint lands in ``models / name``, in one move, once it is checked.
        progress: called as bytes arrive.
        releases: what can be had, and how to tell that it is genuine.

    Returns:
        The checkpoint's folder.

    Raises:
        UnknownEncoder: there is no such release.
        DownloadFailed: no network, no room, or a file that is not the published one.
    """
    if name not in releases:
        raise UnknownEncoder(f"{name!r} cannot be downloaded; these can: {', '.join(releases)}")
    release, target = releases[name], models / name
    if is_complete(target):
        return target
    # Imported here, so that listing encoders does not pay for the library.
    from huggingface_hub.utils import WeakFileLock

    staging = models / f"{name}.part"
    try:
        staging.mkdir(parents=True, exist_ok=True)
        with WeakFileLock(models / f".{name}.lock", timeout=1):
            _check_room(release, staging)
            for file in REQUIRED:  # the weights come last, so a wrong revision fails early
                _fetch(release, file, staging, target, progress)
            _check_sha256(release, staging / WEIGHTS)
            check_complete(staging)
            if target.exists():
                shutil.rmtree(target)  # incomplete, as seen above, and of no more use
            staging.rename(target)
    except TimeoutError as error:
        raise DownloadFailed(f"{name} is being downloaded to {models} by another process; wait for it") from error
    except OSError as error:
        raise DownloadFailed(f"{name} could not be downloaded to {models}: {error}") from error
    return target


def _fetch(release: Release, file: str, staging: Path, target: Path, progress: Progress) -> None:
    """Bring one file into ``staging``, going on where an earlier attempt stopped."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import FileMetadataError, HfHubHTTPError, HTTPError, OfflineModeIsEnabled
    from huggingface_hub.file_download import http_get

    done = staging / file
    if done.is_file():
        return
    part = staging / f"{file}.incomplete"
    try:
        metadata = get_hf_file_metadata(hf_hub_url(release.repository, file, revision=release.revision), timeout=20)
        if metadata.size is not None and part.is_file() and part.stat().st_size > metadata.size:
            part.unlink()
        with part.open("ab") as out:
            http_get(
                metadata.location,
                out,
                resume_size=out.tell(),
                expected_size=metadata.size,
                displayed_filename=file,
                tqdm_class=cast(Any, partial(_Bar, progress, file)),
            )
    except OfflineModeIsEnabled as error:
        raise _failed(release, target, "HF_HUB_OFFLINE is set, so nothing is fetched") from error
    except (HfHubHTTPError, FileMetadataError) as error:
        raise _failed(release, target, f"{file}: the hub answered {_first_line(error)}") from error
    except HTTPError as error:
        raise _failed(release, target, f"{file}: the hub cannot be reached ({_first_line(error)})") from error
    part.rename(done)


def _failed(release: Release, target: Path, why: str) -> DownloadFailed:
    return DownloadFailed(
        f"{release.name} was not downloaded. {why}. Try again with a network, or copy {', '.join(REQUIRED)} of "
        f"{release.repository} (Hugging Face, revision {release.revision}) into {target}"
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _check_room(release: Release, staging: Path) -> None:
    present = sum(path.stat().st_size for path in staging.glob(f"{WEIGHTS}*"))
    needed, free = release.weights_bytes - present, shutil.disk_usage(staging).free
    if free < needed:
        raise DownloadFailed(
            f"{release.name} needs {needed:,} bytes more in {staging.parent}, {free:,} are free: make room"
        )


def _check_sha256(release: Release, weights: Path) -> None:
    found = _sha256(weights)
    if found != release.weights_sha256:
        weights.unlink()
        raise DownloadFailed(
            f"{release.repository}: {WEIGHTS} is not the published file: expected sha256 "
            f"{release.weights_sha256}, found {found}; it was deleted, try again"
        )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


class _Bar:
    """Looks like a tqdm bar to huggingface_hub, and tells our callback."""

    def __init__(self, progress: Progress, file: str, *, total: int | None, initial: int, **_: object) -> None:
        self._progress = progress
        self._file = file
        self._total = total or 0
        self._done = initial

    def __enter__(self) -> Self:
        self._progress(self._file, self._done, self._total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def update(self, count: int) -> None:
        """Called with the number of bytes that arrived."""
        self._done += count
        self._progress(self._file, self._done, self._total)
