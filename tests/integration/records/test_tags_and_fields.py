"""Tags and the fields that a workspace adds: what they are, what they hold records to, and how they end."""

from typing import Any

import pytest
from tests.integration.application import Answer, Running
from tests.integration.people import person

from hastecrm.core.identity import Role, Visibility

TAGS, FIELDS, CONTACTS = "/api/v1/tags", "/api/v1/custom-fields", "/api/v1/contacts"
BUDGET = {"entity": "contact", "key": "budget", "label": "Budget", "type": "number"}


async def made(api: Running, path: str, **body: Any) -> Any:
    answer = await api.call("POST", path, json=body)
    assert answer.status == 201, answer.text
    return answer.json


async def contact(api: Running, **values: Any) -> Answer:
    return await api.call("POST", CONTACTS, json={"first_name": "Ada", **values})


async def test_a_tag_is_one_word_whatever_its_capitals_and_colour(api: Running) -> None:
    vip = await made(api, TAGS, name="VIP", colour="#4f46e5")
    double = await api.call("POST", TAGS, json={"name": "vip"})
    wrong = await api.call("POST", TAGS, json={"name": "X", "colour": "red"})

    assert (vip["colour"], (await made(api, TAGS, name="Plain"))["colour"]) == ("#4F46E5", "#6B7280")
    assert (double.status, double.json["errors"][0]["pointer"]) == (409, "/name")
    assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, "/colour")
    listed = (await api.call("GET", f"{TAGS}?order_by=name")).json["items"]
    assert [each["name"] for each in listed] == ["Plain", "VIP"]


async def test_a_tag_that_ends_is_taken_from_all_that_have_it_seen_or_not(api: Running, sql: Any) -> None:
    boss, ann = await person(sql, "Boss", Role.ADMIN, Visibility.OWN), await person(sql, "Ann")
    vip, other = await made(api, TAGS, name="VIP"), await made(api, TAGS, name="Other")
    body = {"first_name": "Ada", "tags": [vip["id"], other["id"]]}
    hidden = (await ann.call(api, "POST", CONTACTS, json=body)).json

    gone = await boss.call(api, "DELETE", f"{TAGS}/{vip['id']}")

    now = (await ann.call(api, "GET", f"{CONTACTS}/{hidden['id']}")).json
    assert (gone.status, now["tags"], now["version"]) == (204, [other["id"]], 2)
    assert await sql.fetchval("SELECT count(*) FROM record_tags") == 1
    assert (await api.call("GET", f"{TAGS}/{vip['id']}")).status == 404


async def test_a_record_holds_only_what_the_workspace_has_fields_for(api: Running) -> None:
    await made(api, FIELDS, **BUDGET)
    await made(api, FIELDS, **BUDGET | {"key": "tier", "type": "select", "options": ["gold", "silver"]})
    await made(api, FIELDS, **BUDGET | {"key": "since", "type": "date"})

    good = await contact(api, custom={"budget": 12.5, "tier": "gold", "since": "2026-01-31"})
    wrong = await contact(api, custom={"budget": "much", "tier": "iron", "since": "soon", "none": 1})
    path = f"{CONTACTS}/{good.json['id']}"
    changed = await api.call("PATCH", path, json={"custom": {"budget": True}})

    assert good.json["custom"] == {"budget": 12.5, "tier": "gold", "since": "2026-01-31"}
    assert wrong.status == 422
    assert {each["pointer"] for each in wrong.json["errors"]} == {
        f"/custom/{key}" for key in ("budget", "tier", "since", "none")
    }
    assert (changed.status, changed.json["errors"][0]["detail"]) == (422, "must be a number")


async def test_a_required_field_is_asked_for_from_then_on(api: Running) -> None:
    before = await contact(api)
    await made(api, FIELDS, **BUDGET, required=True)
    # Another process may take some seconds to know of it; this one was never asked before.
    path = f"{CONTACTS}/{before.json['id']}"

    emptied = await api.call("PATCH", path, json={"custom": {"budget": None}})
    given = await api.call("PATCH", path, json={"custom": {"budget": 1}})

    assert given.status == 200
    assert (emptied.status, emptied.json.get("version")) == (200, 1), "nothing was changed"
    assert (await api.call("PATCH", path, json={"custom": {"budget": None}})).status == 422


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"key": "Budget!"}, "/key"),
        ({"type": "colour"}, "/type"),
        ({"entity": "invoice"}, "/entity"),
        ({"type": "select"}, "/options"),
        ({"options": ["a"]}, "/options"),
        ({"type": "select", "options": ["a", "a"]}, "/options"),
        ({"label": None}, "/label"),
        ({"position": -1}, "/position"),
    ],
)
async def test_a_field_that_makes_no_sense_is_refused(api: Running, body: Any, pointer: str) -> None:
    answer = await api.call("POST", FIELDS, json={**BUDGET, **body})

    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, pointer)


async def test_what_values_are_stored_by_stays(api: Running) -> None:
    field = await made(api, FIELDS, **BUDGET)
    path = f"{FIELDS}/{field['id']}"

    refused = await api.call("PATCH", path, json={"type": "text"})
    renamed = await api.call("PATCH", path, json={"label": "Yearly budget", "type": "number"})

    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/type")
    assert (renamed.status, renamed.json["label"]) == (200, "Yearly budget")


async def test_a_member_makes_tags_but_changes_none_not_even_past_the_first_wall(
    api: Running, sql: Any
) -> None:
    ann = await person(sql, "Ann")
    vip = (await ann.call(api, "POST", TAGS, json={"name": "VIP"})).json

    for method, body in (("PATCH", {"name": "X"}), ("DELETE", None)):
        assert (await ann.call(api, method, f"{TAGS}/{vip['id']}", json=body)).status == 403
    policies = "SELECT qual FROM pg_policies WHERE policyname IN ('tags_change', 'tags_remove')"
    assert all("hastecrm_may_manage" in row["qual"] for row in await sql.fetch(policies))
