"""A cache that may vanish: every call answers, and none of them raises because its store is away."""

import time
from collections.abc import Awaitable
from typing import Protocol, TypeVar

from hastecrm.core.logging import get_logger
from hastecrm.core.settings import Settings

log = get_logger()
T = TypeVar("T")
PAUSE_AFTER_FAILURE = 2.0  # seconds in which nobody pays a timeout for a store that just failed


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

    async def ping(self) -> None:
        """Return when the store answers."""

    async def close(self) -> None:
        """Close the connections."""


class Cache:
    """Text values that expire; without a store it is simply always empty."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._paused_until = 0.0

    @property
    def configured(self) -> bool:
        """Whether there is a store at all."""
        return self._store is not None

    async def get(self, key: str) -> str | None:
        """Return the value, or None when there is none or the store is away."""
        store = self._usable()
        return await self._attempt(store.get(key)) if store else None

    async def put(self, key: str, value: str, *, seconds: int) -> None:
        """Keep a value for some seconds, if possible."""
        if store := self._usable():
            await self._attempt(store.put(key, value, seconds))

    async def forget(self, key: str) -> None:
        """Drop a value, if possible."""
        if store := self._usable():
            await self._attempt(store.forget(key))

    async def check(self) -> None:
        """Raise when the store does not answer (for the background checker)."""
        if self._store is not None:
            await self._store.ping()
            self._paused_until = 0.0

    async def close(self) -> None:
        """Close the connections."""
        if self._store is not None:
            await self._store.close()

    def _usable(self) -> Store | None:
        return self._store if time.monotonic() >= self._paused_until else None

    async def _attempt(self, operation: Awaitable[T]) -> T | None:
        try:
            return await operation
        except StoreUnavailableError as exc:
            self._paused_until = time.monotonic() + PAUSE_AFTER_FAILURE
            log.warning("cache unavailable", reason=str(exc))
            return None


def open_cache(settings: Settings) -> Cache:
    """Build the cache that the settings describe; connects when it is first used."""
    if settings.redis_host is None:
        return Cache(None)
    # The client library takes 20 MB: only processes that have a Redis pay for it.
    from hastecrm.core.redis_store import RedisStore  # noqa: PLC0415

    return Cache(RedisStore(settings))
