"""Which documents a reindex has done, so that a killed one goes on where it was."""

from pathlib import Path

from ingest.manifest import Document

_BEGUN, _DONE = "begun", "done"


class Journal:
    """A text file with a line for each step; one that was torn off counts for nothing.

    Args:
        path: the file, made at the first step.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        steps = [step for line in lines if len(step := line.split()) == 3]
        self.begun = frozenset(document_id for _, document_id, _ in steps)  # documents that may have points
        self._done = {(document_id, added_at) for word, document_id, added_at in steps if word == _DONE}

    def is_done(self, document: Document) -> bool:
        """Whether all points of the document are stored; not, where it was added once more since."""
        return (document.id, repr(document.added_at)) in self._done

    def begin(self, document: Document) -> None:
        """Note that points of the document are about to be stored."""
        self._append(_BEGUN, document)

    def finish(self, document: Document) -> None:
        """Note that all of them are stored."""
        self._append(_DONE, document)

    def _append(self, word: str, document: Document) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"\n{word} {document.id} {document.added_at!r}\n")  # a torn line before it ends here
