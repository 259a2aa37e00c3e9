"""The settings of the managed PostgreSQL fit its memory, its volume and its clients."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories.crm import crm, rendering

from hastecrm_operator.api.computing import Resources, resources
from hastecrm_operator.resources.postgres import postgres
from hastecrm_operator.resources.postgres_tuning import connections, tuned

MI = 2**20
UNITS = {"MB": MI, "GB": 1024 * MI}
sizes = st.integers(256, 512 * 1024).map(lambda mi: f"{mi}Mi")
volumes = st.integers(1, 16 * 1024).map(lambda gi: f"{gi}Gi")
clients = st.integers(1, 100).map(lambda hundreds: hundreds * 100)


def size(value: str) -> int:
    number, unit = re.fullmatch(r"([0-9]+)(MB|GB)", value).groups()
    return int(number) * UNITS[unit]


def settings_of(memory: str = "1Gi", volume: str = "10Gi", slots: int = 100, **own: str) -> dict[str, str]:
    return tuned(resources("1", memory, memory), volume, slots, own)


def arguments(**spec: Any) -> list[str]:
    chosen = crm(**spec)
    workload = postgres(chosen, rendering(chosen))[-1]
    return workload["spec"]["template"]["spec"]["containers"][0]["args"]


def test_a_gibibyte_of_memory_gives_the_settings_of_the_manual():
    assert settings_of() == {
        "max_connections": "100",
        "shared_buffers": "256MB",
        "effective_cache_size": "768MB",
        "maintenance_work_mem": "64MB",
        "work_mem": "2MB",
        "max_wal_size": "512MB",
        "min_wal_size": "128MB",
        "random_page_cost": "1.1",
        "effective_io_concurrency": "200",
    }


@given(sizes, volumes, clients)
def test_shared_memory_is_never_more_than_a_quarter(memory: str, volume: str, slots: int):
    made = settings_of(memory, volume, slots)

    assert size(made["shared_buffers"]) * 4 <= int(memory[:-2]) * MI


@given(sizes, volumes, clients)
def test_three_sorts_of_every_connection_fit_into_memory_above_the_floor(
    memory: str, volume: str, slots: int
):
    made = settings_of(memory, volume, slots)
    used = size(made["shared_buffers"]) + size(made["maintenance_work_mem"])

    assert size(made["work_mem"]) == MI or used + size(made["work_mem"]) * slots * 3 <= int(memory[:-2]) * MI


@given(sizes, volumes, clients)
def test_the_log_never_fills_the_volume(memory: str, volume: str, slots: int):
    made = settings_of(memory, volume, slots)

    assert size(made["min_wal_size"]) <= size(made["max_wal_size"]) <= int(volume[:-2]) * 1024 * MI // 8


@given(sizes, sizes)
def test_more_memory_never_gives_less(one: str, other: str):
    less, more = sorted((one, other), key=lambda memory: int(memory[:-2]))
    small, large = settings_of(less), settings_of(more)

    for name in ("shared_buffers", "effective_cache_size", "maintenance_work_mem", "work_mem"):
        assert size(small[name]) <= size(large[name])


def test_what_a_user_writes_wins_and_the_rest_follows_it():
    made = settings_of(memory="4Gi", slots=100, max_connections="20", shared_buffers="1300MB")

    assert made["shared_buffers"] == "1300MB"
    assert made["max_connections"] == "20"
    assert size(made["work_mem"]) > size(settings_of(memory="4Gi")["work_mem"])


def test_without_a_limit_the_request_counts():
    only_requested = Resources.model_validate({"requests": {"memory": "8Gi"}})

    assert tuned(only_requested, "10Gi", 100, {})["shared_buffers"] == "2GB"


def test_every_pool_may_be_full_in_the_middle_of_a_rollout():
    autoscaled = crm(api={"autoscaling": {"maxReplicas": 30}}, database={"pool": {"maxSize": 25}})

    assert connections(autoscaled) == 900  # (30 + 1 api, 1 + 1 worker) * 25 + 20, in hundreds


def test_a_replica_more_does_not_restart_the_server():
    assert arguments(api={"replicas": 2}) == arguments(api={"replicas": 3})


def test_a_volume_that_doubles_does_not_restart_the_server():
    before, after = ({"managed": {"storage": {"size": s}}} for s in ("20Gi", "40Gi"))

    assert arguments(database=before) == arguments(database=after)


@pytest.mark.parametrize(("chosen", "buffers"), [("small", "256MB"), ("medium", "1GB"), ("large", "4GB")])
def test_the_size_of_the_installation_decides_when_nothing_else_does(chosen: str, buffers: str):
    assert f"shared_buffers={buffers}" in arguments(size=chosen)


def test_parameters_of_the_spec_reach_the_server():
    given = {"managed": {"parameters": {"work_mem": "16MB", "log_min_duration_statement": "250ms"}}}

    assert {"work_mem=16MB", "log_min_duration_statement=250ms"} <= set(arguments(database=given))


def test_there_are_connections_for_the_largest_step_of_a_canary():
    spec = {"database": {"pool": {"maxSize": 20}}, "api": {"replicas": 10}}
    plain, tried = crm(**spec), crm(**spec, release={"canary": {"steps": [10, 50]}})

    assert (connections(plain), connections(tried)) == (300, 400)  # (11 + 2, and 5 more) * 20 + 20
