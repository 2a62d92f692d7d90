from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageStat

from evaluation.known_items import Passage, Picture, known_items, known_pictures
from evaluation.types import Question, Task

FILLER = "The weather in the valley stayed mild and people went out for walks along the river every evening."


def passages(count: int = 40) -> list[Passage]:
    return [
        Passage(
            "id-a",
            "a.pdf",
            number,
            f"{FILLER} Valve number {number} opens pipe gamma{number} towards boiler delta{number} at noon. {FILLER}",
            heading=f"About valve {number}",
            language="en",
        )
        for number in range(1, count + 1)
    ]


def sentences_of(questions: list[Question]) -> list[Question]:
    return [question for question in questions if question.id.startswith("sentence")]


def pages(question: Question) -> list[tuple[str, int | None]]:
    (target,) = question.relevant
    return [(place.document, place.first_page) for place in target.places]


def test_as_many_questions_are_made_as_asked_for_a_quarter_of_them_headings() -> None:
    questions = known_items(passages(), seed=0, count=20)

    assert len(questions) == 20
    assert len(sentences_of(questions)) == 15
    assert len({question.id for question in questions}) == 20


def test_a_sentence_loses_words_and_keeps_their_order() -> None:
    for question in sentences_of(known_items(passages(), seed=0, count=12)):
        ((_, number),) = pages(question)
        sentence = f"Valve number {number} opens pipe gamma{number} towards boiler delta{number} at noon.".split()
        words = question.text.split()
        kept = [word for word in sentence if word in words]

        assert words == kept
        assert 6 <= len(words) < len(sentence)


def test_the_sentence_with_the_rarest_words_is_taken() -> None:
    for question in sentences_of(known_items(passages(), seed=0, count=12)):
        assert "weather" not in question.text


def test_a_sentence_goes_on_over_lines_and_numbers_with_points() -> None:
    text = "Write\nversion 3.0 of\nthe format here. Short."

    (question,) = known_items([Passage("id-a", "a.pdf", 1, text)], seed=0, count=1)

    assert len(question.text.split()) == 5  # of seven: 30 % are left out


def test_a_row_of_dots_makes_no_question() -> None:
    assert known_items([Passage("id-a", "a.pdf", 1, "Pumps . . . . . . . . . . 12")], seed=0, count=1) == []


def test_equal_seeds_make_equal_questions() -> None:
    assert known_items(passages(), seed=1, count=9) == known_items(passages(), seed=1, count=9)
    assert known_items(passages(), seed=1, count=9) != known_items(passages(), seed=2, count=9)


def test_nearly_the_same_text_elsewhere_counts_too() -> None:
    copy = [
        Passage("id-b", "b.pdf", 7, passage.text.upper().replace(" OPENS", " open")) for passage in passages()
    ]  # other letters, and a word changed

    for question in sentences_of(known_items([*passages(), *copy], seed=0, count=20)):
        documents = {document for document, _ in pages(question)}
        assert documents == {"id-a", "id-b"}


def test_a_text_that_only_shares_some_words_does_not_count() -> None:
    for question in sentences_of(known_items(passages(), seed=0, count=20)):
        assert len(pages(question)) == 1


def test_the_same_sentence_is_not_asked_twice() -> None:
    twice = [passage for passage in passages(5) for _ in range(3)]

    assert len(sentences_of(known_items(twice, seed=0, count=15))) == 5


def test_any_page_under_a_heading_answers_it() -> None:
    under = [Passage("id-a", "a.pdf", number, "Short.", heading="Safety of boilers") for number in (3, 4, 5)]

    (question,) = known_items(under, seed=0, count=4)

    assert question.text == "Safety of boilers"
    assert pages(question) == [("id-a", 3), ("id-a", 4), ("id-a", 5)]


def test_a_heading_of_many_documents_is_no_question() -> None:
    under = [Passage(f"id-{name}", name, 1, "Short.", heading="Introduction") for name in "abcd"]

    assert known_items(under, seed=0, count=4) == []


@pytest.mark.parametrize(
    "text",
    [
        "本手册说明如何安装水泵以及如何更换密封圈和轴承。请在启动之前阅读。",
        "คู่มือนี้อธิบายวิธีติดตั้งปั๊มน้ำและวิธีเปลี่ยนซีลและตลับลูกปืนอย่างละเอียด",
        "यह पुस्तिका बताती है कि पंप कैसे लगाया जाता है और सील कैसे बदली जाती है। पहले पढ़ें।",
        "يشرح هذا الدليل كيفية تركيب المضخة وكيفية استبدال الحلقة والمحمل قبل التشغيل.",
    ],
)
def test_any_script_makes_a_question_that_is_no_plain_copy(text: str) -> None:
    (question,) = known_items([Passage("id-a", "a.pdf", 1, text)], seed=0, count=1)

    pieces = question.text.split()
    assert len(pieces) >= 4
    assert all(piece in text for piece in pieces)
    assert question.text.replace(" ", "") not in text.replace(" ", "")


@pytest.mark.parametrize(
    "library", [[], [Passage("id-a", "a.pdf", 1, "")], [Passage("id-a", "a.pdf", 1, "Too short.")]]
)
def test_a_library_without_sentences_makes_none(library: list[Passage]) -> None:
    assert known_items(library, seed=0, count=5) == []


def shape(path: Path, colour: str, box: tuple[int, int, int, int], size: tuple[int, int] = (400, 300)) -> Path:
    image = Image.new("RGB", (400, 300), "white")
    ImageDraw.Draw(image).rectangle(box, fill=colour)
    image.resize(size).save(path)
    return path


class TestPictures:
    def test_a_part_of_the_picture_asks_for_it_smaller(self, tmp_path: Path) -> None:
        path = shape(tmp_path / "a.png", "red", (0, 0, 400, 300))

        (question,) = known_pictures([Picture("id-a", "a.png", 1, path)], folder=tmp_path, seed=0, count=3)

        assert question.image is not None
        assert question.task is Task.IMAGE_TO_IMAGE
        with Image.open(question.image) as asked:
            assert max(asked.size) <= 224
            assert asked.convert("RGB").getpixel((0, 0)) == (255, 0, 0)
        assert pages(question) == [("id-a", 1)]

    def test_copies_of_a_picture_at_another_size_count_too(self, tmp_path: Path) -> None:
        box = (50, 50, 200, 250)
        pictures = [
            Picture("id-a", "a.png", 1, shape(tmp_path / "a.png", "navy", box)),
            Picture("id-b", "b.png", 1, shape(tmp_path / "b.png", "navy", box, size=(200, 150))),
            Picture("id-c", "c.png", 1, shape(tmp_path / "c.png", "navy", (250, 50, 350, 250))),
        ]

        questions = known_pictures(pictures, folder=tmp_path, seed=0, count=3)

        assert sorted(sorted(document for document, _ in pages(question)) for question in questions) == [
            ["id-a", "id-b"],
            ["id-a", "id-b"],
            ["id-c"],
        ]

    def test_the_frame_that_was_meant_is_taken(self, tmp_path: Path) -> None:
        frames = [Image.new("RGB", (90, 90), colour) for colour in ("black", "white")]
        frames[0].save(tmp_path / "a.tiff", save_all=True, append_images=frames[1:])

        (question,) = known_pictures(
            [Picture("id-a", "a.tiff", 2, tmp_path / "a.tiff")], folder=tmp_path, seed=0, count=1
        )

        assert question.image is not None
        with Image.open(question.image) as asked:
            assert ImageStat.Stat(asked.convert("L")).mean == [255]
