"""A cache that may vanish: every call answers, and none of them raises because its store is away."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from hastecrm.core.breaker import Breaker, BreakerOpenError, Policy
from hastecrm.core.logging import get_logger
from hastecrm.core.settings import Settings

log = get_logger()
T = TypeVar("T")

# Told of each command to the store: its name, its seconds, and whether it failed.
CommandListener = Callable[[str, float, bool], None]

# The background check looks every second and closes the breaker: no request waits for a store that is away.
_POLICY = Policy(cool_down=5.0)


class StoreUnavailableError(Exception):
    """The store behind the cache did not answer."""


class Store(Protocol):
    """Where cached values live; every method may raise `StoreUnavailableError`."""

    async def get(self, key: str) -> str | None:
        """Return the value, if there is one."""

    async def put(self, key: str, value: str, seconds: int) -> None:
        """Keep a value for some seconds."""

    async def forget(self, key: str) -> None:
        """Drop a value."""

    async def get_many(self, keys: Sequence[str]) -> list[str | None]:
        """Return the value of each key, in one round trip."""

    async def run(self, script: str, key: str, arguments: Sequence[int]) -> list[int]:
        """Run a script on one key inside the store, in one round trip."""

    async def evaluate(self, script: str, keys: Sequence[str], arguments: Sequence[str]) -> Any:
        """Run a script on some keys inside the store, in one round trip; return whatever it returns."""

    async def ping(self) -> None:
        """Return when the store answers."""

    async def facts(self) -> Mapping[str, object]:
        """Return what the server says about itself."""

    async def close(self) -> None:
        """Close the connections."""


class Cache:
    """Text values that expire; without a store it is simply always empty."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self.commands: list[CommandListener] = getattr(store, "commands", [])
        self.lookups: list[Callable[[bool], None]] = []  # told of each look for a value: whether it was there
        self.breaker = Breaker("cache", (StoreUnavailableError,), _POLICY)

    @property
    def configured(self) -> bool:
        """Whether there is a store at all."""
        return self._store is not None

    async def get(self, key: str) -> str | None:
        """Return the value, or None when there is none or the store is away."""
        value = await self.attempt(lambda store: store.get(key))
        self.tell(found=value is not None)
        return value

    def tell(self, *, found: bool) -> None:
        """Count a look for a value."""
        for tell in self.lookups:
            tell(found)

    async def put(self, key: str, value: str, *, seconds: int) -> None:
        """Keep a value for some seconds, if possible."""
        await self.attempt(lambda store: store.put(key, value, seconds))

    async def forget(self, key: str) -> None:
        """Drop a value, if possible."""
        await self.attempt(lambda store: store.forget(key))

    async def run(self, script: str, key: str, arguments: Sequence[int]) -> list[int] | None:
        """Run a script on one key, if possible; None when it could not run."""
        return await self.attempt(lambda store: store.run(script, key, arguments))

    async def check(self) -> None:
        """Raise when the store does not answer (for the background checker)."""
        if self._store is not None:
            with self.breaker.probe():
                await self._store.ping()

    async def facts(self) -> Mapping[str, object]:
        """Return what the store says about itself; raises while it does not answer."""
        return await self._store.facts() if self._store is not None else {}

    async def close(self) -> None:
        """Close the connections."""
        if self._store is not None:
            await self._store.close()

    async def attempt(self, operation: Callable[[Store], Coroutine[Any, Any, T]]) -> T | None:
        """Do something with the store; return None when there is none or it is away."""
        if self._store is None:
            return None
        try:
            with self.breaker.guard():
                return await operation(self._store)
        except StoreUnavailableError as exc:
            log.warning("cache unavailable", reason=str(exc))
        except BreakerOpenError:
            pass
        return None


def open_cache(settings: Settings) -> Cache:
    """Build the cache that the settings describe; connects when it is first used."""
    if settings.redis_host is None:
        return Cache(None)
    # The client library takes 20 MB: only processes that have a Redis pay for it.
    from hastecrm.core.redis_store import RedisStore  # noqa: PLC0415

    return Cache(RedisStore(settings))
