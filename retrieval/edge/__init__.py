"""The embedded store: Qdrant Edge, the engine of the Qdrant server inside this process.

What living with it is like (qdrant-edge-py 0.9, measured):

- Every call holds Python's interpreter lock. A search does for about a millisecond, `optimize()` for
  seconds: call `optimize` after a batch of documents, never per document, and not while a page is served.
- The write-ahead log survives kill -9 by itself. `flush` makes writes survive a power cut and empties the log, which
  otherwise grows without bound, but costs several times what writing 128 points does: the log alone is brought to the
  disk after each write, and all is flushed after some thousand points.
- Its lock is asked for too late to protect unflushed files: see `lock.py`.
- It takes NaN and zero vectors without a word, so rows are checked first.
- A full disk kills the process (SIGBUS: its files are sparse and mapped), so room is checked before writing.
- It raises plain `Exception`; `engine.engine_errors` is the one border where its messages are read.
"""
