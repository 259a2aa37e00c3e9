"""What an automation is, which events start it, and what it can do. No I/O, no clock."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from hastecrm.core.policy import Resource
from hastecrm.core.records.kind import Field, Kind, Target, Type

_ID: Final = "01a20dc5-be5d-7a3c-9fd7-e61cb3b322c8"
DEEPEST: Final = 5  # automations that start each other in a row


class Trigger(StrEnum):
    """What starts an automation."""

    STAGE_ENTER = "stage_enter"
    STAGE_EXIT = "stage_exit"
    DEAL_CREATED = "deal_created"
    DEAL_WON = "deal_won"
    DEAL_LOST = "deal_lost"
    DEAL_STALLED = "deal_stalled"
    VALUE_CHANGED = "value_changed"
    PROBABILITY_CHANGED = "probability_changed"
    OWNER_CHANGED = "owner_changed"
    TAG_ADDED = "tag_added"
    TAG_REMOVED = "tag_removed"
    CUSTOM_FIELD_CHANGED = "custom_field_changed"


class Verb(StrEnum):
    """What an automation does; each takes one argument."""

    SEND_EMAIL = "send_email"
    CREATE_TASK = "create_task"
    CREATE_ACTIVITY = "create_activity"
    UPDATE_FIELD = "update_field"
    ADD_TAG = "add_tag"
    REMOVE_TAG = "remove_tag"
    ASSIGN_OWNER = "assign_owner"
    SEND_WEBHOOK = "send_webhook"
    MOVE_STAGE = "move_stage"
    UPDATE_PROBABILITY = "update_probability"


AUTOMATION: Final = Kind(
    "automation",
    "automations",
    Resource.AUTOMATION,
    "What the CRM does by itself, with the rights of whoever made it, when something happens to a deal.",
    [
        Field("name", Type.TEXT, "Its name.", "Call new leads", required=True, length=100),
        Field("trigger", Type.ENUM, "What starts it.", "stage_enter", required=True, choices=tuple(Trigger)),
        Field("stage_id", Type.REFERENCE, "Only for deals that enter, leave or stay in this stage.", _ID,
              refers_to=Target("stage", "stages", trashed=False)),
        Field("days", Type.NUMBER, "After how many days in a stage a deal has stalled.", 30, nullable=False,
              default=30, least=1, most=3650),
        Field("filter", Type.TEXT, "Only for deals that this filter finds.", "value > 1000",
              nullable=False, default="", length=1_800),
        Field("actions", Type.TEXTS, "What is done, in order: a verb, a colon and what it is about.",
              ["create_task: Call them | 3", "add_tag: Hot"], required=True, length=10),
        Field("delay_minutes", Type.NUMBER, "How long it waits.", 0, nullable=False, default=0, least=0,
              most=43_200),
        Field("active", Type.BOOLEAN, "Whether it starts.", True, nullable=False, default=True),
        Field("created_by", Type.REFERENCE, "The member with whose rights it works.", _ID, writable=False),
    ],
    {},
    sortable=("created_at", "name"),
    owned=False,
    tagged=False,
    custom=False,
    trashed=False,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that is done."""

    verb: Verb
    argument: str

    @classmethod
    def parse(cls, text: str) -> "Action":
        """Return the action that a line tells; raises ValueError."""
        verb, colon, argument = text.partition(":")
        if not colon or not argument.strip() or verb.strip() not in set(Verb):
            raise ValueError(f"must be one of {', '.join(Verb)}, a colon and what it is about")
        action = cls(Verb(verb.strip()), argument.strip())
        action.check()
        return action

    def check(self) -> None:
        """Raise ValueError where the argument cannot be what the verb takes."""
        if self.verb in (Verb.ASSIGN_OWNER, Verb.SEND_WEBHOOK, Verb.MOVE_STAGE):
            UUID(self.argument)
        if self.verb is Verb.UPDATE_PROBABILITY and not (
            self.argument.isdecimal() and int(self.argument) <= 100
        ):
            raise ValueError("takes a probability from 0 to 100")
        if self.verb is Verb.UPDATE_FIELD and "=" not in self.argument:
            raise ValueError("takes a field, = and a value")

    @property
    def parts(self) -> tuple[str, str]:
        """The argument before and after its first bar."""
        first, _, second = self.argument.partition("|")
        return first.strip(), second.strip()


_BY_FIELD: Final = {
    "value": Trigger.VALUE_CHANGED,
    "probability": Trigger.PROBABILITY_CHANGED,
    "owner_id": Trigger.OWNER_CHANGED,
}
_BY_STATUS: Final = {"won": Trigger.DEAL_WON, "lost": Trigger.DEAL_LOST}


def fired(action: str, changes: Mapping[str, Any]) -> Iterator[tuple[Trigger, str | None]]:
    """Yield what an event starts, with the stage that it is about."""
    if action == "deal.created":
        yield Trigger.DEAL_CREATED, None
    for name, change in changes.items():
        old, new = change.get("old"), change.get("new")
        if name == "stage_id":
            yield Trigger.STAGE_EXIT, old
            yield Trigger.STAGE_ENTER, new
        elif name == "status" and new in _BY_STATUS:
            yield _BY_STATUS[new], None
        elif name == "tags":
            yield from _tags(set(old or ()), set(new or ()))
        elif name.startswith("custom."):
            yield Trigger.CUSTOM_FIELD_CHANGED, None
        elif name in _BY_FIELD:
            yield _BY_FIELD[name], None


def _tags(old: set[str], new: set[str]) -> Iterator[tuple[Trigger, None]]:
    if new - old:
        yield Trigger.TAG_ADDED, None
    if old - new:
        yield Trigger.TAG_REMOVED, None


def starts(automation: Mapping[str, Any], found: set[tuple[Trigger, str | None]]) -> bool:
    """Whether one of these starts an automation."""
    wanted = automation["stage_id"]
    return any(
        trigger == automation["trigger"] and (wanted is None or stage is None or stage == str(wanted))
        for trigger, stage in found
    )


class Status(StrEnum):
    """How far a run is."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Run:
    """One time that an automation started, and what came of it."""

    id: UUID
    deal_id: UUID
    event_id: UUID
    status: Status
    reason: str | None
    depth: int
    created_at: datetime
    ended_at: datetime | None
