"""Which pods there are, which are new, what they answered since the window began. Pure: time comes in."""

from dataclasses import dataclass, field
from typing import Final

from hastecrm.core.analysis.traffic import Reading, Series, Traffic, since, together, whole

_STALE: Final = 10.0  # seconds without an answer, and a pod no longer counts
_GONE: Final = 4.0  # the same of one that is to go
_MOMENT: Final = 2.0  # seconds; what is slow or fails within one is taken for one event


@dataclass(slots=True)
class _Pod:
    first: Reading  # since then its traffic counts
    last: Reading
    at: float
    lost: Traffic = field(default_factory=dict)  # of processes before this one

    def see(self, reading: Reading, now: float) -> None:
        if not whole(self.first.traffic).requests:
            self.first = reading  # first answers are slow: they do not count
        self.last, self.at = reading, now

    @property
    def answered(self) -> Traffic:
        return together([self.lost, since(self.first.traffic, self.last.traffic)])


@dataclass(slots=True)
class Pods:
    """What was read from each pod of a headless Service, by its address."""

    release: str
    expected: int
    replacing: bool = False  # whether old pods are to go before the window begins
    began: float | None = None  # when all new pods had become ready, and the window began
    moments: list[Series] = field(default_factory=list)
    """What all new pods answered, two seconds each; anew from the beginning of the window."""
    _known: dict[tuple[str, str], _Pod] = field(default_factory=dict)  # by address and release
    _told: tuple[float, Series] = (0.0, Series())  # when the last moment ended, and all up to then

    def see(self, address: str, reading: Reading, now: float) -> None:
        """Take note of what a pod has told; another process at its address begins anew."""
        key = (address, reading.release)
        pod = self._known.get(key)
        if pod is None:
            self._known[key] = _Pod(reading, reading, now)
        elif pod.last.started != reading.started:
            self._known[key] = _Pod(reading, reading, now, pod.answered)
            self.began = None if reading.release == self.release else self.began
        else:
            pod.see(reading, now)

    def look(self, now: float) -> None:
        """Begin the window when all new pods are ready, and again when they were not for a while."""
        if len(self.ready(now)) < self.expected or (self.replacing and self._old_serve(now)):
            self.began = None
        elif self.began is None:
            self._begin(now)
        self._end_moment(now)

    def ready(self, now: float) -> list[str]:
        """Return the addresses of new pods that have lately said to be ready."""
        known = self._known.items()
        return [
            key[0] for key, pod in known if self._is_new(key) and pod.last.ready and now - pod.at <= _STALE
        ]

    def seen(self, now: float) -> int:
        """Return how many new pods have lately told anything."""
        return sum(now - pod.at <= _STALE for pod in self._of(new=True))

    @property
    def new(self) -> Traffic:
        """What new pods have answered since the window began, also those that are gone."""
        return together(pod.answered for pod in self._of(new=True))

    @property
    def old(self) -> Traffic:
        """What all other pods have answered since they were seen first, also those that are gone."""
        return together(pod.answered for pod in self._of(new=False))

    def _old_serve(self, now: float) -> bool:
        return any(pod.last.ready and now - pod.at <= _GONE for pod in self._of(new=False))

    def _begin(self, now: float) -> None:
        self.began, self._told = now, (now, Series())
        self.moments.clear()
        for pod in self._of(new=True):
            pod.first, pod.lost = pod.last, {}

    def _end_moment(self, now: float) -> None:
        ended, before = self._told
        if now - ended >= _MOMENT:
            answered = whole(self.new)
            self.moments.append(answered.plus(before, -1.0))
            self._told = (now, answered)

    def _of(self, *, new: bool) -> list[_Pod]:
        return [pod for key, pod in self._known.items() if self._is_new(key) is new]

    def _is_new(self, key: tuple[str, str]) -> bool:
        return key[1] == self.release
