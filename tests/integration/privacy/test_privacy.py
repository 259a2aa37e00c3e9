"""Everything that is kept about a person is shown, and after an erasure none of it is left."""

import io
from typing import Any

import pytest
from tests.integration.application import CONTACTS, Running

ADA = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada.lovelace@example.com"}
DATABASE = (
    "SELECT format('SELECT count(*) FROM %I AS t WHERE t::text ILIKE ''%%lovelace%%''', relname) AS look, "
    "relname "
    "FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
)


async def add(api: Running, path: str, **body: Any) -> str:
    answer = await api.call("POST", f"/api/v1/{path}", json=body)
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


@pytest.fixture
async def ada(api: Running) -> str:
    """A contact about whom something of every kind is known."""
    contact = await add(api, "contacts", **ADA)
    await add(api, "activities", title="Called Ada Lovelace", type="call", contact_id=contact)
    await add(api, "notes", body="Ada Lovelace likes tea", contact_id=contact)
    task = await add(api, "tasks", title="Write to Ada Lovelace", contact_id=contact)
    for parent in ({"contact_id": contact}, {"task_id": task}):
        file = await add(api, "attachments", name="lovelace.txt", **parent)
        await api.call("PUT", f"/api/v1/attachments/{file}/content", data=io.BytesIO(b"text"))
    await api.call("PATCH", f"{CONTACTS}/{contact}", json={"title": "Countess Lovelace"})
    return contact


async def test_the_export_has_everything_that_is_kept(api: Running, ada: str) -> None:
    answer = await api.call("GET", f"{CONTACTS}/{ada}/personal-data")

    assert answer.status == 200, answer.text
    counted = {section: len(rows) for section, rows in answer.json.items()}
    history = counted.pop("history")
    assert counted == {"contact": 1, "activities": 1, "tasks": 1, "notes": 1, "deals": 0, "attachments": 2}
    assert answer.json["contact"][0]["email"] == ADA["email"]
    assert history >= 6
    assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_after_an_erasure_no_table_has_the_name(api: Running, sql: Any, ada: str) -> None:
    answer = await api.call("POST", f"{CONTACTS}/{ada}/erase", json={"confirm": "ada  lovelace"})

    assert answer.status == 200, answer.text
    assert answer.json["removed"]["attachments"] == 2
    assert (await api.call("GET", f"{CONTACTS}/{ada}")).status == 404
    # The worker removes the files soon, and words of spellings that nothing has any more.
    await sql.execute("DELETE FROM files WHERE expires_at <= now()")
    await sql.execute("DELETE FROM search_typos")
    left = [row["relname"] for row in await sql.fetch(DATABASE) if await sql.fetchval(row["look"])]
    assert left == []


async def test_what_is_left_says_who_and_when_and_knows_the_address_again(api: Running, ada: str) -> None:
    await api.call("POST", f"{CONTACTS}/{ada}/erase", json={"confirm": "Ada Lovelace"})
    asked = {"emails": ["Ada.Lovelace@Example.com", "eve@example.com"]}
    check = await api.call("POST", "/api/v1/erasures/check", json=asked)
    listed = await api.call("GET", "/api/v1/erasures")

    assert check.json == {"erased": ["Ada.Lovelace@Example.com"]}
    assert [each["contact_id"] for each in listed.json["items"]] == [ada]


async def test_another_name_erases_nothing(api: Running, ada: str) -> None:
    answer = await api.call("POST", f"{CONTACTS}/{ada}/erase", json={"confirm": "Eve"})

    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/confirm")
    assert (await api.call("GET", f"{CONTACTS}/{ada}")).status == 200


async def test_deals_stay_without_the_name(api: Running, sql: Any, ada: str) -> None:
    deal = await add(api, "deals", title="Teas for Ada Lovelace")
    joined = await api.call("PUT", f"/api/v1/deals/{deal}/contacts/{ada}", json={})
    assert joined.status in (200, 201, 204), joined.text
    await api.call("POST", f"{CONTACTS}/{ada}/erase", json={"confirm": "Ada Lovelace"})

    assert (await api.call("GET", f"/api/v1/deals/{deal}")).json["title"] == "Teas for [erased]"
    assert await sql.fetchval("SELECT count(*) FROM audit_log WHERE changes::text LIKE '%Lovelace%'") == 0


async def test_graphql_does_the_same(api: Running, ada: str) -> None:
    query = "query($id: UUID!) {personalData(id: $id)}"
    shown = await api.call("POST", "/graphql", json={"query": query, "variables": {"id": ada}})
    erase = 'mutation($id: UUID!) {eraseContact(id: $id, confirm: "Ada Lovelace") {contactId}}'
    erased = await api.call("POST", "/graphql", json={"query": erase, "variables": {"id": ada}})

    assert shown.json["data"]["personalData"]["contact"][0]["last_name"] == "Lovelace"
    assert erased.json["data"]["eraseContact"] == {"contactId": ada}
