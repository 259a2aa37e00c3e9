"""CSV as people's spreadsheets write it: cells by row, whatever separates them. No I/O here."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from hastecrm.core.bodies import wrong_value

MOST_ROWS: Final = 1_000
MOST_COLUMNS: Final = 200
_DELIMITERS: Final = ",;\t|"


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, and its number as a spreadsheet shows it (the header is 1)."""

    number: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The names of the columns, and the rows below them that are not empty."""

    header: Sequence[str]
    rows: Sequence[Row]


def read_sheet(text: str) -> Sheet:
    """Return what a CSV text holds; raises `InvalidInputError` where it is none, or too much."""
    text = text.removeprefix("\ufeff")
    try:
        rows = list(islice(_rows(text), MOST_ROWS + 2))
    except csv.Error as exc:
        raise wrong_value("/csv", f"is not CSV: {exc}") from exc
    if not rows:
        raise wrong_value("/csv", "must have a first row with the names of the columns")
    if len(rows) > MOST_ROWS + 1:
        raise wrong_value("/csv", f"has more than {MOST_ROWS:,} rows; send it in parts, each with the header")
    header = [cell.strip() for cell in rows[0].cells]
    if len(header) > MOST_COLUMNS:
        raise wrong_value(
            "/csv", f"has more than {MOST_COLUMNS} columns; leave out those that no field takes"
        )
    return Sheet(header, rows[1:])


def write_sheet(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return CSV that `read_sheet` reads as the same cells."""
    lines: list[str] = []
    csv.writer(_Lines(lines), lineterminator="\r\n").writerows([header, *rows])
    return "".join(lines)


class _Lines:
    def __init__(self, lines: list[str]) -> None:
        self.write = lines.append


def _rows(text: str) -> Iterator[Row]:
    cells = csv.reader(text.splitlines(keepends=True), delimiter=_delimiter(text))
    for number, row in enumerate(cells, start=1):
        if any(cell.strip() for cell in row):
            yield Row(number, row)


def _delimiter(text: str) -> str:
    """Return what the first line has most of; a file of one column has none of them."""
    first = text.lstrip("\r\n").partition("\n")[0]
    return max(_DELIMITERS, key=first.count)
