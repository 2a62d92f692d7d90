"""Text to token ids with the checkpoint's own tokenizer file."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from encoders.base import BrokenCheckpoint
from encoders.jina_clip.files import TOKENIZER


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

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of each text with the special tokens around, cut at ``max_tokens``."""
        return [self._cut(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts))]

    def count(self, text: str) -> int:
        """Number of tokens of the whole text, special ones excluded."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _cut(self, ids: list[int]) -> list[int]:
        """Both models end a text with one special token, which stays."""
        return ids if len(ids) <= self._max_tokens else [*ids[: self._max_tokens - 1], ids[-1]]
