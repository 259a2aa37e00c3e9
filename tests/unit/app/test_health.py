"""Hysteresis, latching and what readiness is made of; no sockets, no waiting."""

import asyncio
import builtins
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from unittest import mock

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from structlog.testing import capture_logs

from hastecrm.core.database_facts import migration_facts, warnings
from hastecrm.core.errors import CRMError, DatabaseUnavailableError, OverloadedError
from hastecrm.core.health import Health, HealthRoutes
from hastecrm.core.heartbeat import STALE_AFTER, Heartbeat
from hastecrm.core.migrating.plan import Applied
from hastecrm.core.schema import Migration
from hastecrm.core.startup import Startup, Step
from hastecrm.core.survey import Survey
from hastecrm.core.watch import Patience, Watch

UNPROTECTED = "row-level security does not hold for it"


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


async def test_readiness_needs_three_failures_to_go_and_one_success_to_come_back() -> None:
    dependency = Dependency()
    watched = watch(dependency)
    health = await started(watched)
    seen = []
    for error in (None, OSError("1"), OSError("2"), None, OSError("1"), OSError("2"), OSError("3"), None):
        dependency.error = error
        await watched.look()
        seen.append(health.unready_reason is None)

    assert seen == [True, True, True, True, True, True, False, True]


async def test_startup_stays_passed_while_everything_is_gone() -> None:
    dependency = Dependency()
    watched = watch(dependency)
    health = await started(watched)
    dependency.error = OSError("gone")
    for _ in range(10):
        await watched.look()
    answer = await HealthRoutes(health, detailed=True).startup(make_mocked_request("GET", "/health/startup"))

    assert health.unready_reason is not None
    assert answer.status == 200


async def test_an_answer_that_is_slower_than_its_limit_is_reported_and_nothing_more() -> None:
    async def slow() -> None:
        await asyncio.sleep(0.02)

    watched = Watch("database", slow, critical=True, patience=Patience(), limit=0.01)
    health = await started(watched)
    report = health.report()

    told = report["dependencies"]["database"]
    assert (told["limit_ms"], told["slow"], told["status"]) == (10, True, "up")
    assert told["latency_ms"] >= 20
    assert report["latency"] == {"latency_ms": told["latency_ms"], "limit_ms": 100, "slow": False}
    assert health.status == "ok"


async def test_no_health_address_waits_for_anything_or_opens_a_file() -> None:
    """Driven by hand, a handler that awaited anything would not have ended after the first step."""

    async def facts() -> Mapping[str, Any]:
        return {"server": {"server_version": "17"}, "migrations": {"pending": []}}

    survey = Survey("database", facts, interval=1)
    await survey.look()
    watched = watch(Dependency())
    watched.details.append(lambda: (survey.facts or {})["server"])
    health = await started(watched)
    health.sections["migrations"] = survey.report
    routes = HealthRoutes(health, detailed=True)
    outcomes = []
    forbidden = mock.Mock(side_effect=AssertionError("I/O inside a health request"))
    with (
        mock.patch.object(builtins, "open", forbidden),
        mock.patch.object(os, "open", forbidden),
        mock.patch.object(os, "statvfs", forbidden),
        mock.patch("pathlib.Path.open", forbidden),
    ):
        for draining in (False, True):
            health.draining = draining
            handlers = (routes.live, routes.startup, routes.ready, routes.report)
            outcomes += [_first_step(each(make_mocked_request("GET", "/health"))) for each in handlers]

    assert outcomes == [200, 200, 200, 200, 200, 200, "SYS_NOT_READY", 503]


def _first_step(handler: Any) -> int | str:
    try:
        handler.send(None)
    except StopIteration as end:
        response: web.Response = end.value
        return response.status
    except CRMError as exc:
        return exc.code.name
    return "it waits"


async def test_facts_that_cannot_be_collected_are_unknown_and_said_once() -> None:
    errors: list[Exception | None] = [
        None,
        RuntimeError("no"),
        RuntimeError("no"),
        DatabaseUnavailableError(),
    ]

    async def collect() -> Mapping[str, Any]:
        if (error := errors.pop(0)) is not None:
            raise error
        return {"version": "17", "nested": {"bytes": 5, "name": "x"}}

    survey = Survey("database", collect, interval=1)
    assert survey.report() == {"known": False, "reason": "not collected yet"}
    await survey.look()
    known = (survey.report(), survey.number("nested", "bytes"))
    with capture_logs() as lines:
        for _ in range(3):
            await survey.look()

    assert known == ({"version": "17", "nested": {"bytes": 5, "name": "x"}}, 5.0)
    assert survey.report()["known"] is False
    assert survey.number("nested", "bytes") != survey.number("nested", "bytes")  # NaN
    assert [line["reason"] for line in lines] == ["no"]


async def test_a_survey_tries_again_soon_while_it_knows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hastecrm.core.survey.SOON", 0.001)
    tries = 0

    async def collect() -> Mapping[str, Any]:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise DatabaseUnavailableError
        return {}

    survey = Survey("database", collect, interval=60)
    running = asyncio.create_task(survey.run())
    async with asyncio.timeout(5):
        while survey.facts is None:
            await asyncio.sleep(0.001)
    running.cancel()

    assert tries == 3


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"superuser": True}, "the role crm is a superuser: row-level security does not hold for it"),
        (
            {"bypasses_row_security": True},
            "the role crm has BYPASSRLS: row-level security does not hold for it",
        ),
        ({"read_only": True}, "the server is a standby: nothing can be written"),
        ({"version": "14.9"}, "PostgreSQL 14.9 is older than 15, with which this program is tested"),
    ],
)
def test_what_is_wrong_with_the_server_or_the_role_is_a_warning(facts: dict[str, Any], said: str) -> None:
    good: dict[str, Any] = {"role": "crm", "superuser": False, "bypasses_row_security": False}
    good |= {"read_only": False, "version": "17.2 (Debian 17.2-1)"}

    assert warnings(**good) == []
    assert warnings(**{**good, **facts}) == [said]


def test_the_report_names_the_migrations_that_are_still_to_run() -> None:
    bundled = [Migration(n, f"000{n}_x", "expand", 1, f"SELECT {n}") for n in (1, 2, 3)]
    applied = [Applied(n, f"000{n}_x", 1, bundled[n - 1].checksum) for n in (1, 2)]
    changed = [Applied(1, "0001_x", 1, "another file")]

    behind, empty, edited = (migration_facts(bundled, done) for done in (applied, [], changed))
    assert behind["pending"] == ["0003_x"]
    assert (behind["code"]["version"], behind["database"]["version"]) == (3, 2)
    assert behind["problem"].startswith("the database has schema 2, this version needs 3")
    assert len(empty["pending"]) == 3
    assert "was changed after it had been applied" in edited["problem"]
    assert migration_facts(bundled[:2], applied) == {
        "code": {"version": 2, "compatibleFrom": 1},
        "database": {"version": 2, "compatibleFrom": 1},
        "pending": [],
        "deferred": [],
        "problem": None,
    }


async def test_a_cancellation_that_a_library_swallows_ends_the_looking_all_the_same() -> None:
    asked = asyncio.Event()

    async def swallow() -> None:
        asked.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(5)

    watched = Watch("redis", swallow, critical=False, patience=Patience(0, 3))
    task = asyncio.create_task(watched.run())
    await asked.wait()
    task.cancel()
    async with asyncio.timeout(2):
        await asyncio.wait({task})
