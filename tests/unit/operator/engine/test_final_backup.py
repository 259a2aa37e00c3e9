"""Objects that ask for a last dump: dumped, then deleted; or kept, and let go in any case."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.factories.crm import body, crm, rendering
from tests.unit.operator.engine.conftest import KEY, World

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.engine.errors import RejectedError
from hastecrm_operator.engine.final_backup import Fate, decide
from hastecrm_operator.engine.finalizer import settle_finalizer
from hastecrm_operator.engine.kinds import CLAIM, DEPLOYMENT, EVENT, HASTECRM, JOB, SECRET, STATEFUL_SET
from hastecrm_operator.resources.final_backup import final_backup_job

VOLUME = {"destination": {"volume": {"size": "1Gi"}}}
S3 = {"endpoint": "https://s3.example.com", "bucket": "dumps", "credentials": {"secretName": "s3"}}
ASKED = {"deletionPolicy": "BackupThenDelete", "backup": VOLUME, "deletionDeadline": "1h"}
DELETED = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spec", "hours", "expected"),
    [
        pytest.param({}, 0.9, (Fate.DUMP, ""), id="in time"),
        pytest.param({}, 1.1, (Fate.KEEP, "DeadlineExceeded"), id="too late"),
        pytest.param({"paused": True}, 0, (Fate.KEEP, "Paused"), id="paused"),
        pytest.param({"deletionPolicy": "Retain"}, 0, (Fate.KEEP, "Retained"), id="given up"),
        pytest.param({"deletionPolicy": "Delete"}, 0, (Fate.DELETE, "DataDeleted"), id="without a dump"),
        pytest.param({"backup": {"destination": {"s3": S3}}}, 0, (Fate.DUMP, ""), id="s3"),
    ],
)
def test_the_fate_of_the_data_is_decided(spec: dict, hours: float, expected: tuple):
    decision = decide(crm(**ASKED | spec), DELETED, DELETED + timedelta(hours=hours))

    assert (decision.fate, decision.reason) == expected


def finalizers(world: World) -> list[str]:
    return world.cluster.objects[HASTECRM.name, *KEY]["metadata"].get("finalizers", [])


def names(world: World, *kinds: Any) -> set[str]:
    wanted = {kind.name for kind in kinds}
    return {f"{kind}/{name}" for kind, _, name in world.cluster.objects if kind in wanted}


def told(world: World) -> dict[str, str]:
    events = [live for (kind, *_), live in world.cluster.objects.items() if kind == EVENT.name]
    return {e["reason"]: e["message"] for e in events if "volumes and Secrets" in e["message"]}


async def delete(world: World) -> None:
    stamp = f"{world.time:%Y-%m-%dT%H:%M:%SZ}"
    world.cluster.edit(HASTECRM, *KEY, {"metadata": {"deletionTimestamp": stamp}})


async def claims(world: World) -> None:
    """Make the claims that the controller of StatefulSets makes."""
    labels = {"app.kubernetes.io/managed-by": "hastecrm-operator", "app.kubernetes.io/instance": "acme"}
    for name in ("data-acme-postgres-0", "data-acme-redis-0"):
        meta = {"name": name, "namespace": KEY.namespace, "labels": labels}
        await world.cluster.create(
            {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": {}}
        )


@pytest.fixture
async def held(world: World) -> World:
    await world.apply(**ASKED)
    await world.settle()
    await claims(world)
    return world


@pytest.mark.parametrize("policy", ["Retain", "Delete"])
async def test_an_object_that_needs_no_dump_has_no_finalizer(held: World, policy: str):
    assert finalizers(held) == ["hastecrm.io/final-backup"]
    await held.apply(**ASKED | {"deletionPolicy": policy})
    await held.look()

    assert finalizers(held) == []


async def test_finalizers_of_others_stay(held: World):
    held.cluster.edit(HASTECRM, *KEY, {"metadata": {"finalizers": ["a", "hastecrm.io/final-backup", "b"]}})
    await settle_finalizer(held.cluster, await held.cluster.get(HASTECRM, *KEY), wanted=False)

    assert finalizers(held) == ["a", "b"]


async def test_the_application_ends_then_the_dump_is_taken_then_all_data_goes(held: World):
    await delete(held)
    await held.look()

    tiers = [
        held.cluster.objects[DEPLOYMENT.name, KEY.namespace, f"acme-{t}"] for t in ("api", "web", "worker")
    ]
    assert [tier["spec"]["replicas"] for tier in tiers] == [0, 0, 0]
    assert held.status["phase"] == "Deleting"
    assert "hastecrm.io/final-backup" in finalizers(held)
    assert len([name for name in names(held, JOB) if "final-backup" in name]) == 1
    held.play_controllers()
    await held.look()

    assert names(held, SECRET, STATEFUL_SET, DEPLOYMENT) == set()
    assert names(held, CLAIM) == {"PersistentVolumeClaim/acme-backup"}
    assert finalizers(held) == []
    assert "deleted" in told(held)["FinalBackupTaken"]


async def test_a_dump_that_does_not_come_in_time_keeps_everything(held: World):
    await delete(held)
    await held.look()
    secrets = names(held, SECRET)
    held.pass_time(hours=1.1)
    await held.look()

    assert names(held, SECRET) == secrets
    assert len(names(held, CLAIM)) == 3
    assert names(held, STATEFUL_SET, DEPLOYMENT, JOB) == set()
    assert finalizers(held) == []
    assert "kept" in told(held)["DeadlineExceeded"]


async def test_a_dump_that_fails_for_good_keeps_everything(held: World):
    await delete(held)
    await held.look()
    job = next(name for name in names(held, JOB) if "final-backup" in name).removeprefix("Job/")
    failed = {"conditions": [{"type": "Failed", "status": "True", "message": "out of space"}]}
    held.cluster.edit(JOB, KEY.namespace, job, {"status": failed})
    await held.look()

    assert len(names(held, CLAIM)) == 3
    assert finalizers(held) == []
    assert "out of space" in told(held)["FinalBackupFailed"]
    assert "{" not in told(held)["FinalBackupFailed"]


async def test_a_namespace_that_is_being_deleted_is_not_held_up(held: World):
    await delete(held)
    await held.list_children()
    held.objects.put(await held.cluster.get(HASTECRM, *KEY))
    refusal = RejectedError(403, "Forbidden", "unable to create: namespace sales is being terminated")
    held.cluster.fail_next.append(refusal)
    await held.reconciler.reconcile(KEY)

    assert finalizers(held) == []


async def test_a_quota_that_is_exceeded_is_told_and_waited_for(held: World):
    await delete(held)
    await held.list_children()
    held.objects.put(await held.cluster.get(HASTECRM, *KEY))
    held.cluster.fail_next.append(RejectedError(403, "Forbidden", "exceeded quota: small"))
    result = await held.reconciler.reconcile(KEY)

    assert finalizers(held) == ["hastecrm.io/final-backup"]
    assert "exceeded quota" in held.condition("Ready")["message"]
    assert result.look_again is not None


async def test_giving_up_the_dump_keeps_everything_at_once(held: World):
    await delete(held)
    await held.look()
    held.cluster.edit(HASTECRM, *KEY, {"spec": {"deletionPolicy": "Retain"}})
    await held.look()

    assert len(names(held, CLAIM)) == 3
    assert finalizers(held) == []


async def test_a_sleeping_database_wakes_up_for_its_last_dump(held: World):
    await held.apply(**ASKED, hibernated=True)
    for _ in range(4):
        await held.look()
        held.play_controllers()
    assert held.status["phase"] == "Hibernated"
    await delete(held)
    await held.look()

    postgres = held.cluster.objects[STATEFUL_SET.name, KEY.namespace, "acme-postgres"]
    assert postgres["spec"]["replicas"] == 1


def test_a_new_object_of_the_same_name_takes_a_dump_of_its_own():
    def name(uid: str) -> str:
        asked = body(**ASKED)
        asked["metadata"]["uid"] = uid
        of = HasteCRM.parse(asked)
        return final_backup_job(of, rendering(of), "acme-x")["metadata"]["name"]

    assert name("11111111-0000") != name("22222222-0000")
