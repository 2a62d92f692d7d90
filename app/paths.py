"""Whether what a path stood for is gone."""

from pathlib import Path


def is_gone(path: Path) -> bool:
    """Whether nothing is at a path any more, nor an archive that it leads into; not where that cannot be told."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return archive_of(path) is None
    except OSError:
        return False
    return False


def archive_of(path: Path) -> Path | None:
    """The file that a path leads into, as those of members of archives do."""
    return next((parent for parent in path.parents if parent.is_file()), None)
