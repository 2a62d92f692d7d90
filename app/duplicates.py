"""Pages that look and read alike, and files that lie in several places."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from app.shelf import Shelf
from ingest.ledger import Look
from ingest.likeness import Grey, grey, is_blank, likeness
from ingest.looks import LOOK_BYTES, MOST_APART, unpack
from ingest.types import Modality
from retrieval.store import VectorStore

# Measured, see docs/upkeep.md.
SAME_WORDS = 0.8  # of all runs of 5 letters that two pages have, the share that both have
SAME_PICTURE = 0.7  # of two pictures, or of two pages with the same words, found in each other
SAME_PART = 0.9  # of every part of a page with words and of a picture of one, whose words nobody knows

_RUN = 5
_BLOCK = 1_024  # pages that are compared at once,
_CHUNK = 16_384  # with so many
_MOST = 64  # nearest pages that a page is compared with itself
_RASTERS = 1_024  # kept: 64 MiB
_TEXTS = 512


@dataclass(frozen=True, slots=True)
class AlikePage:
    """A page that is much like another."""

    document_id: str
    name: str
    page: int


@dataclass(frozen=True, slots=True)
class SameFile:
    """A document whose bytes lie in several places."""

    document_id: str
    name: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What a library has more than once."""

    pages: tuple[tuple[AlikePage, ...], ...]  # groups of two and more, each much like the first of it
    files: tuple[SameFile, ...]


def find_duplicates(shelf: Shelf) -> Duplicates:
    """Look for near-duplicate pages, and for files that are the same.

    A page is compared by its look with all others, some 5·10⁹ pairs for 100,000 pages, and by its words and its picture
    with those that look much like it. Blank pages, and those that show no more than a running head, are left out.

    Raises:
        RetrievalError: the store cannot be read.
    """
    names = {document.id: document.name for document in shelf.manifest.documents()}
    files = []
    for document_id, name in names.items():
        paths = tuple(_shown(path) for path in shelf.manifest.sources_of(document_id))
        if len(paths) > 1:
            files.append(SameFile(document_id, name, paths))
    store = shelf.store()
    groups: list[list[Look]] = []
    if store is not None:
        looks = [look for look in shelf.ledger.looks() if look.document_id in names and look.hash != bytes(LOOK_BYTES)]
        groups = _group(looks, _Comparison(shelf, store))
    alike = (tuple(AlikePage(one.document_id, names[one.document_id], one.page) for one in group) for group in groups)
    return Duplicates(tuple(alike), tuple(files))


def _group(looks: list[Look], comparison: "_Comparison") -> list[list[Look]]:
    """Each page joins the nearest group whose first page it is like, or begins one; groups of two and more."""
    groups: list[list[Look]] = []
    firsts: list[bytes] = []
    for start in range(0, len(looks), _BLOCK):
        block = looks[start : start + _BLOCK]
        hashes = [look.hash for look in block]
        near, near_inside = _near(hashes, firsts), _near(hashes, hashes)
        begun: dict[int, int] = {}  # groups that pages of the block began
        for index, look in enumerate(block):
            inside = [(apart, begun[other]) for apart, other in near_inside[index] if other in begun]
            for _, place in sorted(near[index] + inside)[:_MOST]:
                if comparison.is_alike(groups[place][0], look):
                    groups[place].append(look)
                    break
            else:
                begun[index] = len(groups)
                groups.append([look])
                firsts.append(look.hash)
    return [group for group in groups if len(group) > 1]


def _near(hashes: list[bytes], others: list[bytes]) -> list[list[tuple[int, int]]]:
    """For each look those of the others that are at most MOST_APART bits from it: how many, and its place."""
    bits = unpack(hashes)
    near: list[list[tuple[int, int]]] = [[] for _ in hashes]
    for start in range(0, len(others), _CHUNK):
        chunk = unpack(others[start : start + _CHUNK])
        apart = bits.sum(axis=1)[:, None] + chunk.sum(axis=1) - 2 * bits @ chunk.T
        for row, column in zip(*np.nonzero(apart <= MOST_APART), strict=True):
            near[row].append((int(apart[row, column]), start + int(column)))
    return near


class _Comparison:
    """Looks at pages themselves; remembers the last ones."""

    def __init__(self, shelf: Shelf, store: VectorStore) -> None:
        self._shelf = shelf
        self._store = store
        self._raster = lru_cache(_RASTERS)(self._read_raster)
        self._runs = lru_cache(_TEXTS)(self._read_runs)

    def is_alike(self, first: Look, second: Look) -> bool:
        words, others = (self._runs(one.document_id, one.page) for one in (first, second))
        if words and others and len(words & others) < SAME_WORDS * len(words | others):
            return False
        raster, other = (self._raster(one.document_id, one.page) for one in (first, second))
        if raster is None or other is None:
            return False
        if (not words and is_blank(raster)) or (not others and is_blank(other)):
            return False
        found = likeness(raster, other)
        return found.most >= SAME_PICTURE if bool(words) == bool(others) else found.least >= SAME_PART

    def _read_raster(self, document_id: str, page: int) -> Grey | None:
        try:
            with Image.open(self._shelf.files.raster(document_id, page)) as image:
                return grey(image)
        except OSError:
            return None  # `polyglance verify` says so

    def _read_runs(self, document_id: str, page: int) -> frozenset[str]:
        """Every run of letters on a page, without its spaces; empty where it has too few to be known by."""
        ids = [
            entry.point_id
            for entry in self._shelf.ledger.entries(document_id)
            if entry.page == page and entry.modality is Modality.TEXT
        ]
        passages = ["".join(one.point.text.casefold().split()) for one in self._store.retrieve(ids)]
        return frozenset(text[at : at + _RUN] for text in passages for at in range(len(text) - _RUN + 1))


def _shown(path: Path) -> str:
    return str(path).encode(errors="backslashreplace").decode()
