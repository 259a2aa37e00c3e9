"""Automations end to end: a real API and a real worker do what somebody set up."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.integration.application import Running, running
from tests.integration.servers import Postgres
from tests.integration.webhooks.receiver import ALLOWED, receiving, webhook

from hastecrm.features.automations.running import find_stalled

AUTOMATIONS, DEALS = "/api/v1/automations", "/api/v1/deals"


@pytest.fixture
def environment(postgres: Postgres, own_database: str) -> dict[str, str]:
    return {**postgres.environment(own_database), **ALLOWED}


@pytest.fixture
async def api(environment: dict[str, str]) -> AsyncIterator[Running]:
    async with running("api", environment) as program:
        yield program


@pytest.fixture
async def worker(api: Running, environment: dict[str, str]) -> AsyncIterator[Running]:
    async with running("worker", environment) as program:
        yield program


async def made(api: Running, path: str, **values: Any) -> Any:
    answer = await api.call("POST", path, json=values)
    assert answer.status == 201, answer.text
    return answer.json


async def automation(api: Running, trigger: str, *actions: str, **values: Any) -> str:
    found = await made(api, AUTOMATIONS, name=trigger, trigger=trigger, actions=actions, **values)
    return str(found["id"])


async def deal(api: Running, **values: Any) -> Any:
    return await made(api, DEALS, title="Coffee", **values)


async def changed(api: Running, before: Any, **values: Any) -> Any:
    answer = await api.call("PATCH", f"{DEALS}/{before['id']}", json=values)
    assert answer.status == 200, answer.text
    return answer.json


async def now(api: Running, before: Any) -> Any:
    return (await api.call("GET", f"{DEALS}/{before['id']}")).json


async def runs(api: Running, automation: str, number: int = 1) -> list[tuple[str, str | None]]:
    """Wait until so many runs have ended, and return what came of them, the newest first."""
    async with asyncio.timeout(60):
        while True:
            found = (await api.call("GET", f"{AUTOMATIONS}/{automation}/runs")).json["items"]
            if len(found) >= number and all(each["status"] != "pending" for each in found):
                return [(each["status"], each["reason"]) for each in found]
            await asyncio.sleep(0.1)


async def other_stage(api: Running, before: Any) -> str:
    [pipeline, *_] = (await api.call("GET", "/api/v1/pipelines")).json["items"]
    return str(next(each["id"] for each in pipeline["stages"] if each["id"] != before["stage_id"]))


async def test_a_new_deal_starts_all_that_was_set_up(api: Running, worker: Running) -> None:
    tag = await made(api, "/api/v1/tags", name="Hot")
    actions = ["create_task: Call them | 3", "create_activity: Greeted | call", "add_tag: hot"]
    more = ["update_probability: 40", 'update_field: description = "By itself"']
    started = await automation(api, "deal_created", *actions, *more)
    before = await deal(api)

    assert await runs(api, started) == [("success", None)]
    after = await now(api, before)
    assert (after["tags"], after["probability"], after["description"]) == ([tag["id"]], 40, "By itself")
    for kind in ("tasks", "activities"):
        [record] = (await api.call("GET", f"/api/v1/{kind}")).json["items"]
        assert record["deal_id"] == before["id"]


async def test_what_a_stage_starts_is_for_that_stage_and_what_the_filter_finds(
    api: Running, worker: Running
) -> None:
    first, second = await deal(api, value="10.00"), await deal(api, value="5000.00")
    stage = await other_stage(api, first)
    entered = await automation(api, "stage_enter", "add_tag: Hot", stage_id=stage, filter="value > 1000")
    left = await automation(api, "stage_exit", "update_field: description = left", stage_id=stage)
    await made(api, "/api/v1/tags", name="Hot")
    for each in (first, second):
        await changed(api, each, stage_id=stage)

    ended = await runs(api, entered, 2)
    assert ("skipped", "the filter does not find the deal") in ended
    assert ("success", None) in ended
    assert (await api.call("GET", f"{AUTOMATIONS}/{left}/runs")).json["items"] == []
    assert len((await now(api, second))["tags"]) == 1


async def test_what_is_not_possible_does_nothing_and_says_why(api: Running, worker: Running) -> None:
    started = await automation(api, "deal_created", "update_probability: 70", "add_tag: Missing")
    before = await deal(api)

    [(status, reason)] = await runs(api, started)
    assert status == "failed"
    assert reason is not None
    assert "tag of this name" in reason
    assert (await now(api, before))["probability"] == before["probability"]


async def test_automations_that_start_each_other_come_to_an_end(api: Running, worker: Running) -> None:
    there = await automation(api, "value_changed", "update_field: value = 2", filter="value = 1")
    back = await automation(api, "value_changed", "update_field: value = 1", filter="value = 2")
    before = await deal(api, value="5.00")
    await changed(api, before, value="1.00")
    loops: list[Any] = []
    async with asyncio.timeout(60):
        while len(loops) < 2:
            ended = [each for one in (there, back) for each in await runs(api, one)]
            loops = [each for each in ended if "loop" in (each[1] or "")]

    assert [status for status, _ in loops] == ["skipped", "skipped"]
    assert 5 <= [status for status, _ in ended].count("success") < 2**5  # each event may start both


async def test_a_deal_that_stays_too_long_has_stalled_once(api: Running, own_sql: Any) -> None:
    stalled = await automation(api, "deal_stalled", "create_task: Ask again", days=10)
    await deal(api)
    old = await deal(api)
    await own_sql.execute(
        "UPDATE deals SET stage_entered_at = now() - interval '11 days' WHERE id = $1", old["id"]
    )

    assert [await find_stalled(own_sql), await find_stalled(own_sql)] == [1, 0]
    [run] = (await api.call("GET", f"{AUTOMATIONS}/{stalled}/runs")).json["items"]
    assert (run["deal_id"], run["status"]) == (old["id"], "pending")


async def test_a_webhook_is_told_and_graphql_shows_the_log(api: Running, worker: Running) -> None:
    async with receiving() as receiver:
        hook = await webhook(api, receiver.url, "company.*")
        started = await automation(api, "deal_won", f"send_webhook: {hook.id}")
        before = await deal(api)
        await changed(api, before, status="won", won_reason="Price")
        await receiver.until(messages=1)
        await runs(api, started)
    query = f'{{automationRuns(id: "{started}") {{items {{status dealId}}}}}}'
    answer = await api.call("POST", "/graphql", json={"query": query})

    assert receiver.bodies[0]["data"]["entity_id"] == before["id"]
    assert answer.json["data"]["automationRuns"]["items"] == [{"status": "success", "dealId": before["id"]}]


@pytest.mark.parametrize(
    ("field", "value", "where"),
    [
        ("actions", ["sing: a song"], "/actions/0"),
        ("actions", ["move_stage: nowhere"], "/actions/0"),
        ("actions", ["update_probability: 101"], "/actions/0"),
        ("actions", [], "/actions"),
        ("filter", "colour = 3", "/filter"),
        ("trigger", "full_moon", "/trigger"),
    ],
)
async def test_what_could_never_work_is_refused(api: Running, field: str, value: object, where: str) -> None:
    body = {"name": "New", "trigger": "deal_won", "actions": ["add_tag: Hot"], field: value}
    answer = await api.call("POST", AUTOMATIONS, json=body)

    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, where)
