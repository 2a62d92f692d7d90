"""How the nearest points are looked for: compared with all, or candidates by the small size and scores by the full one.

The aim is a recall of 0.99 of the ten nearest, with filters or without. How many candidates of each small size that
takes was read from the tables in docs/benchmarks/retrieval.md (`benchmarks/retrieval.py --candidates 64 128 256`).
"""

from collections.abc import Sequence

from retrieval.filters import thins_out
from retrieval.types import Filter

EXACT_BELOW = 5_000  # points that pass: comparing with all of them takes about a millisecond
ACORN_BELOW = 0.5  # share of points that pass a filter, below which a graph is walked past those that do not
_DEPTH = 64  # results are cut from lists of 64, 256, 1,024, ...
_CANDIDATES = {
    0: (32, 64),
    128: (8, 16),
    256: (4, 4),
}  # from this small size on: for each place; the same with a filter


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
    plain, filtered = _CANDIDATES[max(least for least in _CANDIDATES if least <= sizes[0])]
    count = depth * (filtered if thins_out(where) else plain)
    return count if count < passing else None
