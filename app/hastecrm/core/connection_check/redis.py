"""The check of Redis: reach it, sign in, and do what the cache and the limits do."""

import secrets
import time
from statistics import median
from typing import Any

import redis.asyncio as redis
from redis import exceptions as redis_errors

from hastecrm.core.connection_check.verdict import CONNECTED, UnusableError, Verdict
from hastecrm.core.redis_store import connection_arguments
from hastecrm.core.settings import Settings

_OLDEST = 7
_TIMEOUT = 3.0
_WRITE = "redis.call('SET', KEYS[1], ARGV[1], 'EX', 10) return redis.call('GET', KEYS[1])"


async def check_redis(settings: Settings) -> Verdict:
    """Return what was found; raises what the driver or the network raised, or UnusableError."""
    patient = {"socket_connect_timeout": _TIMEOUT, "socket_timeout": _TIMEOUT, "max_connections": 1}
    pool = redis.BlockingConnectionPool(**connection_arguments(settings) | patient)
    client = redis.Redis(connection_pool=pool)
    try:
        latency = await _latency(client)
        version = await version_of(client)
        await _use(client)
    finally:
        await client.aclose()
        await pool.aclose()
    how = "with" if settings.redis_tls else "without"
    return Verdict(CONNECTED, f"Redis {version or '7'}, {how} TLS", version, settings.redis_tls, latency)


async def version_of(client: Any) -> str | None:
    """Return the version, None if the role may not ask; raises UnusableError for one that is too old."""
    try:
        told = await client.info("server")
    except redis_errors.NoPermissionError:
        return None  # a role that may not ask can still do all that is needed
    version = str(told["redis_version"])
    if int(version.partition(".")[0]) < _OLDEST:
        raise UnusableError("ServerTooOld", f"it is Redis {version}; {_OLDEST} or newer is needed")
    return version


async def _use(client: Any) -> None:
    key, value = f"hastecrm:check:{secrets.token_hex(8)}", secrets.token_hex(8)
    if await client.eval(_WRITE, 1, key, value) != value:
        raise UnusableError("ServerRefused", "it did not keep a value for a moment")
    await client.delete(key)


async def _latency(client: Any) -> float:
    samples = []
    for _ in range(5):
        started = time.perf_counter()
        await client.ping()
        samples.append(time.perf_counter() - started)
    return median(samples)
