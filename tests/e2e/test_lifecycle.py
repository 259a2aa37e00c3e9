"""Sleep, deletion and a last dump on real pods: data, keys and passwords are as they should be."""

import json
import time
from collections.abc import Callable
from typing import Any

import aiohttp
from tests.e2e.conftest import QUICKSTART, Installation
from tests.e2e.test_product import add_contact, contacts


def until(holds: Callable[[], Any], what: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.5)


def delete(crm: Installation) -> None:
    crm.kubectl("delete", "hastecrm", crm.name, "--timeout=180s")
    until(lambda: not crm.json("get", "deployments,statefulsets,services")["items"], "children are left")


def create_again(crm: Installation) -> None:
    crm.kubectl("apply", "--server-side", "-f", str(QUICKSTART))
    crm.until_ready(seconds=180)


async def sign_in(crm: Installation) -> str:
    with crm.forwarded(f"svc/{crm.name}-web", 8000) as url:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": url}) as session:
            return await (await session.post(f"{url}/login", data=crm.owner())).text()


async def test_a_contact_is_still_there_after_a_sleep(crm: Installation):
    added = await add_contact(crm, "asleep@example.com")
    crm.patch({"hibernated": True})
    crm.until(lambda status: status["phase"] == "Hibernated")
    running = crm.json("get", "pods", "--field-selector=status.phase=Running")["items"]
    assert [pod["metadata"]["name"] for pod in running] == []

    crm.until_ready(crm.patch({"hibernated": False}))

    assert added["id"] in [contact["id"] for contact in await contacts(crm)]


async def test_a_new_object_of_the_same_name_has_the_data_and_the_people(crm: Installation):
    added = await add_contact(crm, "retained@example.com")
    crm.owner()

    delete(crm)
    create_again(crm)

    assert added["id"] in [contact["id"] for contact in await contacts(crm)]
    assert "retained@example.com" in await sign_in(crm)


async def test_a_last_dump_that_can_be_read_is_all_that_stays(crm: Installation):
    await add_contact(crm, "dumped@example.com")
    backup = {"destination": {"volume": {"size": "1Gi"}}}
    crm.until_ready(crm.patch({"deletionPolicy": "BackupThenDelete", "backup": backup}))

    delete(crm)

    try:
        until(lambda: claims(crm) == {f"{crm.name}-backup"}, "volumes of data are left")
        assert not [name for name in names(crm, "secrets") if name.startswith(crm.name)]
        assert newest_dump(crm)["tables"]["contacts"] >= 1
    finally:
        create_again(crm)
    assert await contacts(crm) == []


def names(crm: Installation, kind: str) -> set[str]:
    return {item["metadata"]["name"] for item in crm.json("get", kind)["items"]}


def claims(crm: Installation) -> set[str]:
    return names(crm, "persistentvolumeclaims")


def newest_dump(crm: Installation) -> dict[str, Any]:
    """Return the record of the newest dump, as a pod of the application reads it from the volume."""
    jobs = crm.json("get", "jobs", "-l", "app.kubernetes.io/component=backup")["items"]
    image = jobs[0]["spec"]["template"]["spec"]["containers"][0]["image"]
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    where = {"DIRECTORY": "/backup", "FOLDER": f"{crm.namespace}-{crm.name}"}
    container = {
        "name": "read",
        "image": image,
        "args": ["backups", "list", "--output", "json"],
        "env": [{"name": f"HASTECRM_BACKUP_{name}", "value": value} for name, value in where.items()],
        "securityContext": security,
        "volumeMounts": [{"name": "backup", "mountPath": "/backup"}],
    }
    user = {"runAsNonRoot": True, "runAsUser": 10001, "fsGroup": 10001}
    spec = {
        "restartPolicy": "Never",
        "securityContext": {**user, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "backup", "persistentVolumeClaim": {"claimName": f"{crm.name}-backup"}}],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "read-dump"}, "spec": spec}
    crm.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    crm.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/read-dump", "--timeout=60s")
    return json.loads(crm.kubectl("logs", "read-dump"))["dumps"][0]
