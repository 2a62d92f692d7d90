"""The words of passages and queries, for the lexical side of a search: BM25 weights, identifiers, phrases."""

from retrieval.lexical.phrases import contains, phrases
from retrieval.lexical.weights import index_terms, query_terms

__all__ = ["contains", "index_terms", "phrases", "query_terms"]
