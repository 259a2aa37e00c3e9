"""An installation whose dumps go to a volume, and Jobs that end as a test says."""

from typing import Any

import orjson
import pytest
from tests.factories.requests import backup
from tests.unit.operator.engine.conftest import KEY, World

from hastecrm_operator.engine.kinds import CRON_JOB, HASTECRM_BACKUP, JOB

VOLUME = {"destination": {"volume": {"size": "1Gi"}}}
SCHEDULED = {**VOLUME, "schedule": "0 2 * * *"}
MADE = "2026-01-01T00:00:00Z"
"""When the objects of tests were made."""
DUMP = "acme-20260101t000000z"


def report(name: str = DUMP, **more: Any) -> dict[str, Any]:
    """Return what `hastecrm backup` says in the end."""
    return {
        "name": name,
        "key": f"sales-acme/{name}.dump.zst",
        "bytes": 1048576,
        "sha256": "9f86d081",
        "seconds": 12.4,
        "takenAt": "2026-01-01T02:00:05Z",
        "schema": {"version": 12, "compatibleFrom": 9},
        "serverVersion": "15.14",
        "tables": 31,
        "rows": 120000,
        "encrypted": False,
        "pruned": [],
        "found": [[name, 1048576, "2026-01-01T02:00:05Z", None]],
        **more,
    }


class Backed(World):
    """The engine, and what the cluster's own controllers and pods would do for backups."""

    async def ask(self, name: str = "before", **more: Any) -> None:
        """Make a HasteCRMBackup as a person does."""
        made = {"creationTimestamp": MADE, **more.pop("metadata", {})}
        await self.cluster.create(backup(name, metadata=made, **more))

    async def run(self, component: str, job: str) -> None:
        """Make the Job that a CronJob makes."""
        cron = self.cluster.objects[CRON_JOB.name, KEY.namespace, f"acme-{component}"]
        template = cron["spec"]["jobTemplate"]
        meta = {"name": job, "namespace": KEY.namespace, **template["metadata"]}
        body = {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": template["spec"]}
        await self.cluster.create(body)

    async def end(self, job: str, said: Any, *, good: bool = True, at: str = "2026-01-01T02:01:00Z") -> None:
        """End a Job with the last words of its pod."""
        live = self.cluster.objects[JOB.name, KEY.namespace, job]
        labels = {**live["metadata"]["labels"], "job-name": job}
        ended = {
            "exitCode": 0 if good else 1,
            "message": said if isinstance(said, str) else orjson.dumps(said).decode(),
        }
        status = {
            "phase": "Succeeded" if good else "Failed",
            "startTime": at,
            "containerStatuses": [{"name": "backup", "state": {"terminated": ended}}],
        }
        meta = {"name": f"{job}-x", "namespace": KEY.namespace, "labels": labels}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {}, "status": status}
        await self.cluster.create(pod)
        condition = {"type": "Complete" if good else "Failed", "status": "True", "lastTransitionTime": at}
        done = {"conditions": [{**condition, "message": "it has failed"}]}
        self.cluster.edit(JOB, KEY.namespace, job, {"status": done})

    def asked_for(self, name: str = "before") -> dict[str, Any]:
        """Return the status of a HasteCRMBackup."""
        return self.cluster.objects[HASTECRM_BACKUP.name, KEY.namespace, name].get("status", {})

    def names_of(self, kind: Any) -> list[str]:
        """Return the names of all objects of a kind."""
        return sorted(name for known, _, name in self.cluster.objects if known == kind.name)

    def job_of(self, part: str) -> str:
        """Return the only Job whose name holds `part`."""
        [name] = [name for name in self.names_of(JOB) if part in name]
        return name


@pytest.fixture
async def backed() -> Backed:
    world = Backed()
    await world.apply(backup=SCHEDULED)
    await world.settle()
    return world
