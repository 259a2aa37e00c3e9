"""The board of a pipeline: one statement for all columns, with their sums and their first cards.

PostgreSQL makes the JSON of cards and sums: as 160 rows they would cost the API more than all the rest.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

import orjson

from hastecrm.core.errors import FieldProblem, InvalidInputError
from hastecrm.core.records.listing import OwnedBy
from hastecrm.core.records.parameters import Parameters
from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.deals.domain import NOBODY
from hastecrm.features.deals.positions import checked

CARDS: Final = 20  # of each column, until more are asked for
# Only the module's own constants are put into statements; values always travel as parameters.
_CARD: Final = (
    "id, title, value::text AS value, currency, probability, close_date, company_id, owner_id, tags, "
    "stage_entered_at, position, version"
)
_CARDS: Final = (
    "SELECT {columns} FROM deals WHERE workspace_id = $1 AND stage_id = s.id AND status = s.kind "
    "AND deleted_at IS NULL {which} ORDER BY position, id LIMIT $3"
)
# Row-level security would find the same, but only by walking past everyone else's cards.
_CARDS_OF: Final = (
    "SELECT one.* FROM unnest({people}) AS people (person) CROSS JOIN LATERAL ({cards}) AS one "
    "ORDER BY position, id LIMIT $3"
)
_SUMS: Final = (
    "SELECT currency, sum(deals)::bigint AS deals, sum(value)::numeric(20, 2)::text AS value, "
    "(sum(weighted) / 100)::numeric(20, 2)::text AS weighted_value FROM deal_totals "
    "WHERE workspace_id = $1 AND stage_id = s.id AND status = s.kind {which} "
    "GROUP BY currency HAVING sum(deals) > 0 ORDER BY currency"
)
_BOARD: Final = (
    "SELECT s.id, s.name, s.probability, s.kind, cards.shown::text AS cards, cards.number, cards.place, "
    "cards.last, sums.shown::text AS sums, coalesce(sums.deals, 0) AS deals FROM pipelines AS p "
    "JOIN stages AS s ON s.workspace_id = p.workspace_id AND s.pipeline_id = p.id "
    "CROSS JOIN LATERAL (SELECT coalesce(json_agg(card), '[]') AS shown, count(*) AS number, "
    "max(position) AS place, (array_agg(id ORDER BY position DESC, id DESC))[1] AS last "
    "FROM ({cards}) AS card) AS cards "
    "CROSS JOIN LATERAL (SELECT coalesce(json_agg(sum), '[]') AS shown, sum(deals)::bigint AS deals "
    "FROM ({sums}) AS sum) AS sums "
    "WHERE p.workspace_id = $1 AND p.id = $2 AND p.deleted_at IS NULL {stage} ORDER BY s.position"
)


@dataclass(frozen=True, slots=True)
class CardCursor:
    """The last card that was seen in a column."""

    position: str
    id: UUID

    def encode(self) -> str:
        """Return the text that clients hand back."""
        return base64.urlsafe_b64encode(orjson.dumps([self.position, str(self.id)])).decode("ascii")

    @classmethod
    def decode(cls, text: str) -> Self:
        """Return the cursor; raises `InvalidInputError` for anything that `encode` did not make."""
        try:
            position, card = orjson.loads(base64.b64decode(text, altchars=b"-_", validate=True))
            return cls(checked(position), UUID(card))
        except (binascii.Error, ValueError, TypeError, AttributeError) as exc:
            problem = FieldProblem("cursor", "Use the `next` value of the column.", in_query=True)
            detail = "The cursor is not one that this service gave out."
            raise InvalidInputError(detail, errors=[problem]) from exc


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of a board is asked for; `stage` with `after` is one column from there on."""

    pipeline: UUID
    limit: int = CARDS
    owner: OwnedBy | None = None
    stage: UUID | None = None
    after: CardCursor | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One stage with its deals: how many, their sums and the first cards as JSON, and where more are."""

    stage: UUID
    name: str
    probability: int
    kind: str
    deals: int
    sums: str
    cards: str
    next: str | None


class Boards:
    """The boards that a scope shows."""

    def __init__(self, database: Connections) -> None:
        self._database = database

    async def columns(self, scope: Scope, wanted: Wanted) -> list[Column]:
        """Return the columns from left to right; none when there is no such pipeline."""
        statement, values = board_statement(scope, wanted)
        rows = await self._database.read(lambda db: db.fetch(statement, *values), scope)
        return [_column(row, wanted) for row in rows]


def board_statement(scope: Scope, wanted: Wanted) -> tuple[str, Sequence[Any]]:
    """Return the statement and its values; each part of it is index scans that stop."""
    values = Parameters(scope.workspace, wanted.pipeline, wanted.limit)
    after = _after(wanted, values)
    stage = f"AND s.id = {values.add(wanted.stage)}" if wanted.stage is not None else ""
    people = _people(scope, wanted)
    if people is None:
        cards, owned = _CARDS.format(columns=_CARD, which=after), ""
    elif not people:
        cards = _CARDS.format(columns=_CARD, which=f"AND owner_id IS NULL {after}")
        owned = f"AND owner_id = {values.add(NOBODY)}"
    else:
        place = values.add(people, "uuid[]")
        one = _CARDS.format(columns=_CARD, which=f"AND owner_id = person {after}")
        cards, owned = _CARDS_OF.format(people=place, cards=one), f"AND owner_id = ANY ({place})"
    return _BOARD.format(cards=cards, sums=_SUMS.format(which=owned), stage=stage), values.values


def _after(wanted: Wanted, values: Parameters) -> str:
    if wanted.after is None:
        return ""
    return f"AND (position, id) > ({values.add(wanted.after.position)}, {values.add(wanted.after.id)})"


def _people(scope: Scope, wanted: Wanted) -> Sequence[UUID] | None:
    """Return whose deals are shown: None for everyone's, nobody for those that nobody owns."""
    if wanted.owner is None:
        return scope.owners
    if wanted.owner.user is None:
        return [] if scope.owners is None else [NOBODY]
    return [wanted.owner.user]


def _column(row: Any, wanted: Wanted) -> Column:
    stage = (row["id"], row["name"], row["probability"], row["kind"], row["deals"])
    is_full = row["number"] == wanted.limit and row["deals"] > wanted.limit
    following = CardCursor(row["place"], row["last"]).encode() if is_full else None
    return Column(*stage, row["sums"], row["cards"], following)
