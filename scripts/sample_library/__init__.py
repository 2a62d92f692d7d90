"""How the files of samples/library are made; run by scripts/make_samples.py."""
