"""One operator works, the others wait: a Lease, held by writing to it in time.

Expiry is measured on our own clock from when we last saw the lease change, never by comparing the holder's
time stamps with our time, so that skewed clocks elect no second leader.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from hastecrm_operator.engine.cluster import JSON, Writer
from hastecrm_operator.engine.errors import APIError, NotFoundError
from hastecrm_operator.engine.kinds import LEASE
from hastecrm_operator.resources.manifest import Manifest

log = structlog.get_logger()
_PATIENCE = 2.0  # seconds for giving the lease away


@dataclass(frozen=True)
class Timing:
    """Seconds: how long a lease lives unseen, when a leader gives up, how often it renews and others look."""

    duration: float = 15.0
    deadline: float = 10.0
    renew: float = 3.0
    poll: float = 2.0


@dataclass(frozen=True)
class Candidate:
    """Who stands for which lease."""

    namespace: str
    lease: str
    identity: str


class Leadership:
    """Takes part in the election for one lease."""

    def __init__(
        self,
        cluster: Writer,
        candidate: Candidate,
        *,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        timing: Timing | None = None,
    ) -> None:
        self._cluster = cluster
        self._namespace = candidate.namespace
        self._name = candidate.lease
        self._identity = candidate.identity
        self._clock = clock
        self._now = now
        self._timing = timing or Timing()
        self._seen: tuple[Any, ...] = ()
        self._seen_at = 0.0
        self._renewed_at = 0.0
        self._lease: JSON | None = None

    async def acquire(self) -> None:
        """Wait until this process is the leader."""
        while not await self._try():  # noqa: ASYNC110 - the lease is elsewhere: there is no event to wait for
            await asyncio.sleep(self._timing.poll)
        log.info("became the leader", lease=self._name, identity=self._identity)

    async def hold(self) -> None:
        """Renew the lease; return when it could not be renewed in time, so that work must stop at once."""
        while self._clock() - self._renewed_at <= self._timing.deadline:
            await asyncio.sleep(self._timing.renew)
            await self._try()
        log.error("the lease could not be renewed in time", lease=self._name)

    async def release(self) -> None:
        """Give the lease away, so that the next leader need not wait for it to expire."""
        if self._lease is None:
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._cluster.replace(self._written(self._lease, holder=""))
        except (APIError, TimeoutError) as exc:
            log.warning("the lease was not released and will expire", error=str(exc))
        self._lease = None

    async def _try(self) -> bool:
        try:
            async with asyncio.timeout(self._timing.deadline / 2):
                self._lease = await self._take()
        except (APIError, TimeoutError) as exc:
            log.debug("lease not written", error=str(exc))
            self._lease = None
        if self._lease:
            self._renewed_at = self._clock()
        return self._lease is not None

    async def _take(self) -> JSON | None:
        """Write the lease as ours and return it, or None when somebody else holds it."""
        if self._lease:  # Nobody else has written it as long as its version is the one that we know.
            return await self._cluster.replace(self._written(self._lease, holder=self._identity))
        try:
            lease = await self._cluster.get(LEASE, self._namespace, self._name)
        except NotFoundError:
            return await self._cluster.create(self._written(None, holder=self._identity))
        if not self._is_free(lease):
            return None
        return await self._cluster.replace(self._written(lease, holder=self._identity))

    def _is_free(self, lease: JSON) -> bool:
        holder = lease["spec"].get("holderIdentity") or ""
        record = (holder, lease["spec"].get("renewTime"), lease["metadata"]["resourceVersion"])
        if record != self._seen:
            self._seen, self._seen_at = record, self._clock()
        expired = self._clock() - self._seen_at > self._timing.duration
        return holder in {"", self._identity} or expired

    def _written(self, current: JSON | None, *, holder: str) -> Manifest:
        stamp = self._now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = dict(current["spec"]) if current else {}
        if spec.get("holderIdentity") != holder:
            spec |= {"acquireTime": stamp, "leaseTransitions": spec.get("leaseTransitions", 0) + 1}
        spec |= {
            "holderIdentity": holder,
            "renewTime": stamp,
            "leaseDurationSeconds": int(self._timing.duration),
        }
        meta = dict(current["metadata"]) if current else {"name": self._name, "namespace": self._namespace}
        return {"apiVersion": LEASE.api_version, "kind": LEASE.name, "metadata": meta, "spec": spec}
