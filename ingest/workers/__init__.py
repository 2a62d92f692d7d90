"""Readers in processes of their own, so that a file which breaks its reader costs a page and nothing else."""
