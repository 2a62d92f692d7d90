"""Text files, and tables with a header in them, whichever separator their program wrote."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.errors import InvalidQuestions

_SEPARATORS = ",;\t"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table."""

    line: int  # where it ends, from 1
    cells: dict[str, str]  # by column, blanks cut off

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


def read_text(path: Path) -> str:
    """The whole file.

    Raises:
        InvalidQuestions: it is missing, or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidQuestions(f"{path} cannot be read ({error.strerror}); check the path.") from error
    except UnicodeDecodeError as error:
        raise InvalidQuestions(f"{path.name} is not UTF-8 text; save it as UTF-8.") from error


def read_rows(path: Path, *, known: Sequence[str], needed: Sequence[str]) -> Iterator[Row]:
    """The rows of a CSV or TSV file, empty ones left out.

    Args:
        path: with a header in its first line.
        known: columns there may be, in small letters.
        needed: columns there must be.

    Raises:
        InvalidQuestions: a column is missing or unknown, or a row has more cells than the header.
    """
    text = read_text(path)
    header_line = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader)]
        for column in header:
            if column not in known:
                raise InvalidQuestions(
                    f'{path.name}, line 1: the column "{column}" is not known; known are {", ".join(known)}.'
                )
        for column in needed:
            if column not in header:
                raise InvalidQuestions(f'{path.name}, line 1: the column "{column}" is missing; add it.')
        for cells in reader:
            if len(cells) > len(header):
                raise InvalidQuestions(
                    f"{path.name}, line {reader.line_num}: {len(cells)} cells under {len(header)} columns; "
                    f'put cells that hold "{separator}" in double quotes.'
                )
            if any(cell.strip() for cell in cells):
                names = header[: len(cells)]
                yield Row(reader.line_num, dict(zip(names, (cell.strip() for cell in cells), strict=True)))
    except csv.Error as error:
        raise InvalidQuestions(
            f"{path.name}, line {reader.line_num}: {error}; check the double quotes there."
        ) from error
