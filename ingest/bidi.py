"""From where letters are drawn to the order they are read in, for lines of Arabic, Hebrew and their kin.

MuPDF turns right-to-left words round, but in a line that also has digits or Latin words it leaves those where they
happen to stand. The rule here is the Unicode bidirectional algorithm (UAX 9) backwards, for one line.
"""

import unicodedata
from collections.abc import Sequence

_LEFT_TO_RIGHT = {"L", "EN", "AN"}  # Latin and other letters, European and Arabic digits
_RIGHT_TO_LEFT = {"R", "AL"}


def is_mixed(text: str) -> bool:
    """Whether a line has letters written from the right and letters or digits written from the left."""
    if text.isascii():
        return False
    kinds = {unicodedata.bidirectional(character) for character in text}
    return bool(kinds & _RIGHT_TO_LEFT) and bool(kinds & _LEFT_TO_RIGHT)


def to_reading_order(characters: Sequence[tuple[str, float]]) -> str:
    """The text of one line that is read from the right.

    Args:
        characters: each with its left edge; marks follow the letter they sit on.
    """
    clusters: list[tuple[str, float]] = []
    for character, x in characters:
        if clusters and unicodedata.category(character) == "Mn":
            clusters[-1] = (clusters[-1][0] + character, clusters[-1][1])
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
