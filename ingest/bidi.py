"""From where letters are drawn to the order they are read in, for lines of Arabic, Hebrew and their kin.

MuPDF turns right-to-left words round, but leaves digits, Latin words and marks such as full stops where they happen to
stand. The rule here is the Unicode bidirectional algorithm (UAX 9) backwards, for one line.
"""

import re
import unicodedata
from collections.abc import Sequence

_LEFT_TO_RIGHT = {"L", "EN", "AN"}  # Latin and other letters, European and Arabic digits
_RIGHT_TO_LEFT = {"R", "AL"}
_SAME_EDGE = 0.1  # points
_RIGHT_TO_LEFT_LETTER = re.compile(
    r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def has_right_to_left(text: str) -> bool:
    """Whether it has letters written from the right."""
    return not text.isascii() and _RIGHT_TO_LEFT_LETTER.search(text) is not None


def has_letters_from_left(text: str) -> bool:
    """Whether it has letters written from the left; digits do not count."""
    return any(unicodedata.bidirectional(character) == "L" for character in text)


def reads_from_right(text: str) -> bool:
    """Whether most of its letters are written from the right."""
    kinds = [unicodedata.bidirectional(character) for character in text]
    return sum(kind in _RIGHT_TO_LEFT for kind in kinds) > kinds.count("L")


def to_reading_order(characters: Sequence[tuple[str, float]]) -> str:
    """The text of one line that is read from the right.

    Args:
        characters: each with its left edge; marks follow the letter they sit on, or share its edge.
    """
    clusters: list[tuple[str, float]] = []
    for character, x in characters:
        if clusters and unicodedata.category(character) == "Mn":
            at = _carrier(clusters, x)
            clusters[at] = (clusters[at][0] + character, clusters[at][1])
        else:
            clusters.append((character, x))
    from_right = [text for text, _ in sorted(clusters, key=lambda cluster: -cluster[1])]
    pieces: list[str] = []
    start = 0
    while start < len(from_right):
        end = _run_end(from_right, start)
        pieces += reversed(from_right[start:end])
        start = end
    return "".join(pieces)


def _carrier(clusters: Sequence[tuple[str, float]], x: float) -> int:
    """Which letter a mark sits on: the one before it, unless only another begins at its edge."""
    last = len(clusters) - 1
    if abs(clusters[last][1] - x) < _SAME_EDGE:
        return last
    return next((at for at in range(last, -1, -1) if abs(clusters[at][1] - x) < _SAME_EDGE), last)


def _run_end(clusters: Sequence[str], start: int) -> int:
    """Where the left-to-right run that begins at `start` ends; one further if none begins there."""
    end = start + 1
    kind = _kind(clusters[start])
    if kind not in _LEFT_TO_RIGHT:
        return end
    for index in range(end, len(clusters)):
        following = _kind(clusters[index])
        if following in _RIGHT_TO_LEFT:
            break
        if following in _LEFT_TO_RIGHT:
            is_phrase = kind == following == "L"
            if not is_phrase and any(cluster.isspace() for cluster in clusters[end:index]):
                break  # numbers apart from each other are read from the right
            end, kind = index + 1, following
    return end


def _kind(cluster: str) -> str:
    return unicodedata.bidirectional(cluster[0])
