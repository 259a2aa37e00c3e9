"""What somebody changes or deletes is put back at once. One installation serves the whole file."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.apiserver.conftest import fresh_namespace, operated
from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import kubectl

from hastecrm_operator.adapters.credentials import load
from hastecrm_operator.adapters.kubernetes import KubernetesCluster
from hastecrm_operator.api import names
from hastecrm_operator.engine.kinds import (
    CONFIG_MAP,
    CONTROLLER_REVISION,
    DEPLOYMENT,
    JOB,
    SECRET,
    SERVICE,
    STATEFUL_SET,
    Kind,
)
from hastecrm_operator.telemetry.metrics import Metrics

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(kubeconfig: str, crds: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CRM]:
    log: Path = tmp_path_factory.mktemp("drift") / "operator.log"
    async with KubernetesCluster(load(kubeconfig, None), Metrics()) as cluster:
        with fresh_namespace(kubeconfig) as namespace:
            async with operated(cluster, kubeconfig, namespace, log):
                crm = CRM(cluster, kubeconfig, namespace)
                crm.apply()
                await crm.until_phase("Ready")
                yield crm


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        (DEPLOYMENT, "api"),
        (STATEFUL_SET, "redis"),
        (SERVICE, "web"),
        (CONFIG_MAP, "config"),
        (SECRET, "keys"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
async def test_a_deleted_child_is_back_within_two_seconds(shared: CRM, kind: Kind, suffix: str):
    old = await shared.get(kind, suffix)
    await shared.cluster.delete(kind, shared.namespace, f"acme-{suffix}", uid=old["metadata"]["uid"])

    seconds = await shared.restored(
        kind, suffix, lambda live: live["metadata"]["uid"] != old["metadata"]["uid"]
    )

    assert seconds < 2


@pytest.mark.parametrize(
    ("kind", "suffix", "patch", "path"),
    [
        pytest.param(DEPLOYMENT, "api", {"spec": {"replicas": 9}}, ("spec", "replicas"), id="replicas"),
        pytest.param(SERVICE, "api", {"spec": {"selector": {"a": "b"}}}, ("spec", "selector"), id="selector"),
        pytest.param(
            CONFIG_MAP,
            "config",
            {"data": {"HASTECRM_LOG_LEVEL": "CRITICAL"}},
            ("data", "HASTECRM_LOG_LEVEL"),
            id="data",
        ),
        pytest.param(
            DEPLOYMENT,
            "web",
            {"metadata": {"labels": {"app.kubernetes.io/name": "other"}}},
            ("metadata", "labels", "app.kubernetes.io/name"),
            id="label",
        ),
    ],
)
async def test_an_edited_child_is_put_back_within_two_seconds(
    shared: CRM, kubeconfig: str, kind: Kind, suffix: str, patch: dict, path: tuple[str, ...]
):
    def value(live: dict) -> Any:
        for key in path:
            live = live[key]
        return live

    wanted = value(await shared.get(kind, suffix))
    args = ["patch", kind.plural, f"acme-{suffix}", "--type=merge", "-p", json.dumps(patch)]
    kubectl(kubeconfig, "-n", shared.namespace, *args)

    assert await shared.restored(kind, suffix, lambda live: value(live) == wanted) < 2


async def test_a_secret_that_lost_a_key_keeps_the_others(shared: CRM, kubeconfig: str):
    before = (await shared.get(SECRET, "keys"))["data"]
    lost = json.dumps([{"op": "remove", "path": "/data/secretKey"}])
    kubectl(kubeconfig, "-n", shared.namespace, "patch", "secret", "acme-keys", "--type=json", "-p", lost)
    await shared.restored(SECRET, "keys", lambda live: "secretKey" in live["data"])

    after = (await shared.get(SECRET, "keys"))["data"]
    assert after["accessToken"] == before["accessToken"]
    assert after["secretKey"] != before["secretKey"]


@pytest.mark.parametrize(
    ("kind", "suffix", "path"),
    [
        pytest.param(
            JOB, "migrate", ("metadata", "labels", "app.kubernetes.io/part-of"), id="label of a job"
        ),
        pytest.param(
            JOB, "migrate", ("metadata", "labels", names.MANAGED_BY), id="the label we find a job by"
        ),
        pytest.param(JOB, "migrate", ("spec", "backoffLimit"), id="field of a job"),
        pytest.param(JOB, "migrate", ("spec", "activeDeadlineSeconds"), id="deadline of a job"),
        pytest.param(
            SECRET, "keys", ("metadata", "annotations", names.ROTATED_AT), id="annotation of a secret"
        ),
        pytest.param(
            SECRET,
            "stores-tls",
            ("metadata", "annotations", names.RENEW_AFTER_ANNOTATION),
            id="annotation of a certificate",
        ),
        pytest.param(
            CONTROLLER_REVISION,
            "1",
            ("metadata", "labels", "app.kubernetes.io/part-of"),
            id="label of a release's record",
        ),
        pytest.param(
            CONTROLLER_REVISION,
            "1",
            ("metadata", "labels", names.MANAGED_BY),
            id="the label we find a release's record by",
        ),
    ],
)
async def test_what_was_removed_is_put_back_within_two_seconds(
    shared: CRM, kubeconfig: str, kind: Kind, suffix: str, path: tuple[str, ...]
):
    names_of_all = kubectl(kubeconfig, "-n", shared.namespace, "get", kind.plural, "-o", "name").split()
    [name] = [each.split("/")[1] for each in names_of_all if each.split("/")[1].startswith(f"acme-{suffix}")]
    suffix = name.removeprefix("acme-")
    before = await shared.get(kind, suffix)
    lost = json.dumps([{"op": "remove", "path": "/" + "/".join(key.replace("/", "~1") for key in path)}])
    kubectl(kubeconfig, "-n", shared.namespace, "patch", kind.plural, name, "--type=json", "-p", lost)

    seconds = await shared.restored(kind, suffix, lambda live: _is_put_back(live, before, path))

    assert seconds < 2
    assert (await shared.get(kind, suffix))["metadata"]["uid"] == before["metadata"]["uid"]


def _is_put_back(live: dict, before: dict, path: tuple[str, ...]) -> bool:
    now, then = live, before
    for key in path:
        now, then = now.get(key, {}), then[key]
    # How old a Secret's values are can be told no better than by the age of the Secret.
    return bool(now) if "annotations" in path else bool(now == then)
