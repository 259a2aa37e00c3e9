"""Moves of deals through REST: stage, place, reasons, transitions, and two people at once."""

import asyncio
from typing import Any

import pytest
from tests.integration.application import Running
from tests.integration.deals.clients import DEALS, PIPELINES, board, deal, move, sales, titles


async def test_a_move_takes_the_stages_probability_and_is_noted(api: Running, sql: Any) -> None:
    lead, qualified, *_ = (await sales(api))["stages"]
    made = await deal(api, value="100.50")
    await sql.execute("UPDATE deals SET stage_entered_at = now() - interval '90 seconds'")

    answer = await move(api, made, qualified)
    assert (answer.status, answer.headers["ETag"]) == (200, '"2"')
    assert (answer.json["stage_id"], answer.json["probability"]) == (qualified["id"], 20)
    [noted] = (await api.call("GET", f"{DEALS}/{made['id']}/transitions")).json["items"]
    assert (noted["from_stage_id"], noted["to_stage_id"]) == (lead["id"], qualified["id"])
    assert 90 <= noted["seconds_in_stage"] < 150
    assert answer.json == (await api.call("GET", f"{DEALS}/{made['id']}")).json


async def test_moving_again_changes_nothing(api: Running, sql: Any) -> None:
    stages = (await sales(api))["stages"]
    first, second = await deal(api), await deal(api)

    answers = [await move(api, first, stages[1]) for _ in range(2)]
    assert answers[0].json == answers[1].json
    await move(api, second, stages[1])
    below = [await move(api, second, stages[1], after=first["id"]) for _ in range(2)]
    assert below[0].json == below[1].json
    assert below[0].json["version"] == 3
    assert await sql.fetchval("SELECT count(*) FROM deal_transitions") == 2


async def test_winning_and_losing_need_a_reason_and_opening_again_forgets_it(api: Running) -> None:
    *_, negotiation, won = (await sales(api))["stages"]
    made = await deal(api)

    refused = await move(api, made, won)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/won_reason")
    answer = (await move(api, made, won, won_reason="Best taste")).json
    assert (answer["status"], answer["won_reason"], answer["probability"]) == ("won", "Best taste", 100)
    assert answer["closed_at"] is not None
    again = (await move(api, made, negotiation)).json
    assert (again["status"], again["won_reason"], again["closed_at"]) == ("open", None, None)
    wrong = await move(api, made, negotiation, lost_reason="Price")
    assert wrong.json["errors"][0] == {"pointer": "/lost_reason", "detail": "belongs to a deal that is lost"}


async def test_cards_are_put_above_and_below_others(api: Running) -> None:
    pipeline = await sales(api)
    lead = pipeline["stages"][0]
    a, b, c, d = [await deal(api, title=title) for title in "abcd"]

    assert await titles(api, pipeline) == ["d", "c", "b", "a"]
    await move(api, d, lead, after=b["id"])
    assert await titles(api, pipeline) == ["c", "b", "d", "a"]
    await move(api, a, lead, before=c["id"])
    assert await titles(api, pipeline) == ["a", "c", "b", "d"]
    await move(api, c, lead, after=d["id"])
    assert await titles(api, pipeline) == ["a", "b", "d", "c"]
    await move(api, b, lead, before=a["id"])
    assert await titles(api, pipeline) == ["b", "a", "d", "c"]


async def test_a_place_is_beside_a_card_of_that_stage(api: Running) -> None:
    lead, qualified, *_ = (await sales(api))["stages"]
    one, other = await deal(api), await deal(api)

    for side, neighbour in (("before", other), ("after", one)):
        answer = await move(api, one, qualified if neighbour is other else lead, **{side: neighbour["id"]})
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, f"/{side}")


async def test_a_stage_that_is_not_there_takes_no_deal(api: Running) -> None:
    made, gone = await deal(api), await api.call("POST", PIPELINES, json={"name": "Gone"})
    await deal(api, stage_id=gone.json["stages"][0]["id"])
    await api.call("DELETE", f"{PIPELINES}/{gone.json['id']}")

    for stage in ({"id": made["id"]}, gone.json["stages"][0]):
        answer = await move(api, made, stage)
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/stage_id")
        assert (await api.call("POST", DEALS, json={"title": "X", "stage_id": stage["id"]})).status == 422


async def test_a_move_based_on_an_old_state_is_refused(api: Running) -> None:
    stages = (await sales(api))["stages"]
    made = await deal(api)
    await move(api, made, stages[1])

    late = await move(api, made, stages[2], {"If-Match": '"1"'})
    assert (late.status, late.headers["ETag"]) == (412, '"2"')
    assert (await move(api, made, stages[2], {"If-Match": '"2"'})).status == 200


async def test_of_many_moves_at_once_none_is_lost(api: Running, sql: Any) -> None:
    stages = (await sales(api))["stages"][:4]
    made = await deal(api)

    answers = await asyncio.gather(*(move(api, made, stages[n % 3 + 1]) for n in range(12)))
    assert {answer.status for answer in answers} == {200}
    rows = await sql.fetch("SELECT from_stage_id, to_stage_id FROM deal_transitions")
    left = [str(row["from_stage_id"]) for row in rows]
    came = [str(row["to_stage_id"]) for row in rows]
    [current] = await sql.fetch("SELECT stage_id, version FROM deals")
    # A walk: every stage is left as often as it is reached, but for the first and the last one.
    assert sorted([*came, stages[0]["id"]]) == sorted([*left, str(current["stage_id"])])
    assert current["version"] == len(rows) + 1


async def test_of_two_moves_of_the_same_state_one_wins(api: Running) -> None:
    stages = (await sales(api))["stages"]
    made = await deal(api)

    moves = [move(api, made, stages[n], {"If-Match": '"1"'}) for n in (1, 2, 3)]
    statuses = sorted(answer.status for answer in await asyncio.gather(*moves))
    assert statuses == [200, 412, 412]


async def test_many_who_drop_cards_into_one_gap_lose_none(api: Running) -> None:
    pipeline = await sales(api)
    top, bottom = await deal(api, title="bottom"), await deal(api, title="top")
    cards = [await deal(api, title=f"card {n}") for n in range(8)]

    answers = await asyncio.gather(
        *(move(api, card, pipeline["stages"][0], after=bottom["id"]) for card in cards)
    )
    assert {answer.status for answer in answers} == {200}
    shown = await titles(api, pipeline)
    assert (shown[0], shown[-1], len(set(shown))) == ("top", "bottom", 10)
    assert top["id"] == (await board(api, pipeline))[0]["cards"][-1]["id"]


async def test_a_move_under_a_key_is_done_once(api: Running, sql: Any) -> None:
    stages = (await sales(api))["stages"]
    made, key = await deal(api), {"Idempotency-Key": "move-it-just-once"}

    first = await move(api, made, stages[1], key)
    await move(api, made, stages[2])
    second = await move(api, made, stages[1], key)
    assert second.json == first.json
    assert str(await sql.fetchval("SELECT stage_id FROM deals")) == stages[2]["id"]


@pytest.mark.parametrize("body", [{}, {"stage_id": None}, {"stage_id": "x"}, {"stage_id": 1, "x": 2}])
async def test_a_body_that_says_nothing_moves_nothing(api: Running, body: Any) -> None:
    made = await deal(api)

    answer = await api.call("POST", f"{DEALS}/{made['id']}/move", json=body)
    assert (answer.status, answer.json["code"]) == (422, "VALIDATION_FAILED")
