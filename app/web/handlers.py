"""What the page does when something is clicked: asks the library, gives back HTML. Knows nothing of Gradio."""

from app.library import Library
from app.web import shelf_view
from app.web.asking import Asking
from app.web.previews import Previews
from app.web.searching import Searching
from app.web.shelving import Shelving
from app.web.viewer import Outlines
from app.web.warmth import Warmth
from encoders.registry import list_encoders


class Handlers:
    """The page's actions on one library.

    Args:
        library: open, and kept open by the caller.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self.previews = Previews(library)
        self.warmth = Warmth(library)
        self.shelving = Shelving(library, self.previews)
        self.searching = Searching(library, self.warmth)
        self.asking = Asking(library, self.warmth)
        self.outlines = Outlines(library)

    def encoder(self) -> str:
        """Which encoder searches."""
        settings = self._library.settings
        rows = list_encoders(settings.encoder, models=settings.models)
        chosen = next((row.name for row in rows if row.active), settings.encoder)
        name = self._library.status().encoder or chosen
        row = next((row for row in rows if row.name == name.partition("@")[0]), None)
        return shelf_view.encoder_view(row, name=name)
