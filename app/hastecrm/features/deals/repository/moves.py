"""Moves of deals: what a move needs to know is one statement, and what it does is another one.

Nothing is locked in between: the second statement takes effect only on the state that the first one saw.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar
from uuid import UUID

from hastecrm.core.audit import COLUMNS as AUDIT
from hastecrm.core.audit import Entry, row_of
from hastecrm.core.identifiers import uuid7
from hastecrm.core.identity import Principal
from hastecrm.core.records.kind import Record, Values
from hastecrm.core.records.repository import naming_the_field
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.deals.domain import DEAL, Stage, Status, Transition

_COLUMNS: Final = ", ".join(DEAL.columns)
_LIVING: Final = "workspace_id = $1 AND deleted_at IS NULL"
# Only the module's own constants are put into statements; values always travel as parameters.
_STAGES: Final = (
    "SELECT s.id, s.pipeline_id, s.probability, s.kind FROM stages AS s JOIN pipelines AS p "
    "ON p.workspace_id = s.workspace_id AND p.id = s.pipeline_id WHERE s.workspace_id = $1 "
)
_OF_DEFAULT: Final = f"{_STAGES} AND p.is_default AND $2::uuid IS NULL ORDER BY s.position"
# A pipeline in the trash takes no deals in, but those that are in it may be decided.
_OF_STAGE: Final = (
    f"{_STAGES} AND s.pipeline_id = (SELECT pipeline_id FROM stages WHERE workspace_id = $1 AND id = $2) "  # noqa: S608
    "AND (p.deleted_at IS NULL OR p.id = $3) ORDER BY s.position"
)
_TARGET: Final = (
    "LEFT JOIN stages AS s ON s.workspace_id = $1 AND s.id = $3 AND EXISTS (SELECT 1 FROM pipelines "
    "WHERE workspace_id = $1 AND id = s.pipeline_id AND (deleted_at IS NULL OR id = d.pipeline_id))"
)
_NEIGHBOUR: Final = (
    "LEFT JOIN deals AS n ON n.workspace_id = $1 AND n.id = $4 AND n.id <> $2 AND n.stage_id = $3 "
    "AND n.deleted_at IS NULL LEFT JOIN LATERAL (SELECT position FROM deals WHERE workspace_id = $1 "
    "AND stage_id = $3 AND status = n.status AND deleted_at IS NULL AND position {beyond} n.position "
    "AND id <> $2 ORDER BY position {direction} LIMIT 1) AS o ON true"
)
_STORED: Final = (
    "pipeline_id",
    "stage_id",
    "status",
    "probability",
    "won_reason",
    "lost_reason",
    "closed_at",
    "stage_entered_at",
    "position",
)
_SET: Final = ", ".join(f"{name} = ${place}" for place, name in enumerate(_STORED, start=4))
_UPDATE: Final = (
    f"UPDATE deals SET {_SET}, version = version + 1, updated_at = now() "  # noqa: S608
    f"WHERE {_LIVING} AND id = $2 AND version = $3 RETURNING {_COLUMNS}"
)
TRANSITION: Final = (
    "id, workspace_id, deal_id, from_stage_id, to_stage_id, status, seconds_in_stage, reason, actor_id"
)
_TRANSITION_TYPES: Final = ("uuid", "uuid", "uuid", "uuid", "uuid", "text", "bigint", "text", "uuid")
_AUDIT_TYPES: Final = ("uuid", "uuid", "uuid", "text", "text", "uuid", "jsonb", "inet", "text")


def _from_moved(first: int, types: Sequence[str]) -> str:
    values = ", ".join(f"${place}::{name}" for place, name in enumerate(types, start=first))
    return f"SELECT {values} FROM moved"  # noqa: S608


_AFTER_STORED: Final = len(_STORED) + 4
_MOVE: Final = (
    f"WITH moved AS ({_UPDATE}), "  # noqa: S608
    f"transition AS (INSERT INTO deal_transitions ({TRANSITION}) "
    f"{_from_moved(_AFTER_STORED, _TRANSITION_TYPES)}), "
    f"noted AS (INSERT INTO audit_log ({AUDIT}) "
    f"{_from_moved(_AFTER_STORED + len(_TRANSITION_TYPES), _AUDIT_TYPES)}) SELECT * FROM moved"
)
_ADD_TRANSITION: Final = (
    f"INSERT INTO deal_transitions ({TRANSITION}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"  # noqa: S608
)

T = TypeVar("T")


class Side(StrEnum):
    """On which side of another card a card is put."""

    BEFORE = "before"  # above it
    AFTER = "after"


_SELECT: Final = (
    "SELECT d.*, s.id AS to_id, s.pipeline_id AS to_pipeline, s.probability AS to_probability, "
    "s.kind AS to_kind"
)
_FROM: Final = f"FROM deals AS d {_TARGET}"
_ONE: Final = "WHERE d.workspace_id = $1 AND d.id = $2 AND d.deleted_at IS NULL"
_ABOVE: Final = _NEIGHBOUR.format(beyond="<", direction="DESC")
_BELOW: Final = _NEIGHBOUR.format(beyond=">", direction="ASC")
_LOOK: Final = {
    None: f"{_SELECT} {_FROM} {_ONE}",
    Side.BEFORE: f"{_SELECT}, o.position AS above, n.position AS below {_FROM} {_ABOVE} {_ONE}",
    Side.AFTER: f"{_SELECT}, n.position AS above, o.position AS below {_FROM} {_BELOW} {_ONE}",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a deal is to go: a stage and, if it matters, the card beside which it lies."""

    stage: UUID
    side: Side | None = None
    neighbour: UUID | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """What a move needs to know: the deal, its new stage, and the places above and below where it goes."""

    deal: Record
    stage: Stage | None
    above: str | None = None
    below: str | None = None


class Moves:
    """Moves of the deals that a scope shows."""

    def __init__(self, database: Connections) -> None:
        self.database = database

    async def attempt(self, who: Principal, work: "WithMove[T]") -> T:
        """Do work that looks and moves, without a lock; what it finds may be gone when it moves."""
        with naming_the_field(DEAL):
            async with self.database.connection(who.scope) as connection:
                return await work(OpenMove(connection, who))

    async def locked(self, who: Principal, work: "WithMove[T]") -> T:
        """Do the same in a transaction that locks the deal when it is looked at."""

        async def alone(connection: Any) -> T:
            return await work(OpenMove(connection, who, is_locking=True))

        with naming_the_field(DEAL):
            return await self.database.run(alone, who.scope)


class OpenMove:
    """One connection, to look and to move."""

    def __init__(self, connection: Any, who: Principal, *, is_locking: bool = False) -> None:
        self._connection = connection
        self._who = who
        self.is_locking = is_locking

    async def look(self, deal: UUID, place: Place) -> Sight | None:
        """Return what a move needs to know; None when there is no such deal (any more)."""
        lock = " FOR UPDATE OF d" if self.is_locking else ""
        beside = () if place.side is None else (place.neighbour,)
        statement = f"{_LOOK[place.side]}{lock}"
        row = await self._connection.fetchrow(statement, self._who.workspace, deal, place.stage, *beside)
        return _sight(row) if row is not None else None

    async def store(
        self, deal: Record, values: Values, moved: Transition | None, entry: Entry
    ) -> Record | None:
        """Store where a deal is now; None when it is no longer in the state that was seen.

        Without a transition only its place in the column is new, which no log tells of.
        """
        stored = {**deal, **values}
        row = (*_key(self._who, deal), deal["version"], *(stored[name] for name in _STORED))
        if moved is None:
            found: Record | None = await self._connection.fetchrow(_UPDATE, *row)
        else:
            noted = (*transition_row(self._who, deal, moved), *_noted(self._who, entry))
            found = await self._connection.fetchrow(_MOVE, *row, *noted)
        return found


WithMove = Callable[[OpenMove], Awaitable[T]]


async def stages_around(
    connection: Any, who: Principal, stage: UUID | None, pipeline: UUID | None = None
) -> list[Stage]:
    """Return all stages of a stage's pipeline, or of the default one for None; none if it is in the trash.

    That of `pipeline` may be in the trash.
    """
    values = (who.workspace, stage) if stage is None else (who.workspace, stage, pipeline)
    rows = await connection.fetch(_OF_DEFAULT if stage is None else _OF_STAGE, *values)
    return [_stage(*row) for row in rows]


async def add_transition(connection: Any, who: Principal, deal: Record, moved: Transition) -> None:
    """Note a change of stage or status, in the transaction that makes it."""
    await connection.execute(_ADD_TRANSITION, *transition_row(who, deal, moved))


def transition_row(who: Principal, deal: Record, moved: Transition) -> tuple[Any, ...]:
    """Return the values of the columns of a transition."""
    told = (moved.from_stage, moved.to_stage, moved.status, moved.seconds_in_stage, moved.reason)
    return (uuid7(), who.workspace, deal["id"], *told, who.user)


def _key(who: Principal, deal: Record) -> tuple[UUID | None, UUID]:
    return who.workspace, deal["id"]


def _noted(who: Principal, entry: Entry) -> tuple[Any, ...]:
    return row_of(entry, workspace=who.workspace, actor=who.user)


def _sight(row: Any) -> Sight:
    values = dict(row)
    stage = [values.pop(name) for name in ("to_id", "to_pipeline", "to_probability", "to_kind")]
    beside = (values.pop("above", None), values.pop("below", None))
    return Sight(values, _stage(*stage) if stage[0] is not None else None, *beside)


def _stage(stage: UUID, pipeline: UUID, probability: int, kind: str) -> Stage:
    return Stage(stage, pipeline, probability, Status(kind))
