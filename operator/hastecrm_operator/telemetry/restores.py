"""The newest restore of each object as metrics."""

from collections.abc import Iterator
from typing import NamedTuple

from hastecrm_operator.telemetry.definition import Definition, head, sample


class Ended(NamedTuple):
    """How a restore ended: its phase, the reason of Ready, and times in seconds."""

    result: str
    reason: str
    finished: float
    duration: float | None
    outage: float | None


_OBJECT = ("namespace", "name")
RESULT = Definition(
    "hastecrm_restore_result",
    "gauge",
    "1 for how the newest restore ended: Complete, Failed or Undone; absent without one.",
    (*_OBJECT, "result", "reason"),
)
_FIGURES = {
    "finished": Definition(
        "hastecrm_restore_finished_timestamp_seconds", "gauge", "When the newest restore ended.", _OBJECT
    ),
    "duration": Definition(
        "hastecrm_restore_duration_seconds",
        "gauge",
        "How long the newest restore took, from its first check to its end.",
        _OBJECT,
    ),
    "outage": Definition(
        "hastecrm_restore_outage_seconds",
        "gauge",
        "How long nobody could use the database while the newest restore was swapped in, or undone.",
        _OBJECT,
    ),
}
RESTORES = (RESULT, *_FIGURES.values())


class RestoreGauges:
    """The newest restore of each object that has one."""

    def __init__(self) -> None:
        self._ended: dict[tuple[str, str], Ended] = {}

    def set(self, namespace: str, name: str, ended: Ended | None) -> None:
        """Remember how the newest restore of an object ended."""
        self.remove(namespace, name)
        if ended:
            self._ended[namespace, name] = ended

    def remove(self, namespace: str, name: str) -> None:
        """Forget an object."""
        self._ended.pop((namespace, name), None)

    def clear(self) -> None:
        """Forget all objects."""
        self._ended.clear()

    def lines(self) -> Iterator[str]:
        """Yield the exposition, a line at a time."""
        yield from head(RESULT)
        for where, ended in self._ended.items():
            labels = f'result="{ended.result}",reason="{ended.reason}"'
            yield sample(RESULT.name, where, labels, value=True)
        for figure, metric in _FIGURES.items():
            yield from head(metric)
            for where, ended in self._ended.items():
                if (value := getattr(ended, figure)) is not None:
                    yield f'{metric.name}{{namespace="{where[0]}",name="{where[1]}"}} {value:.15g}\n'
