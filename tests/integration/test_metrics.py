"""Metrics that move, in the format that Prometheus reads."""

from prometheus_client.parser import text_string_to_metric_families
from tests.integration.application import CONTACTS, Running


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
    assert plain["hastecrm_database_up"] == 1
    assert plain["hastecrm_pool_connections"] == 2
    assert 0 <= plain["hastecrm_pool_idle_connections"] <= 2
    assert plain["hastecrm_http_requests_in_flight"] == 0
    assert 0 <= plain["hastecrm_event_loop_lag_seconds"] < 5
    assert plain["process_resident_memory_bytes"] > 1_000_000
    assert [dict(labels)["role"] for name, labels in values if name == "hastecrm_build_info"] == ["api"]


async def test_labels_stay_few_whatever_people_ask_for(api: Running) -> None:
    for number, method in enumerate(("PROPFIND", "MKCOL", "TRACE")):
        await api.call("GET", f"/wp-admin/{number}")
        await api.call(method, CONTACTS)

    routes = {dict(labels).get("route") for _, labels in await samples(api)} - {None}
    methods = {dict(labels).get("method") for _, labels in await samples(api)} - {None}
    assert routes == {"unmatched"}
    assert methods == {"GET", "OTHER"}


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
