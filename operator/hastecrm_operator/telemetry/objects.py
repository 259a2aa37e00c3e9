"""Phase and conditions of each object as metrics, in the style of kube-state-metrics.

Written as text when somebody asks: a metric object per series would cost more memory than all else together.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple


class Definition(NamedTuple):
    """What a metric is called, measures, and is told apart by."""

    name: str
    kind: str
    text: str
    labels: tuple[str, ...]


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
OBJECT_METRICS = (PHASE, CONDITION)
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
        self._states: dict[_State, _State] = {}  # most objects are in one of a few: each is kept once

    def set(self, namespace: str, name: str, phase: str, conditions: Mapping[str, str]) -> None:
        """Remember what holds of an object: its phase, and the status of each condition."""
        state = (phase, tuple(sorted(conditions.items())))
        self._objects[namespace, name] = self._states.setdefault(state, state)

    def remove(self, namespace: str, name: str) -> None:
        """Forget an object that is gone."""
        self._objects.pop((namespace, name), None)

    def clear(self) -> None:
        """Forget all objects: another process tells of them now."""
        self._objects.clear()

    def lines(self) -> Iterator[str]:
        """Yield the exposition, a line at a time."""
        yield from _head(PHASE)
        for where, (phase, _) in self._objects.items():
            for candidate in dict.fromkeys((*_PHASES, phase)):
                yield _sample(PHASE.name, where, f'phase="{candidate}"', candidate == phase)
        yield from _head(CONDITION)
        for where, (_, conditions) in self._objects.items():
            for condition, status in conditions:
                for candidate in _STATUSES:
                    labels = f'condition="{condition}",status="{candidate.lower()}"'
                    yield _sample(CONDITION.name, where, labels, candidate == status)


def _head(metric: Definition) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.text}\n"
    yield f"# TYPE {metric.name} {metric.kind}\n"


def _sample(metric: str, where: tuple[str, str], labels: str, value: bool) -> str:
    # Kubernetes allows no character in names that would have to be escaped here.
    return f'{metric}{{namespace="{where[0]}",name="{where[1]}",{labels}}} {int(value)}\n'
