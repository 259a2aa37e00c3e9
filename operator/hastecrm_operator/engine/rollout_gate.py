"""Whether pods may be replaced now: the decision alone. Pure.

Pods wait for one of two things. A change that a person made waits for a maintenance window, if there are
any. A new render (the same object, another version of the operator) waits for the next such change, for a
window or for a request; an upgrade of the operator must not restart everything.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hastecrm_operator.api.reasons import Rollouts
from hastecrm_operator.api.status import PendingRollout
from hastecrm_operator.engine.facts import Rollout
from hastecrm_operator.engine.moments import text
from hastecrm_operator.resources.revision import Revision

MAINTENANCE_WINDOW: Final = Rollouts.MAINTENANCE_WINDOW
NEW_RENDER: Final = Rollouts.NEW_RENDER


@dataclass(frozen=True)
class Terms:
    """What holds for all workloads of one object; `troubled` names those that do not serve as they should."""

    windows: bool = False
    window_open: bool = False
    next_window: datetime | None = None
    troubled: frozenset[str] = frozenset()
    urgent: bool = False


@dataclass(frozen=True)
class Waiter:
    """A workload whose pods would be replaced, and what for they wait."""

    workload: str
    reason: str


def reason_to_wait(workload: str, live: Rollout, wanted: Revision, terms: Terms) -> str:
    """Return why the pods of a live workload must not be replaced now; "" if they may, or need not be."""
    before = Revision.parse(live.revision) or Revision(live.template)
    if wanted.template == before.template or not live.desired:
        return ""
    if terms.urgent or terms.window_open or wanted.rollout not in {"", before.rollout}:
        return ""
    if before.is_changed_by_a_person(wanted):
        return MAINTENANCE_WINDOW if terms.windows and not terms.troubled else ""
    # Where somebody has changed the pods behind our back, they are replaced anyway.
    if workload in terms.troubled or before.template != live.template:
        return ""
    return "" if wanted.adopt not in {"", before.adopt} else NEW_RENDER


def pending(name: str, waiters: list[Waiter], terms: Terms) -> PendingRollout | None:
    """Return what waits, for people; None when nothing does."""
    if not waiters:
        return None
    reason = MAINTENANCE_WINDOW if any(w.reason == MAINTENANCE_WINDOW for w in waiters) else NEW_RENDER
    changes = sorted({w.workload for w in waiters})
    opening = text(terms.next_window) if terms.next_window else None
    return PendingRollout(
        reason=reason,
        message=_message(name, reason, ", ".join(changes), opening),
        changes=tuple(changes),
        not_before=opening,
    )


def _message(name: str, reason: str, changes: str, opening: str | None) -> str:
    def now(annotation: str) -> str:
        return f'now with `kubectl annotate --overwrite hastecrm {name} hastecrm.io/{annotation}="$(date)"`'

    window = f" in the maintenance window that opens at {opening}" if opening else ""
    if reason == MAINTENANCE_WINDOW:
        return f"the pods of {changes} are replaced{window}, or {now('rollout')}"
    choice = f"with your next change of them{',' + window if window else ''}"
    return (
        f"this version of the operator makes other pods of {changes}; they are replaced {choice}, "
        f"or {now('adopt')}"
    )
