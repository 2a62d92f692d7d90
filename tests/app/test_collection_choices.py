"""Geometry and context: chosen when a library is made, kept by it, changed by reindexing."""

from dataclasses import replace
from pathlib import Path

import pytest
from documents import write_pdf

from app.library import Library
from app.settings import Settings
from encoders.base import EncoderError
from ingest.types import Geometry, Modality
from retrieval.errors import CollectionMismatch

PHOTOS = Path(__file__).parents[1] / "data" / "photos"
LONG = [" ".join(f"Sentence {number} of page {page} is about tea." for number in range(40)) for page in (1, 2)]


@pytest.fixture
def tiny(settings: Settings, tiny_checkpoint: Path) -> Settings:
    return replace(settings, encoder=str(tiny_checkpoint))


def test_a_library_sees_whole_pages_and_single_passages_unless_asked(tiny: Settings, manual: Path) -> None:
    with Library(tiny) as library:
        library.add(manual)

        assert (library.status().geometry, library.status().context) == (Geometry.FIT, 0)


def test_tiles_are_points_of_their_own_and_a_page_is_found_once(tiny: Settings, manual: Path) -> None:
    with Library(tiny) as library:
        library.add(manual)
        whole = library.documents()[0]
    with Library(replace(tiny, geometry=Geometry.TILES)) as library, pytest.raises(CollectionMismatch, match="reindex"):
        library.search("tea")

    with Library(replace(tiny, geometry=Geometry.TILES)) as library:
        library.reindex()
        tiled = library.documents()[0]
        pages = [match.page for match in library.search("tea", modality=Modality.IMAGE)]

        assert library.status().geometry is Geometry.TILES
        assert tiled.chunks == whole.chunks + 2 * whole.pages  # upright pages have two tiles each
        assert sorted(pages) == [1, 2, 3]
    with Library(tiny) as library:  # not named again: as it was made
        assert library.search("tea")


def test_a_cropped_library_crops_the_picture_it_is_asked_for(tiny: Settings) -> None:
    with Library(replace(tiny, geometry=Geometry.CROP)) as library:
        library.add(PHOTOS)

        best = library.search(image=PHOTOS / "rocket.jpg")[0]

        assert library.encoder.name.endswith("/crop")
        assert best.document == "rocket.jpg"
        assert best.score > 0.9


def test_passages_read_in_context_know_their_neighbours(tiny: Settings, tmp_path: Path) -> None:
    path = tmp_path / "long.pdf"
    write_pdf(path, LONG)
    with Library(tiny) as library:
        library.add(path)
        alone = {match.page: match.score for match in library.search("Sentence 20 of page 2", modality=Modality.TEXT)}

    with Library(replace(tiny, context=1024)) as library:
        library.reindex()
        within = {match.page: match.score for match in library.search("Sentence 20 of page 2", modality=Modality.TEXT)}

        assert library.status().context == 1024
    assert alone.keys() == within.keys() == {1, 2}
    assert alone != within


def test_a_document_that_is_one_short_passage_has_the_same_vector_either_way(tiny: Settings, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("Bread needs salt.")
    scores = []
    for context in (0, 512):
        with Library(replace(tiny, data=tmp_path / str(context), context=context)) as library:
            library.add(note)
            scores.append(library.search("Does bread need salt?")[0].score)

    assert scores[0] == pytest.approx(scores[1], abs=1e-5)


@pytest.mark.parametrize("context", [1, 100_000])
def test_a_context_the_model_cannot_have_is_refused(tiny: Settings, manual: Path, context: int) -> None:
    with Library(replace(tiny, context=context)) as library, pytest.raises(EncoderError, match="--context"):
        library.add(manual)


def test_the_starter_reads_passages_by_themselves(settings: Settings, manual: Path) -> None:
    with Library(replace(settings, context=512)) as library, pytest.raises(EncoderError, match="jina-clip"):
        library.add(manual)
