"""One import under way: what it does with rows, and what came of them so far. No I/O here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from hastecrm.core.identity import Principal
from hastecrm.core.records.kind import Kind
from hastecrm.features.imports.domain import Empty, Strategy
from hastecrm.features.imports.record import COUNTS
from hastecrm.features.imports.rows import Plan


@dataclass(frozen=True, slots=True)
class Run:
    """How an import takes rows, and on whose behalf."""

    id: UUID
    who: Principal
    plan: Plan
    strategy: Strategy
    empty: Empty
    dry_run: bool

    @property
    def kind(self) -> Kind:
        """The kind of the records."""
        return self.plan.kind


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken: why, by field or "" for the whole row, and its cells."""

    number: int
    cells: Sequence[str]
    why: Mapping[str, str]


@dataclass(slots=True)
class Told:
    """What came of some rows."""

    done: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    refused: int = 0
    rows: list[RefusedRow] = field(default_factory=list)

    def refuse(self, number: int, cells: Sequence[str], why: Mapping[str, str]) -> None:
        """Note that a row is not taken."""
        self.refused += 1
        self.rows.append(RefusedRow(number, cells, why))

    def add(self, other: "Told") -> None:
        """Add what came of other rows."""
        for name in ("done", *COUNTS):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.rows.extend(other.rows)

    def counts(self) -> Sequence[int]:
        """Return the numbers, in the order of the columns `done` and `COUNTS`."""
        return [getattr(self, name) for name in ("done", *COUNTS)]
