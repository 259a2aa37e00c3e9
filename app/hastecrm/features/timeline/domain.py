"""What activities, tasks and notes are, and the rules that tasks keep. No I/O, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from hastecrm.core.policy import Resource
from hastecrm.core.records.kind import Field, Kind, Record, Target, Type, Values
from hastecrm.features.timeline.recurrence import REPEATS


class Subject(StrEnum):
    """What a timeline is about."""

    CONTACT = "contact"
    COMPANY = "company"
    DEAL = "deal"


TABLES: Final[Mapping[Subject, str]] = MappingProxyType(
    {Subject.CONTACT: "contacts", Subject.COMPANY: "companies", Subject.DEAL: "deals"}
)
_COMPLETED: Final = "completed"
_MOMENT: Final = "2026-11-30T09:00:00Z"


def _subjects() -> Sequence[Field]:
    return [
        Field(f"{subject}_id", Type.REFERENCE, f"The {subject} that it is about.", str(UUID(int=number)),
              refers_to=Target(subject, table))
        for number, (subject, table) in enumerate(TABLES.items(), start=1)
    ]  # fmt: skip


def _of_mail() -> Sequence[Field]:
    return [
        Field("direction", Type.ENUM, "Whether a mail was written here or came in.", "outgoing",
              choices=("outgoing", "incoming"), writable=False),
        Field("mail_status", Type.ENUM, "How far a mail is.", "sent",
              choices=("queued", "sent", "failed", "received"), writable=False),
        Field("mail_error", Type.TEXT, "Why a mail was not sent.", "the SMTP server refuses it (550)",
              length=500, writable=False),
        Field("message_id", Type.TEXT, "What a mail is called by mail programs.", "<1@example.com>",
              length=500, writable=False),
        Field("thread_id", Type.TEXT, "The Message-ID of the mail that began the conversation.",
              "<1@example.com>", length=500, writable=False),
    ]  # fmt: skip


ACTIVITY: Final = Kind(
    "activity",
    "activities",
    Resource.ACTIVITY,
    "Something that was done for a contact, a company or a deal.",
    [
        Field("title", Type.TEXT, "What it was about.", "Asked for the volume", required=True, length=200),
        Field("type", Type.ENUM, "What it was.", "call", required=True,
              choices=("call", "meeting", "email", "message", "demo", "lunch", "other")),
        Field("description", Type.LONG_TEXT, "What came of it.", "40 offices, two tasters.", length=10_000),
        Field("occurred_at", Type.DATETIME, "When it was; now, unless said.", _MOMENT, nullable=False),
        Field("minutes", Type.NUMBER, "How long it took.", 25, least=0, most=100_000),
        *_of_mail(),
        *_subjects(),
    ],
    {},
    sortable=("created_at", "occurred_at"),
    tagged=False,
    custom=False,
)  # fmt: skip
TASK: Final = Kind(
    "task",
    "tasks",
    Resource.TASK,
    "Something that a member is to do; it belongs to whoever is to do it.",
    [
        Field("title", Type.TEXT, "What is to be done.", "Send the offer", required=True, length=200),
        Field("description", Type.LONG_TEXT, "What else there is to know.", "With two tasters.",
              length=10_000),
        Field("status", Type.ENUM, "How far it is.", "todo", nullable=False, default="todo",
              choices=("todo", "in_progress", _COMPLETED, "cancelled")),
        Field("priority", Type.ENUM, "How much it matters.", "medium", nullable=False, default="medium",
              choices=("low", "medium", "high", "urgent")),
        Field("due_at", Type.DATETIME, "When it should be done.", _MOMENT),
        Field("reminder_at", Type.DATETIME, "When to remind of it.", _MOMENT),
        Field("reminded_at", Type.DATETIME, "When the reminder fired.", _MOMENT, writable=False),
        Field("repeats", Type.ENUM, "How it comes again once it is completed; the next one repeats then.",
              "weekly", choices=REPEATS),
        Field("repeat_every", Type.NUMBER, "How many days, weeks, months or years lie between.", 2,
              nullable=False, default=1, least=1, most=365),
        Field("repeats_until", Type.DATE, "The last day on which it comes again.", "2027-12-31"),
        Field("completed_at", Type.DATETIME, "When it was completed.", _MOMENT, writable=False),
        *_subjects(),
    ],
    {},
    sortable=("created_at", "due_at"),
    tagged=False,
    custom=False,
)  # fmt: skip
NOTE: Final = Kind(
    "note",
    "notes",
    Resource.NOTE,
    "What somebody wrote down about a contact, a company or a deal.",
    [Field("body", Type.LONG_TEXT, "The text.", "Prefers tea.", required=True, length=20_000), *_subjects()],
    {},
    tagged=False,
    custom=False,
)
KINDS: Final = (ACTIVITY, TASK, NOTE)


def completion(before: Record | None, values: Values, now: datetime) -> Values:
    """Return the values of a task with the moment of its completion, where its status begins or ends that."""
    was = before is not None and before["status"] == _COMPLETED
    status = values.get("status", before["status"] if before is not None else None)
    if (status == _COMPLETED) is was:
        return values
    return {**values, "completed_at": None if was else now}


def is_completing(before: Record, after: Record) -> bool:
    """Whether a change completed a task."""
    return bool(before["status"] != _COMPLETED and after["status"] == _COMPLETED)


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a timeline: a record of a kind that is about the subject, and when it was."""

    kind: str
    id: UUID
    at: datetime
    type: str
    title: str
    text: str | None
    owner_id: UUID | None
