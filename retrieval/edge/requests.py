"""What is asked of Edge: the nearest by a plan, and the points that share terms."""

import qdrant_edge as qe

from encoders.base import Vector, truncate
from retrieval.edge.engine import to_filter, to_sparse
from retrieval.payload import LEXICAL, vector_name
from retrieval.plan import ACORN_BELOW, Plan
from retrieval.types import Filter, SparseVector


def nearest_request(vector: Vector, *, limit: int, where: Filter, plan: Plan | None) -> qe.QueryRequest:
    """The points nearest to a full-size vector; without a plan, all that pass are compared."""
    condition, prefetch = to_filter(where), None
    params = qe.SearchParams(exact=True)
    if plan and plan.size == len(vector):
        params = _graph_params(plan, qe.QuantizationSearchParams(rescore=True, oversampling=plan.candidates / limit))
    elif plan:
        prefetch = qe.Prefetch(
            limit=plan.candidates,
            query=_nearest(vector, plan.size),
            filter=condition,
            params=_graph_params(plan, qe.QuantizationSearchParams(rescore=False)),
        )
    return qe.QueryRequest(
        limit=limit,
        query=_nearest(vector, len(vector)),
        prefetches=[prefetch] if prefetch else None,
        filter=condition,
        params=params,
        with_payload=True,
    )


def _graph_params(plan: Plan, int8: qe.QuantizationSearchParams) -> qe.SearchParams:
    """`int8` is ignored in collections that were made without it."""
    acorn = qe.AcornSearchParams(enable=plan.acorn, max_selectivity=ACORN_BELOW)
    return qe.SearchParams(hnsw_ef=plan.effort, quantization=int8, acorn=acorn)


def _nearest(vector: Vector, size: int) -> qe.Query:
    return qe.Query.Nearest(truncate(vector[None], size)[0].tolist(), using=vector_name(size))


def lexical_request(query: SparseVector, *, limit: int, where: Filter) -> qe.QueryRequest:
    """The points that share terms."""
    return qe.QueryRequest(
        limit=limit, query=qe.Query.Nearest(to_sparse(query), using=LEXICAL), filter=to_filter(where), with_payload=True
    )
