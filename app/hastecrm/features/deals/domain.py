"""How deals move, close and open again, and the rules that keep. No I/O, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from hastecrm.core.bodies import wrong_value

REASON: Final = "reason"
NOBODY: Final = UUID(int=0)  # in sums: the owner of what nobody owns


class Status(StrEnum):
    """What a deal is; stages have the same words for what a deal is in them."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


# What is certain about a deal that is closed, in percent.
_CERTAIN: Final[Mapping[Status, int]] = MappingProxyType({Status.WON: 100, Status.LOST: 0})


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a pipeline, as far as deals know it."""

    id: UUID
    pipeline_id: UUID
    probability: int
    kind: Status


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a deal stands, and since when."""

    stage_id: UUID
    status: Status
    probability: int
    stage_entered_at: datetime
    reason: str | None = None  # why it was won or lost


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of stage or status, and how long the deal had been where it was."""

    from_stage: UUID
    to_stage: UUID
    status: Status
    seconds_in_stage: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Moved:
    """What becomes of a deal: new values for its columns, and the transition to be noted."""

    values: Mapping[str, Any]
    transition: Transition


def placed(deal: Standing, stage: Stage, status: Status, reason: str | None, now: datetime) -> Moved | None:
    """Return what becomes of a deal in this stage with this status; None where it is so already.

    Winning and losing need a reason and nothing else takes one; raises `InvalidInputError`.
    """
    check_reason(status, reason if reason is not None or status is not deal.status else deal.reason)
    if (deal.stage_id, deal.status) == (stage.id, status) and reason in (None, deal.reason):
        return None
    kept = reason if reason is not None else deal.reason if status is deal.status else None
    values = {
        **_standing(stage, status, kept),
        "closed_at": None if status is Status.OPEN else now,
        "stage_entered_at": now if stage.id != deal.stage_id else deal.stage_entered_at,
    }
    seconds = max(0, int((now - deal.stage_entered_at).total_seconds()))
    return Moved(values, Transition(deal.stage_id, stage.id, status, seconds, kept))


def begun(stage: Stage, reason: str | None, now: datetime) -> dict[str, Any]:
    """Return the columns of a new deal that begins in a stage, which may be one of closed deals."""
    check_reason(stage.kind, reason)
    closed = None if stage.kind is Status.OPEN else now
    return {**_standing(stage, stage.kind, reason), "closed_at": closed, "stage_entered_at": now}


def closing_stage(stages: Sequence[Stage], current: UUID, status: Status) -> Stage:
    """Return where a deal goes that is closed: the stage of that kind, or the one where it is."""
    return next((each for each in stages if each.kind is status), _current(stages, current))


def opening_stage(stages: Sequence[Stage], current: UUID) -> Stage:
    """Return where a deal goes that is opened again: where it is, or the last open stage before it."""
    before: Stage | None = None
    for each in stages:
        if each.kind is Status.OPEN:
            before = each
        if each.id == current and before is not None:
            return before
    return next(each for each in stages if each.kind is Status.OPEN)


def check_reason(status: Status, reason: str | None) -> None:
    """Return if there is a reason exactly where one is needed; raises `InvalidInputError`."""
    if status is Status.OPEN and reason is not None:
        raise wrong_value(f"/{REASON}", "belongs to deals that are won or lost only")
    if status is not Status.OPEN and reason is None:
        verb = "win" if status is Status.WON else "lose"
        raise wrong_value(f"/{REASON}", f"is required to {verb} a deal")


def weighted(value: Decimal, probability: int) -> Decimal:
    """Return what a deal is worth in a forecast."""
    return (value * probability / 100).quantize(Decimal("0.01"))


def _standing(stage: Stage, status: Status, reason: str | None) -> dict[str, Any]:
    return {
        "pipeline_id": stage.pipeline_id,
        "stage_id": stage.id,
        "status": status,
        "probability": _CERTAIN.get(status, stage.probability),
        "won_reason": reason if status is Status.WON else None,
        "lost_reason": reason if status is Status.LOST else None,
    }


def _current(stages: Sequence[Stage], current: UUID) -> Stage:
    return next(each for each in stages if each.id == current)
