"""An answer without any model: the sentences of the sources that are nearest to the question, as they stand."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.answering.plain import one_line
from app.answering.types import Source
from encoders.base import Encoder
from ingest.boundaries import split_sentences
from retrieval.query import Strength

_SOURCES = 4  # the best, whose sentences are looked at
_SENTENCES = 40  # at most, of all of them
_QUOTED = 3
_FEWEST_LETTERS = 8  # a shorter sentence says nothing by itself
_LONGEST = 600  # characters of a sentence: what is longer is a table or a list
_NEAR = 0.6  # of the best sentence's cosine: what is further away is left out
_SAME = 0.95  # cosine from which two sentences say the same
_HEADING = re.compile(r"#{1,6}\s")  # of Markdown: it asks more than it says
_BRACKETS = re.compile(r"[\[［【]([^\[\]［］【】]*)[\]］】]")


@dataclass(frozen=True, slots=True)
class _Sentence:
    source: Source
    place: int  # among the sentences of its source
    text: str


def quote(question: str, sources: Sequence[Source], encoder: Encoder) -> str:
    """Quote what is nearest to the question, each sentence in quotes, cited, and in reading order.

    Text that cannot be seen on its page is quoted only where there is no other.

    Args:
        question: in any language.
        sources: best first, one at least.
        encoder: the library's; it compares the sentences with the question.

    Returns:
        Up to three lines; pages without any words are named.
    """
    fair = [source for source in sources if source.match.strength is not Strength.WEAK] or list(sources)
    sentences = [one for source in fair[:_SOURCES] for one in _split(source)][:_SENTENCES]
    if not sentences:
        named = fair[:_QUOTED]
        return "\n".join(f"{one_line(one.match.document)} [{one.number}]" for one in named)
    return "\n".join(f"“{one.text}” [{one.source.number}]" for one in _choose(question, sentences, encoder))


def _choose(question: str, sentences: Sequence[_Sentence], encoder: Encoder) -> list[_Sentence]:
    texts = [one.text for one in sentences]
    # "Plant them in spring" says what it is about in the sentence before it, so that is read along with it.
    led = [_led(sentences, place) for place in range(len(sentences))]
    rows, led_rows = np.split(encoder.encode_texts([*texts, *led]), 2)  # (N, D) each
    nearness = (rows + led_rows) / 2 @ encoder.encode_queries([question])[0]  # (N,)
    chosen: list[int] = []
    for row in np.argsort(-nearness, kind="stable").tolist():
        if len(chosen) == _QUOTED or (chosen and nearness[row] < _NEAR * nearness[chosen[0]]):
            break
        if all(float(rows[row] @ rows[other]) < _SAME for other in chosen):
            chosen.append(row)
    documents = list(dict.fromkeys(one.source.match.document_id for one in sentences))  # the best first
    return sorted(
        (sentences[row] for row in chosen),
        key=lambda one: (documents.index(one.source.match.document_id), one.source.match.page, one.place),
    )


def _led(sentences: Sequence[_Sentence], place: int) -> str:
    """A sentence behind the one before it on its page."""
    one = sentences[place]
    return f"{sentences[place - 1].text} {one.text}" if one.place > 0 else one.text


def _split(source: Source) -> list[_Sentence]:
    seen = [passage for passage in source.passages if not passage.is_hidden] or source.passages
    texts = [
        _BRACKETS.sub(r"(\1)", one_line(passage.text[start:end]))  # else a number in it would pass for a citation
        for passage in seen
        for start, end in split_sentences(passage.text)
    ]
    telling = [text for text in texts if not _HEADING.match(text) and sum(map(str.isalpha, text)) >= _FEWEST_LETTERS]
    return [
        _Sentence(source, place, text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
        for place, text in enumerate(telling or texts)
    ]
