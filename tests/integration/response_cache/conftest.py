"""An API with Redis, its own database, and a look into its counters."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.integration.application import Running, running
from tests.integration.servers import Postgres, Redis

Counts = Callable[[Running], Awaitable[Mapping[str, int]]]


@pytest.fixture
def environment(postgres: Postgres, own_database: str, redis_server: Redis) -> dict[str, str]:
    """The settings of an API whose answers nobody else has cached."""
    return {**postgres.environment(own_database), **redis_server.environment()}


@pytest.fixture
async def api(environment: dict[str, str]) -> AsyncIterator[Running]:
    """A ready API with Redis."""
    async with running("api", environment) as program:
        yield program


@pytest.fixture
async def other(environment: dict[str, str]) -> AsyncIterator[Running]:
    """A second API on the same database and Redis."""
    async with running("api", environment) as program:
        yield program


@pytest.fixture
def counts() -> Counts:
    """Return how often each result was counted since the start."""

    async def read(api: Running) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for family in text_string_to_metric_families((await api.probe("/metrics")).text):
            for sample in family.samples:
                if sample.name == "hastecrm_response_cache_requests_total":
                    result = sample.labels["result"]
                    found[result] = found.get(result, 0) + int(sample.value)
        return found

    return read
