"""How much of the evidence a chat model is given."""

import math
from collections.abc import Callable

CountTokens = Callable[[str], int]

PICTURE_TOKENS = 1_000  # of a page's picture, about what vision models count for one of 1,024 px


def estimate_tokens(text: str) -> int:
    """Tokens of a text, rather too many than too few: a third of its UTF-8 bytes.

    That is 3 letters a token in Latin script, where models' own tokenizers need 3.5 to 5, and one Chinese, Japanese or
    Korean character, where they need 0.6 to 1.5.
    """
    return math.ceil(len(text.encode("utf-8", "surrogatepass")) / 3)


def cut(text: str, tokens: int, count: CountTokens) -> str:
    """The longest beginning of a text that has so many tokens at most, found by halving."""
    if count(text) <= tokens:
        return text
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(text[:middle]) <= tokens else (low, middle)
    return text[:low].rstrip()
