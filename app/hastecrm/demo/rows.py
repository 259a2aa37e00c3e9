"""What the rows of all tables of an invented CRM have in common. No I/O here."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hastecrm.core.identifiers import uuid7

_SEED: Final = 20_260_101
_AGE: Final = timedelta(days=3 * 365)  # of the oldest record
_NULL: Final = "\\N"
_BASES: Final = {
    "contacts": 1_700_000_000_000,
    "companies": 1_690_000_000_000,
    "deals": 1_710_000_000_000,
    "activities": 1_720_000_000_000,
    "tasks": 1_730_000_000_000,
    "notes": 1_740_000_000_000,
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that deals can be in."""

    id: UUID
    pipeline: UUID
    probability: int
    is_won: bool


@dataclass(frozen=True, slots=True)
class World:
    """What the rows are made for: how many, until when, and who and what is there already."""

    workspace: UUID
    contacts: int
    now: datetime
    owners: Sequence[UUID] = ()
    tags: Sequence[UUID] = ()
    stages: Sequence[Stage] = ()

    @property
    def companies(self) -> int:
        """A company for every four people."""
        return max(1, self.contacts // 4)

    @property
    def deals(self) -> int:
        """A deal for every ten people, where there are stages for them."""
        return self.contacts // 10 if self.stages else 0

    @property
    def activities(self) -> int:
        """Two for each of the people."""
        return 2 * self.contacts

    @property
    def tasks(self) -> int:
        """One for every five people."""
        return self.contacts // 5

    @property
    def notes(self) -> int:
        """One for every ten people."""
        return self.contacts // 10


def identity(table: str, index: int) -> UUID:
    """Return the id of an invented record, the same one for the same number."""
    return uuid7(_BASES[table] + index, index.to_bytes(10, "big"))


def chance_of(table: str) -> random.Random:
    """Return the source of what happens by chance in a table, the same every time."""
    return random.Random(f"{_SEED}{table}")  # noqa: S311 - invented things, not secrets


def created_at(world: World, index: int, number: int) -> datetime:
    """Return when the record with this number was added: more and more as time goes on."""
    passed: float = (1 - (index + 1) / number) ** 1.3
    return world.now - _AGE * passed


def owner(world: World, chance: random.Random) -> UUID | None:
    """Return somebody whose record it is, or nobody."""
    if not world.owners or chance.random() < 0.1:
        return None
    return world.owners[chance.randrange(len(world.owners))]


def row(*values: object) -> str:
    """Return values as COPY reads them."""
    return "\t".join(_NULL if value is None else str(value) for value in values) + "\n"
