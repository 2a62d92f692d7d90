"""Days that documents say they were made on, and the day a file was last changed."""

import re
from datetime import date
from pathlib import Path

_PDF = re.compile(r"\s*(?:D:)?([0-9]{4})([0-9]{2})?([0-9]{2})?")
_EXIF = re.compile(r"\s*([0-9]{4}):([0-9]{2}):([0-9]{2})\b")


def parse_pdf_date(text: str) -> date | None:
    """The day of ``D:YYYYMMDDHHmmSSOHH'mm'`` (ISO 32000-2, 7.9.4) as written, whatever its time zone; None if none.

    Month and day may be missing; they are 1 then.
    """
    return _day(_PDF.match(text))


def parse_exif_date(text: str) -> date | None:
    """The day of ``YYYY:MM:DD HH:MM:SS`` (Exif 2.32, 4.6.5); None where it is blank or impossible."""
    return _day(_EXIF.match(text))


def modification_day(path: Path) -> date | None:
    """The local day a file was last changed; None where its clock stood at the epoch, which means nobody knows."""
    seconds = path.stat().st_mtime
    try:
        return date.fromtimestamp(seconds) if seconds > 0 else None
    except (OverflowError, ValueError, OSError):
        return None


def _day(match: re.Match[str] | None) -> date | None:
    if match is None:
        return None
    try:
        return date(*(int(part) if part else 1 for part in match.groups()))
    except ValueError:
        return None
