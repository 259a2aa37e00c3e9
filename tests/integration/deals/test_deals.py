"""Deals as records through REST: where they begin, what a change brings with it, and their people."""

from typing import Any
from uuid import uuid4

import pytest
from tests.integration.application import CONTACTS, Running
from tests.integration.deals.clients import DEALS, PIPELINES, board, deal, sales
from tests.integration.people import person

from hastecrm.core.identity import Role, Visibility


async def change(api: Running, one: Any, **values: Any) -> Any:
    return await api.call("PATCH", f"{DEALS}/{one['id']}", json=values)


async def contact(api: Running, name: str) -> str:
    return str((await api.call("POST", CONTACTS, json={"first_name": name})).json["id"])


async def test_a_deal_begins_in_the_first_stage_of_the_default_pipeline(api: Running) -> None:
    pipeline = await sales(api)

    made = await deal(api, value="12500.5", currency="eur", close_date="2027-03-31")
    assert (made["stage_id"], made["pipeline_id"]) == (pipeline["stages"][0]["id"], pipeline["id"])
    assert (made["status"], made["probability"]) == ("open", 0)
    assert (made["value"], made["currency"]) == ("12500.50", "EUR")
    assert made["closed_at"] is None


async def test_a_deal_may_begin_in_another_stage_and_decided(api: Running) -> None:
    *_, proposal, negotiation, won = (await sales(api))["stages"]

    assert (await deal(api, stage_id=proposal["id"]))["probability"] == 50
    assert (await deal(api, stage_id=proposal["id"], probability=65))["probability"] == 65
    decided = await deal(api, stage_id=won["id"], won_reason="Known for years")
    assert (decided["status"], decided["probability"], decided["closed_at"] is None) == ("won", 100, False)
    lost = await deal(api, stage_id=negotiation["id"], status="lost", lost_reason="Price")
    assert (lost["status"], lost["probability"]) == ("lost", 0)
    refused = await api.call("POST", DEALS, json={"title": "X", "stage_id": won["id"]})
    assert refused.json["errors"][0]["pointer"] == "/won_reason"


async def test_a_change_of_the_stage_is_a_move(api: Running, sql: Any) -> None:
    pipeline = await sales(api)
    made, above = await deal(api, title="moved"), await deal(api, stage_id=pipeline["stages"][1]["id"])

    answer = await change(api, made, stage_id=pipeline["stages"][1]["id"], title="Tea")
    assert (answer.json["probability"], answer.json["title"]) == (20, "Tea")
    cards = (await board(api, pipeline))[1]["cards"]
    assert [card["id"] for card in cards] == [made["id"], above["id"]]
    assert await sql.fetchval("SELECT count(*) FROM deal_transitions") == 1
    kept = await change(api, made, stage_id=pipeline["stages"][2]["id"], probability=40)
    assert kept.json["probability"] == 40


async def test_a_deal_is_won_lost_and_opened_again_by_its_status(api: Running, sql: Any) -> None:
    stages = (await sales(api))["stages"]
    made = await deal(api, stage_id=stages[2]["id"])

    won = (await change(api, made, status="won", won_reason="Taste")).json
    assert (won["stage_id"], won["probability"]) == (stages[4]["id"], 100)
    again = (await change(api, made, status="open")).json
    assert (again["stage_id"], again["status"], again["won_reason"]) == (stages[3]["id"], "open", None)
    # There is no stage of lost deals: it stays where it was lost.
    lost = (await change(api, made, status="lost", lost_reason="Price")).json
    assert (lost["stage_id"], lost["probability"]) == (stages[3]["id"], 0)
    renamed = (await change(api, made, lost_reason="Too late")).json
    assert (renamed["lost_reason"], renamed["closed_at"]) == ("Too late", lost["closed_at"])
    rows = await sql.fetch("SELECT status, reason FROM deal_transitions ORDER BY id")
    assert [tuple(row) for row in rows] == [("won", "Taste"), ("open", None), ("lost", "Price")]


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"status": "won"}, "/won_reason"),
        ({"status": "lost", "won_reason": "x"}, "/won_reason"),
        ({"lost_reason": "x"}, "/lost_reason"),
        ({"status": "won", "won_reason": "x", "probability": 50}, "/probability"),
        ({"value": -1}, "/value"),
        ({"value": "1.001"}, "/value"),
        ({"value": "1e400"}, "/value"),
        ({"currency": "Euro"}, "/currency"),
        ({"probability": 101}, "/probability"),
        ({"stage_id": str(uuid4())}, "/stage_id"),
        ({"company_id": str(uuid4())}, "/company_id"),
        ({"position": "a"}, "/position"),
        ({"pipeline_id": str(uuid4())}, "/pipeline_id"),
        ({"closed_at": None}, "/closed_at"),
    ],
)
async def test_what_contradicts_the_rules_is_refused(api: Running, values: Any, pointer: str) -> None:
    made = await deal(api)

    answer = await change(api, made, **values)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, pointer)
    assert (await api.call("GET", f"{DEALS}/{made['id']}")).json == made


async def test_lists_are_filtered_and_sorted_by_what_deals_have(api: Running) -> None:
    for title, value in (("small", 5), ("large", "2000.01"), ("middle", 100)):
        await deal(api, title=title, value=value)

    sorted_by_value = await api.call("GET", f"{DEALS}?order_by=value desc&limit=2")
    assert [each["title"] for each in sorted_by_value.json["items"]] == ["large", "middle"]
    rest = await api.call("GET", f"{DEALS}?order_by=value desc&cursor={sorted_by_value.json['next']}")
    assert [each["title"] for each in rest.json["items"]] == ["small"]
    found = await api.call("GET", DEALS, params={"filter": "value >= 100 AND status = open"})
    assert {each["title"] for each in found.json["items"]} == {"large", "middle"}


async def test_the_first_person_of_a_deal_is_the_primary_one_and_there_is_always_one(api: Running) -> None:
    made, ada, ben = await deal(api), await contact(api, "Ada"), await contact(api, "Ben")
    path = f"{DEALS}/{made['id']}/contacts"

    async def people() -> list[tuple[str, bool]]:
        items = (await api.call("GET", path)).json["items"]
        return [(each["first_name"], each["is_primary"]) for each in items]

    for who in (ada, ben, ada):
        assert (await api.call("PUT", f"{path}/{who}", json={})).status == 204
    assert await people() == [("Ada", True), ("Ben", False)]
    await api.call("PUT", f"{path}/{ben}", json={"is_primary": True})
    assert await people() == [("Ben", True), ("Ada", False)]
    assert (await api.call("DELETE", f"{path}/{ben}")).status == 204
    assert await people() == [("Ada", True)]
    assert (await api.call("DELETE", f"{path}/{ben}")).status == 404
    assert (await api.call("PUT", f"{path}/{uuid4()}", json={})).status == 404


async def test_a_deal_in_the_trash_is_on_no_board_and_comes_back(api: Running) -> None:
    pipeline, made = await sales(api), await deal(api, value=7)

    assert (await api.call("DELETE", f"{DEALS}/{made['id']}")).status == 204
    assert [column["deals"] for column in await board(api, pipeline)] == [0] * 5
    assert (
        await api.call("POST", f"{DEALS}/{made['id']}/move", json={"stage_id": made["stage_id"]})
    ).status == 404
    await api.call("POST", f"{DEALS}/{made['id']}/restore")
    [column, *_] = await board(api, pipeline)
    assert (column["deals"], column["sums"][0]["value"]) == (1, "7.00")


async def test_nobody_puts_a_deal_beside_one_that_they_do_not_see(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", Role.MEMBER, Visibility.OWN)
    others, mine = await deal(api), (await ann.call(api, "POST", DEALS, json={"title": "Mine"})).json

    body = {"stage_id": mine["stage_id"], "after": others["id"]}
    refused = await ann.call(api, "POST", f"{DEALS}/{mine['id']}/move", json=body)
    assert refused.json["errors"][0]["pointer"] == "/after"
    assert (
        await ann.call(api, "POST", f"{DEALS}/{others['id']}/move", json={**body, "after": None})
    ).status == 404
    shown = await ann.call(api, "GET", f"{PIPELINES}/{mine['pipeline_id']}/board")
    first = shown.json["columns"][0]
    assert (first["deals"], len(first["cards"])) == (1, 1)
    assert (await ann.call(api, "GET", f"{DEALS}/{others['id']}/transitions")).status == 404
    assert (await ann.call(api, "GET", f"{DEALS}/{others['id']}/contacts")).status == 404


async def test_many_deals_are_moved_and_given_away_at_once_or_none_is(api: Running, sql: Any) -> None:
    pipeline, ann = await sales(api), await person(sql, "Ann")
    *_, negotiation, won = pipeline["stages"]
    ids = [(await deal(api, value=5))["id"] for _ in range(3)]

    change = {"stage_id": negotiation["id"], "owner_id": str(ann.id)}
    answer = await api.call("POST", f"{DEALS}/change", json={"ids": ids, "change": change})
    assert (answer.status, answer.json["changed"]) == (200, 3)
    column = (await board(api, pipeline, f"?owner={ann.id}"))[3]
    assert (column["deals"], column["sums"][0]["weighted_value"]) == (3, "12.00")
    assert await sql.fetchval("SELECT count(*) FROM deal_transitions") == 3
    refused = await api.call("POST", f"{DEALS}/change", json={"ids": ids, "change": {"stage_id": won["id"]}})
    assert refused.status == 422
    assert (await board(api, pipeline))[3]["deals"] == 3
