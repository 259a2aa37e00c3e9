"""Hysteresis, latching and what readiness is made of; no sockets, no waiting."""

import asyncio
import time

import pytest

from hastecrm.core.errors import DatabaseUnavailableError, OverloadedError
from hastecrm.core.health import Health
from hastecrm.core.heartbeat import STALE_AFTER, Heartbeat
from hastecrm.core.startup import Startup, Step
from hastecrm.core.watch import Patience, Watch


class Dependency:
    """Something that answers, or fails with what it was told to."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    async def check(self) -> None:
        if self.error is not None:
            raise self.error


def watch(dependency: Dependency, *, critical: bool = True) -> Watch:
    return Watch("database", dependency.check, critical=critical, patience=Patience(0, 3))


async def started(*watches: Watch, strict: bool = True) -> Health:
    health = Health("api", "1.0", Startup([]), watches=watches, strict=strict)
    await health.begin()
    return health


async def test_three_failures_in_a_row_are_down_and_one_success_is_up() -> None:
    dependency = Dependency()
    watched = watch(dependency)
    seen = []
    for error in (None, OSError("a"), OSError("b"), None, OSError("c"), OSError("d"), OSError("e"), None):
        dependency.error = error
        await watched.look()
        seen.append(watched.up)

    assert seen == [True, True, True, True, True, True, False, True]


async def test_a_dependency_is_down_until_it_has_been_seen() -> None:
    dependency = Dependency()
    dependency.error = DatabaseUnavailableError("not there")
    watched = watch(dependency)
    await watched.look()

    assert (watched.up, watched.reason) == (False, "not there")


async def test_a_check_that_hangs_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hastecrm.core.watch.CHECK_LIMIT", 0.01)
    watched = Watch("database", asyncio.Event().wait, critical=True, patience=Patience())  # type: ignore[arg-type]
    await watched.look()

    assert watched.reason == "TimeoutError"


async def test_a_full_pool_degrades_but_does_not_take_the_pod_out() -> None:
    dependency = Dependency()
    watched = watch(dependency)
    health = await started(watched)
    dependency.error = OverloadedError()
    for _ in range(5):
        await watched.look()

    assert (health.unready_reason, health.status) == (None, "degraded")
    assert health.report()["dependencies"]["database"]["status"] == "busy"


async def test_only_critical_dependencies_decide_about_readiness() -> None:
    optional, critical = Dependency(), Dependency()
    watches = [watch(optional, critical=False), watch(critical)]
    health = await started(*watches)
    optional.error = critical.error = OSError("gone")
    for _ in range(3):
        await watches[0].look()
    degraded = (health.unready_reason, health.status)
    for _ in range(3):
        await watches[1].look()

    assert degraded == (None, "degraded")
    assert (health.unready_reason, health.status) == ("database: gone", "down")


async def test_lenient_readiness_only_marks() -> None:
    dependency = Dependency()
    watched = watch(dependency)
    health = await started(watched, strict=False)
    dependency.error = OSError("gone")
    for _ in range(3):
        await watched.look()

    assert (health.unready_reason, health.status) == (None, "degraded")


async def test_draining_comes_before_everything() -> None:
    health = await started()
    health.draining = True

    assert health.unready_reason == "shutting down"


async def test_startup_repeats_its_steps_in_order_until_all_pass_and_never_goes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hastecrm.core.startup.RETRY_AFTER", 0)
    calls: list[str] = []

    async def database() -> None:
        calls.append("database")

    async def schema() -> None:
        calls.append("schema")
        if calls.count("schema") < 3:
            raise ValueError("not yet")

    startup = Startup([Step("database", database), Step("schema", schema)])
    assert (startup.done, startup.reason) == (False, "starting")
    await startup.run()

    assert calls == ["database", "schema"] * 3
    assert (startup.done, startup.reason) == (True, "")


async def test_while_starting_the_reason_names_the_step() -> None:
    async def never() -> None:
        raise DatabaseUnavailableError("nobody there")

    startup = Startup([Step("database", never)])
    running = asyncio.create_task(startup.run())
    while startup.reason == "starting":
        await asyncio.sleep(0)
    running.cancel()

    assert startup.reason == "database: nobody there"


def test_a_heart_that_stopped_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("hastecrm.core.heartbeat.time.monotonic", lambda: now)
    heartbeat = Heartbeat()
    fresh = heartbeat.alive
    now += STALE_AFTER + 0.1

    assert (fresh, heartbeat.alive) == (True, False)


async def test_the_heart_measures_how_late_the_loop_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hastecrm.core.heartbeat.INTERVAL", 0.01)
    heartbeat = Heartbeat()
    beating = asyncio.create_task(heartbeat.run())
    await asyncio.sleep(0)
    time.sleep(0.08)
    while heartbeat.lag == 0:
        await asyncio.sleep(0)
    beating.cancel()

    assert heartbeat.lag >= 0.05
