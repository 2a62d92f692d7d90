"""The whole journey with the real encoder and the real store: add, search, prompt, change, remove, survive."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from documents import PAGES, write_pdf
from PIL import Image, ImageDraw

from app.errors import LibraryError, LibraryInUse
from app.library import Library
from app.settings import Settings
from app.types import AddStatus, Progress
from encoders.base import Encoder, UnknownEncoder
from ingest.types import Modality
from retrieval.errors import CollectionMismatch


def statuses(library: Library, *paths: Path) -> list[AddStatus]:
    return [one.status for one in library.add(*paths)]


def traces(settings: Settings) -> list[str]:
    """Names of all files kept of documents."""
    return sorted(
        path.name for root in ("originals", "rasters") for path in (settings.data / root).rglob("*") if path.is_file()
    )


@pytest.mark.parametrize(
    ("question", "page"),
    [
        ("How long does bread bake?", 2),
        ("教育を受ける権利", 1),
        ("Das Schiff im Sturm", 3),
        ("خبز في الفرن", 2),
        ("Le droit à l'éducation", 1),
    ],
)
def test_a_page_is_found_by_a_question_in_another_language(
    library: Library, manual: Path, question: str, page: int
) -> None:
    library.add(manual)

    first = library.search(question, modality=Modality.TEXT)[0]

    assert (first.rank, first.document, first.page, first.text) == (1, "manual.pdf", page, PAGES[page])


def test_a_picture_finds_itself_first(library: Library, tmp_path: Path) -> None:
    for number, colour in enumerate(("red", "green", "blue")):
        image = Image.new("RGB", (200, 120), "white")
        ImageDraw.Draw(image).ellipse((10 + 40 * number, 10, 90 + 40 * number, 110), fill=colour)
        image.save(tmp_path / f"{colour}.png")
    library.add(*(tmp_path / f"{colour}.png" for colour in ("red", "green", "blue")))

    first = library.search(image=tmp_path / "green.png")[0]

    assert (first.document, first.modality) == ("green.png", Modality.IMAGE)


def test_hits_fall_in_score_and_name_each_page_once(library: Library, manual: Path) -> None:
    library.add(manual)

    matches = library.search("education")

    assert [match.rank for match in matches] == list(range(1, len(matches) + 1))
    assert [match.score for match in matches] == sorted((match.score for match in matches), reverse=True)
    assert sorted(match.page for match in matches) == [1, 2, 3]


def test_every_page_has_its_raster_of_512_pixels(library: Library, manual: Path) -> None:
    library.add(manual)

    for match in library.search("education"):
        assert match.image is not None
        with Image.open(match.image) as image:
            assert image.size == (512, 512)


def test_the_prompt_quotes_and_numbers_what_was_found(library: Library, manual: Path) -> None:
    library.add(manual)
    question = "How long does bread bake?"

    prompt = library.prompt(question, library.search(question, limit=1, modality=Modality.TEXT))

    assert f"[1] manual.pdf, page 2\n{PAGES[2]}" in prompt[-1].text


def test_a_page_found_by_its_look_is_quoted_with_its_words(library: Library, manual: Path) -> None:
    library.add(manual)
    (match,) = [match for match in library.search("bread", modality=Modality.IMAGE) if match.page == 2]

    assert match.text == ""
    assert PAGES[2] in library.prompt("bread", [match])[-1].text


def test_adding_the_same_content_again_changes_nothing_and_says_so(library: Library, manual: Path) -> None:
    assert statuses(library, manual) == [AddStatus.ADDED]
    copy = manual.with_name("copy.pdf")
    copy.write_bytes(manual.read_bytes())

    assert statuses(library, manual) == [AddStatus.UNCHANGED]
    assert statuses(library, copy) == [AddStatus.UNCHANGED]

    assert len(library.documents()) == 1


def test_a_changed_file_takes_the_place_of_the_old_one(library: Library, settings: Settings, manual: Path) -> None:
    library.add(manual)
    write_pdf(manual, ["The moon circles the earth."])

    assert statuses(library, manual) == [AddStatus.REPLACED]

    (document,) = library.documents()
    assert document.pages == 1
    assert {match.document_id for match in library.search("bread")} == {document.id}
    assert len(traces(settings)) == 2  # one original, one raster


def test_a_removed_document_leaves_nothing(library: Library, settings: Settings, manual: Path) -> None:
    library.add(manual)

    (removed,) = library.remove("manual.pdf")

    assert (removed.points, removed.files) == (6, 4)  # 3 passages and 3 rasters; 3 rasters and the original
    assert library.documents() == library.search("bread") == []
    assert traces(settings) == []


def test_removing_what_is_not_there_says_where_to_look(library: Library) -> None:
    with pytest.raises(LibraryError, match="polyglance list"):
        library.remove("nothing.pdf")


def test_one_bad_file_does_not_stop_the_others(library: Library, manual: Path) -> None:
    folder = manual.parent
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "torn.pdf").write_bytes(manual.read_bytes()[:40])
    (folder / "page.pdf").write_bytes(b"\x7fELF and so on")
    (folder / "notes.txt").write_text("Bread needs salt.")

    added = {one.name: one for one in library.add(folder)}

    assert {name for name, one in added.items() if one.status is AddStatus.ADDED} == {"manual.pdf", "notes.txt"}
    for name in ("empty.pdf", "torn.pdf", "page.pdf"):
        error = added[name].error
        assert error is not None
        assert name in error
        assert "\n" not in error


def test_progress_comes_page_by_page_and_ends_at_one(library: Library, manual: Path) -> None:
    told: list[Progress] = []

    library.add(manual, on_progress=told.append)

    assert [progress.pages_done for progress in told if progress.pages == 3] == [1, 2, 3, 3]
    assert [one.name for progress in told for one in progress.finished] == ["manual.pdf"]
    assert [progress.fraction for progress in told] == sorted(progress.fraction for progress in told)
    assert (told[-1].fraction, told[-1].files_done) == (1.0, 1)


def test_an_empty_library_finds_nothing(library: Library) -> None:
    assert library.search("bread") == []


@pytest.mark.parametrize("query", [None, "", "  \n"])
def test_an_empty_query_is_refused(library: Library, query: str | None) -> None:
    with pytest.raises(ValueError, match="Nothing to search for"):
        library.search(query)


def test_a_second_process_is_told_who_has_the_library(library: Library, settings: Settings) -> None:
    with pytest.raises(LibraryInUse, match=rf"process {os.getpid()} .*--data"):
        Library(settings)


def test_what_was_added_is_there_after_a_restart(settings: Settings, starter: Encoder, manual: Path) -> None:
    with Library(settings, encoder=starter) as library:
        library.add(manual)

    with Library(settings, encoder=starter) as library:
        assert library.search("bread", modality=Modality.TEXT)[0].page == 2


def test_a_library_goes_on_with_the_encoder_it_was_made_with(settings: Settings, manual: Path) -> None:
    with Library(settings) as library:
        library.add(manual)
    automatic = settings.override(encoder="auto")
    (settings.models / "jina-clip-v2").mkdir(parents=True)  # a better one may arrive meanwhile

    with Library(automatic) as library:
        assert library.encoder.name.startswith("starter@")


def test_another_encoder_is_refused_until_the_library_is_encoded_anew(
    settings: Settings, starter: Encoder, manual: Path, tiny_checkpoint: Path
) -> None:
    with Library(settings, encoder=starter) as library:
        library.add(manual)
    other = settings.override(encoder=str(tiny_checkpoint))

    with Library(other) as library:
        with pytest.raises(CollectionMismatch, match="reindex"):
            library.search("bread")
        assert library.reindex() == 1
        assert len(library.search("bread")) == 3
        name = library.encoder.name

    assert not name.startswith("starter@")
    with Library(other) as library:
        assert library.status().encoder == name
        assert len(library.search("bread")) == 3


def test_an_unknown_encoder_is_named(settings: Settings, manual: Path) -> None:
    with Library(settings.override(encoder="word2vec")) as library, pytest.raises(UnknownEncoder, match="word2vec"):
        library.add(manual)


def test_a_page_is_drawn_from_the_original(library: Library, manual: Path) -> None:
    (added,) = library.add(manual)
    assert added.id is not None

    assert max(library.page_image(added.id, 2, max_px=700).size) == 700
    with pytest.raises(LibraryError, match="pages 1 to 3, not 9"):
        library.page_image(added.id, 9)


def test_searches_go_on_while_documents_come_in(library: Library, manual: Path) -> None:
    library.add(manual)
    folder = manual.parent / "more"
    folder.mkdir()
    for number in range(20):
        (folder / f"{number}.txt").write_text(f"Note number {number} is about gardens.")
    adding = threading.Thread(target=library.add, args=(folder,))

    adding.start()
    found = [library.search("bread", modality=Modality.TEXT)[0].page for _ in range(20)]
    adding.join()

    assert set(found) == {2}
    assert len(library.documents()) == 21


ADD_SLOWLY = """
    import sys, time
    from pathlib import Path
    from app.library import Library
    from app.settings import Settings

    data, models, documents = map(Path, sys.argv[1:4])
    with Library(Settings(data=data, models=models, encoder="starter")) as library:
        print("ready", flush=True)
        library.add(documents, on_progress=lambda progress: time.sleep(0.01))
"""


@pytest.mark.parametrize("seconds", [0.05, 0.4, 1.0])
def test_a_killed_add_leaves_no_half_document_and_the_next_add_completes(
    settings: Settings, starter: Encoder, manual: Path, seconds: float
) -> None:
    for number in range(6):
        write_pdf(manual.parent / f"{number}.pdf", [f"{text} Copy {number}." for text in PAGES.values()])
    command = [
        sys.executable,
        "-c",
        textwrap.dedent(ADD_SLOWLY),
        *map(str, (settings.data, settings.models, manual.parent)),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)

    with Library(settings, encoder=starter) as library:
        half = {document.id for document in library.documents()}
        found = {match.document_id for match in library.search("bread", limit=100)}
        assert found <= half
        library.add(manual.parent)
        assert len(library.documents()) == 7
        assert len(library.search("bread", limit=100)) == 21
        assert len(traces(settings)) == 28  # 7 originals, 21 rasters
        points = [removed.points for document in library.documents() for removed in library.remove(document.id)]
    assert points == [6] * 7
