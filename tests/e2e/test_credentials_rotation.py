"""Credentials change under steady load: no request fails, nobody is signed out, old ones are worthless."""

import json
import time
from typing import Any

import aiohttp
import pytest
from tests.e2e.conftest import Installation
from tests.e2e.load import Load

STORES = ("postgres", "redis")


def values(crm: Installation) -> dict[str, str]:
    """Return every generated value that is worth something, by `<Secret>/<key>`."""
    made = {"database": ("username", "password"), "redis": ("username", "password")}
    made["keys"] = ("secretKey", "accessToken")
    return {f"{suffix}/{key}": crm.secret(suffix, key) for suffix, keys in made.items() for key in keys}


def rotate(crm: Installation, seconds: float = 420) -> list[str]:
    """Ask for a rotation and see it through; return the phases that were seen."""
    crm.kubectl("annotate", "hcrm", crm.name, f"hastecrm.io/rotate={time.time()}", "--overwrite")
    seen: list[str] = []

    def is_over(status: dict[str, Any]) -> bool:
        phase = status["credentials"]["phase"]
        seen.extend([phase] if seen[-1:] != [phase] else [])
        return phase == "Retiring" and status["phase"] == "Ready"

    deadline = time.monotonic() + seconds
    while not is_over(crm.status()):
        assert time.monotonic() < deadline, json.dumps(crm.status(), indent=1)
        look_at_secrets(crm)
        time.sleep(0.5)
    return seen


def look_at_secrets(crm: Installation) -> None:
    # The kubelet looks once a minute; a change of the pod object makes it look now.
    for store in STORES:
        crm.kubectl("annotate", "pod", f"{crm.name}-{store}-0", f"test/look={time.time()}", "--overwrite")


def servers(crm: Installation) -> list[tuple[str, int]]:
    """Return identity and restarts of each container of the stores."""
    pods = [crm.json("get", "pod", f"{crm.name}-{store}-0") for store in STORES]
    return [(p["metadata"]["uid"], c["restartCount"]) for p in pods for c in p["status"]["containerStatuses"]]


def sign_in_to_postgres(crm: Installation, user: str, password: str) -> str:
    """Return what PostgreSQL answers over TCP."""
    command = (
        'read -r PGPASSWORD; export PGPASSWORD; psql -h 127.0.0.1 -U "$0" -d hastecrm -Atc "SELECT 1" 2>&1'
    )
    pod = [f"{crm.name}-postgres-0", "-c", "postgres"]
    words = ["exec", "-i", *pod, "--", "sh", "-c", f"{command} || true", user]
    return crm.kubectl(*words, stdin=f"{password}\n")


def everything_said(crm: Installation) -> str:
    """Return what people can read without a right to Secrets: logs, events, status and all other objects."""
    pods = [pod["metadata"]["name"] for pod in crm.json("get", "pods")["items"]]
    logs = [crm.kubectl("logs", pod, "--all-containers", "--ignore-errors") for pod in pods]
    kinds = "hcrm,events,pods,deployments,statefulsets,jobs,configmaps,replicasets"
    return "\n".join([*logs, crm.kubectl("get", kinds, "-o", "yaml")])


@pytest.mark.timeout(900)
async def test_credentials_change_under_load_without_a_failed_request(crm: Installation):
    person = await call(crm, "auth/login", **crm.owner())
    before, running = values(crm), servers(crm)
    load = Load(crm)
    phases = rotate(crm)
    report = load.finish()
    after = values(crm)

    assert phases[-3:] == ["Announcing", "Switching", "Retiring"]
    assert report.answers.keys() <= {"200", "201"}, report
    assert report.rate >= 50, report
    assert not set(before.values()) & set(after.values())
    assert servers(crm) == running
    assert (await call(crm, "me", person["access_token"]))["email"] == crm.owner()["email"]
    assert await call(crm, "auth/refresh", refresh_token=person["refresh_token"])
    await until_locked_out(crm, before)
    assert sign_in_to_postgres(crm, after["database/username"], after["database/password"]) == "1\n"
    said = everything_said(crm)
    worth = [value for each in (before, after) for key, value in each.items() if "username" not in key]
    assert not [value for value in worth if value in said]


async def until_locked_out(crm: Installation, before: dict[str, str]) -> None:
    deadline, answer = time.monotonic() + 60, ""
    while "authentication failed" not in answer:
        assert time.monotonic() < deadline, answer
        look_at_secrets(crm)
        time.sleep(1)
        answer = sign_in_to_postgres(crm, before["database/username"], before["database/password"])


async def call(crm: Installation, path: str, token: str = "", **body: str) -> dict[str, Any]:
    """Ask the API as a person; POST if there is a body."""
    with crm.forwarded(f"svc/{crm.name}-api", 8000) as url:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with aiohttp.ClientSession(url, headers=headers) as session:
            method = "POST" if body else "GET"
            answer = await session.request(method, f"/api/v1/{path}", json=body or None)
            assert answer.status == 200, await answer.text()
            return await answer.json()
