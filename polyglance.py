"""The Python API: ``from polyglance import Library``. docs/api.md shows all of it at work."""

from app.errors import LibraryError, LibraryInUse
from app.library import Library
from app.settings import Settings
from app.types import Added, AddStatus, Match, Progress, Removed, Status
from encoders.base import EncoderError
from ingest.errors import IngestError
from ingest.manifest import Document
from ingest.types import Format, Geometry, Modality
from retrieval.errors import RetrievalError
from retrieval.query import Evidence, Group, Hit, Query, Results, Route, Stage, Strength
from retrieval.types import Filter, Point

__all__ = [
    "AddStatus",
    "Added",
    "Document",
    "EncoderError",
    "Evidence",
    "Filter",
    "Format",
    "Geometry",
    "Group",
    "Hit",
    "IngestError",
    "Library",
    "LibraryError",
    "LibraryInUse",
    "Match",
    "Modality",
    "Point",
    "Progress",
    "Query",
    "Removed",
    "Results",
    "RetrievalError",
    "Route",
    "Settings",
    "Stage",
    "Status",
    "Strength",
]
