"""One HasteCRM object on a real API server, and what can be asked of it."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from tests.apiserver.kubectl import kubectl

from hastecrm_operator.adapters.kubernetes import KubernetesCluster
from hastecrm_operator.engine.errors import NotFoundError
from hastecrm_operator.engine.kinds import HASTECRM, Kind

Status = dict[str, Any]


class CRM:
    """One HasteCRM object and what can be asked of it."""

    def __init__(self, cluster: KubernetesCluster, kubeconfig: str, namespace: str) -> None:
        self.cluster, self.kubeconfig, self.namespace = cluster, kubeconfig, namespace

    def apply(self, **spec: Any) -> None:
        body = {
            "apiVersion": "hastecrm.io/v1alpha1",
            "kind": "HasteCRM",
            "metadata": {"name": "acme", "namespace": self.namespace},
            "spec": {"version": "0.1.0", **spec},
        }
        kubectl(self.kubeconfig, "apply", "--server-side", "-f", "-", stdin=yaml.safe_dump(body))

    async def status(self) -> Status:
        return (await self.cluster.get(HASTECRM, self.namespace, "acme")).get("status", {})

    async def condition(self, kind: str) -> dict[str, Any]:
        conditions = (await self.status()).get("conditions", [])
        return next((c for c in conditions if c["type"] == kind), {})

    async def until(self, wanted: Callable[[Status], bool], seconds: float = 30) -> Status:
        deadline, status = time.monotonic() + seconds, {}
        while time.monotonic() < deadline:
            status = await self.status()
            if wanted(status):
                return status
            await asyncio.sleep(0.05)
        pytest.fail(f"not within {seconds} s: {json.dumps(status, indent=1)}")

    async def until_phase(self, phase: str, seconds: float = 30) -> Status:
        return await self.until(lambda status: status.get("phase") == phase, seconds)

    async def get(self, kind: Kind, suffix: str) -> dict[str, Any]:
        return dict(await self.cluster.get(kind, self.namespace, f"acme-{suffix}"))

    async def restored(
        self, kind: Kind, suffix: str, is_restored: Callable[[dict], bool], *, seconds: float = 10
    ) -> float:
        """Return the seconds until a child is as wanted again."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            try:
                if is_restored(await self.get(kind, suffix)):
                    return time.monotonic() - started
            except NotFoundError:
                pass
            await asyncio.sleep(0.01)
        pytest.fail(f"{kind.name} acme-{suffix} was not restored within {seconds} s")
