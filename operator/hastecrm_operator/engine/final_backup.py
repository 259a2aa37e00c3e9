"""What becomes of the data of an object that is being deleted: the decision alone. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from hastecrm_operator.api.durations import long_seconds
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.reasons import Deletions, Overall


class Fate(Enum):
    """What happens to volumes and Secrets."""

    KEEP = "keep"
    DUMP = "dump"
    DELETE = "delete"


@dataclass(frozen=True)
class Decision:
    """The fate, and why, in one word and as a sentence."""

    fate: Fate
    reason: str = ""
    message: str = ""


def decide(crm: HasteCRM, deleted_at: datetime, now: datetime) -> Decision:
    """Return what must happen next to the data of `crm`, which was deleted at `deleted_at`."""
    if crm.spec.paused:
        return Decision(Fate.KEEP, Overall.PAUSED, "spec.paused is true, so nothing was dumped")
    if crm.spec.deletion_policy == "Retain":
        return Decision(Fate.KEEP, Deletions.RETAINED, "deletionPolicy is Retain")
    if crm.spec.deletion_policy == "Delete":
        return Decision(Fate.DELETE, Deletions.DATA_DELETED, "deletionPolicy is Delete")
    return _late(crm, deleted_at, now) or Decision(Fate.DUMP)


def deadline(crm: HasteCRM, deleted_at: datetime) -> datetime:
    """Return when everything is kept instead."""
    return deleted_at + timedelta(seconds=long_seconds(crm.spec.deletion_deadline))


def _late(crm: HasteCRM, deleted_at: datetime, now: datetime) -> Decision | None:
    if now < deadline(crm, deleted_at):
        return None
    message = f"there was no good dump within deletionDeadline ({crm.spec.deletion_deadline})"
    return Decision(Fate.KEEP, Deletions.DEADLINE_EXCEEDED, message)
