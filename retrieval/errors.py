"""What can go wrong in a store.

RetrievalError
├── CollectionMismatch   the collection was made by another encoder or with other sizes
├── InvalidVectors       wrong shape, not finite, or not of unit length
├── StoreLocked          another process has the store open
└── StoreUnavailable     files cannot be read or written, or the server does not answer
"""


class RetrievalError(Exception):
    """A store refuses or fails; the message says what to do."""


class CollectionMismatch(RetrievalError):
    """The collection was made by another encoder or with other sizes."""


class InvalidVectors(RetrievalError):
    """Vectors are of the wrong shape, not finite, or not of unit length."""


class StoreLocked(RetrievalError):
    """Another process has the store open."""


class StoreUnavailable(RetrievalError):
    """The store's files cannot be read or written, or its server does not answer."""
