"""What the library says to its faces: typed, without vectors, paths or store terms."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ingest.types import Box, Geometry, Modality
from retrieval.query import Strength


class AddStatus(StrEnum):
    """What became of one file."""

    ADDED = "added"
    UNCHANGED = "unchanged"  # its content was in the library already
    REPLACED = "replaced"  # the path held another content, which is gone now
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Added:
    """One file of an `add`."""

    name: str
    status: AddStatus
    id: str | None  # None where it failed
    pages: int = 0
    chunks: int = 0
    error: str | None = None  # one line that names the file and the remedy
    problems: tuple[str, ...] = ()  # pages that could not be read in full; the rest of the file is in


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; told after every page and every file."""

    file: str  # the one that was last worked on
    files_done: int
    files: int
    pages_done: int  # of that file
    pages: int
    failed: int  # files so far
    fraction: float  # 0..1 of all bytes, files under way counted by their pages
    job: int | None = None  # its number, where the run is one that can be resumed by it
    pages_read: int = 0  # of all files, in this run
    chunks_read: int = 0
    pages_per_second: float = 0.0  # lately; 0 in the first second
    seconds_left: float | None = None  # at the pace of late; None in the first second
    finished: tuple[Added, ...] = ()  # files that were finished since the progress told before this one


@dataclass(frozen=True, slots=True)
class Match:
    """One page or picture that answers a search."""

    rank: int  # from 1
    id: str  # of the passage or picture; `Query(like=...)` takes it
    document: str  # the file's name
    document_id: str
    page: int  # physical, from 1
    page_label: str  # what is printed on the page
    modality: Modality  # whether its words or its look matched best
    score: float  # 0..1, comparable across modalities, falling with the rank
    strength: Strength  # the score in a word
    language: str  # of the passage, or of the page that the picture shows, BCP 47; empty where unknown
    text: str  # the passage; empty where a picture matched
    headings: tuple[str, ...]  # above the passage, highest first
    image: Path | None  # raster of the page, 512 px square; None for text files
    boxes: tuple[Box, ...] = ()  # where the passage stands on the page, one for each printed row; nothing for pictures
    is_hidden: bool = False  # most of the passage cannot be seen on the page


@dataclass(frozen=True, slots=True)
class Removed:
    """What a removal took away."""

    name: str
    id: str
    points: int
    files: int


@dataclass(frozen=True, slots=True)
class Copying:
    """How far a migration of the vectors is."""

    done: int
    points: int


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did."""

    source: str  # "embedded", or a server's address
    target: str
    points: int
    compared: int  # points whose copies were compared with them
    left: str | None  # what could not be removed from the source, in words


@dataclass(frozen=True, slots=True)
class StoredVector:
    """One of the vectors that every point has, and an estimate of what it takes."""

    name: str  # its coordinates, or "words"
    purpose: str  # in words
    disk_bytes: int | None  # points × coordinates × 4 bytes, 5 with int8; None where it cannot be told
    memory_bytes: int | None  # of that what is kept in memory, and its graph


@dataclass(frozen=True, slots=True)
class Status:
    """A library at a glance."""

    data: Path
    encoder: str | None  # what its vectors are made with; None while it is empty
    sizes: tuple[int, ...]  # stored Matryoshka sizes
    geometry: Geometry | None  # of its pages and pictures; None while it is empty
    context: int  # tokens its passages were read in; 0: each by itself
    documents: int
    pages: int
    chunks: int
    files_bytes: int
    vectors_bytes: int  # measured: on this disk, with payload and indexes; a server's are not among them
    engine: str | None  # that keeps the vectors: edge, local or server; None while there are none
    server: str | None  # its address, where the vectors are on one
    name: str | None  # of the library on that server
    server_state: str | None  # what the server tells, or why it does not; None: not asked
    vectors: tuple[StoredVector, ...]  # estimated
