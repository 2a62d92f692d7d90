"""What can be wrong with a library, in words, and what a repair does about it."""

from dataclasses import dataclass
from enum import StrEnum


class Repair(StrEnum):
    """What is done about a problem, as words that go on with "--repair"."""

    RESTORE = "takes its original again from where it came from"
    INDEX = "indexes it again from its original"
    DRAW = "draws them again"
    BEGIN_ANEW = "lets its job begin it anew"
    TAKE_BACK = "removes what is there of it"
    REMOVE_POINTS = "removes them"
    REMOVE_FILE = "removes it"


class Ending(StrEnum):
    """What became of a problem."""

    FOUND = "found"  # and left alone
    MENDED = "mended"
    LEFT = "left"  # it could not be mended


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not agree."""

    subject: str  # the document's name, or a path below the library's folder
    document_id: str | None  # None where no document has to do with it
    what: str  # is wrong, in words that go on with the subject
    repair: Repair
    ending: Ending = Ending.FOUND
    reason: str = ""  # why it is left, and what to do about it
    pages: tuple[int, ...] = ()  # those that are to be drawn

    @property
    def line(self) -> str:
        """All of it in one line."""
        whose = f"{self.subject} ({self.document_id[:8]})" if self.document_id else self.subject
        end = {
            Ending.FOUND: f"--repair {self.repair}.",
            Ending.MENDED: "Mended.",
            Ending.LEFT: f"Not mended: {self.reason}",
        }
        return f"{whose} {self.what}. {end[self.ending]}".encode(errors="backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found."""

    documents: int  # looked at
    points: int  # in the store
    problems: tuple[Problem, ...]

    @property
    def left(self) -> int:
        """How many problems are still there."""
        return sum(problem.ending is not Ending.MENDED for problem in self.problems)
