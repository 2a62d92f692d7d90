"""jina-clip-v2 and -v1: the official checkpoints on our own code, with torch, timm and transformers alone."""
