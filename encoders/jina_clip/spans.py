"""Late chunking (Günther et al. 2024): which token states make up a passage's vector.

A long text is read in overlapping windows. A passage is pooled in the window that shows most of what stands around
it; one that no window holds whole takes each token's state from the window that shows most around that token.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from encoders.jina_clip.tokens import TextTokens


@dataclass(frozen=True, slots=True)
class Piece:
    """States of one window that go into one span's vector."""

    span: int  # its position among those asked for
    rows: range  # of the window's states; row 0 is the special token that opens it


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of tokens that is read at once."""

    tokens: range
    pieces: list[Piece]


def plan_windows(tokens: TextTokens, spans: Sequence[tuple[int, int]], *, size: int) -> list[Window]:
    """The windows to read, and what to pool of each.

    Args:
        tokens: of the whole text.
        spans: (start, end) character ranges of the text.
        size: most tokens of a window, special ones excluded.

    Returns:
        Windows that have something to pool. A span without a token of its own is in none.
    """
    ranges = cut_windows(len(tokens.ids), size)
    windows = [Window(window, []) for window in ranges]
    for number, span in enumerate(spans):
        owned = find_tokens(tokens, span)
        for index, part in _parts(owned, ranges):
            windows[index].pieces.append(Piece(number, _rows(part, ranges[index], len(tokens.ids))))
    return [window for window in windows if window.pieces]


def find_tokens(tokens: TextTokens, span: tuple[int, int]) -> range:
    """Tokens whose own characters overlap a span."""
    start, end = span
    if start == end:
        return range(0)
    return range(bisect_right(tokens.ends, start), bisect_left(tokens.starts, end))


def cut_windows(tokens: int, size: int) -> list[range]:
    """Cover the tokens with windows of ``size``, each half in the one before; a short text is one window."""
    last = max(0, tokens - size)
    starts = [*range(0, last, max(1, size // 2)), last]
    return [range(start, min(start + size, tokens)) for start in starts]


def _parts(owned: range, windows: Sequence[range]) -> list[tuple[int, range]]:
    """Window numbers, and the tokens to take from each."""
    if not owned:
        return []
    first = bisect_left(windows, owned.stop, key=lambda window: window.stop)
    last = bisect_right(windows, owned.start, key=lambda window: window.start)
    if first < last:
        return [(max(range(first, last), key=lambda index: _context(owned, windows, index)), owned)]
    # Where two windows overlap, the middle of the overlap is where the second begins to show more.
    middles = [(after.start + before.stop) // 2 for before, after in pairwise(windows)]
    edges = [0, *middles, windows[-1].stop]
    shares = (range(max(owned.start, left), min(owned.stop, right)) for left, right in pairwise(edges))
    return [(index, share) for index, share in enumerate(shares) if share]


def _context(owned: range, windows: Sequence[range], index: int) -> float:
    """Tokens around a span on the side that has fewer; the text's own ends do not count as lack."""
    before = owned.start - windows[index].start if index > 0 else float("inf")
    after = windows[index].stop - owned.stop if index < len(windows) - 1 else float("inf")
    return min(before, after)


def _rows(part: range, window: range, tokens: int) -> range:
    """Rows of a window's states; the special tokens belong to what begins and ends the text."""
    first = part.start - window.start + 1 if part.start > 0 else 0
    last = part.stop - window.start + 1 if part.stop < tokens else len(window) + 2
    return range(first, last)
