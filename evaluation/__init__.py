"""Measures retrieval: our own questions against our own search, and our encoders in other people's benchmarks."""
