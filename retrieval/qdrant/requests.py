"""What is asked of a server: the nearest by a plan, and the points that share terms."""

from qdrant_client import models

from encoders.base import Vector, truncate
from retrieval.payload import LEXICAL, vector_name
from retrieval.plan import ACORN_BELOW, Plan
from retrieval.qdrant.convert import to_filter, to_sparse
from retrieval.types import Filter, SparseVector


def nearest_request(vector: Vector, *, limit: int, where: Filter, plan: Plan | None) -> models.QueryRequest:
    """The points nearest to a full-size vector; without a plan, all that pass are compared."""
    condition, prefetch = to_filter(where), None
    params = models.SearchParams(exact=True)
    if plan and plan.size == len(vector):
        params = _graph_params(
            plan, models.QuantizationSearchParams(rescore=True, oversampling=plan.candidates / limit)
        )
    elif plan:
        prefetch = models.Prefetch(
            limit=plan.candidates,
            query=truncate(vector[None], plan.size)[0].tolist(),
            using=vector_name(plan.size),
            filter=condition,
            params=_graph_params(plan, models.QuantizationSearchParams(rescore=False)),
        )
    return models.QueryRequest(
        limit=limit,
        query=vector.tolist(),
        using=vector_name(len(vector)),
        prefetch=prefetch,
        filter=condition,
        params=params,
        with_payload=True,
    )


def _graph_params(plan: Plan, int8: models.QuantizationSearchParams) -> models.SearchParams:
    """`int8` is ignored in collections that were made without it."""
    acorn = models.AcornSearchParams(enable=plan.acorn, max_selectivity=ACORN_BELOW)
    return models.SearchParams(hnsw_ef=plan.effort, quantization=int8, acorn=acorn)


def lexical_request(query: SparseVector, *, limit: int, where: Filter) -> models.QueryRequest:
    """The points that share terms."""
    return models.QueryRequest(
        limit=limit, query=to_sparse(query), using=LEXICAL, filter=to_filter(where), with_payload=True
    )
