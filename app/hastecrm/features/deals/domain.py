"""What a deal is, how it moves, closes and opens again, and the rules that keep. No I/O, no clock."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from hastecrm.core.bodies import wrong_value
from hastecrm.core.policy import Resource
from hastecrm.core.records.kind import Field, Kind, Link, Record, Target, Type, Values

NOBODY: Final = UUID(int=0)  # in sums: the owner of what nobody owns
STANDING: Final = frozenset({"stage_id", "status", "won_reason", "lost_reason"})


class Status(StrEnum):
    """What a deal is; stages have the same words for what a deal is in them."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


# What is certain about a deal that is closed, in percent.
_CERTAIN: Final[Mapping[Status, int]] = MappingProxyType({Status.WON: 100, Status.LOST: 0})
_REASONS: Final[Mapping[Status, str]] = MappingProxyType(
    {Status.WON: "won_reason", Status.LOST: "lost_reason"}
)


def currency(value: str) -> str:
    """Return a currency as it is stored: three capitals; raises ValueError."""
    if not re.fullmatch("[A-Za-z]{3}", value):
        raise ValueError("must be a currency of ISO 4217 such as EUR")
    return value.upper()


def prepare(before: Record | None, values: Values) -> Values:
    """Return the values; raises `InvalidInputError` for a guess about a deal that is decided."""
    status = Status(values.get("status") or (before["status"] if before is not None else Status.OPEN))
    certain = _CERTAIN.get(status)
    if certain is not None and values.get("probability", certain) != certain:
        raise wrong_value("/probability", f"is {certain} for a deal that is {status}")
    return values


DEAL: Final = Kind(
    "deal",
    "deals",
    Resource.DEAL,
    "What may be earned, and where it stands in its pipeline.",
    [
        Field("title", Type.TEXT, "What it is about.", "Coffee for 40 offices", required=True, length=200),
        Field("description", Type.LONG_TEXT, "What else there is to say.", "Two tasters, then a contract.",
              length=10_000),
        Field("value", Type.MONEY, "What it is worth.", "12500.00", nullable=False, default=Decimal(0),
              least=0, order_column="value_cents"),
        Field("currency", Type.TEXT, "The currency of the value (ISO 4217).", "EUR", nullable=False,
              default="USD", length=3, check=currency),
        Field("probability", Type.NUMBER, "How likely it is won, in percent; a stage sets it.", 50,
              nullable=False, default=0, least=0, most=100),
        Field("close_date", Type.DATE, "When it will probably be decided.", "2027-03-31"),
        Field("status", Type.ENUM, "Whether it is decided.", "open", nullable=False, default=Status.OPEN,
              choices=tuple(Status)),
        Field("won_reason", Type.TEXT, "Why it was won; winning needs one.", "Best taste", length=500),
        Field("lost_reason", Type.TEXT, "Why it was lost; losing needs one.", "Price", length=500),
        Field("pipeline_id", Type.REFERENCE, "Its pipeline.", str(UUID(int=5)), nullable=False,
              writable=False),
        Field("stage_id", Type.REFERENCE, "Its stage; a new one gets the first of the default pipeline.",
              str(UUID(int=6)), nullable=False),
        Field("position", Type.TEXT, "Where its card lies in the stage, compared byte by byte.",
              "zzkRrY1q8Ab", nullable=False, writable=False, filterable=False),
        Field("stage_entered_at", Type.DATETIME, "Since when it has been in the stage.",
              "2026-11-27T09:30:00Z", nullable=False, writable=False),
        Field("closed_at", Type.DATETIME, "When it was won or lost.", "2026-11-27T09:30:00Z",
              writable=False),
        Field("company_id", Type.REFERENCE, "The company that it is made with.", str(UUID(int=8)),
              refers_to=Target("company", "companies")),
    ],
    {},
    sortable=("created_at", "updated_at", "title", "value", "close_date"),
    prepare=prepare,
    links=[Link("contact", "deal_contacts", mine="deal_id", theirs="contact_id")],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a pipeline, as far as deals know it."""

    id: UUID
    pipeline_id: UUID
    probability: int
    kind: Status


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of stage or status, and how long the deal had been in the stage where it was."""

    from_stage: UUID
    to_stage: UUID
    status: Status
    seconds_in_stage: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Moved:
    """What becomes of a deal: new values for its columns, and the transition that is noted, if it is one."""

    values: Values
    transition: Transition | None


def begun(stage: Stage, wanted: Values, now: datetime) -> Values:
    """Return the columns of a new deal that begins in a stage, which may be one of closed deals."""
    status = _status(stage, wanted)
    return {
        **_standing(stage, status, _reason(status, wanted, None)),
        **_guess(wanted),
        "closed_at": None if status is Status.OPEN else now,
        "stage_entered_at": now,
    }


def placed(deal: Record, stage: Stage, wanted: Values, now: datetime) -> Moved:
    """Return what becomes of a deal in this stage; `wanted` may name a status and a reason.

    A stage gives the deal its own kind as status and its probability. Winning and losing need a reason, and
    nothing else takes one; raises `InvalidInputError`.
    """
    status, before = _status(stage, wanted), Status(deal["status"])
    is_same = status is before
    reason = _reason(status, wanted, deal[_REASONS[status]] if is_same and status in _REASONS else None)
    if stage.id == deal["stage_id"] and is_same:
        return Moved({_REASONS[status]: reason} if status in _REASONS else {}, None)
    entered = now if stage.id != deal["stage_id"] else deal["stage_entered_at"]
    closed = None if status is Status.OPEN else deal["closed_at"] if is_same else now
    seconds = max(0, int((now - deal["stage_entered_at"]).total_seconds()))
    standing = {**_standing(stage, status, reason), **_guess(wanted)}
    values = {**standing, "closed_at": closed, "stage_entered_at": entered}
    return Moved(values, Transition(deal["stage_id"], stage.id, status, seconds, reason))


def target(stages: Sequence[Stage], deal: Record, status: Status) -> Stage:
    """Return the stage of a deal's pipeline where it goes with a status, when none is named.

    A deal that is decided goes to the stage of that kind, or stays where there is none. One that is opened
    again stays, or goes from a stage of decided deals back to the last open one before it.
    """
    current = next(stage for stage in stages if stage.id == deal["stage_id"])
    if status is Status(deal["status"]) or current.kind is status:
        return current
    if status is not Status.OPEN:
        return next((stage for stage in stages if stage.kind is status), _open_before(stages, current))
    return _open_before(stages, current)


def _open_before(stages: Sequence[Stage], current: Stage) -> Stage:
    """Return a stage itself if it is open, or the last open one before it, or else the first open one."""
    before = [stage for stage in stages[: stages.index(current) + 1] if stage.kind is Status.OPEN]
    return before[-1] if before else next(stage for stage in stages if stage.kind is Status.OPEN)


def _status(stage: Stage, wanted: Values) -> Status:
    """Return what a deal becomes in a stage: any deal may lie in an open one, its own kind in another."""
    status = Status(wanted.get("status") or stage.kind)
    if stage.kind is not Status.OPEN and status is not stage.kind:
        raise wrong_value("/status", f"must be {stage.kind} in this stage")
    return status


def _reason(status: Status, wanted: Values, known: str | None) -> str | None:
    """Return why a deal has the status; raises where a reason is missing or belongs to another status."""
    for other, name in _REASONS.items():
        if other is not status and wanted.get(name) is not None:
            raise wrong_value(f"/{name}", f"belongs to a deal that is {other}")
    if status is Status.OPEN:
        return None
    name = _REASONS[status]
    reason: str | None = wanted.get(name, known)
    if reason is None:
        verb = "win" if status is Status.WON else "lose"
        raise wrong_value(f"/{name}", f"is required to {verb} a deal")
    return reason


def _guess(wanted: Values) -> Values:
    """Return the probability that was given; it counts more than the stage's."""
    given = wanted.get("probability")
    return {} if given is None else {"probability": given}


def _standing(stage: Stage, status: Status, reason: str | None) -> dict[str, Any]:
    return {
        "pipeline_id": stage.pipeline_id,
        "stage_id": stage.id,
        "status": status,
        "probability": _CERTAIN.get(status, stage.probability),
        **{name: reason if each is status else None for each, name in _REASONS.items()},
    }
