"""Counts requests by zone and client: with all processes while Redis answers, alone while it does not."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import Final

from hastecrm.core.cache import Cache
from hastecrm.core.rate_limit.gcra import SCRIPT, Quota, Verdict, decide, verdict_of

REMEMBERED: Final = 20_000  # clients; about 4 MB
_KEY: Final = "hastecrm:rate:{zone}:{client}"


class Zone(StrEnum):
    """Requests that are counted together."""

    API = "api"
    AUTH = "auth"


def _microseconds() -> int:
    return time.monotonic_ns() // 1000


@dataclass
class LocalCounts:
    """The counts of this process alone; the client seen longest ago is forgotten first."""

    clock: Callable[[], int] = _microseconds
    capacity: int = REMEMBERED
    _paid_until: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def __len__(self) -> int:
        return len(self._paid_until)

    def charge(self, key: str, quota: Quota) -> Verdict:
        """Count one request."""
        verdict, self._paid_until[key] = decide(quota, self._paid_until.get(key, 0), self.clock())
        self._paid_until.move_to_end(key)
        if len(self._paid_until) > self.capacity:
            self._paid_until.popitem(last=False)
        return verdict


class RateLimiter:
    """Says whether a client may go on; never fails because Redis is away, and then asks it no more."""

    def __init__(
        self, quotas: Mapping[Zone, Quota | None], cache: Cache, local: LocalCounts | None = None
    ) -> None:
        self._quotas = quotas
        self._cache = cache
        self._local = local or LocalCounts()

    def quota(self, zone: Zone) -> Quota | None:
        """Return what a client of the zone may send; None for anything."""
        return self._quotas.get(zone)

    async def charge(self, zone: Zone, client: str) -> Verdict | None:
        """Count one request of a client; None in a zone without a limit."""
        if (quota := self.quota(zone)) is None:
            return None
        key = _KEY.format(zone=zone, client=client)
        reply = await self._cache.run(SCRIPT, key, (quota.interval, quota.burst))
        return verdict_of(reply) if reply is not None else self._local.charge(key, quota)


def of_address(address: str) -> str:
    """Return the client that an address stands for: of IPv6 the /64, of which anyone has all addresses."""
    if ":" not in address:
        return address
    return f"{ip_address(int(ip_address(address)) >> 64 << 64)}/64"
