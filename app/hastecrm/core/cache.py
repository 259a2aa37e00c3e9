"""Redis as a cache that may vanish: every call answers, and none of them raises because of Redis."""

import time
from typing import Any

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from hastecrm.core.logging import get_logger
from hastecrm.core.settings import Settings

log = get_logger()

_PAUSE_AFTER_FAILURE = 2.0  # seconds in which nobody pays a timeout for a Redis that just failed
_FAILURES = (redis.RedisError, OSError, TimeoutError)


class Cache:
    """Text values that expire; without a Redis it is simply always empty."""

    def __init__(self, client: "redis.Redis | None") -> None:
        self._client = client
        self._closed_until = 0.0

    @property
    def configured(self) -> bool:
        """Whether there is a Redis at all."""
        return self._client is not None

    async def get(self, key: str) -> str | None:
        """Return the value, or None when there is none or Redis is away."""
        value = await self._try("GET", key)
        return value if isinstance(value, str) else None

    async def put(self, key: str, value: str, *, seconds: int) -> None:
        """Keep a value for some seconds, if possible."""
        await self._try("SET", key, value, "EX", seconds)

    async def forget(self, key: str) -> None:
        """Drop a value, if possible."""
        await self._try("DEL", key)

    async def check(self) -> None:
        """Raise when Redis does not answer (for the background checker)."""
        if self._client is not None:
            await self._client.ping()
            self._closed_until = 0.0

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _try(self, *command: str | int) -> Any:
        if self._client is None or time.monotonic() < self._closed_until:
            return None
        try:
            return await self._client.execute_command(*command)  # type: ignore[no-untyped-call]
        except _FAILURES as exc:
            self._closed_until = time.monotonic() + _PAUSE_AFTER_FAILURE
            log.warning("cache unavailable", reason=str(exc))
            return None


def open_cache(settings: Settings) -> Cache:
    """Build the cache that the settings describe; connects when it is first used."""
    if settings.redis_host is None:
        return Cache(None)
    password = settings.redis_password
    return Cache(
        redis.Redis(
            host=settings.redis_host,
            port=settings.redis_port,
            password=password.get_secret_value() if password else None,
            ssl=settings.redis_tls,
            decode_responses=True,
            socket_connect_timeout=0.5,
            socket_timeout=0.5,
            max_connections=20,
            retry=Retry(NoBackoff(), 1),  # one new try covers a connection that went stale while idle
        )
    )
