"""What is asked of an import, and what came of it. No I/O here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from hastecrm.features.imports.reading import Row, Sheet, write_sheet


class Strategy(StrEnum):
    """What happens to rows: those that are new, those whose record is there already, or both."""

    CREATE = "create"
    UPDATE = "update"
    BOTH = "both"


class Empty(StrEnum):
    """What an empty cell means for a record that is there already."""

    KEEP = "keep"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An import that is asked for; a dry run tells the same and changes nothing."""

    csv: str
    mapping: Mapping[str, str] | None = None
    strategy: Strategy = Strategy.BOTH
    empty: Empty = Empty.KEEP
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row was not taken: the column (None: the whole row), its value, and the reason."""

    row: int
    column: str | None
    value: str | None
    detail: str


@dataclass(slots=True)
class Outcome:
    """What came of each row, added up."""

    sheet: Sheet
    mapping: Mapping[int, str]
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    _cells: list[Sequence[str]] = field(default_factory=list)

    def refuse(self, row: Row, why: Mapping[str, str]) -> None:
        """Note that a row is not taken; `why` has the reason by field, or by "" for the whole row."""
        places = {name: place for place, name in self.mapping.items()}
        for name, detail in why.items():
            place = places.get(name)
            column = self.sheet.header[place] if place is not None else None
            value = row.cells[place] if place is not None and place < len(row.cells) else None
            self.refusals.append(Refusal(row.number, column, value, detail))
        self.refused += 1
        self._cells.append(row.cells)

    @property
    def named(self) -> Mapping[str, str]:
        """The field of each column, by the column's name."""
        return {self.sheet.header[place]: name for place, name in self.mapping.items()}

    @property
    def ignored(self) -> Sequence[str]:
        """The columns that go nowhere."""
        return [name for place, name in enumerate(self.sheet.header) if place not in self.mapping]

    @property
    def mendable(self) -> str:
        """The refused rows as CSV, to be mended and sent again; empty when there are none."""
        return write_sheet(self.sheet.header, self._cells) if self._cells else ""
