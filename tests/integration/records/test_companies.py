"""Companies over REST, on a real database: what every kind of record can do."""

from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from tests.integration.application import Running
from tests.integration.people import person

from hastecrm.core.identity import Role, Visibility
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

COMPANIES = "/api/v1/companies"
ACME = {"name": "Acme", "domain": "www.Acme.example", "size": "11-50", "city": "Vienna"}


async def create(api: Running, **values: Any) -> dict[str, Any]:
    answer = await api.call("POST", COMPANIES, json={"name": "Acme", **values})
    assert answer.status == 201, answer.text
    return dict(answer.json)


async def listed(api: Running, query: str = "", **filters: str) -> list[str]:
    more = "&".join(f"{name}={quote(value)}" for name, value in filters.items())
    answer = await api.call("GET", f"{COMPANIES}?{query}&{more}")
    assert answer.status == 200, answer.text
    return [each["name"] for each in answer.json["items"]]


async def fields(api: Running, entity: str = "company", **types: str) -> None:
    """Add fields of the workspace's own."""
    for key, type_ in types.items():
        options = {"options": ["gold", "x"]} if type_ == "multiselect" else {}
        body = {"entity": entity, "key": key, "label": key, "type": type_, **options}
        assert (await api.call("POST", "/api/v1/custom-fields", json=body)).status == 201


async def test_a_companys_whole_life(api: Running) -> None:
    await fields(api, vat="text", rank="number", fair="boolean")
    made = await api.call("POST", COMPANIES, json=ACME)
    assert made.status == 201, made.text
    path = made.headers["Location"]
    assert made.json["domain"] == "acme.example"
    assert (made.json["tags"], made.json["custom"], made.json["deleted_at"]) == ([], {}, None)
    changed = await api.call("PATCH", path, json={"city": None, "custom": {"vat": "ATU1", "rank": 3}})
    assert (changed.status, changed.headers["ETag"], changed.json["city"]) == (200, '"2"', None)
    again = await api.call("PATCH", path, json={"custom": {"rank": None, "fair": True}})
    assert again.json["custom"] == {"vat": "ATU1", "fair": True}
    assert (await api.call("GET", path)).json == again.json
    late = await api.call("DELETE", path, headers={"If-Match": '"1"'})
    gone = await api.call("DELETE", path, headers={"If-Match": '"3"'})
    assert (late.status, gone.status) == (412, 204)
    assert (await api.call("GET", path)).status == 404
    assert await listed(api) == []
    assert await listed(api, trashed="true") == ["Acme"]
    back = await api.call("POST", f"{path}/restore")
    assert (back.status, back.json["version"], back.json["deleted_at"]) == (200, 5, None)

    events = (await api.call("GET", f"{path}/history")).json["items"]
    assert [each["action"].partition(".")[2] for each in events] == [
        "restored", "deleted", "changed", "changed", "created"
    ]  # fmt: skip
    assert events[2]["changes"] == {
        "custom.rank": {"old": 3, "new": None},
        "custom.fair": {"old": None, "new": True},
    }


async def test_a_record_that_was_replaced_does_not_come_back(api: Running) -> None:
    old = await create(api, domain="acme.example")
    await api.call("DELETE", f"{COMPANIES}/{old['id']}")
    await create(api, domain="acme.example")

    answer = await api.call("POST", f"{COMPANIES}/{old['id']}/restore")

    assert (answer.status, answer.json["code"]) == (409, "BIZ_DUPLICATE")
    assert answer.json["errors"] == [{"pointer": "/domain", "detail": "is already used by another company"}]


@pytest.mark.parametrize("action", ["GET {}/history", "POST {}/restore"])
async def test_what_is_not_there_has_neither_history_nor_a_way_back(api: Running, action: str) -> None:
    method, path = action.format(f"{COMPANIES}/{uuid4()}").split()

    assert (await api.call(method, path)).status == 404


async def test_a_history_is_for_those_who_see_the_record(api: Running, sql: Any) -> None:
    ann, ben = await person(sql, "Ann", visibility=Visibility.OWN), await person(sql, "Ben", Role.VIEWER)
    made = (await ann.call(api, "POST", COMPANIES, json=ACME)).json
    other = await person(sql, "Eve", visibility=Visibility.OWN)

    path = f"{COMPANIES}/{made['id']}/history"
    [seen] = (await ben.call(api, "GET", path)).json["items"]

    assert seen["by"] == {"id": str(ann.id), "name": "Ann"}
    assert (await other.call(api, "GET", path)).status == 404


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ('city = "Vienna"', "A B"),
        ('city != "Vienna"', "C D"),
        ("city:*", "A B C"),
        ("NOT city:*", "D"),
        ('city:"IEN" AND size = 11-50', "A"),
        ('city IN ("Graz", "Vienna") AND NOT size = "11-50"', "B C"),
        ('name = "A" OR (name >= "C" AND created_at >= today)', "A C D"),
        ("created_at < -1d", ""),
        ("created_at > -1h AND created_at <= today", "A B C D"),
        ('custom.rank > 2 OR custom.since < 2020-01-01', "B C"),
        ('custom.kinds:"gold"', "A"),
        ('custom.note:"fine"', "D"),
        ("custom.rank:*", "B"),
        ("custom.good = true", "D"),
        ("owner_id = me", ""),
        ('tags:"VIP"', "A C"),
        ('tags:"vip" AND city = "Graz"', "C"),
        ('NOT tags:"vip"', "B D"),
        ('tags:"vip" OR name = "B"', "A B C"),
        ("tags:*", "A C"),
        ('tags:"nothing"', ""),
        ("version = 1 AND domain:*", "A"),
    ],
)  # fmt: skip
async def test_a_filter_finds_what_it_says(api: Running, sql: Any, query: str, names: str) -> None:
    vip = await tag(sql, "Vip")
    await fields(api, kinds="multiselect", rank="number", since="date", good="boolean", note="text")
    await create(
        api, name="A", city="Vienna", size="11-50", domain="a.at", tags=[vip], custom={"kinds": ["gold", "x"]}
    )
    await create(api, name="B", city="Vienna", size="51-200", custom={"rank": 3})
    await create(api, name="C", city="Graz", tags=[vip, vip], custom={"since": "2019-05-01"})
    await create(api, name="D", custom={"good": True, "note": "All Fine"})

    assert sorted(await listed(api, filter=query)) == names.split()
    count = await api.call("GET", f"{COMPANIES}/count?filter={quote(query)}&count=exact")
    assert count.json == {"count": len(names.split()), "capped": False}


async def tag(sql: Any, name: str) -> str:
    made = uuid4()
    await sql.execute(
        "INSERT INTO tags (id, workspace_id, name) VALUES ($1, $2, $3)", made, DEFAULT_WORKSPACE, name
    )
    return str(made)


async def test_a_tag_that_does_not_exist_is_named(api: Running) -> None:
    answer = await api.call("POST", COMPANIES, json={"name": "A", "tags": [str(uuid4())]})

    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/tags")


async def test_tags_can_be_changed_and_taken_away(api: Running, sql: Any) -> None:
    one, two = await tag(sql, "one"), await tag(sql, "two")
    path = f"{COMPANIES}/{(await create(api, tags=[one]))['id']}"

    assert (await api.call("PATCH", path, json={"tags": [two, one]})).json["tags"] == sorted([one, two])
    assert await listed(api, filter='tags:"two"') == ["Acme"]
    await api.call("PATCH", path, json={"tags": [two]})
    assert await listed(api, filter='tags:"one"') == []
    await sql.execute("DELETE FROM companies")
    assert await sql.fetchval("SELECT count(*) FROM record_tags") == 0


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("city =", "at character 7: expected a value, got the end"),
        ("town = 1", "at character 1: town is no field of companies: name, domain,"),
        ("size = huge", "at character 1: size: expected one of 1-10,"),
        ("created_at > 3", "at character 1: created_at: expected a date such as"),
        ('city = "a" AND name = "b" OR name = "c"', "at character 27: put parentheses around"),
        ("tags = vip", 'at character 1: tags: ask for a tag with tags:"vip"'),
        ("size < 11-50", "at character 1: size: < does not fit; use !=, =, IN, :"),
        ('owner_id = "x"', "at character 1: owner_id: expected an id in quotes"),
        ('city = "open', "at character 8: a quote is not closed"),
        ("(" * 9 + "city:*" + ")" * 9, "at character 10: it is nested deeper than 8 levels"),
        ("x" * 2001, "at character 2001: it is longer than 2000 characters"),
    ],
)
async def test_a_wrong_filter_says_where_and_what(api: Running, query: str, problem: str) -> None:
    answer = await api.call("GET", f"{COMPANIES}?filter={quote(query)}")

    assert (answer.status, answer.json["code"]) == (422, "VALIDATION_FAILED")
    [error] = answer.json["errors"]
    assert error["parameter"] == "filter"
    assert error["detail"].startswith(problem)


@pytest.mark.parametrize(
    "query", ["order_by=city", "order_by=name+down", "trashed=yes", "limit=201", "count=all"]
)
async def test_what_a_list_cannot_do_is_refused(api: Running, query: str) -> None:
    where = f"{COMPANIES}/count" if query.startswith("count") else COMPANIES
    answer = await api.call("GET", f"{where}?{query}")

    assert (answer.status, answer.json["errors"][0]["parameter"]) == (422, query.partition("=")[0])


@pytest.mark.parametrize("order", ["name", "name desc", "updated_at", "created_at", "created_at desc"])
async def test_every_order_shows_every_record_once(api: Running, order: str) -> None:
    for number in range(7):
        await create(api, name=f"N{number % 3}")
    seen: list[dict[str, str]] = []
    path = start = f"{COMPANIES}?limit=2&order_by={quote(order)}"
    while True:
        page = (await api.call("GET", path)).json
        seen += page["items"]
        if page["next"] is None:
            break
        path = f"{start}&cursor={page['next']}"

    field, _, direction = order.partition(" ")
    keys = [(each[field], each["id"]) for each in seen]
    assert len({each["id"] for each in seen}) == 7
    assert keys == sorted(keys, reverse=direction == "desc")


async def test_a_cursor_belongs_to_its_order(api: Running) -> None:
    for _ in range(2):
        await create(api)
    by_name = (await api.call("GET", f"{COMPANIES}?limit=1&order_by=name")).json["next"]
    newest = (await api.call("GET", f"{COMPANIES}?limit=1")).json["next"]

    for query in (
        f"cursor={by_name}",
        f"order_by=name&cursor={newest}",
        f"order_by=updated_at&cursor={by_name}",
    ):
        answer = await api.call("GET", f"{COMPANIES}?limit=1&{query}")
        assert (answer.status, answer.json["errors"][0]["parameter"]) == (422, "cursor"), query


def documented() -> list[str]:
    page = Path(__file__).parents[3] / "docs" / "reference" / "filters.md"
    return page.read_text().split("```")[1].strip().splitlines()


@pytest.mark.parametrize("query", documented())
async def test_the_examples_of_the_reference_are_understood(api: Running, query: str) -> None:
    await fields(api, "contact", budget="number", industry="text")

    answer = await api.call("GET", f"/api/v1/contacts?filter={quote(query)}")

    assert (answer.status, answer.json["items"]) == (200, [])


async def test_a_filter_names_only_fields_that_the_workspace_has(api: Running) -> None:
    await fields(api, rank="number")

    list_, count = [
        await api.call("GET", f"{COMPANIES}{path}?filter={quote('custom.rank > 1 AND custom.rnak > 1')}")
        for path in ("", "/count")
    ]

    told = "at character 21: custom.rnak is no field of this workspace: custom.rank"
    assert (list_.status, count.status) == (422, 422)
    assert list_.json["errors"] == [{"parameter": "filter", "detail": told}]
