"""A rotation on a real API server: an operator that dies in it goes on where it was."""

import base64
from typing import Any

import pytest
from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import kubectl
from tests.apiserver.operator_process import OperatorProcess

from hastecrm_operator.engine.kinds import SECRET, STATEFUL_SET


async def values(crm: CRM, suffix: str) -> dict[str, str]:
    data = (await crm.get(SECRET, suffix))["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def is_in(phase: str) -> Any:
    return lambda status: status.get("credentials", {}).get("phase") == phase


@pytest.mark.timeout(300)
async def test_an_operator_that_dies_in_a_rotation_ends_it(ready: CRM, operator: OperatorProcess):
    before = {suffix: await values(ready, suffix) for suffix in ("database", "redis", "keys")}
    servers = [(await ready.get(STATEFUL_SET, s))["metadata"]["generation"] for s in ("postgres", "redis")]
    annotate = ("annotate", "hcrm", "acme", "-n", ready.namespace, "hastecrm.io/rotate=now")
    kubectl(ready.kubeconfig, *annotate)
    await ready.until(is_in("Announcing"))
    operator.kill()
    await operator.start()

    await ready.until(is_in("Retiring"), seconds=90)
    await ready.until_phase("Ready")

    for suffix in ("database", "redis"):
        after = await values(ready, suffix)
        assert after.keys() == {"username", "password", "exclusive"}
        assert after["username"] == "hastecrm_b"
        assert after["password"] != before[suffix]["password"]
    keys = await values(ready, "keys")
    assert keys["secretKeyPrevious"] == before["keys"]["secretKey"]
    assert keys["accessTokenPrevious"] == before["keys"]["accessToken"]
    assert servers == [
        (await ready.get(STATEFUL_SET, s))["metadata"]["generation"] for s in ("postgres", "redis")
    ]
