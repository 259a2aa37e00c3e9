"""The quickstart on real pods: it serves people, heals, and says what is wrong."""

import time

import aiohttp
import pytest
from tests.e2e.conftest import QUICKSTART, Installation

CONTACT = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}


def bearer(crm: Installation) -> dict[str, str]:
    return {"Authorization": f"Bearer {crm.secret('keys', 'accessToken')}"}


async def contacts(crm: Installation, **asked: str) -> list[dict]:
    with crm.forwarded(f"svc/{crm.name}-api", 8000) as url:
        async with aiohttp.ClientSession(headers=bearer(crm)) as session:
            answer = await session.get(f"{url}/api/v1/contacts", params=asked)
            assert answer.status == 200, await answer.text()
            return (await answer.json())["items"]


async def add_contact(crm: Installation, email: str) -> dict:
    with crm.forwarded(f"svc/{crm.name}-api", 8000) as url:
        async with aiohttp.ClientSession(headers=bearer(crm)) as session:
            answer = await session.post(f"{url}/api/v1/contacts", json={**CONTACT, "email": email})
            assert answer.status == 201, await answer.text()
            return await answer.json()


def test_one_line_of_spec_is_ready_on_pods_that_are_restricted(crm: Installation):
    status = crm.status()

    assert status["version"] == "0.1.0"
    assert status["schema"]["version"] >= 1
    holding = {c["type"] for c in status["conditions"] if c["status"] == "True"}
    assert holding >= {
        "Ready",
        "Available",
        "DatabaseReady",
        "CacheReady",
        "Migrated",
        "CredentialsCurrent",
    }
    assert not holding & {"Degraded", "Progressing", "Reconciling", "Stalled", "Paused"}


def test_kubectl_shows_what_matters(crm: Installation):
    header, row = crm.kubectl("get", "hastecrm").splitlines()

    assert header.split() == ["NAME", "VERSION", "READY", "PHASE", "API", "WEB", "BACKUP", "URL", "AGE"]
    assert row.split()[1:5] == ["0.1.0", "True", "Ready", str(crm.status()["api"]["ready"])]


@pytest.mark.parametrize("tier", ["api", "web", "worker"])
def test_every_tier_has_three_probes_that_the_kubelet_asks(crm: Installation, tier: str):
    deployment = crm.json("get", "deployment", f"{crm.name}-{tier}")
    container = deployment["spec"]["template"]["spec"]["containers"][0]

    paths = {p: container[f"{p}Probe"]["httpGet"]["path"] for p in ("startup", "liveness", "readiness")}
    assert paths == {
        "startup": "/health/startup",
        "liveness": "/health/live",
        "readiness": "/health/ready",
    }


@pytest.mark.parametrize("tier", ["api", "web", "worker"])
async def test_every_tier_reports_its_health_and_metrics(crm: Installation, tier: str):
    with crm.forwarded(f"deploy/{crm.name}-{tier}", 9000) as url:
        async with aiohttp.ClientSession() as session:
            health = await session.get(f"{url}/health")
            metrics = await session.get(f"{url}/metrics")

            assert health.status == 200, await health.text()
            assert "hastecrm_build_info" in await metrics.text()


async def test_a_contact_that_is_added_is_listed(crm: Installation):
    added = await add_contact(crm, "listed@example.com")

    assert added["id"] in [contact["id"] for contact in await contacts(crm)]


async def test_the_api_refuses_strangers(crm: Installation):
    with crm.forwarded(f"svc/{crm.name}-api", 8000) as url:
        async with aiohttp.ClientSession() as session:
            answer = await session.get(f"{url}/api/v1/contacts")

            assert answer.status == 401
            assert answer.content_type == "application/problem+json"


async def test_a_person_signs_in_and_sees_the_contacts(crm: Installation):
    await add_contact(crm, "seen@example.com")
    owner = crm.owner()
    with crm.forwarded(f"svc/{crm.name}-web", 8000) as url:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": url}) as session:
            form = await (await session.get(f"{url}/login")).text()
            assert 'name="password"' in form
            page = await session.post(f"{url}/login", data=owner)

            assert "seen@example.com" in await page.text()


def test_the_smoke_test_of_the_image_passes_inside_the_cluster(crm: Installation):
    target = f"http://{crm.name}-api:8000"

    output = crm.kubectl("exec", f"deploy/{crm.name}-api", "--", "hastecrm", "smoke", target)

    assert output


async def test_data_survives_the_loss_of_the_database_pod(crm: Installation):
    added = await add_contact(crm, "survivor@example.com")
    crm.kubectl("delete", "pod", f"{crm.name}-postgres-0", "--grace-period=0", "--force")
    crm.until(lambda status: status["phase"] != "Ready", seconds=30)
    crm.until_ready()

    assert added["id"] in [contact["id"] for contact in await contacts(crm)]


async def test_a_deleted_database_password_is_replaced_and_the_data_stays(crm: Installation):
    added = await add_contact(crm, "password@example.com")
    old = crm.secret("database", "password")
    crm.kubectl("delete", "secret", f"{crm.name}-database")
    crm.until(lambda status: status["phase"] != "Ready", seconds=30)
    crm.until_ready(seconds=180)

    assert crm.secret("database", "password") != old
    assert added["id"] in [contact["id"] for contact in await contacts(crm)]


async def test_an_image_that_does_not_exist_leaves_the_old_release_serving(crm: Installation):
    generation = crm.patch({"images": {"app": "localhost/hastecrm/app:does-not-exist"}})
    status = crm.until(lambda s: s["observedGeneration"] >= generation and s["phase"] == "Degraded")

    ready = next(c for c in status["conditions"] if c["type"] == "Ready")
    assert "localhost/hastecrm/app:does-not-exist" in ready["message"]
    assert "spec.images.app" in ready["message"]
    await contacts(crm)
    crm.until_ready(crm.patch({"images": {"app": None}}))


def test_an_unknown_field_is_refused_by_name(crm: Installation):
    manifest = QUICKSTART.read_text().replace("version: 0.1.0", "version: 0.1.0, replicas: 3")

    refused = crm.refused("apply", "--server-side", "--validate=strict", "-f", "-", stdin=manifest)

    assert "spec.replicas" in refused


def test_the_operator_may_be_killed_at_any_time(crm: Installation):
    def generations() -> dict[str, int]:
        items = crm.json("get", "deployments,statefulsets")["items"]
        return {item["metadata"]["name"]: item["metadata"]["generation"] for item in items}

    before = generations()
    system = ["-n", "hastecrm-system"]
    crm.kubectl(
        *system,
        "delete",
        "pod",
        "-l",
        "app.kubernetes.io/name=hastecrm-operator",
        "--force",
        "--grace-period=0",
    )
    crm.kubectl("delete", "service", f"{crm.name}-web")
    crm.kubectl(*system, "rollout", "status", "deployment/hastecrm-operator", "--timeout=90s")
    deadline = time.monotonic() + 40
    while not crm.kubectl("get", "service", f"{crm.name}-web", "--ignore-not-found"):
        assert time.monotonic() < deadline, "the new operator did not put the Service back"
        time.sleep(0.25)

    assert generations() == before


def test_a_deleted_pod_of_the_api_costs_no_availability(crm: Installation):
    crm.until_ready()
    pods = crm.json("get", "pods", "-l", "app.kubernetes.io/component=api")["items"]
    crm.kubectl("delete", "pod", pods[0]["metadata"]["name"], "--wait=false")

    status = crm.until_ready()
    assert next(c for c in status["conditions"] if c["type"] == "Available")["status"] == "True"
