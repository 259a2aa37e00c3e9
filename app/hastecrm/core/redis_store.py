"""Redis as the store behind the cache: short timeouts, and its many errors as one."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import redis.asyncio as redis
from redis import exceptions as redis_errors
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from hastecrm.core.cache import CommandListener, StoreUnavailableError
from hastecrm.core.settings import Settings

_TIMEOUT = 0.5


def connection_arguments(settings: Settings) -> dict[str, Any]:
    """Return where Redis is and how to speak to it, as arguments of a connection pool."""
    password = settings.redis_password
    tls = {"connection_class": redis.SSLConnection, "ssl_ca_certs": settings.redis_ca_file}
    return {
        "host": str(settings.redis_host),
        "port": settings.redis_port,
        "username": settings.redis_user,
        "password": password.get_secret_value() if password else None,
        "decode_responses": True,
        **(tls if settings.redis_tls else {}),
    }


class _Client(redis.Redis):
    """A client that tells of each command: its name, how long it took, and whether it failed."""

    listeners: list[CommandListener]

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        started, failed = perf_counter(), True
        try:
            result = await super().execute_command(*args, **options)  # type: ignore[no-untyped-call] # redis-py
            failed = False
        except redis_errors.NoScriptError:  # an answer: the script is sent next
            failed = False
            raise
        finally:
            for tell in self.listeners:
                tell(str(args[0]).partition(" ")[0].lower(), perf_counter() - started, failed)
        return result


class RedisStore:
    """Implements `core.cache.Store`."""

    def __init__(self, settings: Settings) -> None:
        pool = redis.BlockingConnectionPool(
            **connection_arguments(settings),
            socket_connect_timeout=_TIMEOUT,
            socket_timeout=_TIMEOUT,
            max_connections=20,
            timeout=_TIMEOUT,
            # One new try covers a connection that went stale while idle; a store that is slow gets none.
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        )
        self.commands: list[CommandListener] = []
        self._client = client = _Client(connection_pool=pool)
        client.auto_close_connection_pool = True
        client.listeners = self.commands

    async def get(self, key: str) -> str | None:
        """Return the value, if there is one."""
        with _unavailable():
            value = await self._client.get(key)
        return value if isinstance(value, str) else None

    async def put(self, key: str, value: str, seconds: int) -> None:
        """Keep a value for some seconds."""
        with _unavailable():
            await self._client.set(key, value, ex=seconds)

    async def forget(self, key: str) -> None:
        """Drop a value."""
        with _unavailable():
            await self._client.delete(key)

    async def get_many(self, keys: Sequence[str]) -> list[str | None]:
        """Return the value of each key, in one round trip."""
        with _unavailable():
            found = await self._client.mget(keys)
        return [value if isinstance(value, str) else None for value in found]

    async def run(self, script: str, key: str, arguments: Sequence[int]) -> list[int]:
        """Run a script on one key."""
        return [int(number) for number in await self.evaluate(script, [key], list(map(str, arguments)))]

    async def evaluate(self, script: str, keys: Sequence[str], arguments: Sequence[str]) -> Any:
        """Run a script; Redis is sent its text only if it does not know it (any more)."""
        digest = hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()  # what Redis names it by
        with _unavailable():
            try:
                return await self._client.evalsha(digest, len(keys), *keys, *arguments)
            except redis_errors.NoScriptError:
                return await self._client.eval(script, len(keys), *keys, *arguments)

    async def ping(self) -> None:
        """Return when Redis answers."""
        with _unavailable():
            await self._client.ping()

    async def facts(self) -> Mapping[str, object]:
        """Return the server's version and memory, in bytes (`max_memory_bytes` 0: no limit of its own)."""
        with _unavailable():
            told = await self._client.info("server") | await self._client.info("memory")
        return {
            "server_version": told.get("redis_version"),
            "used_memory_bytes": told.get("used_memory"),
            "max_memory_bytes": told.get("maxmemory"),
            "evicts": told.get("maxmemory_policy"),
        }

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, OSError, TimeoutError) as exc:
        raise StoreUnavailableError(str(exc) or type(exc).__name__) from exc
