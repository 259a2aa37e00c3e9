"""Finds the pods of a Service and reads their metrics."""

import asyncio
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import aiohttp

from hastecrm.core.analysis.pods import Pods
from hastecrm.core.analysis.traffic import Reading, read

_SECONDS: Final = 3.0


def url(address: str, port: int) -> str:
    """Return where a port of a pod answers."""
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"


async def addresses(hosts: Sequence[str]) -> list[str]:
    """Return all addresses of these names; a name without any (yet) has none."""
    found = await asyncio.gather(*map(_addresses, hosts))
    return sorted(set().union(*found))


async def _addresses(host: str) -> set[str]:
    loop = asyncio.get_running_loop()
    try:
        told = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:  # no such name: there is no pod
        return set()
    return {str(each[4][0]) for each in told}


@dataclass(frozen=True, slots=True)
class Scraper:
    """Reads the metrics of all pods, again and again."""

    session: aiohttp.ClientSession
    hosts: Sequence[str]
    port: int

    async def look(self, pods: Pods) -> None:
        """Read each pod once; who does not answer tells nothing."""
        found = await addresses(self.hosts)
        readings = await asyncio.gather(*map(self._read, found))
        now = time.monotonic()
        for address, reading in zip(found, readings, strict=True):
            if reading is not None:
                pods.see(address, reading, now)

    async def _read(self, address: str) -> Reading | None:
        limit = aiohttp.ClientTimeout(total=_SECONDS)
        try:
            async with self.session.get(f"{url(address, self.port)}/metrics", timeout=limit) as answer:
                return read(await answer.text()) if answer.status == 200 else None
        except (aiohttp.ClientError, OSError, ValueError):
            return None
