"""An addition outlives the web server it was begun in."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from documents import PAGES, write_pdf
from PIL import Image

from app.library import Library
from app.settings import Settings
from app.web.arrivals import Upload
from app.web.handlers import Handlers
from encoders.base import Embeddings, Encoder


class Held:
    """The starter, whose pictures wait for a gate."""

    def __init__(self, starter: Encoder) -> None:
        self._starter = starter
        self.has_begun = threading.Event()
        self.gate = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._starter, name)

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        self.has_begun.set()
        self.gate.wait(60)
        return self._starter.encode_images(images)


def test_an_upload_goes_on_in_the_next_server(settings: Settings, starter: Encoder, tmp_path: Path) -> None:
    path = tmp_path / "cache" / "upload"
    path.parent.mkdir()
    write_pdf(path, [f"Page {number}. {PAGES[2]}" for number in range(40)])
    held = Held(starter)
    with Library(settings, encoder=held) as library:
        handlers = Handlers(library)
        shown = handlers.add_uploads([Upload(path, "bread.pdf")])
        next(shown)
        assert held.has_begun.wait(60)
        threading.Timer(1.5, held.gate.set).start()
        handlers.close()
        assert library.documents() == []

    with Library(settings, encoder=starter) as library:
        handlers = Handlers(library)
        handlers.resume()
        *_, last = handlers.look()
        assert "1 document added" in last.job
        assert [document.name for document in library.documents()] == ["bread.pdf"]
        handlers.close()
