"""Pages that are much alike are found, however their files differ; pages that only look alike are not."""

from pathlib import Path

import pymupdf
import pytest
from PIL import Image, ImageEnhance

from app.duplicates import Duplicates
from app.library import Library
from app.settings import Settings
from encoders.base import Encoder
from ingest.ocr.options import OcrMode

PHOTOS = Path(__file__).parents[2] / "samples" / "library" / "pictures"
LOREM = (
    "Everyone has the right to education. Education shall be free, at least in the elementary stages. ",
    "Bake the bread for forty minutes in a hot oven. Let the dough rest overnight before kneading it. ",
    "The ship left the harbour at dawn. A storm came up, and all the sailors had to take in the sails. ",
)


def write_pdf(path: Path, pages: list[str], *, title: str = "") -> None:
    document = pymupdf.open()
    for text in pages:
        page = document.new_page()
        page.insert_textbox(pymupdf.Rect(72, 40, 520, 70), "A handbook of everything, third edition", fontsize=14)
        page.insert_textbox(pymupdf.Rect(72, 90, 520, 780), text, fontsize=12)
    document.set_metadata({"title": title})
    document.save(path)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, starter: Encoder) -> Duplicates:
    folder = tmp_path_factory.mktemp("duplicates")
    documents = folder / "documents"
    documents.mkdir()

    cat = Image.open(PHOTOS / "photo-tabby-cat.jpg").convert("RGB")
    cat.save(documents / "cat.png")
    cat.resize((cat.width // 2, cat.height // 2)).save(documents / "cat-small.png")
    cat.save(documents / "cat-poor.jpg", quality=20)
    ImageEnhance.Brightness(cat).enhance(0.7).save(documents / "cat-dark.png")
    edge = cat.width // 50
    cat.crop((edge, edge, cat.width - edge, cat.height - edge)).save(documents / "cat-cut.png")
    for name in ("photo-raccoon", "photo-espresso", "photo-gravel", "photo-brick-wall"):
        Image.open(PHOTOS / f"{name}.jpg").save(documents / f"{name}.png")

    full = [text * 20 for text in LOREM]
    write_pdf(documents / "book.pdf", [*full, "", ""])
    write_pdf(documents / "book-again.pdf", full, title="saved again")
    write_pdf(documents / "twice.pdf", [" ".join(f"Item {n} costs {n * 7919} coins." for n in range(60))] * 2)
    write_pdf(documents / "nearly-empty.pdf", ["It ends here.", "See chapter nine."])
    pymupdf.open(documents / "book.pdf")[1].get_pixmap(dpi=200).save(documents / "page-2.png")
    blank = pymupdf.open()
    blank.new_page()
    blank.new_page()
    blank.save(documents / "blank.pdf")
    (documents / "copy.pdf").write_bytes((documents / "book.pdf").read_bytes())

    settings = Settings(data=folder / "library", models=folder / "models", encoder="starter", ocr=OcrMode.OFF)
    with Library(settings, encoder=starter) as library:
        library.add(documents)
        return library.duplicates()


def group_of(found: Duplicates, name: str, page: int = 1) -> set[tuple[str, int]]:
    """All pages that are in a group with this one."""
    groups = [{(one.name, one.page) for one in group} for group in found.pages]
    return next((group for group in groups if (name, page) in group), set())


def test_a_picture_is_known_again_smaller_poorer_darker_and_cut(found: Duplicates) -> None:
    cats = {(name, 1) for name in ("cat.png", "cat-small.png", "cat-poor.jpg", "cat-dark.png", "cat-cut.png")}

    assert group_of(found, "cat.png") == cats


def test_other_pictures_are_no_duplicates(found: Duplicates) -> None:
    for name in ("photo-raccoon", "photo-espresso", "photo-gravel", "photo-brick-wall"):
        assert group_of(found, f"{name}.png") == set()


@pytest.mark.parametrize("page", [1, 3])
def test_a_page_saved_in_another_file_is_a_duplicate(found: Duplicates, page: int) -> None:
    assert group_of(found, "book.pdf", page) == {("book.pdf", page), ("book-again.pdf", page)}


def test_a_page_and_a_picture_of_it_are_duplicates(found: Duplicates) -> None:
    assert group_of(found, "book.pdf", 2) == {("book.pdf", 2), ("book-again.pdf", 2), ("page-2.png", 1)}


def test_pages_with_few_and_other_words_are_no_duplicates(found: Duplicates) -> None:
    assert group_of(found, "nearly-empty.pdf", 1) == group_of(found, "nearly-empty.pdf", 2) == set()


def test_pages_of_one_document_may_be_duplicates(found: Duplicates) -> None:
    assert group_of(found, "twice.pdf", 1) == {("twice.pdf", 1), ("twice.pdf", 2)}


@pytest.mark.parametrize(("name", "page"), [("blank.pdf", 1), ("book.pdf", 4), ("book.pdf", 5)])
def test_pages_that_are_blank_but_for_their_running_head_are_left_out(found: Duplicates, name: str, page: int) -> None:
    assert group_of(found, name, page) == set()


def test_the_same_bytes_under_two_names_are_told(found: Duplicates) -> None:
    (same,) = found.files

    assert [Path(path).name for path in same.paths] == ["book.pdf", "copy.pdf"]


def test_an_empty_library_has_no_duplicates(library: Library) -> None:
    assert library.duplicates() == Duplicates((), ())
