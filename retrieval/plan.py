"""How the nearest points are looked for: compared with all, or candidates by the small size and scores by the full one.

Figures behind the constants: docs/decisions.md.
"""

from collections.abc import Sequence

from retrieval.filters import thins_out
from retrieval.types import Filter

EXACT_BELOW = 5_000  # points that pass: comparing with all of them takes about a millisecond
_DEPTH = 64  # results are cut from lists of 64, 256, 1,024, ...
_CANDIDATES = 4  # for each place of such a list
_THINNED = 4  # times as many where a filter makes holes in the graph


def candidates(sizes: Sequence[int], *, limit: int, where: Filter, passing: int) -> int | None:
    """How many candidates the small size is to give; None: score all that pass.

    It is the same for all limits up to 64, for all up to 256, and so on, so that the pages of one result are cut from
    one list: a point stands on one of them, and none is passed over.

    Args:
        sizes: stored ones.
        limit: results wanted.
        where: what they have to pass.
        passing: points that pass.
    """
    if len(sizes) == 1 or passing <= EXACT_BELOW:
        return None
    depth = _DEPTH
    while depth < limit:
        depth *= 4
    count = depth * _CANDIDATES * (_THINNED if thins_out(where) else 1)
    return count if count < passing else None
