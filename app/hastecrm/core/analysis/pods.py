"""Which pods there are, which are new, what they answered since the window began. Pure: time comes in."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Final

from hastecrm.core.analysis.traffic import Reading, Traffic, since, together

_STALE: Final = 10.0  # seconds without an answer, and a pod no longer counts


@dataclass(slots=True)
class _Pod:
    first: Reading  # since then its traffic counts
    last: Reading
    at: float
    lost: Traffic = field(default_factory=dict)  # of processes before this one


@dataclass(slots=True)
class Pods:
    """What was read from each pod of a headless Service, by its address."""

    release: str
    expected: int
    began: float | None = None  # when all new pods had become ready, and the window began
    _known: dict[str, _Pod] = field(default_factory=dict)

    def see(self, address: str, reading: Reading, now: float) -> None:
        """Take note of what a pod has told; another process at its address begins anew."""
        pod = self._known.get(address)
        if pod is None or pod.last.release != reading.release:
            self._known[address] = _Pod(reading, reading, now)
        elif pod.last.started != reading.started:
            self._known[address] = _Pod(_begun(reading), reading, now, self._answered(pod))
            self._begin_again(reading)
        else:
            pod.last, pod.at = reading, now

    def look(self, now: float, visited: Container[str] | None = None) -> None:
        """Begin the window when all new pods are ready, and again when they were not for a while.

        Before it begins, each must have been `visited` (None: nobody visits), as first answers are slow.
        """
        ready = self.ready(now)
        if len(ready) < self.expected:
            self.began = None
        elif self.began is None and (visited is None or all(pod in visited for pod in ready)):
            self.began = now
            for pod in self._new().values():
                pod.first, pod.lost = pod.last, {}

    def ready(self, now: float) -> list[str]:
        """Return the addresses of new pods that have lately said to be ready."""
        return [name for name, pod in self._new().items() if pod.last.ready and now - pod.at <= _STALE]

    def seen(self, now: float) -> int:
        """Return how many new pods have lately told anything."""
        return sum(now - pod.at <= _STALE for pod in self._new().values())

    @property
    def new(self) -> Traffic:
        """What new pods have answered since the window began, also those that are gone."""
        return together(map(self._answered, self._new().values()))

    @property
    def old(self) -> Traffic:
        """What all other pods have answered since they were seen first."""
        return together(self._answered(pod) for pod in self._known.values() if not self._is_new(pod))

    def _begin_again(self, reading: Reading) -> None:
        if reading.release == self.release:
            self.began = None

    def _new(self) -> Mapping[str, _Pod]:
        return {name: pod for name, pod in self._known.items() if self._is_new(pod)}

    def _is_new(self, pod: _Pod) -> bool:
        return pod.last.release == self.release

    @staticmethod
    def _answered(pod: _Pod) -> Traffic:
        return together([pod.lost, since(pod.first.traffic, pod.last.traffic)])


def _begun(reading: Reading) -> Reading:
    """Return what a process tells that has just begun."""
    return Reading(reading.release, reading.started, reading.ready, {})
