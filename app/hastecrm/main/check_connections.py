"""`hastecrm check-connections`: can PostgreSQL and Redis be used with these settings, and if not, why?"""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import asyncpg
import redis

from hastecrm.core.connection_check.database import check_database
from hastecrm.core.connection_check.reasons import TRANSIENT, reason_of
from hastecrm.core.connection_check.redis import check_redis
from hastecrm.core.connection_check.verdict import UnusableError, Verdict
from hastecrm.core.settings import Settings
from hastecrm.core.settings.values import parse_duration
from hastecrm.core.sqlstate import reason as words_of
from hastecrm.core.termination import leave_report

_EXAMPLES = """\
examples:
  hastecrm check-connections                   all that is configured
  hastecrm check-connections redis --wait 0s   Redis, without a second try

The report is one JSON object, on standard output and in HASTECRM_TERMINATION_LOG:
  {"database": {"ok": false, "reason": "AuthenticationFailed", "message": "…"}}

exit code: 0 everything can be used, 1 something cannot, 2 wrong usage or settings
"""
_PAUSE = 0.5
Check = Callable[[Settings], Awaitable[Verdict]]
_CHECKS: Mapping[str, Check] = {"database": check_database, "redis": check_redis}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options and the examples."""
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "stores", nargs="*", metavar="STORE", help="database or redis (all that is configured)"
    )
    parser.add_argument("--wait", default="15s", help="how long to try again what may pass by itself (15s)")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Check each store and report."""
    addresses = {
        "database": f"PostgreSQL at {settings.database_host}:{settings.database_port}",
        "redis": f"Redis at {settings.redis_host}:{settings.redis_port}",
    }
    configured = {"database": settings.database_host, "redis": settings.redis_host}
    stores = options.stores or [store for store, host in configured.items() if host]
    if unknown := [store for store in stores if not configured.get(store)]:
        sys.stderr.write(f"{', '.join(unknown)}: not configured; set HASTECRM_DATABASE_HOST or _REDIS_HOST\n")
        return 2
    wait = parse_duration(options.wait)
    if not isinstance(wait, int | float):
        sys.stderr.write(f"--wait must be a duration such as 15s, got {options.wait!r}\n")
        return 2
    verdicts = asyncio.run(_check_all(settings, {store: addresses[store] for store in stores}, wait))
    leave_report({store: verdict.as_json() for store, verdict in verdicts.items()}, settings.termination_log)
    return 0 if all(verdict.ok for verdict in verdicts.values()) else 1


async def _check_all(settings: Settings, addresses: Mapping[str, str], wait: float) -> dict[str, Verdict]:
    tries = (_patiently(_CHECKS[store], settings, address, wait) for store, address in addresses.items())
    verdicts: Sequence[Verdict] = await asyncio.gather(*tries)
    return dict(zip(addresses, verdicts, strict=True))


async def _patiently(check: Check, settings: Settings, address: str, wait: float) -> Verdict:
    deadline = time.monotonic() + wait
    while True:
        verdict = await _once(check, settings, address)
        if verdict.reason not in TRANSIENT or time.monotonic() >= deadline:
            return verdict
        sys.stderr.write(f"{verdict.message}; trying again\n")
        await asyncio.sleep(_PAUSE)


async def _once(check: Check, settings: Settings, address: str) -> Verdict:
    try:
        return await check(settings)
    except (
        UnusableError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
        redis.RedisError,
        OSError,
        EOFError,
    ) as exc:
        return Verdict(reason_of(exc), f"{address}: {words_of(exc)}")
