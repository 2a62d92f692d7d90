"""Text to token ids with the checkpoint's own tokenizer file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from encoders.base import BrokenCheckpoint
from encoders.jina_clip.files import TOKENIZER


@dataclass(frozen=True, slots=True)
class TextTokens:
    """Tokens of one whole text, special ones aside, and the characters each stands for."""

    ids: list[int]
    starts: list[int]  # characters of the text; ascending
    ends: list[int]  # half open; ascending


class ClipTokenizer:
    """Cuts at ``max_tokens`` and never pads, whatever the file says.

    A stored copy of v2's file is set to cut and pad at 77 tokens, the length of its first training stage.
    """

    def __init__(self, folder: Path, *, vocabulary: int, max_tokens: int) -> None:
        path = folder / TOKENIZER
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises nothing narrower
            raise BrokenCheckpoint(f"{path}: expected a tokenizer, cannot read it: {error}") from error
        size = self._tokenizer.get_vocab_size()
        if size > vocabulary:
            raise BrokenCheckpoint(f"{path}: expected at most {vocabulary:,} tokens as in config.json, found {size:,}")
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._max_tokens = max_tokens
        around = self._tokenizer.encode("").ids
        if len(around) != 2:
            raise BrokenCheckpoint(f"{path}: expected a special token before and one after a text, found {len(around)}")
        self._opening, self._closing = around

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of each text with the special tokens around, cut at ``max_tokens``."""
        return [self._cut(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts))]

    def count(self, text: str) -> int:
        """Number of tokens of the whole text, special ones excluded."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def locate(self, text: str) -> TextTokens:
        """Tokens of the whole text, however long, with their places in it.

        Characters that the normaliser drops or merges into another (accents, joiners) count to the token they touch,
        the one before if there is one; those of a word that has no token count to none.
        """
        # White space ahead: else the library loses count of characters that are dropped at the very start.
        encoding = self._tokenizer.encode("\n" + text, add_special_tokens=False)
        starts, ends = [], []
        for start, end in encoding.offsets:
            start, end = _trim(text, max(0, start - 1), end - 1)
            starts.append(start)
            ends.append(end)
        _take_strays(text, starts, ends)
        return TextTokens(encoding.ids, starts, ends)

    def wrap(self, ids: Sequence[int]) -> list[int]:
        """Put the special tokens around."""
        return [self._opening, *ids, self._closing]

    def _cut(self, ids: list[int]) -> list[int]:
        """Both models end a text with one special token, which stays."""
        return ids if len(ids) <= self._max_tokens else [*ids[: self._max_tokens - 1], ids[-1]]


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Without the white space at both ends; a token of white space alone keeps it."""
    own = text[start:end]
    if not own.strip():
        return start, end
    return end - len(own.lstrip()), start + len(own.rstrip())


def _take_strays(text: str, starts: list[int], ends: list[int]) -> None:
    """Extend tokens over characters between them that belong to no token, as far as the next white space."""
    for index in range(len(starts) + 1):
        left = ends[index - 1] if index > 0 else 0
        right = starts[index] if index < len(starts) else len(text)
        gap = text[left:right]
        if index > 0 and gap and not gap[0].isspace():
            gap = gap[len(gap.split(maxsplit=1)[0]) :]
            ends[index - 1] = right - len(gap)
        if index < len(starts) and gap and not gap[-1].isspace():
            starts[index] -= len(gap.rsplit(maxsplit=1)[-1])
