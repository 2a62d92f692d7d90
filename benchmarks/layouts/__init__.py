"""Parts of `benchmarks/retrieval.py`: data, layouts, what a child process measures, tables."""
