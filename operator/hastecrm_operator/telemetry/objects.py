"""Phase and conditions of each object as metrics, in the style of kube-state-metrics.

Written as text when somebody asks: a metric object per series would cost more memory than all else together.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from hastecrm_operator.api.durations import seconds
from hastecrm_operator.telemetry.definition import Definition, head, sample
from hastecrm_operator.telemetry.restores import RESTORES, RestoreGauges

PHASE = Definition(
    "hastecrm_status_phase",
    "gauge",
    "1 for the phase that an object is in, 0 for the others.",
    ("namespace", "name", "phase"),
)
CONDITION = Definition(
    "hastecrm_status_condition",
    "gauge",
    "1 for the status (true, false or unknown) that a condition of an object has, 0 for the others.",
    ("namespace", "name", "condition", "status"),
)
_OBJECT = ("namespace", "name")
_FIGURES = (
    ("last_success_timestamp_seconds", "When the newest good backup was taken."),
    ("last_success_bytes", "Size of the newest good backup."),
    ("last_success_duration_seconds", "How long the newest good backup took."),
    ("last_failure_timestamp_seconds", "When a backup last failed; 0 if none ever did."),
    ("last_verified_timestamp_seconds", "When a backup was last restored and checked; 0 if never."),
    ("restore_duration_seconds", "How long the last restore drill took (RTO)."),
    ("dumps", "Backups that are kept."),
)
BACKUP = tuple(Definition(f"hastecrm_backup_{name}", "gauge", text, _OBJECT) for name, text in _FIGURES)
BACKUP_REASON = Definition(
    "hastecrm_backup_reason",
    "gauge",
    "1 for the reason that BackupHealthy or BackupVerified gives.",
    ("namespace", "name", "condition", "reason"),
)
RELEASE_REASON = Definition(
    "hastecrm_release_reason",
    "gauge",
    "1 for the reason why what a spec asks for does not run; absent where it does.",
    ("namespace", "name", "reason"),
)
OBJECT_METRICS = (PHASE, CONDITION, *BACKUP, BACKUP_REASON, *RESTORES, RELEASE_REASON)
_PHASES = (
    "Ready",
    "Paused",
    "Hibernated",
    "Hibernating",
    "Failed",
    "Degraded",
    "Provisioning",
    "Migrating",
    "RollingOut",
    "Planning",
    "BackingUp",
    "Canary",
    "Verifying",
    "RollingBack",
    "RolledBack",
    "Frozen",
    "Deleting",
    "Invalid",
)
_STATUSES = ("True", "False", "Unknown")


_State = tuple[str, tuple[tuple[str, str], ...]]
"""Phase, and the status of each condition."""


class ObjectGauges:
    """The phase and the conditions of each object, as last written."""

    def __init__(self) -> None:
        self._objects: dict[tuple[str, str], _State] = {}
        self._backups: dict[tuple[str, str], tuple[float | None, ...]] = {}
        self._reasons: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
        self._rejections: dict[tuple[str, str], str] = {}
        self.restores = RestoreGauges()
        self._states: dict[_State, _State] = {}  # most objects are in one of a few: each is kept once

    def set(
        self,
        namespace: str,
        name: str,
        phase: str,
        conditions: Mapping[str, str],
        backup: Mapping[str, Any] | None = None,
        rejection: str = "",
    ) -> None:
        """Remember what holds of an object: its phase and conditions, its backups, why its release failed."""
        self._rejections.pop((namespace, name), None)
        if rejection:
            self._rejections[namespace, name] = rejection
        self._backups.pop((namespace, name), None)
        self._reasons.pop((namespace, name), None)
        if backup:
            self._backups[namespace, name] = _figures(backup)
            self._reasons[namespace, name] = tuple(backup.get("reasons", {}).items())
        state = (phase, tuple(sorted(conditions.items())))
        self._objects[namespace, name] = self._states.setdefault(state, state)

    def remove(self, namespace: str, name: str) -> None:
        """Forget an object that is gone."""
        self.restores.remove(namespace, name)
        self._objects.pop((namespace, name), None)
        self._backups.pop((namespace, name), None)
        self._reasons.pop((namespace, name), None)
        self._rejections.pop((namespace, name), None)

    def clear(self) -> None:
        """Forget all objects: another process tells of them now."""
        self.restores.clear()
        self._objects.clear()
        self._backups.clear()
        self._reasons.clear()
        self._rejections.clear()

    def lines(self) -> Iterator[str]:
        """Yield the exposition, a line at a time."""
        yield from head(PHASE)
        for where, (phase, _) in self._objects.items():
            for candidate in dict.fromkeys((*_PHASES, phase)):
                yield sample(PHASE.name, where, f'phase="{candidate}"', candidate == phase)
        yield from head(CONDITION)
        for where, (_, conditions) in self._objects.items():
            for condition, status in conditions:
                for candidate in _STATUSES:
                    labels = f'condition="{condition}",status="{candidate.lower()}"'
                    yield sample(CONDITION.name, where, labels, candidate == status)
        yield from head(RELEASE_REASON)
        for where, reason in self._rejections.items():
            yield sample(RELEASE_REASON.name, where, f'reason="{reason}"', value=True)
        yield from self._of_backups()
        yield from self.restores.lines()

    def _of_backups(self) -> Iterator[str]:
        yield from head(BACKUP_REASON)
        for where, reasons in self._reasons.items():
            for condition, reason in reasons:
                labels = f'condition="{condition}",reason="{reason}"'
                yield sample(BACKUP_REASON.name, where, labels, value=True)
        for position, metric in enumerate(BACKUP):
            yield from head(metric)
            for where, figures in self._backups.items():
                if (value := figures[position]) is not None:
                    yield f'{metric.name}{{namespace="{where[0]}",name="{where[1]}"}} {value:.15g}\n'


def _figures(backup: Mapping[str, Any]) -> tuple[float | None, ...]:
    """Return a value for each metric of BACKUP, None for what is not known."""
    success, proof = backup.get("lastSuccess", {}), backup.get("lastVerified", {})
    return (
        _epoch(success.get("at")),
        success.get("bytes"),
        _seconds(success.get("duration")),
        _epoch(backup.get("lastFailure", {}).get("at")) or 0.0,
        _epoch(proof.get("at")) or 0.0,
        _seconds(proof.get("rto")),
        backup.get("count"),
    )


def _epoch(moment: str | None) -> float | None:
    return datetime.fromisoformat(moment).timestamp() if moment else None


def _seconds(duration: str | None) -> float | None:
    return seconds(duration) if duration else None
