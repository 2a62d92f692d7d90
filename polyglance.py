"""The Python API: ``from polyglance import Library``."""

from app.library import Library

__all__ = ["Library"]
