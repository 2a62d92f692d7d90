"""Loads the encoder behind the page's back, so that the page is there at once and the first search soon is."""

import logging
import threading

from app.errors import USER_ERRORS
from app.library import Library

log = logging.getLogger(__name__)


class Warmth:
    """Warms a library up in the background.

    Args:
        library: open, and kept open by the caller.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._warm_up, name="warm-up", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def check(self) -> None:
        """Wait until the encoder is there.

        Raises:
            USER_ERRORS: it cannot be loaded, or did not make this library's vectors.
        """
        if self._thread.ident is not None:
            self._thread.join()
        if self._error is not None:
            raise self._error

    def _warm_up(self) -> None:
        try:
            _ = self._library.encoder
            self._library.warm_up()
        except USER_ERRORS as error:  # told to whoever searches
            log.info("the encoder cannot be loaded: %s", error)
            self._error = error
