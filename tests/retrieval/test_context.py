"""Chunks laid out as the text they were cut from."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.chunk import split_page
from ingest.types import Page, TextChunk
from retrieval.context import lay_out

PARAGRAPHS = st.text(
    alphabet=st.sampled_from("abc ABC.!?\n\t 日本語。漢字 مرحبا العالم 😀👩‍👩‍👧 สวัสดี é ﬁ"), min_size=0, max_size=300
)


def cut(texts: list[str]) -> list[TextChunk]:
    pages = [Page(number=number, label="", text=text, image=None) for number, text in enumerate(texts, start=1)]
    return [
        chunk
        for page in pages
        for chunk in split_page(page, document_id="d" * 64, count_tokens=len, max_tokens=24, overlap=8)
    ]


@given(st.lists(PARAGRAPHS, min_size=1, max_size=4))
def test_every_span_holds_its_chunk_to_the_character(texts: list[str]) -> None:
    chunks = cut(texts)

    text, spans = lay_out(chunks)

    assert [text[start:end] for start, end in spans] == [chunk.text for chunk in chunks]


@given(st.lists(PARAGRAPHS, min_size=1, max_size=4))
def test_nothing_but_white_space_is_lost_or_added(texts: list[str]) -> None:
    text, _ = lay_out(cut(texts))

    assert "".join(text.split()) == "".join("".join(texts).split())


def test_pages_and_passages_do_not_run_together() -> None:
    text, spans = lay_out(cut(["One ends here.\n\nTwo begins.", "Page two."]))

    assert text.split() == ["One", "ends", "here.", "Two", "begins.", "Page", "two."]
    assert spans == sorted(spans)
