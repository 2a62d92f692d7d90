"""The Python API: ``from polyglance import Library``. docs/api.md shows all of it at work."""

from app.answering.asking import Answerer
from app.answering.chat import ChatModel
from app.answering.retriever import PolyglanceRetriever, as_tool
from app.answering.types import Answer, Claim, Kind, Source, Turn
from app.errors import ChatError, LibraryError, LibraryInUse
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
    "Answer",
    "Answerer",
    "ChatError",
    "ChatModel",
    "Claim",
    "Document",
    "EncoderError",
    "Evidence",
    "Filter",
    "Format",
    "Geometry",
    "Group",
    "Hit",
    "IngestError",
    "Kind",
    "Library",
    "LibraryError",
    "LibraryInUse",
    "Match",
    "Modality",
    "Point",
    "PolyglanceRetriever",
    "Progress",
    "Query",
    "Removed",
    "Results",
    "RetrievalError",
    "Route",
    "Settings",
    "Source",
    "Stage",
    "Status",
    "Strength",
    "Turn",
    "as_tool",
]
