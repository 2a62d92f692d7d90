"""Late chunking: passages of one text, each encoded together with what stands around it."""

from itertools import accumulate, chain, pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from jina_clip_golden import V1, V2
from tokenizers import Tokenizer

from encoders.base import ContextEncoder, Embeddings
from encoders.jina_clip.config import read_config
from encoders.jina_clip.encoder import JinaClipEncoder
from encoders.jina_clip.spans import cut_windows, find_tokens
from encoders.jina_clip.text import TextTower
from encoders.jina_clip.tokens import ClipTokenizer
from encoders.jina_clip.weights import load_towers

ROUNDING = 1e-6  # fp32, of a batch's shape
VOCABULARY = {V2: 1000, V1: 400}
SCRIPTS = {
    "Latin": "a photo of a cat, and one of the beach at sunset.",
    "CJK": "海滩上美丽的日落。 猫在沙滩上，看海。",
    "Arabic": "مرحبا بالعالم، غروب الشمس على الشاطئ.",
    "Thai": "สวัสดีครับ พระอาทิตย์ตกที่ชายหาด น้ำ",
    "Devanagari": "समुद्र तट पर सूर्यास्त क्षत्रिय",
    "Korean": "해변의 아름다운 일몰 고양이",
    "combining marks": "e\u0301te\u0301 o\u0308\u0323 a\u0302\u0301 cafe\u0301",
    "joined emoji": "👨\u200d👩\u200d👧\u200d👦 family 👍🏽 🇩🇪 ❤\ufe0f end",
    "full width": "Ａｂｃ　１２３ ｶﾞｷﾞ ﬁne ㎏ ½",
    "white space": "  two  spaces\n\tand \u3000 more ",
    "dropped at the start": "\x7fcat\u200b dog\x01 end",
}


@pytest.fixture(scope="module", params=[V2, V1], ids=["v2", "v1"])
def folder(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    return folder


@pytest.fixture(scope="module")
def encoder(folder: Path) -> JinaClipEncoder:
    return JinaClipEncoder.load(folder, device="cpu")


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> ClipTokenizer:
    return load_tokenizer(folder)


@pytest.fixture(scope="module")
def plain_tokenizer(folder: Path) -> Tokenizer:
    """The library's own, to compare with."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@pytest.fixture(scope="module")
def tower(folder: Path) -> TextTower:
    return load_towers(folder, read_config(folder), device=torch.device("cpu"), dtype=torch.float32).text


def load_tokenizer(folder: Path) -> ClipTokenizer:
    return ClipTokenizer(folder, vocabulary=VOCABULARY[folder], max_tokens=512)


@torch.inference_mode()
def states_of(tower: TextTower, ids: list[int]) -> torch.Tensor:
    """(T, D)"""
    return tower.hidden(torch.tensor([ids]))[0]


def unit(vector: torch.Tensor) -> Embeddings:
    row: Embeddings = torch.nn.functional.normalize(vector, dim=-1).numpy()
    return row


def difference(ours: Embeddings, theirs: Embeddings) -> float:
    return float(np.abs(ours - theirs).max())


def join(words: list[str]) -> tuple[str, list[tuple[int, int]]]:
    """Words with a space between, and where each is."""
    ends = list(accumulate(len(word) + 1 for word in words))
    return " ".join(words), [(end - 1 - len(word), end - 1) for word, end in zip(words, ends, strict=True)]


def test_the_encoder_offers_late_chunking(encoder: JinaClipEncoder, folder: Path) -> None:
    assert isinstance(encoder, ContextEncoder)
    assert encoder.longest_context == {V2: 8194, V1: 8192}[folder]


@pytest.mark.parametrize("text", [*SCRIPTS.values(), "", " ", "x", "\u200b", "a <pad> b [PAD] c", "<pad>", "[PAD]"])
def test_a_span_of_the_whole_text_is_the_text(encoder: JinaClipEncoder, text: str) -> None:
    whole = encoder.encode_spans(text, [(0, len(text))], context=512)

    assert difference(whole, encoder.encode_texts([text])) <= ROUNDING


def test_white_space_around_makes_no_difference_to_the_whole(encoder: JinaClipEncoder) -> None:
    text = " \n the beach at sunset  "

    inner = encoder.encode_spans(text, [(3, len(text) - 2)], context=512)

    assert difference(inner, encoder.encode_texts([text])) <= ROUNDING


@pytest.mark.parametrize("script", SCRIPTS)
def test_spans_are_the_means_of_the_states_of_pieces_tokenised_separately(
    encoder: JinaClipEncoder, tower: TextTower, plain_tokenizer: Tokenizer, script: str
) -> None:
    text = SCRIPTS[script]
    pieces = text.split()
    starts = list(accumulate(pieces, lambda start, piece: text.index(piece, start) + len(piece), initial=0))
    spans = [(end - len(piece), end) for piece, end in zip(pieces, starts[1:], strict=True)]
    ids = [plain_tokenizer.encode(piece, add_special_tokens=False).ids for piece in pieces]
    opening, closing = plain_tokenizer.encode("").ids
    states = states_of(tower, [opening, *chain.from_iterable(ids), closing])
    ends = list(accumulate(map(len, ids), initial=1))
    ends[-1] += 1  # the closing token goes with the last piece, and the opening one with the first
    expected = [
        states[0 if number == 0 else start : end].mean(dim=0) for number, (start, end) in enumerate(pairwise(ends))
    ]

    ours = encoder.encode_spans(text, spans, context=512)

    assert [text[start:end] for start, end in spans] == pieces
    assert difference(ours, unit(torch.stack(expected))) <= ROUNDING


def test_context_changes_a_passages_vector(encoder: JinaClipEncoder) -> None:
    passage = "the cat"
    near, far = f"{passage} at the beach at sunset", f"{passage} of one photo of 123 photos"

    rows = [encoder.encode_spans(text, [(0, len(passage))], context=512) for text in (near, far)]

    assert difference(*rows) > 1e-3
    assert difference(rows[0], encoder.encode_texts([passage])) > 1e-3


def test_spans_may_overlap_and_come_in_any_order(encoder: JinaClipEncoder) -> None:
    text = SCRIPTS["Latin"]
    spans = [(20, 30), (0, 12), (8, 25), (0, 12), (5, 5), (0, len(text))]

    together = encoder.encode_spans(text, spans, context=512)
    alone = [encoder.encode_spans(text, [span], context=512) for span in spans]

    assert together.dtype == np.float32
    assert difference(together, np.concatenate(alone)) <= ROUNDING
    assert np.array_equal(together[1], together[3])


def test_no_spans_give_a_matrix_of_no_rows(encoder: JinaClipEncoder) -> None:
    assert encoder.encode_spans("a cat", [], context=512).shape == (0, encoder.sizes[-1])


@pytest.mark.parametrize(
    ("text", "span"),
    [("a   cat", (2, 3)), ("a cat", (1, 1)), ("a \x01\x02 cat", (2, 4)), ("cat", (3, 3)), ("a <pad> b", (2, 7))],
    ids=["white space", "nothing", "dropped", "the end", "padding"],
)
def test_a_span_without_a_token_of_its_own_is_encoded_by_itself(text: str, span: tuple[int, int]) -> None:
    encoder = JinaClipEncoder.load(V2, device="cpu")
    start, end = span

    row = encoder.encode_spans(text, [span], context=512)

    assert difference(row, encoder.encode_texts([text[start:end]])) <= ROUNDING


@pytest.mark.parametrize("span", [(-1, 2), (0, 6), (4, 3), (6, 6)])
def test_a_span_outside_the_text_is_refused(encoder: JinaClipEncoder, span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=f"span {span[0]}..{span[1]} lies outside the text, which has 5 characters"):
        encoder.encode_spans("a cat", [(0, 2), span], context=512)


@pytest.mark.parametrize("context", [-1, 0, 2, 8195])
def test_a_context_that_the_model_cannot_read_is_refused(encoder: JinaClipEncoder, context: int) -> None:
    with pytest.raises(ValueError, match=f"context: expected 3 to {encoder.longest_context} tokens, found {context}"):
        encoder.encode_spans("a cat", [(0, 2)], context=context)


# Characters and tokens.


@pytest.mark.parametrize(
    ("text", "passage", "owned"),
    [
        ("海滩上 美丽的日落。", "美丽的", ["美", "美", "丽", "的"]),  # the first also stands for the start of a word
        ("海滩上 美丽的日落。", "的日", ["的", "日"]),
        ("مرحبا بالعالم", "بالعالم", ["ب", "بالعالم"]),
        ("مرحبا بالعالم", "لعا", ["بالعالم"]),  # in the middle of an unknown word, which is one token
        ("👨\u200d👩\u200d👧 family 👍🏽", "👍🏽", ["👍", "👍🏽"]),
        ("👨\u200d👩\u200d👧 family 👍🏽", "👩", ["👨\u200d👩\u200d👧"]),
        ("👨\u200d👩\u200d👧 family 👍🏽", "family", ["fa", "m", "i", "l", "y"]),
        ("e\u0301te\u0301 x", "\u0301t", ["e\u0301", "t"]),  # composed with the letter before
        ("e\u0301te\u0301 x", "te\u0301", ["t", "e\u0301"]),
        ("Ａｂｃ　ﬁne", "ﬁ", ["ﬁ", "ﬁ"]),  # one character, two tokens
        ("Ａｂｃ　ﬁne", "ｃ", ["ｃ"]),
        ("ｶﾞｷﾞ ab", "ﾞ", ["ｶﾞｷﾞ"]),
        ("สวัสดีครับ ไทย", "ไทย", ["ไ", "ไทย"]),
        ("\x7f\x01Y a", "Y", ["\x7f\x01Y", "Y"]),  # dropped characters at the start
        ("\x7f\x01Y a", "a", ["a"]),
        ("a\u200bb x", "x", ["x"]),  # a space of no width
    ],
)
def test_a_span_has_just_the_tokens_of_its_characters(text: str, passage: str, owned: list[str]) -> None:
    tokens = load_tokenizer(V2).locate(text)
    start = text.index(passage)

    found = find_tokens(tokens, (start, start + len(passage)))

    assert [text[tokens.starts[index] : tokens.ends[index]] for index in found] == owned


words = st.builds(
    "".join,
    st.tuples(
        st.sampled_from("aZé1猫海가مरไかЖΩ"),
        st.text(
            st.sampled_from("bcöß27美落한글حبَّाि्ัีคがｶﾞ゚Ａ１ﬁ½㎏ﷺ🇩🇪👩👍🏽\u200d\u200c\u200b\ufe0f\u0301\u0323\u00ad.,!?"),
            max_size=8,
        ),
    ),
)
texts = st.lists(st.tuples(words, st.sampled_from([" ", "  ", "\n", "\t ", "\u3000"])), max_size=8).map(
    lambda pairs: "".join(word + space for word, space in pairs)
)


@settings(max_examples=200, deadline=None)
@given(text=texts)
@pytest.mark.parametrize("which", [V2, V1], ids=["v2", "v1"])
def test_every_character_of_a_word_belongs_to_a_token(which: Path, text: str) -> None:
    tokens = load_tokenizer(which).locate(text)

    for index, character in enumerate(text):
        owned = find_tokens(tokens, (index, index + 1))
        assert bool(owned) != character.isspace(), (index, character)


@settings(max_examples=200, deadline=None)
@given(text=texts | st.text(max_size=40))
@pytest.mark.parametrize("which", [V2, V1], ids=["v2", "v1"])
def test_tokens_are_those_of_the_plain_path_and_in_order(which: Path, text: str) -> None:
    tokenizer = load_tokenizer(which)

    tokens = tokenizer.locate(text)

    assert tokenizer.wrap(tokens.ids) == tokenizer.encode([text])[0]
    assert all(start < end for start, end in zip(tokens.starts, tokens.ends, strict=True))
    assert tokens.starts == sorted(tokens.starts)
    assert tokens.ends == sorted(tokens.ends)
    assert all(start >= 0 and end <= len(text) for start, end in zip(tokens.starts, tokens.ends, strict=True))


# Texts longer than what is read at once.


@pytest.mark.parametrize(("tokens", "size"), [(0, 5), (1, 5), (5, 5), (6, 5), (99, 10), (100, 10), (7, 1), (8, 3)])
def test_windows_cover_the_text_and_overlap_by_half(tokens: int, size: int) -> None:
    windows = cut_windows(tokens, size)

    assert [index for index in range(tokens) if not any(index in window for window in windows)] == []
    assert all(len(window) == min(size, tokens) for window in windows)
    assert all(before.stop - after.start >= size // 2 for before, after in pairwise(windows))


WORDS = ["a", "of", "cat", "photo", "the"] * 8  # one token each, in both vocabularies


def window_states(tower: TextTower, tokenizer: ClipTokenizer, words: list[str], window: range) -> torch.Tensor:
    return states_of(tower, tokenizer.encode([" ".join(words[window.start : window.stop])])[0])


def test_a_span_is_pooled_where_it_has_most_around_it(
    encoder: JinaClipEncoder, tower: TextTower, tokenizer: ClipTokenizer
) -> None:
    text, places = join(WORDS)
    assert encoder.count_tokens(text) == len(WORDS)
    size = 12
    windows = [range(start, start + size) for start in (0, 6, 12, 18, 24, 28)]
    cases = {  # words of the span, and the window
        (0, 2): 0,
        (4, 8): 0,
        (8, 10): 0,  # two words follow in window 0, two go before in window 1: the first
        (9, 10): 1,
        (7, 12): 1,
        (26, 29): 4,
        (30, 33): 4,
        (31, 34): 5,  # the text's end is nothing that window 5 lacks
        (37, 40): 5,
    }
    spans = [(places[first][0], places[last - 1][1]) for first, last in cases]

    ours = encoder.encode_spans(text, spans, context=size + 2)

    for row, ((first, last), number) in zip(ours, cases.items(), strict=True):
        window = windows[number]
        states = window_states(tower, tokenizer, WORDS, window)
        top = 0 if first == 0 else first - window.start + 1
        bottom = size + 2 if last == len(WORDS) else last - window.start + 1
        assert difference(row, unit(states[top:bottom].mean(dim=0))) <= ROUNDING, (first, last)


def test_a_span_that_no_window_holds_takes_each_state_where_its_token_has_most_around_it(
    encoder: JinaClipEncoder, tower: TextTower, tokenizer: ClipTokenizer
) -> None:
    text, places = join(WORDS)
    windows = [range(start, start + 12) for start in (0, 6, 12, 18, 24, 28)]
    shares = [range(2, 9), range(9, 15), range(15, 21), range(21, 27), range(27, 32), range(32, 40)]
    states = [window_states(tower, tokenizer, WORDS, window) for window in windows]
    taken = [
        states[number][index - windows[number].start + 1] for number, share in enumerate(shares) for index in share
    ]
    taken.append(states[-1][-1])  # the text's closing token

    ours = encoder.encode_spans(text, [(places[2][0], len(text))], context=14)

    assert difference(ours[0], unit(torch.stack(taken).mean(dim=0))) <= ROUNDING


def test_windows_may_share_a_batch_or_have_one_each(encoder: JinaClipEncoder) -> None:
    text, places = join(WORDS * 20)  # 800 tokens

    together = encoder.encode_spans(text, places, context=64)
    alone = np.concatenate([encoder.encode_spans(text, [place], context=64) for place in places[::37]])

    assert difference(together[::37], alone) <= ROUNDING
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)


def test_the_shortest_context_reads_token_by_token(encoder: JinaClipEncoder) -> None:
    text, places = join(WORDS[:6])

    rows = encoder.encode_spans(text, places, context=3)

    assert rows.shape == (6, encoder.sizes[-1])
    assert np.isfinite(rows).all()


def test_the_longest_context_reads_a_text_of_thousands_of_tokens_at_once() -> None:
    encoder = JinaClipEncoder.load(V2, device="cpu", max_tokens=8194)
    text = " ".join((WORDS * 205)[:8192])

    whole = encoder.encode_spans(text, [(0, len(text))], context=8194)

    assert encoder.max_tokens == 8194
    assert difference(whole, encoder.encode_texts([text])) <= ROUNDING
