"""What MuPDF raises on broken files."""

import pymupdf

# The last two: an outline's link that is no text, a page of no size.
FAULTS = (RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase, TypeError, ZeroDivisionError)


def reason(error: Exception) -> str:
    """The first line of what MuPDF says."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
