"""The operator as a process against a real API server: what it makes, keeps, repairs and says."""

import asyncio
import time
from pathlib import Path

import pytest
from tests.apiserver.audit import operator_requests, writes, written_by_another_look
from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import kubectl
from tests.apiserver.kubelet import PlayedKubelet
from tests.apiserver.operator_process import OperatorProcess

from hastecrm_operator.engine.errors import NotFoundError
from hastecrm_operator.engine.kinds import (
    DEPLOYMENT,
    HASTECRM,
    JOB,
    SECRET,
    SERVICE,
    STATEFUL_SET,
)


async def test_one_line_of_spec_comes_up_complete(ready: CRM):
    status = await ready.status()

    assert {c["type"]: c["status"] for c in status["conditions"]} == {
        "Ready": "True",
        "Available": "True",
        "Progressing": "False",
        "Degraded": "False",
        "DatabaseReady": "True",
        "CacheReady": "True",
        "Migrated": "True",
        "Reconciling": "False",
        "Stalled": "False",
        "Paused": "False",
        "CredentialsCurrent": "True",
        "PendingRollout": "False",
        "Hibernated": "False",
        "ReleaseAccepted": "True",
    }
    assert status["version"] == "0.1.0"
    assert status["schema"] == {"version": 1, "compatibleFrom": 1}
    assert status["observedGeneration"] == 1


async def test_every_child_belongs_to_its_object(ready: CRM):
    owner = await ready.cluster.get(HASTECRM, ready.namespace, "acme")

    for kind, suffix in [
        (DEPLOYMENT, "api"),
        (DEPLOYMENT, "web"),
        (DEPLOYMENT, "worker"),
        (STATEFUL_SET, "postgres"),
        (STATEFUL_SET, "redis"),
        (SERVICE, "api"),
    ]:
        child = await ready.get(kind, suffix)
        assert child["metadata"]["ownerReferences"][0]["uid"] == owner["metadata"]["uid"]


async def test_looking_again_writes_nothing(ready: CRM, operator: OperatorProcess):
    assert await written_by_another_look(ready, operator) == []


async def test_a_restarted_operator_writes_nothing(ready: CRM, operator: OperatorProcess, kubeconfig: str):
    await asyncio.sleep(1)
    assert await operator.stop() == 0
    before = len(operator_requests(kubeconfig, ready.namespace))
    await operator.start()
    async with asyncio.timeout(10):
        while await operator.reconciles() < 1:
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)

    assert writes(operator_requests(kubeconfig, ready.namespace)[before:]) == []


async def test_generated_secrets_stay_as_they_are(ready: CRM, operator: OperatorProcess):
    before = (await ready.get(SECRET, "database"))["data"]
    await operator.stop()
    await operator.start()
    ready.apply(logging={"level": "DEBUG"})
    await ready.until(lambda s: s.get("observedGeneration") == 2 and s["phase"] == "Ready")

    assert (await ready.get(SECRET, "database"))["data"] == before


async def test_a_changed_configuration_rolls_the_pods(ready: CRM):
    def template(live: dict) -> dict:
        return live["spec"]["template"]

    api, postgres = await ready.get(DEPLOYMENT, "api"), await ready.get(STATEFUL_SET, "postgres")
    ready.apply(logging={"level": "DEBUG"})
    await ready.until(lambda s: s.get("observedGeneration") == 2 and s["phase"] == "Ready")

    assert template(await ready.get(DEPLOYMENT, "api")) != template(api)
    assert template(await ready.get(STATEFUL_SET, "postgres")) == template(postgres)


async def test_an_image_that_does_not_exist_is_named_with_its_field(
    crm: CRM, operator: OperatorProcess, kubelet: PlayedKubelet
):
    crm.apply()
    await crm.until_phase("Ready")
    kubelet.trouble["migrate"] = ("ErrImagePull", "not found")
    crm.apply(images={"app": "localhost/hastecrm/app:none"})

    status = await crm.until(lambda s: s.get("phase") == "RolledBack", seconds=40)

    accepted = next(c for c in status["conditions"] if c["type"] == "ReleaseAccepted")
    assert accepted["reason"] == "ImagePullBackOff"
    assert "localhost/hastecrm/app:none" in accepted["message"]
    assert "spec.images.app" in accepted["message"]
    assert status["version"] == "0.1.0"
    running = await crm.get(DEPLOYMENT, "api")  # the old release goes on serving
    assert running["spec"]["template"]["spec"]["containers"][0]["image"] == "localhost/hastecrm/app:0.1.0"


async def test_a_failed_migration_stops_the_release_and_says_why(
    crm: CRM, operator: OperatorProcess, kubelet: PlayedKubelet, kubeconfig: str
):
    kubelet.crash["migrate"] = "relation contacts is locked"
    crm.apply()

    status = await crm.until(lambda s: s.get("phase") == "Failed", seconds=90)

    migrated = next(c for c in status["conditions"] if c["type"] == "Migrated")
    assert migrated["reason"] == "MigrationFailed"
    assert "relation contacts is locked" in migrated["message"]
    del kubelet.crash["migrate"]
    kubectl(kubeconfig, "-n", crm.namespace, "delete", "jobs", "--all")
    await crm.until_phase("Ready")


@pytest.mark.parametrize(
    ("spec", "condition", "reason", "field"),
    [
        pytest.param(
            {"database": {"external": {"host": "db", "credentials": {"secretName": "none"}}}},
            "DatabaseReady",
            "SecretNotFound",
            "spec.database.external.credentials.secretName",
            id="credentials",
        ),
        pytest.param(
            {"database": {"managed": {"storage": {"className": "none"}}}},
            "DatabaseReady",
            "StorageClassNotFound",
            "spec.database.managed.storage.className",
            id="storage class",
        ),
    ],
)
async def test_a_missing_thing_is_named_and_the_rest_goes_on(
    crm: CRM, operator: OperatorProcess, spec: dict, condition: str, reason: str, field: str
):
    crm.apply(**spec)
    await crm.until(lambda s: any(c["reason"] == reason for c in s.get("conditions", [])))

    told = await crm.condition(condition)
    assert told["status"] == "False"
    assert field in told["message"]
    assert (await crm.condition("Ready"))["reason"] == reason
    await crm.until(
        lambda s: any(c["type"] == "CacheReady" and c["status"] == "True" for c in s["conditions"])
    )


async def test_a_secret_that_arrives_late_is_noticed(crm: CRM, operator: OperatorProcess, kubeconfig: str):
    crm.apply(database={"external": {"host": "db", "credentials": {"secretName": "late"}}})
    await crm.until(lambda s: any(c["reason"] == "SecretNotFound" for c in s.get("conditions", [])))
    literals = ["--from-literal=username=u", "--from-literal=password=p"]
    kubectl(kubeconfig, "-n", crm.namespace, "create", "secret", "generic", "late", *literals)

    await crm.until_phase("Ready")


async def test_a_paused_object_is_reported_and_left_alone(ready: CRM):
    ready.apply(paused=True, api={"replicas": 5})
    await ready.until_phase("Paused")
    deployment = await ready.get(DEPLOYMENT, "web")
    await ready.cluster.delete(DEPLOYMENT, ready.namespace, "acme-web", uid=deployment["metadata"]["uid"])
    await asyncio.sleep(1)

    with pytest.raises(NotFoundError):
        await ready.get(DEPLOYMENT, "web")
    assert (await ready.get(DEPLOYMENT, "api"))["spec"]["replicas"] != 5
    ready.apply(paused=False)
    await ready.restored(DEPLOYMENT, "web", bool)


@pytest.mark.parametrize("after", [0.02, 0.05, 0.1, 0.2, 0.4])
async def test_an_operator_killed_in_mid_reconcile_loses_and_doubles_nothing(
    crm: CRM, operator: OperatorProcess, after: float
):
    crm.apply()
    await asyncio.sleep(after)
    operator.kill()
    await operator.stop()
    secrets = {}
    for name in ("database", "redis", "keys"):
        try:
            secrets[name] = (await crm.get(SECRET, name))["data"]
        except NotFoundError:
            continue
    await operator.start()
    await crm.until_phase("Ready")

    for name, data in secrets.items():
        assert (await crm.get(SECRET, name))["data"] == data
    jobs = [job async for page, _ in crm.cluster.list_pages(JOB, "", crm.namespace) for job in page]
    assert len(jobs) == 1


async def test_a_child_deleted_while_no_operator_ran_is_back(ready: CRM, operator: OperatorProcess):
    await operator.stop()
    service = await ready.get(SERVICE, "web")
    await ready.cluster.delete(SERVICE, ready.namespace, "acme-web", uid=service["metadata"]["uid"])
    await operator.start()

    await ready.restored(SERVICE, "web", bool)


async def test_the_second_of_two_operators_waits_and_takes_over(
    ready: CRM, operator: OperatorProcess, kubeconfig: str, tmp_path: Path
):
    second = OperatorProcess(kubeconfig, ready.namespace, tmp_path / "second.log")
    await second.start()
    try:
        await asyncio.sleep(1)
        assert "hastecrm_operator_leader 0.0" in await second.metrics()
        await operator.stop()
        started = time.monotonic()
        while "hastecrm_operator_leader 1.0" not in await second.metrics():
            assert time.monotonic() - started < 5, "a released lease was not taken over"
            await asyncio.sleep(0.1)
    finally:
        await second.stop()
