"""How the nearest points are looked for: compared with all, or candidates by a graph and scores by the full size.

The graph goes over int8 numbers, of the full size or of a smaller one that was chosen when the collection was made;
scores come from the full size as it was written. The aim is a recall of 0.99 of the ten nearest, with filters or
without. What that takes was read from the tables in docs/benchmarks/retrieval.md (`benchmarks/retrieval.py --plans`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.filters import thins_out
from retrieval.types import Filter

EXACT_BELOW = 5_000  # points that pass: comparing with all of them takes about a millisecond
ACORN_BELOW = 0.5  # share of points that pass a filter, below which a graph is walked past those that do not
_SHORTEST, _LONGER = 16, 4  # results are cut from lists of 16, 64, 256, ...
_LEAST_WIDTH = 64  # places for which the graph is searched at least
_RESCORED = 2  # candidates for a place, where int8 numbers of the full size are all that parts them from their score
_EFFORT_FULL = (3, 6)  # points kept in view for a place; the same with a filter
_EFFORT_SMALL = {0: (32, 64), 128: (8, 16), 256: (4, 6)}  # likewise, from this small size on


@dataclass(frozen=True, slots=True)
class Plan:
    """How the nearest of too many points to compare with are found."""

    size: int  # the vector whose graph is searched
    effort: int  # points the search of the graph keeps in view (hnsw_ef)
    candidates: int  # how many of them are scored by the full size
    acorn: bool  # a filter makes holes in the graph: see past them


def make_plan(sizes: Sequence[int], *, limit: int, where: Filter, passing: int) -> Plan | None:
    """How to look for the nearest; None: score all that pass.

    It is the same for all limits up to 16, for all up to 64, and so on, so that the pages of one result are cut from
    one list: a point stands on one of them, and none is passed over.

    Args:
        sizes: stored ones; the smallest has the graph.
        limit: results wanted.
        where: what they have to pass.
        passing: points that pass.
    """
    small, full = sizes[0], sizes[-1]
    depth = _SHORTEST
    while depth < limit:
        depth *= _LONGER
    plain, filtered = (
        _EFFORT_FULL if small == full else _EFFORT_SMALL[max(key for key in _EFFORT_SMALL if key <= small)]
    )
    has_holes = thins_out(where)
    effort = max(depth, _LEAST_WIDTH) * (filtered if has_holes else plain)
    candidates = depth * _RESCORED if small == full else effort
    if passing <= max(EXACT_BELOW, candidates):
        return None
    return Plan(small, effort, candidates, has_holes)
