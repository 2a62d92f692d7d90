"""What becomes of one file: errors that concern it alone, and errors that concern the batch."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.adding import add_file
from app.settings import Settings
from app.shelf import Shelf, collection_for
from app.types import Added, AddStatus
from encoders.base import BrokenCheckpoint, Embeddings, Encoder, EncoderError
from ingest.files import digest
from ingest.limits import Limits
from ingest.types import Format


@pytest.fixture
def shelf(settings: Settings) -> Iterator[Shelf]:
    settings.data.mkdir()
    shelf = Shelf(settings.data, limits=Limits())
    yield shelf
    shelf.close()


def add(shelf: Shelf, path: Path, encoder: Encoder) -> Added:
    return add_file(
        shelf,
        path,
        source=path,
        prepare=lambda: (encoder, collection_for(encoder)),
        on_page=lambda done, pages: None,
    )


def test_what_a_failure_left_behind_is_taken_back_and_the_file_goes_in_whole(
    shelf: Shelf, manual: Path, starter: Encoder
) -> None:
    shelf.manifest.begin(digest(manual), name="manual.pdf", format=Format.PDF, size_bytes=1)

    added = add(shelf, manual, starter)

    assert (added.status, added.pages) == (AddStatus.ADDED, 3)
    assert shelf.manifest.unfinished() == []


class FailingOnPictures:
    """The starter, whose image tower has gone wrong."""

    def __init__(self, starter: Encoder) -> None:
        self._starter = starter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._starter, name)

    def encode_images(self, images: Sequence[Image.Image]) -> Embeddings:
        raise EncoderError("the vectors are not finite")


def test_a_file_that_cannot_be_encoded_fails_alone_and_leaves_nothing(
    shelf: Shelf, manual: Path, starter: Encoder
) -> None:
    note = manual.with_name("note.txt")
    note.write_text("Bread needs salt.")
    failing = FailingOnPictures(starter)

    added = [add(shelf, path, failing) for path in (manual, note)]  # type: ignore[arg-type]  # forwards the rest

    assert [one.status for one in added] == [AddStatus.FAILED, AddStatus.ADDED]
    assert added[0].error == "manual.pdf could not be encoded: the vectors are not finite"
    assert [document.name for document in shelf.manifest.documents()] == ["note.txt"]
    assert shelf.manifest.unfinished() == []


def test_an_encoder_that_does_not_load_ends_the_batch(shelf: Shelf, manual: Path) -> None:
    def load() -> Encoder:
        raise BrokenCheckpoint("model.safetensors is cut short")

    with pytest.raises(BrokenCheckpoint):
        add_file(shelf, manual, source=None, prepare=load, on_page=lambda done, pages: None)

    assert shelf.manifest.unfinished() == []
