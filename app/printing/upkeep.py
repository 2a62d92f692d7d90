"""What verifying, looking for duplicates and following folders tells."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from app.duplicates import AlikePage, Duplicates
from app.printing.console import count, say
from app.problems import Verified
from app.syncing import Synced
from app.types import Added, AddStatus, Progress


def show_verified(verified: Verified) -> None:
    """Each problem in a line, and how many there are."""
    for problem in verified.problems:
        say(problem.line)
    found = f"{count(verified.documents, 'document')}, {count(verified.points, 'point')}"
    if not verified.problems:
        say(f"{found}: everything agrees.")
    elif verified.left == len(verified.problems):
        say(f"{found}: {count(verified.left, 'problem')}.")
    else:
        mended = len(verified.problems) - verified.left
        say(f"{found}: {count(mended, 'problem')} mended, {verified.left:,} left.")


def show_duplicates(found: Duplicates) -> None:
    """Pages that are much alike, those of the same documents in a line; then files that are the same."""
    if not found.pages and not found.files:
        say("Nothing is here twice.")
        return

    def documents(group: Sequence[AlikePage]) -> tuple[str, ...]:
        return tuple(page.document_id for page in group)

    for _, alike in groupby(sorted(found.pages, key=documents), documents):
        groups = list(alike)
        if len(groups) == 1:
            say(" = ".join(f"{page.name}, page {page.page}" for page in groups[0]))
            continue
        names = " = ".join(page.name for page in groups[0])
        pages = ", ".join(_ranges(sorted(group[0].page for group in groups)))
        say(f"{names}: {count(len(groups), 'page')}, of the first {pages}")
    for same in found.files:
        say(f"{same.name} lies in {' and '.join(same.paths)}")


class ChangeLines:
    """Each change of a folder in a line: files as soon as they are done, the rest when all are."""

    def __init__(self) -> None:
        self._shown: set[Added] = set()

    def show_progress(self, progress: Progress) -> None:
        """Files that were finished just now."""
        for added in progress.finished:
            self._show(added)

    def show_synced(self, synced: Synced) -> None:
        """What else became of a folder."""
        for added in synced.added:
            if added not in self._shown:
                self._show(added)
        self._shown.clear()
        for renamed in synced.renamed:
            say(f"renamed  {renamed.old} to {renamed.new}")
        for name in synced.removed:
            say(f"removed  {name}")

    def _show(self, added: Added) -> None:
        self._shown.add(added)
        if added.status is AddStatus.FAILED:
            say(f"failed   {added.error}")
        elif added.status is not AddStatus.UNCHANGED:
            say(f"{added.status:8} {added.name}, {count(added.pages, 'page')}")


def _ranges(pages: Sequence[int]) -> Iterator[str]:
    """Rising numbers in short: 1-3, 7."""
    for _, run in groupby(enumerate(pages), lambda pair: pair[1] - pair[0]):
        numbers = [page for _, page in run]
        yield str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"
