"""Chunks end at sentences, carry their headings, and lose nothing."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icu4py.breakers import CharacterBreaker
from PIL import Image

from ingest.boundaries import split_sentences
from ingest.chunk import chunk_page, split_page
from ingest.types import RASTER_PX, Heading, ImageChunk, Modality, Page, PrintedRow, TextChunk, chunk_id

SENTENCES = {
    "english": ["All human beings are born free.", "They met Mr. Smith at 3.30 p.m. today!", "Is it so?"],
    "japanese": ["すべての人間は自由である。", "本当ですか？", "はい！"],
    "chinese": ["人人生而自由。", "他们赋有理性和良心，并应以兄弟关系的精神相对待。", "好吗？"],
    "arabic": ["يولد جميع الناس أحرارا.", "هل هذا صحيح؟", "نعم، هو كذلك."],
    "urdu": ["تمام انسان آزاد پیدا ہوئے ہیں۔", "کیا یہ سچ ہے؟", "جی ہاں۔"],
    "hindi": ["सभी मनुष्य स्वतंत्र हैं।", "क्या यह सच है?", "हाँ।"],
    "russian": ["Все люди рождаются свободными.", "Это правда?", "Да!"],
    "korean": ["모든 인간은 태어날 때부터 자유롭다.", "정말입니까?", "네."],
    "greek": ["Όλοι οι άνθρωποι γεννιούνται ελεύθεροι.", "Ναι, είναι αλήθεια."],
    "amharic": ["የሰው ልጅ ሁሉ ነጻ ነው።", "እውነት ነው?", "አዎን።"],
    "burmese": ["လူတိုင်းသည် လွတ်လပ်သည်။", "မှန်ပါသလား။"],
}
SPACED = {"english", "arabic", "urdu", "hindi", "russian", "korean", "greek", "amharic", "burmese"}
THAI = "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิต่างมีเหตุผลและมโนธรรม"


def page_of(text: str, *, headings: tuple[Heading, ...] = (), path: tuple[str, ...] = (), number: int = 1) -> Page:
    return Page(number=number, label=str(number), text=text, image=None, headings=headings, path=path)


def split(page: Page | str, *, max_tokens: int = 40, overlap: int = 0) -> list[TextChunk]:
    """Split with a token for every character, which makes sizes plain to see."""
    page = page_of(page) if isinstance(page, str) else page
    return split_page(page, document_id="d", count_tokens=len, max_tokens=max_tokens, overlap=overlap)


def texts(page: Page | str, **options: int) -> list[str]:
    return [chunk.text for chunk in split(page, **options)]


@pytest.mark.parametrize("language", SENTENCES)
def test_chunks_end_at_sentences_in_every_script(language):
    sentences = SENTENCES[language]
    text = (" " if language in SPACED else "").join(sentences)

    spans = split_sentences(text)

    assert [text[start:end] for start, end in spans] == sentences
    ends = {end for _, end in spans}
    assert {chunk.end for chunk in split(text, max_tokens=max(map(len, sentences)))} <= ends


def test_thai_is_cut_between_words():
    words = {"มนุษย์", "ทั้งหลาย", "เกิด", "มา", "มี", "อิสระ", "และ", "เสมอภาค", "กัน", "ใน", "เกียรติศักดิ์"}
    words |= {"สิทธิ", "ต่าง", "มี", "เหตุผล", "มโนธรรม", "เกียรติ", "ศักดิ์", "มโน", "ธรรม", "ต่างมี"}

    parts = texts(THAI, max_tokens=30)

    assert "".join(parts) == THAI
    assert len(parts) > 2
    for part in parts:
        assert any(part.startswith(word) for word in words), part
        assert any(part.endswith(word) for word in words), part


def test_thai_is_cut_at_a_space_where_there_is_one():
    assert texts("ภาษาไทยง่ายมากครับ คุณเป็นอย่างไรบ้าง", max_tokens=25) == ["ภาษาไทยง่ายมากครับ", "คุณเป็นอย่างไรบ้าง"]


def test_a_long_sentence_is_cut_at_a_clause():
    text = "When the last of the guests had left the old house, the two brothers sat down by the fire"

    assert texts(text, max_tokens=60) == [
        "When the last of the guests had left the old house,",
        "the two brothers sat down by the fire",
    ]


@pytest.mark.parametrize("cluster", ["👨‍👩‍👧‍👦", "e\u0301", "🇯🇵", "क्षि", "각"])
def test_a_cut_never_falls_inside_a_character(cluster):
    for part in texts(cluster * 30, max_tokens=10):
        assert part == cluster * (len(part) // len(cluster))


def test_a_character_of_many_tokens_is_kept_whole():
    chunks = split_page(page_of("👨‍👩‍👧"), document_id="d", count_tokens=lambda _: 99, max_tokens=10, overlap=0)

    assert [chunk.text for chunk in chunks] == ["👨‍👩‍👧"]


def test_a_wrapped_line_does_not_end_a_sentence():
    assert texts("The quick brown\nfox jumps.\nThe dog sleeps.", max_tokens=30) == [
        "The quick brown\nfox jumps.",
        "The dog sleeps.",
    ]


def test_chunks_of_a_section_are_of_about_equal_length():
    text = " ".join(f"Sentence number {index:02d}." for index in range(11))

    lengths = [len(part) for part in texts(text, max_tokens=100)]

    assert len(lengths) == 3
    assert max(lengths) - min(lengths) <= 30


def test_a_chunk_repeats_whole_sentences_of_the_one_before():
    first, second, third = split("One one. Two two. Six six. Ten ten. Old old.", max_tokens=24, overlap=8)

    assert first.text == "One one. Two two."
    assert second.text == "Two two. Six six. Ten ten."
    assert third.text == "Ten ten. Old old."


def test_overlap_never_makes_a_chunk_too_long():
    text = "Short one. " + "A rather longer sentence than that. " * 5

    for chunk in split(text, max_tokens=40, overlap=20):
        assert len(chunk.text) <= 40 + 2  # a space between sentences is in no sentence


def test_a_heading_starts_a_new_chunk_and_is_in_force_from_there():
    text = "Before.\n\n1 Alpha\n\nWords one.\n\n1.1 Beta\n\nWords two.\n\n2 Gamma\n\nWords three."
    headings = tuple(
        Heading(text.index(mark), level, title)
        for mark, level, title in (("1 A", 1, "Alpha"), ("1.1", 2, "Beta"), ("2 G", 1, "Gamma"))
    )

    chunks = split(page_of(text, headings=headings, path=("Part", "Old")), max_tokens=1000)

    assert [(chunk.path, chunk.text.split()[-1]) for chunk in chunks] == [
        (("Part", "Old"), "Before."),
        (("Alpha",), "one."),
        (("Alpha", "Beta"), "two."),
        (("Gamma",), "three."),
    ]


def test_a_heading_with_nothing_below_goes_with_the_next():
    text = "CHAPTER 1\nAlpha\n\n1.1 Beta\n\nWords two."
    headings = (Heading(0, 1, "Alpha"), Heading(text.index("1.1"), 2, "Beta"))

    (chunk,) = split(page_of(text, headings=headings), max_tokens=1000)

    assert chunk.text == text
    assert chunk.path == ("Alpha", "Beta")


def test_a_heading_at_the_end_of_a_page_is_kept():
    text = "Words.\n\n2 Beta"

    assert texts(page_of(text, headings=(Heading(8, 1, "Beta"),)), max_tokens=1000) == ["Words.", "2 Beta"]


def test_a_page_without_text_has_no_chunk():
    assert split("") == []
    assert split(" \n\n\t ") == []


def raster(colour: str = "white") -> Image.Image:
    return Image.new("RGB", (RASTER_PX, RASTER_PX), colour)


def test_a_page_and_its_raster_become_chunks_of_both_kinds():
    page = Page(number=7, label="v", text="Words.", image=raster(), views=(raster(),))

    text, image = chunk_page(page, document_id="d", count_tokens=len, max_tokens=40, overlap=0)

    assert (text.modality, text.page_number, text.page_label) == (Modality.TEXT, 7, "v")
    assert (image.modality, image.page_number, image.page_label) == (Modality.IMAGE, 7, "v")
    assert isinstance(image, ImageChunk)
    assert text.id != image.id


def test_each_view_is_a_chunk_with_an_id_of_its_own():
    views = (raster("white"), raster("red"), raster("blue"))
    page = Page(number=7, label="v", text="", image=views[0], views=views)

    chunks = chunk_page(page, document_id="d", count_tokens=len)

    assert [chunk.image for chunk in chunks] == list(views)
    assert [chunk.id for chunk in chunks] == [chunk_id("d", 7, Modality.IMAGE, position) for position in range(3)]
    assert len({chunk.id for chunk in chunks}) == 3


def test_the_first_view_has_the_id_it_has_always_had():
    (chunk,) = chunk_page(
        Page(number=7, label="v", text="", image=raster(), views=(raster(),)), document_id="d", count_tokens=len
    )

    assert chunk.id == "934d9fd6-274a-5a1d-840f-dcd8ec785d9a"


def test_a_page_without_views_has_no_image_chunk():
    assert chunk_page(page_of("", number=1), document_id="d", count_tokens=len) == []


@pytest.mark.parametrize("overlap", [-1, 40, 41])
def test_a_senseless_overlap_is_refused(overlap):
    with pytest.raises(ValueError, match="overlap"):
        split("Words.", overlap=overlap)


def test_tokens_are_counted_once_a_sentence():
    counted: list[str] = []

    def count(text: str) -> int:
        counted.append(text)
        return 5

    split_page(page_of("One. Two. Three. Four."), document_id="d", count_tokens=count, max_tokens=10, overlap=5)

    assert counted == ["One.", "Two.", "Three.", "Four."]


TABLE = ["| fruit | price |\n|---|---|", "| fig. Ripe. | 2 |", "| kiwi | 3 |", "| a. b. c. d. e. f. | 4 |"]


def test_a_row_of_a_table_is_never_cut():
    text = "Before it. And more.\n\n" + "\n".join(TABLE) + "\n\nAfter it."

    for most in range(20, 80, 7):
        cuts = {place for chunk in split(text, max_tokens=most) for place in (chunk.start, chunk.end)}
        for row in TABLE:
            start = text.index(row)
            assert not cuts & set(range(start + 1, start + len(row)))


def test_a_row_that_would_fill_a_page_is_cut_all_the_same():
    row = "| " + "many words, and more | " * 40

    assert max(len(part) for part in texts(row.strip(), max_tokens=40)) <= 40


def test_a_line_of_code_is_never_cut():
    lines = ["def area(w, h):", "    # Multiply. Return.", "    return w * h; # the end. Or not."]
    text = "Some code. See:\n\n" + "\n".join(lines)
    start = text.index(lines[0])
    rows = []
    for line in lines:
        rows.append(PrintedRow(start, start + len(line), (0.1, 0.1, 0.9, 0.2), is_whole=True))
        start += len(line) + 1
    page = replace(page_of(text), rows=tuple(rows))

    parts = texts(page, max_tokens=30)

    printed = {line.strip() for part in parts for line in part.split("\n")}
    assert {line.strip() for line in lines} <= printed
    assert len(parts) > 2


def test_a_line_of_fenced_code_is_never_cut():
    parts = texts("See.\n\n```sh\nmake all. Then some.\nmake test. Then more.\n```\n", max_tokens=22)

    assert "make all. Then some." in parts
    assert "make test. Then more." in parts


def test_a_chunk_knows_where_it_stands_to_a_part_of_a_row():
    rows = (PrintedRow(0, 20, (0.1, 0.1, 0.5, 0.2)), PrintedRow(21, 30, (0.1, 0.2, 0.3, 0.3)))
    page = replace(page_of("One one one. Two two two. Six."), rows=rows)

    first, second = split(page, max_tokens=20)

    assert first.boxes == (pytest.approx((0.1, 0.1, 0.34, 0.2)),)
    assert second.boxes == (pytest.approx((0.36, 0.1, 0.5, 0.2)), (0.1, 0.2, 0.3, 0.3))


def test_a_row_from_the_right_is_cut_from_the_right():
    page = replace(page_of("אחת שתיים. שלוש."), rows=(PrintedRow(0, 16, (0.0, 0.1, 0.8, 0.2)),))

    first, second = split(page, max_tokens=10)

    assert first.boxes == (pytest.approx((0.3, 0.1, 0.8, 0.2)),)
    assert second.boxes == (pytest.approx((0.0, 0.1, 0.25, 0.2)),)


def test_a_page_without_rows_has_no_boxes():
    assert [chunk.boxes for chunk in split("One. Two.")] == [()]


def test_a_chunk_is_hidden_where_most_of_it_is():
    page = replace(page_of("Seen words. Unseen words. Half and half."), hidden=((12, 30),))

    assert [chunk.is_hidden for chunk in split(page, max_tokens=14)] == [False, True, False]


PIECES = [
    *TABLE,
    "\n| a | b |\n",
    "```\nx = 1. y = 2.\n```\n",
    *(sentence for sentences in SENTENCES.values() for sentence in sentences),
    THAI,
    "https://a.b/c?d=e#f",
]
multilingual = st.lists(
    st.one_of(
        st.sampled_from(PIECES),
        st.sampled_from([" ", "\n", "\n\n", "\t", "\u3000", "\u00a0", "😀👨‍👩‍👧", "🇯🇵", "e\u0301", "𠮷野家", "..."]),
        st.text(st.characters(exclude_categories=("Cs",)), max_size=30),
    ),
    max_size=20,
).map("".join)


@st.composite
def pages(draw: st.DrawFn) -> Page:
    text = draw(multilingual)
    starts = sorted(draw(st.lists(st.integers(0, max(0, len(text) - 1)), max_size=4)))
    headings = tuple(Heading(start, draw(st.integers(1, 3)), f"title {start}") for start in starts)
    return page_of(text, headings=headings, path=("Part",), number=draw(st.integers(1, 9)))


@settings(deadline=None)  # a busy machine is no defect
@given(page=pages(), max_tokens=st.integers(5, 60), overlap=st.integers(0, 4))
def test_every_chunk_is_a_span_of_its_page_and_nothing_is_lost(page, max_tokens, overlap):
    chunks = split(page, max_tokens=max_tokens, overlap=overlap)

    covered: set[int] = set()
    for chunk in chunks:
        assert chunk.text == page.text[chunk.start : chunk.end]
        assert chunk.text.strip() == chunk.text != ""
        covered.update(range(chunk.start, chunk.end))
    lost = {index for index, character in enumerate(page.text) if not character.isspace()} - covered
    assert not lost


@settings(deadline=None)  # a busy machine is no defect
@given(page=pages(), max_tokens=st.integers(5, 60))
def test_chunks_advance_and_without_overlap_never_overlap(page, max_tokens):
    chunks = split(page, max_tokens=max_tokens)

    for before, after in pairwise(chunks):
        assert before.end <= after.start


@settings(deadline=None)  # a busy machine is no defect
@given(page=pages(), max_tokens=st.integers(5, 60), overlap=st.integers(0, 4))
def test_ids_are_unique_and_steady(page, max_tokens, overlap):
    ids = [chunk.id for chunk in split(page, max_tokens=max_tokens, overlap=overlap)]

    assert len(set(ids)) == len(ids)
    assert ids == [chunk.id for chunk in split(page, max_tokens=max_tokens, overlap=overlap)]


@settings(deadline=None)  # a busy machine is no defect
@given(text=multilingual)
@example(text="All human beings are born free.00 \u0e31")
@example(text="All human beings are born free.0!\u0e33")
def test_no_chunk_is_cut_inside_a_character(text):
    wide = [0]  # places between characters as readers see them, in UTF-16 units as ICU counts them
    wide += [end for _, end in CharacterBreaker(text, "und").segments()]
    units = [0]
    for character in text:
        units.append(units[-1] + (2 if ord(character) > 0xFFFF else 1))

    for chunk in split(text, max_tokens=7):
        assert units[chunk.start] in wide
        assert units[chunk.end] in wide
