"""Makes the invented CRM in a database: as much of it as is not there yet."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from hastecrm.core.identifiers import uuid7
from hastecrm.demo import records, timeline
from hastecrm.demo.loading import Load, Part, derive, fill, merge
from hastecrm.demo.progress import Progress
from hastecrm.demo.rows import Stage, World, identity

MANY: Final = 20_000  # contacts from which on empty tables are filled without their indexes
_PART: Final = 25_000  # records of which something is made at once
_MADE: Final = {"search": ("companies", "contacts", "deals", "notes"), "match": ("companies", "contacts")}
_MEMBERS: Final = (
    "SELECT user_id FROM memberships WHERE workspace_id = $1 AND role <> 'viewer' ORDER BY user_id"
)
_STAGES: Final = (
    "SELECT stages.id, pipeline_id, probability, kind = 'won' AS is_won FROM stages "
    "JOIN pipelines ON pipelines.id = pipeline_id AND is_default "
    "WHERE stages.workspace_id = $1 ORDER BY position"
)
_TAGS: Final = (
    ("VIP", "#B91C1C"),
    ("Newsletter", "#1D4ED8"),
    ("Partner", "#047857"),
    ("Prospect", "#B45309"),
)
_TAG: Final = (
    "INSERT INTO tags (id, workspace_id, name, colour) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
)
_HAS_RECORDS: Final = (
    "SELECT EXISTS (SELECT FROM contacts) OR EXISTS (SELECT FROM companies) OR EXISTS (SELECT FROM deals)"
)
_KNOWN_TAGS: Final = "SELECT id FROM tags WHERE workspace_id = $1 AND id = ANY ($2)"
_USER: Final = "INSERT INTO users (id, email, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
_MEMBER: Final = (
    "INSERT INTO memberships (workspace_id, user_id, role) VALUES ($1, $2, 'member') ON CONFLICT DO NOTHING"
)
_NAMES: Final = ("Anna", "Ben", "Carla", "Dario", "Elif", "Felix", "Greta", "Hugo", "Ines", "Jonas")


async def make(
    connections: Sequence[Any], workspace: UUID, contacts: int, now: datetime, progress: Progress
) -> int:
    """Add what is missing of an invented CRM with so many contacts; return how many contacts were added.

    What can be done at once is done on all connections.
    """
    first = connections[0]
    loads = _loads(World(workspace, contacts, now, *await _known(first, workspace)))
    if contacts < MANY or await first.fetchval(_HAS_RECORDS):
        added = [await merge(first, load, progress) for load in loads]
    else:
        added = [await fill(first, load, progress) for load in loads]
    if contacts >= MANY:  # also what an earlier run did not come to
        await derive(connections, _parts(loads), progress)
    return added[1]


def _parts(loads: Sequence[Load]) -> Iterator[Part]:
    for what, load in ((what, load) for what in _MADE for load in loads if load.table in _MADE[what]):
        for start in range(0, load.number, _PART):
            end = min(start + _PART, load.number)
            ids = (identity(load.table, start), identity(load.table, end - 1))
            yield Part(what, load.table, f"{end:,} of {load.number:,}", *ids)


async def add_colleagues(connection: Any, workspace: UUID, number: int) -> None:
    """Make so many members who own what is invented; nobody can sign in as one of them."""
    for index in range(number):
        user, name = uuid7(1_680_000_000_000 + index, index.to_bytes(10, "big")), _NAMES[index % len(_NAMES)]
        await connection.execute(_USER, user, f"colleague-{index}@example.com", f"{name} {index}")
        await connection.execute(_MEMBER, workspace, user)


async def _known(connection: Any, workspace: UUID) -> tuple[Sequence[UUID], Sequence[UUID], Sequence[Stage]]:
    owners = [row["user_id"] for row in await connection.fetch(_MEMBERS, workspace)]
    stages = [Stage(*row) for row in await connection.fetch(_STAGES, workspace)]
    for index, (name, colour) in enumerate(_TAGS):
        await connection.execute(_TAG, _tag(index), workspace, name, colour)
    known = await connection.fetch(_KNOWN_TAGS, workspace, _tags())
    return owners, sorted(row["id"] for row in known), stages


def _loads(world: World) -> Sequence[Load]:
    pairs = (
        ("companies", records.COMPANIES, records.companies, world.companies),
        ("contacts", records.CONTACTS, records.contacts, world.contacts),
        ("deals", records.DEALS, records.deals, world.deals),
        ("deal_contacts", records.DEAL_CONTACTS, records.deal_contacts, world.deals * 3 // 2),
        ("activities", timeline.ACTIVITIES, timeline.activities, world.activities),
        ("tasks", timeline.TASKS, timeline.tasks, world.tasks),
        ("notes", timeline.NOTES, timeline.notes, world.notes),
    )
    return [Load(table, columns, partial(rows, world), number) for table, columns, rows, number in pairs]


def _tags() -> list[UUID]:
    return [_tag(index) for index in range(len(_TAGS))]


def _tag(index: int) -> UUID:
    return uuid7(1_670_000_000_000 + index, index.to_bytes(10, "big"))
