"""What the search tab does: asks the library, gives back HTML. Knows nothing of Gradio."""

import time
from pathlib import Path

from app.errors import LibraryError
from app.library import Library
from app.web import cards, results_view
from app.web.filters import Choices, Wanted, choices
from app.web.results_view import Found
from app.web.warmth import Warmth
from ingest.readers.picture import read_picture


class Searching:
    """The search tab's actions on one library.

    Args:
        library: open, and kept open by the caller.
        warmth: of the library's encoder.
    """

    def __init__(self, library: Library, warmth: Warmth) -> None:
        self._library = library
        self._warmth = warmth

    def search(self, wanted: Wanted, picture: Path | None) -> str:
        """Cards for what was found; a hint where there is nothing to search for.

        Args:
            wanted: all but the picture.
            picture: a file to be read within the library's limits.

        Raises:
            USER_ERRORS: as `Library.query`, and the picture cannot be read.
        """
        documents = {document.id: document for document in self._library.documents()}
        if not documents:
            return results_view.at(wanted) + cards.empty_library()
        if not (wanted.text or wanted.like or picture):
            return results_view.invitation(wanted)
        self._warmth.check()
        started = time.perf_counter()
        image = read_picture(picture) if picture is not None and not wanted.like else None
        try:
            results = self._library.query(wanted.query(image))
        except ValueError as error:  # the passage that others should be like is gone
            raise LibraryError(str(error)) from error
        matches = self._library.matches(results)
        found = Found(
            matches,
            is_relevant=results.is_relevant,
            stages=results.stages,
            seconds=time.perf_counter() - started,
            sizes=self._library.collection.sizes,
        )
        return results_view.results(found, documents, wanted=wanted, has_picture=image is not None)

    def choices(self) -> Choices:
        """What the filters offer now."""
        return choices(self._library.documents())
