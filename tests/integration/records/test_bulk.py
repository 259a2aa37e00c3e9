"""Many records at once: all of it or nothing."""

from typing import Any
from uuid import uuid4

import pytest
from tests.integration.application import CONTACTS, Running

TAGS = "/api/v1/tags"


async def some(api: Running, number: int) -> list[str]:
    bodies = [{"first_name": f"P{each}", "email": f"p{each}@example.com"} for each in range(number)]
    return [(await api.call("POST", CONTACTS, json=body)).json["id"] for body in bodies]


async def test_many_records_are_changed_in_one_go_and_each_change_is_told(api: Running, sql: Any) -> None:
    ids, tags = await some(api, 3), [
        (await api.call("POST", TAGS, json={"name": name})).json["id"] for name in ("a", "b")
    ]  # fmt: skip
    await api.call("PATCH", f"{CONTACTS}/{ids[0]}", json={"tags": [tags[1]], "city": "Graz"})

    body = {
        "ids": [*ids, ids[0]],
        "change": {"city": "Graz"},
        "add_tags": [tags[0]],
        "remove_tags": [tags[1]],
    }
    first = await api.call("POST", f"{CONTACTS}/change", json=body)
    second = await api.call("POST", f"{CONTACTS}/change", json=body)

    assert (first.json, second.json) == ({"changed": 3}, {"changed": 0})
    found = (await api.call("GET", CONTACTS)).json["items"]
    assert {(each["city"], *each["tags"]) for each in found} == {("Graz", tags[0])}
    assert await sql.fetchval("SELECT count(*) FROM audit_log WHERE action = 'contact.changed'") == 4


async def test_one_that_is_missing_keeps_all_as_they_are_and_is_named(api: Running) -> None:
    ids = await some(api, 2)

    for action in ("change", "delete"):
        body = {
            "ids": [ids[0], str(uuid4()), ids[1]],
            **({"change": {"city": "Graz"}} if action == "change" else {}),
        }
        answer = await api.call("POST", f"{CONTACTS}/{action}", json=body)
        assert (answer.status, answer.json["code"]) == (404, "BIZ_NOT_FOUND")
        assert answer.json["errors"] == [{"pointer": "/ids/1", "detail": "is not there"}]

    assert [each["city"] for each in (await api.call("GET", CONTACTS)).json["items"]] == [None, None]


async def test_a_value_that_only_one_may_have_is_refused_for_two(api: Running) -> None:
    ids = await some(api, 2)

    answer = await api.call(
        "POST", f"{CONTACTS}/change", json={"ids": ids, "change": {"email": "x@example.com"}}
    )

    assert (answer.status, answer.json["errors"][0]["pointer"]) == (409, "/email")
    emails = {each["email"] for each in (await api.call("GET", CONTACTS)).json["items"]}
    assert emails == {"p0@example.com", "p1@example.com"}


async def test_many_records_go_into_the_trash(api: Running) -> None:
    ids = await some(api, 3)

    answer = await api.call("POST", f"{CONTACTS}/delete", json={"ids": ids[:2]})

    assert answer.json == {"changed": 2}
    assert [each["id"] for each in (await api.call("GET", CONTACTS)).json["items"]] == ids[2:]
    assert len((await api.call("GET", f"{CONTACTS}?trashed=true")).json["items"]) == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"ids": []}, "/ids"),
        ({"ids": [str(uuid4()) for _ in range(201)]}, "/ids"),
        ({"ids": ["x"]}, "/ids/0"),
        ({"ids": [str(uuid4())], "change": {"nothing": 1}}, "/change/nothing"),
        ({"ids": [str(uuid4())], "add_tags": "vip"}, "/add_tags"),
    ],
)
async def test_what_cannot_be_done_to_many_is_named(api: Running, body: Any, pointer: str) -> None:
    answer = await api.call("POST", f"{CONTACTS}/change", json=body)

    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, pointer)
