"""The end of an installation; in a file that comes last, because all tests share one."""

import time

from tests.e2e.conftest import Installation


def test_a_deleted_object_takes_its_children_along_and_leaves_the_data_and_its_keys(crm: Installation):
    crm.kubectl("delete", "hastecrm", crm.name, "--timeout=60s")
    deadline = time.monotonic() + 60
    while crm.json("get", "deployments,statefulsets,services")["items"]:
        assert time.monotonic() < deadline, crm.kubectl("get", "all")
        time.sleep(0.5)

    claims = crm.json("get", "persistentvolumeclaims")["items"]
    assert {c["metadata"]["name"] for c in claims} >= {
        f"data-{crm.name}-postgres-0",
        f"data-{crm.name}-redis-0",
    }
    secrets = {secret["metadata"]["name"] for secret in crm.json("get", "secrets")["items"]}
    assert secrets >= {f"{crm.name}-{suffix}" for suffix in ("keys", "database", "redis")}
