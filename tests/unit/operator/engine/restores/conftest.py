"""An installation with a dump, and Jobs of restores that end as a test says."""

from typing import Any

import pytest
from tests.factories.requests import restore
from tests.unit.operator.engine.backups.conftest import MADE, SCHEDULED, Backed, report
from tests.unit.operator.engine.conftest import KEY

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.engine.kinds import HASTECRM, HASTECRM_RESTORE, JOB
from hastecrm_operator.resources.restore_jobs import restore_job_name

REPORTS: dict[str, dict[str, Any]] = {
    "check": {"name": "d", "tables": 31, "rows": 120000},
    "load": {"name": "d", "tables": 31, "rows": 120000},
    "verify": {"name": "d", "tables": 31, "rows": 120000, "checks": ["rows"]},
    "mask": {"columns": ["contacts.email"], "kept": []},
    "swap": {"database": "hastecrm", "replaced": "hastecrm_before_x", "outageMs": 850},
    "undo": {"database": "hastecrm", "replaced": "hastecrm_undone_x", "outageMs": 700},
    "clean": {"dropped": "x"},
    "forget": {"dropped": "x"},
    "undone": {"dropped": "x"},
}


class Restoring(Backed):
    """What people do with restores, and what their Jobs say."""

    async def restore(self, name: str = "back", **more: Any) -> None:
        """Make a HasteCRMRestore as a person does, and look at it."""
        made = {"creationTimestamp": MADE, **more.pop("metadata", {})}
        await self.cluster.create(restore(name, metadata=made, **more))
        await self.look()

    def restored(self, name: str = "back") -> dict[str, Any]:
        """Return the status of a HasteCRMRestore."""
        return self.cluster.objects[HASTECRM_RESTORE.name, KEY.namespace, name].get("status", {})

    def ready(self, name: str = "back") -> dict[str, Any]:
        """Return its Ready condition."""
        return next(c for c in self.restored(name)["conditions"] if c["type"] == "Ready")

    def job(self, work: str, name: str = "back") -> str:
        """Return the name of the Job of one work."""
        uid = self.cluster.objects[HASTECRM_RESTORE.name, KEY.namespace, name]["metadata"]["uid"]
        return restore_job_name(HasteCRM.parse(self.cluster.objects[HASTECRM.name, *KEY]), uid, work)

    def container(self, work: str, name: str = "back") -> list[dict[str, Any]]:
        """Return the containers of the Job of one work."""
        job = self.cluster.objects[JOB.name, KEY.namespace, self.job(work, name)]
        return job["spec"]["template"]["spec"]["containers"]

    def arguments(self, work: str, name: str = "back") -> list[str]:
        """Return what the Job of one work runs."""
        return self.container(work, name)[0]["args"]

    def jobs(self) -> list[str]:
        """Return the work of each Job of a restore."""
        return [name.rpartition("-")[2] for name in self.names_of(JOB) if "-restore-" in name]

    def finalizers(self, name: str = "back") -> list[str]:
        """Return what holds a HasteCRMRestore."""
        return self.cluster.objects[HASTECRM_RESTORE.name, KEY.namespace, name]["metadata"].get(
            "finalizers", []
        )

    async def delete(self, name: str = "back") -> None:
        """Delete a HasteCRMRestore that is held, and look at it."""
        stamp = {"metadata": {"deletionTimestamp": "2026-01-02T00:00:00Z"}}
        self.cluster.edit(HASTECRM_RESTORE, KEY.namespace, name, stamp)
        await self.look()

    def has_job(self, work: str, name: str = "back") -> bool:
        """Whether there is the Job of one work."""
        return (JOB.name, KEY.namespace, self.job(work, name)) in self.cluster.objects

    async def does(self, *works: str, name: str = "back") -> None:
        """Let the Jobs of these works succeed, one after the other."""
        for work in works:
            await self.end(self.job(work, name), REPORTS[work])
            await self.look()

    async def fails(self, work: str, reason: str, name: str = "back") -> None:
        """Let the Job of one work fail for good."""
        await self.end(self.job(work, name), {"reason": reason, "error": f"it is {reason}"}, good=False)
        await self.look()

    def wish(self, name: str = "back", **spec: Any) -> Any:
        """Change the spec as a person does."""
        self.cluster.edit(HASTECRM_RESTORE, KEY.namespace, name, {"spec": spec})


@pytest.fixture
async def restoring() -> Restoring:
    """An installation with one dump, of HasteCRMBackup `before`."""
    world = Restoring()
    await world.apply(backup=SCHEDULED)
    await world.settle()
    await world.ask()
    await world.look()
    await world.end(world.job_of("acme-backup-"), report())
    await world.look()
    return world
