"""Everything that is told to the user as one line instead of a traceback."""

from encoders.base import EncoderError
from evaluation.errors import EvaluationError
from ingest.errors import IngestError
from retrieval.errors import RetrievalError


class LibraryError(Exception):
    """A library cannot be opened, or has no such document; the message says what to do."""


class LibraryInUse(LibraryError):
    """Another process has the library open."""


class ChatError(Exception):
    """The chat model cannot be reached or refuses."""


USER_ERRORS = (LibraryError, ChatError, EncoderError, EvaluationError, IngestError, RetrievalError)
