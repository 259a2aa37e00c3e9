"""The rows of what was done for the invented people, is to be done, and was written down. No I/O here."""

from array import array
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import sqrt
from typing import Final

from hastecrm.demo import words
from hastecrm.demo.rows import World, chance_of, created_at, identity, owner, row

_MIX: Final = 0x9E3779B1  # spreads neighbouring numbers over all that 32 bits can hold
_ALL: Final = 1 << 32

ACTIVITIES: Final = (
    *("workspace_id", "id", "type", "title", "occurred_at", "minutes", "contact_id", "company_id"),
    *("owner_id", "created_at", "updated_at"),
)
TASKS: Final = (
    *("workspace_id", "id", "title", "status", "priority", "due_at", "completed_at", "contact_id"),
    *("owner_id", "created_at", "updated_at"),
)
NOTES: Final = ("workspace_id", "id", "body", "contact_id", "owner_id", "created_at", "updated_at")


def activities(world: World) -> Iterator[str]:
    """Yield two activities for each contact on average; of some there are many, of others none."""
    chance = chance_of("activities")
    for index in range(world.activities):
        at = created_at(world, index, world.activities)
        kind = int(len(words.ACTIVITIES) * chance.random() ** 1.5)
        yield row(
            world.workspace,
            identity("activities", index),
            *words.ACTIVITIES[kind],
            at,
            5 * (1 + int(12 * chance.random() ** 2)),
            identity("contacts", _contact(index)),
            None,
            owner(world, chance),
            at,
            at,
        )


def tasks(world: World) -> Iterator[str]:
    """Yield a task for every fifth contact; most of them are done."""
    chance = chance_of("tasks")
    for index in range(world.tasks):
        at = created_at(world, index, world.tasks)
        due = at + timedelta(days=1 + int(60 * chance.random() ** 2))
        status = _status(world, due, chance.random())
        done = min(due, world.now) if status == "completed" else None
        yield row(
            world.workspace,
            identity("tasks", index),
            words.TASKS[chance.randrange(len(words.TASKS))],
            status,
            ("medium", "high", "low", "urgent")[int(4 * chance.random() ** 2)],
            due,
            done,
            identity("contacts", min(index * 5 + chance.randrange(5), world.contacts - 1)),
            owner(world, chance),
            at,
            done or at,
        )


def notes(world: World) -> Iterator[str]:
    """Yield a note for every tenth contact."""
    chance = chance_of("notes")
    for index in range(world.notes):
        at, contact = created_at(world, index, world.notes), index * 10 + chance.randrange(10)
        body = words.NOTES[chance.randrange(len(words.NOTES))]
        about = identity("contacts", min(contact, world.contacts - 1))
        yield row(world.workspace, identity("notes", index), body, about, owner(world, chance), at, at)


def last_activities(world: World) -> Sequence[int]:
    """Return for each contact the number of its last activity, or -1."""
    last = array("q", [-1]) * world.contacts
    for index in range(world.activities):
        last[_contact(index)] = index
    return last


def last_done(world: World, index: int) -> datetime | None:
    """Return when the activity with this number was; None for -1."""
    return created_at(world, index, world.activities) if index >= 0 else None


def _contact(index: int) -> int:
    # One of those that were there already, sooner one of the newer ones.
    return int(index // 2 * sqrt((index * _MIX) % _ALL / _ALL))


def _status(world: World, due: datetime, drawn: float) -> str:
    if due > world.now:
        return "in_progress" if drawn < 0.2 else "todo"
    return "completed" if drawn < 0.85 else "cancelled" if drawn < 0.9 else "todo"
