"""Two watches on the same objects, compared: what ours has shown, Kopf's must tell soon. No I/O here."""

from collections.abc import Callable

from hastecrm_operator.engine.children import Key


class Comparison:
    """Knows what Kopf has kept from us, and since when."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._told: dict[Key, int] = {}
        self._untold: dict[Key, tuple[int, float]] = {}

    def seen(self, key: Key, version: int) -> None:
        """Our own watch has shown this version."""
        if self._told.get(key, 0) < version and key not in self._untold:
            self._untold[key] = (version, self._clock())

    def told(self, key: Key, version: int) -> None:
        """Kopf has told of this version."""
        self._told[key] = max(version, self._told.get(key, 0))
        if key in self._untold and self._untold[key][0] <= version:
            del self._untold[key]

    def forget(self, key: Key) -> None:
        """The object is gone."""
        self._told.pop(key, None)
        self._untold.pop(key, None)

    def lag(self) -> float:
        """Return for how many seconds Kopf has kept something from us."""
        return max((self._clock() - since for _, since in self._untold.values()), default=0.0)
