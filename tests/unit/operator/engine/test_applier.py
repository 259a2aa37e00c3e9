"""Children are written side by side, and only where they differ."""

import asyncio
from typing import Any

import pytest
from tests.fakes.cluster import FakeCluster

from hastecrm_operator.api import names
from hastecrm_operator.engine.applier import Applier
from hastecrm_operator.engine.children import Children, child
from hastecrm_operator.engine.errors import ConflictError, NotOursError, RejectedError
from hastecrm_operator.engine.kinds import JOB, SECRET

Manifest = dict[str, Any]


class SlowCluster(FakeCluster):
    """A cluster that keeps writes waiting until all of a crowd have come."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way = 0
        self.most_under_way = 0
        self.refusal: RejectedError | None = None
        """Of every write to come."""

    async def apply(self, manifest: Manifest, *, subresource: str = "") -> Manifest:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0.001)
        self.under_way -= 1
        if self.refusal:
            self.writes.append(("refused", manifest["kind"], manifest["metadata"]["name"]))
            raise self.refusal
        return await super().apply(manifest, subresource=subresource)


def manifest(kind: str, name: str, **body: Any) -> Manifest:
    labels = {"app.kubernetes.io/managed-by": "hastecrm-operator", "app.kubernetes.io/instance": "acme"}
    meta = {"name": name, "namespace": "sales", "labels": labels}
    return {"apiVersion": "v1", "kind": kind, "metadata": meta, **body}


def config_maps(count: int) -> list[Manifest]:
    return [manifest("ConfigMap", f"c{i}", data={"a": "1"}) for i in range(count)]


def services(count: int, **spec: Any) -> list[Manifest]:
    return [manifest("Service", f"s{i}", spec={"ports": [{"port": 1}], **spec}) for i in range(count)]


def job(config: str = "a", **labels: str) -> Manifest:
    template = {"metadata": {"annotations": {"config": config}}, "spec": {"containers": []}}
    body = manifest("Job", "migrate", spec={"backoffLimit": 3, "template": template})
    body["apiVersion"] = "batch/v1"
    body["metadata"]["labels"] |= labels
    return body


A_SECRET = manifest("Secret", "keys", type="Opaque", data={"password": ""})


def kept_or_new(live: Manifest | None) -> Manifest:
    return {**A_SECRET, "data": (live or {}).get("data") or {"password": "bmV3"}}


@pytest.fixture
def cluster() -> SlowCluster:
    return SlowCluster()


@pytest.fixture
def applier(cluster: SlowCluster) -> Applier:
    return Applier(cluster, Children(lambda *_: None), lambda: "generated")


async def test_children_are_written_side_by_side(applier: Applier, cluster: SlowCluster):
    await applier.ensure_all(config_maps(10))

    assert cluster.most_under_way == 10


async def test_services_with_an_address_are_written_a_few_at_a_time(applier: Applier, cluster: SlowCluster):
    await applier.ensure_all(services(20))

    assert cluster.most_under_way == 5


async def test_headless_services_are_not_held_back(applier: Applier, cluster: SlowCluster):
    await applier.ensure_all(services(20, clusterIP="None"))

    assert cluster.most_under_way == 20


async def test_nothing_else_waits_for_services(applier: Applier, cluster: SlowCluster):
    await applier.ensure_all([*services(50), *config_maps(10)])

    last_config_map = max(i for i, write in enumerate(cluster.writes) if write[1] == "ConfigMap")
    assert last_config_map < 20


async def test_only_what_differs_is_written(applier: Applier, cluster: SlowCluster):
    await applier.ensure_all(config_maps(3))
    cluster.writes.clear()

    records = await applier.ensure_all([*config_maps(3), manifest("ConfigMap", "new", data={"a": "1"})])

    assert cluster.writes == [("apply", "ConfigMap", "new")]
    assert {record.id.name for record in records} == {"c0", "c1", "c2", "new"}


async def test_one_refusal_keeps_no_other_child_from_being_written(applier: Applier, cluster: SlowCluster):
    cluster.fail_next.append(RejectedError(403, "Forbidden", "quota exceeded"))

    with pytest.raises(RejectedError, match="quota exceeded"):
        await applier.ensure_all(config_maps(3))

    assert len(cluster.writes) == 2


async def test_a_new_secret_is_made_without_looking_first(applier: Applier, cluster: SlowCluster):
    await applier.ensure_secret(A_SECRET, kept_or_new)

    assert cluster.reads == []
    assert cluster.writes == [("apply", "Secret", "keys")]


async def test_a_secret_that_nobody_has_seen_keeps_its_values(applier: Applier, cluster: SlowCluster):
    await cluster.create(manifest("Secret", "keys", type="Opaque", data={"password": "b2xk"}))

    await applier.ensure_secret(A_SECRET, kept_or_new)

    assert cluster.objects[SECRET.name, "sales", "keys"]["data"] == {"password": "b2xk"}


async def test_a_secret_that_is_written_meanwhile_is_not_overwritten(applier: Applier, cluster: SlowCluster):
    await cluster.create(manifest("Secret", "keys", type="Opaque", data={"password": "b2xk"}))

    def slow(_live: Manifest | None) -> Manifest:
        cluster.edit(SECRET, "sales", "keys", {"data": {"password": "dGhlaXJz"}})
        return {**A_SECRET, "data": {"password": "b3Vycw=="}}

    with pytest.raises(ConflictError):
        await applier.change_secret("sales", "keys", slow)
    assert cluster.objects[SECRET.name, "sales", "keys"]["data"] == {"password": "dGhlaXJz"}


async def test_another_configuration_leaves_a_job_that_exists_alone(applier: Applier, cluster: SlowCluster):
    await applier.ensure_present(job())
    cluster.writes.clear()

    await applier.ensure_present(job(config="b"))

    assert cluster.writes == []


async def test_drift_of_a_job_is_put_back_without_touching_its_template(cluster: SlowCluster):
    children = Children(lambda *_: None)
    applier = Applier(cluster, children, lambda: "generated")
    await applier.ensure_present(job(team="a"))
    drifted = cluster.edit(JOB, "sales", "migrate", {"metadata": {"labels": {"team": "b"}}})
    children.put(child(JOB, drifted))

    await applier.ensure_present(job(config="b", team="a"))

    live = cluster.objects[JOB.name, "sales", "migrate"]
    assert live["metadata"]["labels"]["team"] == "a"
    assert live["spec"]["template"]["metadata"]["annotations"]["config"] == "a"


async def test_a_job_that_lost_the_label_we_find_it_by_is_ours_again(cluster: SlowCluster, applier: Applier):
    await cluster.apply(job())
    cluster.edit(JOB, "sales", "migrate", {"metadata": {"labels": {names.MANAGED_BY: None}}})

    await applier.ensure_present(job(config="b"))

    live = cluster.objects[JOB.name, "sales", "migrate"]
    assert live["metadata"]["labels"][names.MANAGED_BY] == names.MANAGER
    assert live["spec"]["template"]["metadata"]["annotations"]["config"] == "a"


async def test_a_job_of_somebody_else_is_left_alone(cluster: SlowCluster, applier: Applier):
    theirs = job()
    theirs["metadata"]["ownerReferences"] = [{"kind": "CronJob", "name": "nightly", "controller": True}]
    await cluster.create(theirs)

    with pytest.raises(NotOursError, match="CronJob 'nightly'"):
        await applier.ensure_present(job())


async def test_what_cannot_be_changed_of_a_job_is_tried_once(applier: Applier, cluster: SlowCluster):
    await applier.ensure_present(job())
    cluster.writes.clear()
    wanted = job()
    wanted["spec"]["completions"] = 2
    cluster.refusal = RejectedError(422, "Invalid", "spec.completions: field is immutable")

    await applier.ensure_present(wanted)
    await applier.ensure_present(wanted)

    assert cluster.writes == [("refused", "Job", "migrate")]


async def test_a_job_that_may_not_be_changed_now_is_tried_again(applier: Applier, cluster: SlowCluster):
    await applier.ensure_present(job())
    cluster.refusal = RejectedError(403, "Forbidden", "no")

    for _ in range(2):
        with pytest.raises(RejectedError):
            await applier.ensure_present(job(team="a"))
