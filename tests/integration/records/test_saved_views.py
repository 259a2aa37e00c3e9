"""Saved views: whose they are, who sees them, and that each is one that a list can show."""

from typing import Any

import pytest
from tests.integration.application import Running
from tests.integration.people import person

from hastecrm.core.identity import Role

VIEWS = "/api/v1/saved-views"
MINE = {"entity": "contact", "name": "Vienna", "filter": 'city = "Vienna"', "order_by": "last_name desc",
        "columns": ["first_name", "custom.budget"]}  # fmt: skip


async def test_a_view_is_its_makers_until_it_is_shared(api: Running, sql: Any) -> None:
    ann, ben = await person(sql, "Ann"), await person(sql, "Ben", Role.ADMIN)
    made = await ann.call(api, "POST", VIEWS, json=MINE)
    path = made.headers["Location"]

    async def seen() -> tuple[int, int, int]:
        listed = (await ben.call(api, "GET", VIEWS)).json["items"]
        count = (await ben.call(api, "GET", f"{VIEWS}/count")).json["count"]
        return (await ben.call(api, "GET", path)).status, len(listed), count

    assert {name: made.json[name] for name in MINE} == MINE
    assert (made.json["owner_id"], made.json["shared"]) == (str(ann.id), False)
    assert await seen() == (404, 0, 0)
    assert (await ben.call(api, "PATCH", path, json={"name": "X"})).status == 404
    await ann.call(api, "PATCH", path, json={"shared": True})
    assert await seen() == (200, 1, 1)
    assert len((await ann.call(api, "GET", VIEWS)).json["items"]) == 1


async def test_a_shared_view_is_changed_by_its_maker_and_by_who_runs_the_workspace(
    api: Running, sql: Any
) -> None:
    ann, ben, boss = await person(sql, "Ann"), await person(sql, "Ben"), await person(sql, "Boss", Role.OWNER)
    path = (await ann.call(api, "POST", VIEWS, json={**MINE, "shared": True})).headers["Location"]

    refused = await ben.call(api, "PATCH", path, json={"name": "X"})
    kept = await ben.call(api, "DELETE", path)
    renamed = await boss.call(api, "PATCH", path, json={"name": "Y"})

    assert (refused.status, refused.json["code"], kept.status) == (403, "AUTH_FORBIDDEN", 403)
    assert (renamed.status, renamed.json["owner_id"]) == (200, str(ann.id))
    assert (await ann.call(api, "DELETE", path)).status == 204


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"entity": "invoice"}, "/entity"),
        ({"filter": "town = 1"}, "/filter"),
        ({"filter": "city ="}, "/filter"),
        ({"order_by": "city"}, "/order_by"),
        ({"columns": ["first_name", "town"]}, "/columns"),
        ({"name": ""}, "/name"),
    ],
)
async def test_a_view_that_no_list_could_show_is_refused(api: Running, body: Any, pointer: str) -> None:
    answer = await api.call("POST", VIEWS, json={**MINE, **body})

    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, pointer)


async def test_a_change_is_looked_at_with_what_stays(api: Running) -> None:
    path = (await api.call("POST", VIEWS, json=MINE)).headers["Location"]

    answer = await api.call("PATCH", path, json={"entity": "company"})

    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/columns")
