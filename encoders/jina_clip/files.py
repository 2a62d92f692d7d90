"""What lies in a checkpoint folder, told from names, sizes and the safetensors header; no torch is needed."""

import hashlib
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from encoders.base import BrokenCheckpoint

CONFIG = "config.json"
PREPROCESSOR = "preprocessor_config.json"
TOKENIZER = "tokenizer.json"
WEIGHTS = "model.safetensors"
REQUIRED = (CONFIG, PREPROCESSOR, TOKENIZER, WEIGHTS)

_LARGEST_HEADER = 100_000_000  # bytes; the limit of the safetensors format
_SAMPLES, _SAMPLE_BYTES = 64, 65_536  # of the weights, for the fingerprint: 4 MiB instead of 1.7 GB


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One tensor as the file's header announces it."""

    dtype: str
    shape: tuple[int, ...]


def is_complete(folder: Path) -> bool:
    """Whether every needed file is there and the weights file is whole."""
    try:
        check_complete(folder)
    except BrokenCheckpoint:
        return False
    return True


def check_complete(folder: Path) -> None:
    """Raise BrokenCheckpoint unless every needed file is there and the weights file is whole."""
    missing = [name for name in REQUIRED if not (folder / name).is_file()]
    if WEIGHTS in missing and (pickles := sorted(folder.glob("*.bin")) + sorted(folder.glob("*.pt"))):
        raise BrokenCheckpoint(
            f"{folder}: expected {WEIGHTS}, found {pickles[0].name}, a pickle; pickles can run code when "
            f"opened and are not read: get {WEIGHTS}"
        )
    if missing:
        raise BrokenCheckpoint(f"{folder}: expected {', '.join(REQUIRED)}; not found: {', '.join(missing)}")
    read_header(folder / WEIGHTS)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; raises BrokenCheckpoint if it is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BrokenCheckpoint(f"{path}: expected a JSON file, cannot read it: {error}") from error
    if not isinstance(content, dict):
        raise BrokenCheckpoint(f"{path}: expected a JSON object, found a {type(content).__name__}")
    return content


def read_header(path: Path) -> dict[str, TensorInfo]:
    """Names, types and shapes of the tensors in a safetensors file, whose length is checked too.

    Raises:
        BrokenCheckpoint: the file is truncated, too long, a pickle or no safetensors file at all.
    """
    header, start = _raw_header(path)
    try:
        entries = {name: entry for name, entry in json.loads(header).items() if name != "__metadata__"}
        tensors = {name: TensorInfo(entry["dtype"], tuple(entry["shape"])) for name, entry in entries.items()}
        expected = start + max((entry["data_offsets"][1] for entry in entries.values()), default=0)
    except (UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenCheckpoint(f"{path}: expected a safetensors header, found something else") from error
    found = path.stat().st_size
    if found != expected:
        state = "is truncated" if found < expected else "has bytes after its end"
        raise BrokenCheckpoint(f"{path} {state}: expected {expected:,} bytes, found {found:,}; get the file again")
    return tensors


def _raw_header(path: Path) -> tuple[bytes, int]:
    """The JSON bytes of the header, and where the data begin."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            first = file.read(8)
            _check_magic(path, first)
            (length,) = struct.unpack("<Q", first)
            if length > min(_LARGEST_HEADER, size - 8):
                raise BrokenCheckpoint(
                    f"{path}: expected a safetensors file, found a header of {length:,} bytes in a file of "
                    f"{size:,}; it is truncated or of another format"
                )
            return file.read(length), 8 + length
    except OSError as error:
        raise BrokenCheckpoint(f"{path} cannot be read: {error}") from error


def _check_magic(path: Path, first: bytes) -> None:
    if first.startswith((b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")):
        raise BrokenCheckpoint(f"{path}: expected a safetensors file, found a pickle, which is not read")
    if first.startswith(b"version "):
        raise BrokenCheckpoint(f"{path}: expected weights, found a Git LFS pointer; fetch the real file (git lfs pull)")
    if len(first) < 8:
        raise BrokenCheckpoint(f"{path}: expected a safetensors file, found only {len(first)} bytes")


def fingerprint(folder: Path) -> str:
    """Twelve hex digits that change with anything the vectors depend on.

    The small files are read whole. Of the weights the header and 64 blocks spread over the file are read, so
    this costs milliseconds at every start where a full checksum of 1.7 GB costs seconds; the full one is
    compared once, after the download.
    """
    digest = hashlib.sha256()
    for name in (CONFIG, PREPROCESSOR, TOKENIZER):
        digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    weights = folder / WEIGHTS
    header, start = _raw_header(weights)
    digest.update(header)
    size = weights.stat().st_size
    step = max((size - start) // _SAMPLES, _SAMPLE_BYTES)
    with weights.open("rb") as file:
        for offset in range(start, size, step):
            file.seek(offset)
            digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()[:12]
