"""Metrics that move, in the format that Prometheus reads."""

import random
from urllib.parse import quote

import aiohttp
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families
from tests.integration.application import CONTACTS, TOKEN, Running
from yarl import URL

PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,*/*;q=0.1"
)


async def samples(api: Running) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = await api.probe("/metrics")
    found = text_string_to_metric_families(answer.text)
    return {(s.name, frozenset(s.labels.items())): s.value for family in found for s in family.samples}


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


async def test_requests_and_errors_move_their_counters(api: Running) -> None:
    created = await api.call("POST", CONTACTS, json={"first_name": "Ada"})
    before = await samples(api)
    for _ in range(3):
        await api.call("GET", created.headers["Location"])
    await api.call("GET", f"{CONTACTS}/nobody")
    after = await samples(api)

    def moved(name: str, **labels: str) -> float:
        return after[key(name, **labels)] - before.get(key(name, **labels), 0)

    one = {"method": "GET", "route": "/api/v1/contacts/{id}"}
    assert moved("hastecrm_http_requests_total", **one, status="2xx") == 3
    assert moved("hastecrm_http_requests_total", **one, status="4xx") == 1
    assert moved("hastecrm_http_request_duration_seconds_count", **one) == 4
    assert moved("hastecrm_http_request_duration_seconds_sum", **one) > 0
    assert moved("hastecrm_errors_total", code="BIZ_NOT_FOUND") == 1


async def test_the_state_of_the_process_is_measured(api: Running) -> None:
    values = await samples(api)

    plain = {name: value for (name, labels), value in values.items() if not labels}
    assert plain["hastecrm_ready"] == 1
    assert values[key("hastecrm_dependency_up", dependency="database")] == 1
    assert plain["hastecrm_pool_connections"] == 2
    assert 0 <= plain["hastecrm_pool_idle_connections"] <= 2
    assert plain["hastecrm_http_requests_in_flight"] == 0
    assert 0 <= plain["hastecrm_event_loop_lag_seconds"] < 5
    assert plain["process_resident_memory_bytes"] > 1_000_000
    assert [dict(labels)["role"] for name, labels in values if name == "hastecrm_build_info"] == ["api"]


async def test_thousands_of_invented_paths_and_methods_add_no_series(api: Running) -> None:
    await _invent(api, 400)
    few = set(await samples(api))
    await _invent(api, 2_000)
    many = set(await samples(api))

    assert many == few
    assert {dict(labels).get("method") for _, labels in many} == {None, "GET", "OTHER"}
    assert len({dict(labels).get("route") for _, labels in many}) < 8


async def _invent(api: Running, requests: int) -> None:
    chance = random.Random(requests)  # noqa: S311 - no secret
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as http:
        for count in range(requests):
            method = chance.choice(["GET", "PROPFIND", f"M{count}", "get", "TRACE"])
            path = chance.choice(["/", CONTACTS + "/", CONTACTS, "/graphql/", "/health/", "/%2e%2e/"])
            noise = quote(chance.randbytes(chance.randrange(1, 40)))
            async with http.request(method, URL(f"{api.url}{path}{noise}?{noise}", encoded=True)) as answer:
                assert answer.status < 500


@pytest.mark.parametrize(
    ("accept", "openmetrics"),
    [
        ("", False),
        ("*/*", False),
        ("text/plain", False),
        ("application/openmetrics-text", True),
        (PROMETHEUS_3, True),
        ("text/plain;q=0.9, application/openmetrics-text;q=0.2", False),
        ("application/openmetrics-text;q=0, text/plain;q=0", False),
        ("application/openmetrics-text;q=nonsense", False),
    ],
)
async def test_openmetrics_is_served_to_those_who_ask_for_it(
    api: Running, accept: str, openmetrics: bool
) -> None:
    for address in ("/metrics", "/metrics/prometheus"):
        answer = await api.call("GET", api.probes + address, headers={"Accept": accept})

        assert answer.headers["Content-Type"].startswith("application/openmetrics-text") is openmetrics
        assert answer.text.endswith("# EOF\n") is openmetrics
        parse = openmetrics_families if openmetrics else text_string_to_metric_families
        assert "hastecrm_http_requests" in {family.name for family in parse(answer.text)}


async def test_probes_are_not_counted_as_requests(api: Running) -> None:
    api.service.health.draining = True
    await api.probe("/health/ready")
    await api.call("GET", "/health/ready")

    values = await samples(api)
    assert [name for name, _ in values if name.startswith("hastecrm_http_requests_total")] == []
    assert values[key("hastecrm_errors_total", code="SYS_NOT_READY")] >= 2


async def test_both_addresses_serve_the_same_and_only_inside(api: Running) -> None:
    plain, alias = await api.probe("/metrics"), await api.probe("/metrics/prometheus")

    assert plain.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert alias.text.splitlines()[0] == plain.text.splitlines()[0]
    assert (await api.call("GET", "/metrics")).status == 404
