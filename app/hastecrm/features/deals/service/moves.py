"""Moving a card: into a stage, and to a place between two others."""

from dataclasses import dataclass, field
from random import SystemRandom
from typing import Any, Final
from uuid import UUID

from hastecrm.core.audit import Entry
from hastecrm.core.bodies import not_found, wrong_value
from hastecrm.core.clock import Clock, utc_now
from hastecrm.core.codes import Code
from hastecrm.core.conditional import has_state
from hastecrm.core.errors import BusinessError, WriteConflictError
from hastecrm.core.identity import Principal
from hastecrm.core.records.changes import told
from hastecrm.core.records.kind import Record, Values, etag
from hastecrm.core.response_cache.versions import Changes as Announced
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.deals.domain import DEAL, Stage, placed
from hastecrm.features.deals.positions import LONGEST, between, on_top
from hastecrm.features.deals.repository.moves import Moves, OpenMove, Place, Side, Sight

_CHANCE: Final = SystemRandom()


@dataclass(frozen=True, slots=True)
class Move:
    """A deal, where it goes, why it is won or lost if it is, and the state that may be moved (None: any)."""

    deal: UUID
    place: Place
    reasons: Values = field(default_factory=dict)
    if_match: str | None = None


@dataclass(frozen=True)
class MoveService:
    """Moves the deals that are a principal's to see."""

    moves: Moves
    announced: Announced
    clock: Clock = utc_now

    def within(self, unit: Connections) -> "MoveService":
        """Return the same service, with its changes belonging to a unit of work."""
        return MoveService(Moves(unit), self.announced, self.clock)

    async def move(self, who: Principal, move: Move) -> Record:
        """Move a deal; doing it again changes nothing. Raises `CRMError` for what cannot be moved so.

        Who moves the same deal at the same moment comes first or afterwards: the second try holds a lock.
        """

        async def work(opened: OpenMove) -> Record | None:
            return await self._moved(opened, move)

        record = await self.moves.attempt(who, work) or await self.moves.locked(who, work)
        if record is None:
            raise WriteConflictError
        await self.moves.database.after_commit(lambda: self.announced.announce(who.workspace))
        return record

    async def _moved(self, opened: OpenMove, move: Move) -> Record | None:
        sight = await opened.look(move.deal, move.place)
        if sight is None:
            raise not_found(DEAL.label)
        deal, stage = _unchanged(sight.deal, move.if_match), _stage(sight)
        now = self.clock()
        moved = placed(deal, stage, move.reasons, now)
        position = _position(sight, move.place.side) or (
            deal["position"] if deal["stage_id"] == stage.id else on_top(now, _chance())
        )
        # Where it is there already, a reason that comes along changes nothing.
        values: dict[str, Any] = {**(moved.values if moved.transition else {}), "position": position}
        changes = {name: value for name, value in values.items() if deal[name] != value}
        if not changes:
            return deal
        facts = {name: value for name, value in changes.items() if name != "position"}
        entry = Entry("deal.moved", DEAL.name, deal["id"], told(DEAL, deal, facts))
        return await opened.store(deal, values, moved.transition, entry)


def new_position(clock: Clock) -> str:
    """Return the place of a deal that comes into a stage now."""
    return on_top(clock(), _chance())


def _position(sight: Sight, side: Side | None) -> str | None:
    """Return the place beside the neighbour; None where none is wanted."""
    if side is None:
        return None
    if (sight.below if side is Side.BEFORE else sight.above) is None:
        raise wrong_value(f"/{side}", "names no other deal of this stage that you can see")
    held = sight.deal["position"]
    is_there = sight.stage is not None and sight.deal["stage_id"] == sight.stage.id
    if is_there and (sight.above or "") < held and (sight.below is None or held < sight.below):
        return str(held)
    position = between(sight.above, sight.below, _chance())
    if len(position) > LONGEST:
        detail = "Thousands of cards were put between these two: move one of them first."
        raise BusinessError(detail, code=Code.BIZ_CONFLICT)
    return position


def _stage(sight: Sight) -> Stage:
    if sight.stage is None:
        raise wrong_value("/stage_id", "names no stage of a pipeline that is in use")
    return sight.stage


def _unchanged(deal: Record, if_match: str | None) -> Record:
    if has_state(if_match, etag(deal)):
        return deal
    detail = "Someone changed this deal since you read it; read it again and repeat your change."
    raise BusinessError(detail, code=Code.BIZ_VERSION_MISMATCH, headers={"ETag": etag(deal)})


def _chance() -> int:
    return _CHANCE.getrandbits(32)
