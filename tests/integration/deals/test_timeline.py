"""Activities, tasks and notes through REST, and the timelines that they make."""

from typing import Any
from uuid import uuid4

import pytest
from tests.integration.application import CONTACTS, Running
from tests.integration.deals.clients import DEALS, deal, move, sales
from tests.integration.people import person

from hastecrm.core.identity import Role, Visibility

API = "/api/v1"


async def add(api: Running, what: str, **values: Any) -> Any:
    answer = await api.call("POST", f"{API}/{what}", json=values)
    assert answer.status == 201, answer.text
    return answer.json


async def ada(api: Running) -> str:
    return str((await api.call("POST", CONTACTS, json={"first_name": "Ada"})).json["id"])


async def test_a_timeline_merges_what_was_done_written_and_planned(api: Running) -> None:
    contact = await ada(api)
    call = {"type": "call", "title": "Asked", "occurred_at": "2026-01-02T00:00:00Z"}
    await add(api, "activities", **call, contact_id=contact)
    await add(api, "activities", type="email", title="Elsewhere")
    await add(api, "notes", body="Prefers tea", contact_id=contact)
    await add(api, "tasks", title="Send the offer", contact_id=contact)

    found, path = [], f"{CONTACTS}/{contact}/timeline?limit=1"
    page: Any = {"next": ""}
    while page["next"] is not None:
        page = (await api.call("GET", f"{path}&cursor={page['next']}" if page["next"] else path)).json
        found += [(item["kind"], item["type"], item["title"]) for item in page["items"]]
    assert found == [
        ("task", "todo", "Send the offer"),
        ("note", "note", "Prefers tea"),
        ("activity", "call", "Asked"),
    ]


async def test_a_deals_timeline_tells_its_moves_too(api: Running) -> None:
    made, stages = await deal(api), (await sales(api))["stages"]
    await add(api, "notes", body="Prefers tea", deal_id=made["id"])
    await move(api, made, stages[4], won_reason="Taste")

    items = (await api.call("GET", f"{DEALS}/{made['id']}/timeline")).json["items"]
    assert [(item["kind"], item["type"], item["text"]) for item in items] == [
        ("transition", "won", "Taste"),
        ("note", "note", "Prefers tea"),
    ]


async def test_the_moment_of_completion_comes_and_goes_with_the_status(api: Running) -> None:
    task = await add(api, "tasks", title="Send the offer", due_at="2026-12-01T09:00:00+01:00")
    path = f"{API}/tasks/{task['id']}"
    assert (task["status"], task["priority"], task["completed_at"]) == ("todo", "medium", None)
    assert task["due_at"] == "2026-12-01T08:00:00+00:00"

    done = (await api.call("PATCH", path, json={"status": "completed"})).json
    assert done["completed_at"] is not None
    again = (await api.call("PATCH", path, json={"status": "completed", "title": "Offer"})).json
    assert again["completed_at"] == done["completed_at"]
    assert (await api.call("PATCH", path, json={"status": "todo"})).json["completed_at"] is None
    assert (await add(api, "tasks", title="Done", status="completed"))["completed_at"] is not None


@pytest.mark.parametrize(
    ("what", "values", "pointer"),
    [
        ("tasks", {"title": "x", "status": "later"}, "/status"),
        ("tasks", {"title": "x", "due_at": "tomorrow"}, "/due_at"),
        ("tasks", {"title": "x", "completed_at": "2026-01-01T00:00:00Z"}, "/completed_at"),
        ("notes", {"body": " "}, "/body"),
        ("notes", {"body": "x", "deal_id": str(uuid4())}, "/deal_id"),
        ("activities", {"title": "x"}, "/type"),
        ("activities", {"title": "x", "type": "call", "minutes": -1}, "/minutes"),
    ],
)
async def test_what_makes_no_sense_is_refused(api: Running, what: str, values: Any, pointer: str) -> None:
    answer = await api.call("POST", f"{API}/{what}", json=values)

    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, pointer)


async def test_a_timeline_shows_what_belongs_to_those_whom_one_sees(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", Role.MEMBER, Visibility.OWN)
    mine = (await ann.call(api, "POST", CONTACTS, json={"first_name": "Ada"})).json["id"]
    await add(api, "notes", body="The installation's", contact_id=mine)
    await ann.call(api, "POST", f"{API}/notes", json={"body": "Ann's", "contact_id": mine})

    seen = (await ann.call(api, "GET", f"{CONTACTS}/{mine}/timeline")).json["items"]
    assert [item["text"] for item in seen] == ["Ann's"]
    assert (await ann.call(api, "GET", f"{CONTACTS}/{await ada(api)}/timeline")).status == 404


async def test_what_is_in_the_trash_is_on_no_timeline(api: Running) -> None:
    contact = await ada(api)
    note = await add(api, "notes", body="Prefers tea", contact_id=contact)

    await api.call("DELETE", f"{API}/notes/{note['id']}")
    assert (await api.call("GET", f"{CONTACTS}/{contact}/timeline")).json == {"items": [], "next": None}
    await api.call("POST", f"{API}/notes/{note['id']}/restore")
    assert len((await api.call("GET", f"{CONTACTS}/{contact}/timeline")).json["items"]) == 1


async def test_what_is_due_comes_first_and_what_is_never_due_last(api: Running) -> None:
    for title, due in (("never", None), ("later", "2027-02-01T00:00:00Z"), ("soon", "2027-01-01T00:00:00Z")):
        await add(api, "tasks", title=title, due_at=due)

    listed = await api.call("GET", f"{API}/tasks?order_by=due_at")
    assert [task["title"] for task in listed.json["items"]] == ["soon", "later", "never"]


async def test_a_contact_knows_when_something_was_last_done(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", visibility=Visibility.OWN)
    contact, other = (
        (await ann.call(api, "POST", CONTACTS, json={"first_name": "Ada"})).json["id"],
        await ada(api),
    )

    async def seen() -> list[str | None]:
        return [
            (await api.call("GET", f"{CONTACTS}/{each}")).json["last_activity_at"]
            for each in (contact, other)
        ]

    old, new = "2026-01-02T00:00:00+00:00", "2026-02-03T00:00:00+00:00"
    later = await add(api, "activities", type="call", title="B", contact_id=contact, occurred_at=new)
    body = {"type": "call", "title": "A", "contact_id": contact, "occurred_at": old}
    assert (await ann.call(api, "POST", f"{API}/activities", json=body)).status == 201
    assert await seen() == [new, None]

    path = f"{API}/activities/{later['id']}"
    assert (await api.call("PATCH", path, json={"contact_id": other})).status == 200
    assert await seen() == [old, new]

    await api.call("DELETE", path)
    assert await seen() == [old, None]

    await api.call("POST", f"{path}/restore")
    assert await seen() == [old, new]
