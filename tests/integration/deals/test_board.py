"""The board through REST: columns, sums by currency, and columns page by page."""

from typing import Any

from tests.integration.application import Running
from tests.integration.deals.clients import PIPELINES, board, deal, move, sales
from tests.integration.people import person

from hastecrm.core.identity import Role, Visibility


async def test_each_column_tells_its_count_its_sums_and_its_cards(api: Running) -> None:
    pipeline = await sales(api)
    _, qualified, proposal, *_ = pipeline["stages"]
    for value, currency, stage in (
        ("10.10", "EUR", qualified),
        ("0.20", "EUR", qualified),
        (5, "USD", proposal),
    ):
        made = await deal(api, value=value, currency=currency)
        await move(api, made, stage)

    columns = await board(api, pipeline)
    assert [column["name"] for column in columns] == [stage["name"] for stage in pipeline["stages"]]
    assert [column["deals"] for column in columns] == [0, 2, 1, 0, 0]
    assert columns[1]["sums"] == [{"currency": "EUR", "deals": 2, "value": "10.30", "weighted_value": "2.06"}]
    assert columns[2]["sums"][0]["weighted_value"] == "2.50"
    assert [card["value"] for card in columns[1]["cards"]] == ["0.20", "10.10"]
    first = pipeline["stages"][0]
    assert columns[0] == {
        "stage_id": first["id"],
        "name": "Lead",
        "probability": 0,
        "kind": "open",
        "deals": 0,
        "sums": [],
        "cards": [],
        "next": None,
    }


async def test_a_deal_that_is_lost_where_it_is_leaves_the_board(api: Running) -> None:
    pipeline, made = await sales(api), await deal(api, value=5)

    await api.call("PATCH", f"/api/v1/deals/{made['id']}", json={"status": "lost", "lost_reason": "Price"})
    assert [column["deals"] for column in await board(api, pipeline)] == [0] * 5


async def test_a_column_is_read_to_its_end_page_by_page(api: Running) -> None:
    pipeline = await sales(api)
    made = [(await deal(api, title=f"{number}"))["id"] for number in range(7)]
    stage = pipeline["stages"][0]["id"]

    [column, *_] = await board(api, pipeline, "?limit=3")
    found = [card["id"] for card in column["cards"]]
    while column["next"] is not None:
        query = f"?limit=3&cursor={column['next']}"
        column = (await api.call("GET", f"{PIPELINES}/{pipeline['id']}/board/{stage}{query}")).json
        found += [card["id"] for card in column["cards"]]
    assert found == made[::-1]
    assert column["deals"] == 7


async def test_a_board_shows_ones_own_deals_and_those_of_one_person(api: Running, sql: Any) -> None:
    ann, ben = await person(sql, "Ann", Role.MEMBER, Visibility.OWN), await person(sql, "Ben", Role.MEMBER)
    pipeline = await sales(api)
    for who in (ann, ben, None):
        await deal(api, title=who.email if who else "nobody's", owner_id=str(who.id) if who else None)

    async def shown(query: str, who: Any = None) -> list[str]:
        path = f"{PIPELINES}/{pipeline['id']}/board{query}"
        answer = await (who.call(api, "GET", path) if who else api.call("GET", path))
        [column, *_] = answer.json["columns"]
        assert column["deals"] == len(column["cards"])
        return sorted(card["title"] for card in column["cards"])

    assert await shown("") == ["ann@example.com", "ben@example.com", "nobody's"]
    assert await shown("", ann) == ["ann@example.com"]
    assert await shown("", ben) == ["ann@example.com", "ben@example.com", "nobody's"]
    assert await shown(f"?owner={ben.id}") == ["ben@example.com"]
    assert await shown("?owner=none") == ["nobody's"]
    assert await shown(f"?owner={ben.id}", ann) == []
    assert await shown("?owner=none", ann) == []


async def test_a_board_that_is_not_there_is_not_found(api: Running, sql: Any) -> None:
    pipeline = await sales(api)
    stage = pipeline["stages"][0]["id"]

    for path in (stage, f"{pipeline['id']}x", "x"):
        assert (await api.call("GET", f"{PIPELINES}/{path}/board")).status == 404
    assert (await api.call("GET", f"{PIPELINES}/{pipeline['id']}/board/{pipeline['id']}")).status == 404
    for query in ("?cursor=x", "?cursor=WyJhLWIiLCJ4Il0=", "?limit=0", "?owner=x"):
        path = f"{PIPELINES}/{pipeline['id']}/board/{stage}{query}"
        assert (await api.call("GET", path)).json["code"] == "VALIDATION_FAILED"
