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
from hastecrm_operator.engine.errors import APIError, ConflictError, NotFoundError
from hastecrm_operator.engine.kinds import LEASE
from hastecrm_operator.resources.manifest import Manifest

log = structlog.get_logger()


@dataclass(frozen=True)
class Timing:
    """Seconds: how long a lease lives unseen, how soon the leader gives up, how often all look."""

    duration: float = 15.0
    deadline: float = 10.0
    period: float = 2.0


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
        self._renewed_at: float | None = None

    async def acquire(self) -> None:
        """Wait until this process is the leader."""
        while not await self._try():  # noqa: ASYNC110 - the lease is elsewhere: there is no event to wait for
            await asyncio.sleep(self._timing.period)
        log.info("became the leader", lease=self._name, identity=self._identity)

    async def hold(self) -> None:
        """Renew the lease; return when it could not be renewed in time, so that work must stop at once."""
        while True:
            await asyncio.sleep(self._timing.period)
            try:
                async with asyncio.timeout(self._timing.deadline / 2):
                    await self._try()
            except TimeoutError:
                log.warning("renewing the lease took too long", lease=self._name)
            if self._clock() - (self._renewed_at or 0.0) > self._timing.deadline:
                return

    async def release(self) -> None:
        """Give the lease away, so that the next leader need not wait for it to expire."""
        if self._renewed_at is None:
            return
        try:
            lease = await self._cluster.get(LEASE, self._namespace, self._name)
            if lease["spec"].get("holderIdentity") == self._identity:
                await self._cluster.replace(self._lease(lease, holder=""))
        except APIError as exc:
            log.warning("the lease was not released and will expire", error=str(exc))

    async def _try(self) -> bool:
        try:
            held = await self._take()
        except (ConflictError, APIError) as exc:
            log.debug("lease not written", error=str(exc))
            return False
        if held:
            self._renewed_at = self._clock()
        return held

    async def _take(self) -> bool:
        try:
            lease = await self._cluster.get(LEASE, self._namespace, self._name)
        except NotFoundError:
            await self._cluster.create(self._lease(None, holder=self._identity))
            return True
        if not self._is_free(lease):
            return False
        await self._cluster.replace(self._lease(lease, holder=self._identity))
        return True

    def _is_free(self, lease: JSON) -> bool:
        holder = lease["spec"].get("holderIdentity") or ""
        record = (holder, lease["spec"].get("renewTime"), lease["metadata"]["resourceVersion"])
        if record != self._seen:
            self._seen, self._seen_at = record, self._clock()
        expired = self._clock() - self._seen_at > self._timing.duration
        return holder in {"", self._identity} or expired

    def _lease(self, current: JSON | None, *, holder: str) -> Manifest:
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
