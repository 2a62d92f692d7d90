"""Text that is no text is told from text, in any language."""

import pytest
from PIL import Image, ImageDraw

from ingest.layout import Line
from ingest.quality import is_garbled, is_scan, mark_hidden

ENGLISH = "All human beings are born free and equal in dignity and rights. " * 5
TEXTS = {
    "english": ENGLISH,
    "polish": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. " * 4,
    "welsh": "Genir pawb yn rhydd ac yn gydradd â'i gilydd mewn urddas a hawliau. " * 5,
    "finnish": "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan. " * 4,
    "hawaiian": "Hānau kūʻokoʻa ʻia nā kānaka apau loa, a ua kau like ka hanohano a me nā pono kīvila. " * 4,
    "french": "Tous les êtres humains naissent libres et égaux à l’école « à Évian ». " * 5,
    "chinese": "人人生而自由，在尊严和权利上一律平等。" * 10,
    "hindi": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता प्राप्त है। " * 4,
    "numbers": "1,204.55 | 3 | 2026-11-21 " * 20,
    "code": "for (int i = 0; i < n; ++i) { str[i] = ptr->buf[i]; } return strncmp(str, xs, n);\n" * 5,
    "bullets": "\uf0b7 a point that is made at some length, and another one too\n" * 5,
}


@pytest.mark.parametrize("language", TEXTS)
def test_text_is_text(language):
    assert not is_garbled(TEXTS[language])


@pytest.mark.parametrize(
    "garbage",
    [
        "\ufffd" * 30,
        "Al\ufffd hu\ufffda\ufffd be\ufffdng\ufffd are \ufffdor\ufffd " * 5,
        "(cid:3)(cid:17)(cid:22) " * 20,
        "\ue001\ue002 \ue003\ue004\ue005 " * 20,
        "".join(chr((ord(c) - 97 + 3) % 26 + 97) if c.isalpha() else c for c in ENGLISH.lower()),
        "Все люди рождаются свободными и равными в своем достоинстве".encode().decode("cp1252", errors="replace"),
        "Tous les êtres égaux où l’été déçoit à Évian".encode().decode("latin-1") * 3,
        "\x01\x02\x03\x04 \x05\x06 " * 20,
    ],
)
def test_letters_without_meaning_are_not(garbage):
    assert is_garbled(garbage)


def test_nothing_is_not_garbled():
    assert not is_garbled("")


def test_a_page_under_pictures_is_a_scan_and_one_with_a_figure_is_none():
    assert is_scan([(0, 0, 595, 842)], 595, 842)
    assert is_scan([(0, y, 595, y + 100) for y in range(0, 800, 100)], 595, 842)  # scans come in strips too
    assert not is_scan([(72, 72, 520, 300)], 595, 842)
    assert not is_scan([(72, 72, 520, 300)] * 9, 595, 842)
    assert not is_scan([], 595, 842)


def line(y: float, *, is_hidden: bool = False, size: float = 20) -> Line:
    hidden = ((0, 5),) if is_hidden else ()
    return Line("Words", 100, y, 300, y + size, size, False, 0, hidden=hidden)


def test_what_leaves_no_mark_on_the_page_is_hidden():
    drawing = Image.new("RGB", (500, 500), "white")
    pen = ImageDraw.Draw(drawing)
    pen.text((100, 102), "Words", fill="black", font_size=16)
    pen.text((100, 202), "Words", fill="yellow", font_size=16)  # bright, but seen
    pen.rectangle((50, 280, 450, 340), fill="black")  # over the third
    pen.text((100, 402), "Words", fill="white", font_size=16)

    marked = mark_hidden([line(100), line(200), line(300), line(400)], drawing, 500)

    assert [one.hidden for one in marked] == [(), (), ((0, 5),), ((0, 5),)]


def test_invisible_letters_over_a_picture_are_seen_and_dust_is_not():
    drawing = Image.effect_noise((500, 500), 80).convert("RGB")

    marked = mark_hidden([line(100, is_hidden=True), line(200, is_hidden=True, size=0.5)], drawing, 500)

    assert [bool(one.hidden) for one in marked] == [False, True]
