"""Several records become one, and several again, on a real database."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.application import CONTACTS, Answer, Running
from tests.integration.people import person

from hastecrm.core.identity import Role, Visibility

COMPANIES = "/api/v1/companies"


async def made(api: Running, path: str, **values: Any) -> dict[str, Any]:
    answer = await api.call("POST", path, json=values)
    assert answer.status == 201, answer.text
    return dict(answer.json)


async def get(api: Running, path: str, record: str) -> dict[str, Any]:
    return dict((await api.call("GET", f"{path}/{record}")).json)


async def merge(api: Running, kept: str, *others: str, path: str = CONTACTS, **fields: str) -> Answer:
    body = {"others": [{"id": other} for other in others], "fields": fields}
    return await api.call("POST", f"{path}/{kept}/merge", json=body)


async def undo(api: Running, kept: str, merged: Answer, path: str = CONTACTS) -> Answer:
    return await api.call("POST", f"{path}/{kept}/merges/{merged.json['merge']}/undo")


async def two(api: Running) -> tuple[str, str]:
    """Two contacts of one person, each with what the other one has not."""
    ada = await made(api, CONTACTS, first_name="Ada", email="ada@example.com", city="London")
    values = {"last_name": "Lovelace", "email": "ada@example.org", "phone": "+43 1 234567", "city": "Paris"}
    return ada["id"], (await made(api, CONTACTS, first_name="A.", **values))["id"]


async def deal(api: Running, *people: str) -> str:
    pipeline = (await api.call("GET", "/api/v1/pipelines")).json["items"][0]
    values = {"title": "Coffee", "value": "100.00", "currency": "EUR"}
    new = (await made(api, "/api/v1/deals", **values, stage_id=pipeline["stages"][0]["id"]))["id"]
    for number, contact in enumerate(people):
        await api.call("PUT", f"/api/v1/deals/{new}/contacts/{contact}", json={"is_primary": number == 0})
    return str(new)


async def people_of(api: Running, of: str) -> dict[str, bool]:
    found = (await api.call("GET", f"/api/v1/deals/{of}/contacts")).json["items"]
    return {each["id"]: each["is_primary"] for each in found}


async def test_the_kept_one_gets_what_it_lacks_and_what_was_chosen(api: Running) -> None:
    ada, other = await two(api)
    tags = [(await made(api, "/api/v1/tags", name=name))["id"] for name in ("a", "b")]
    for record, tag in zip((ada, other), tags, strict=True):
        await api.call("PATCH", f"{CONTACTS}/{record}", json={"tags": [tag]})

    answer = await merge(api, ada, other, email=other)

    assert answer.status == 200, answer.text
    kept = await get(api, CONTACTS, ada)
    assert answer.json["record"] == kept
    assert (kept["first_name"], kept["last_name"], kept["city"]) == ("Ada", "Lovelace", "London")
    assert (kept["email"], kept["phone"]) == ("ada@example.org", "+43 1 234567")
    assert set(kept["tags"]) == set(tags)
    gone = await api.call("GET", f"{CONTACTS}/{other}")
    assert (gone.status, gone.headers["Location"]) == (404, f"{CONTACTS}/{ada}")
    assert ada in gone.json["detail"]
    [trashed] = (await api.call("GET", f"{CONTACTS}?trashed=true")).json["items"]
    assert trashed["id"] == other


async def test_what_belongs_to_the_parts_moves_and_the_past_is_told(api: Running) -> None:
    ada, other = await two(api)
    note = await made(api, "/api/v1/notes", body="Tea", contact_id=other)
    call = await made(api, "/api/v1/activities", title="Call", type="call", contact_id=other)
    both, only = await deal(api, other, ada), await deal(api, other)

    answer = await merge(api, ada, other)

    moved = {name: number for name, number in answer.json["moved"].items() if number}
    assert moved == {"notes": 1, "activities": 1, "deal_contacts": 2}
    assert (await get(api, "/api/v1/notes", note["id"]))["contact_id"] == ada
    assert answer.json["record"]["last_activity_at"] == call["occurred_at"]
    assert (await people_of(api, both), await people_of(api, only)) == ({ada: True}, {ada: True})
    history = (await api.call("GET", f"{CONTACTS}/{ada}/history?limit=3")).json
    assert history["items"][0]["action"] == "contact.merged"
    told = {each["action"] for each in (await api.call("GET", f"{CONTACTS}/{ada}/history")).json["items"]}
    assert told == {"contact.created", "contact.merged", "contact.deleted"}
    assert len((await api.call("GET", f"{CONTACTS}/{ada}/timeline")).json["items"]) == 2


async def test_undone_everything_is_as_it_was(api: Running, sql: Any) -> None:
    ada, other = await two(api)
    note = await made(api, "/api/v1/notes", body="Tea", contact_id=other)
    both, only = await deal(api, other, ada), await deal(api, other)
    before = [await get(api, CONTACTS, each) for each in (ada, other)]
    people = [await people_of(api, each) for each in (both, only)]

    answer = await merge(api, ada, other, email=other, city=other)
    undone = await undo(api, ada, answer)

    assert (undone.status, undone.json["left"]) == (200, [])
    after = [await get(api, CONTACTS, each) for each in (ada, other)]
    for old, new in zip(before, after, strict=True):
        assert {**old, "version": 0, "updated_at": ""} == {**new, "version": 0, "updated_at": ""}
    assert [await people_of(api, each) for each in (both, only)] == people
    assert (await get(api, "/api/v1/notes", note["id"]))["contact_id"] == other
    assert await sql.fetchval("SELECT count(*) FROM contacts WHERE merged_into IS NOT NULL") == 0
    again = await undo(api, ada, answer)
    assert (again.status, again.json["code"]) == (409, "BIZ_CONFLICT")
    [shown] = (await api.call("GET", f"{CONTACTS}/{ada}/merges")).json["items"]
    assert (shown["others"], shown["undone_at"] is not None) == ([other], True)


async def test_what_was_changed_since_stays_and_is_named(api: Running) -> None:
    ada, other = await two(api)
    answer = await merge(api, ada, other, city=other)
    await api.call("PATCH", f"{CONTACTS}/{ada}", json={"phone": "+43 1 765432"})

    undone = await undo(api, ada, answer)

    assert undone.json["left"] == ["phone"]
    record = undone.json["record"]
    assert (record["phone"], record["city"], record["last_name"]) == ("+43 1 765432", "London", "")


async def test_a_part_that_was_brought_back_by_hand_cannot_be_parted_again(api: Running) -> None:
    ada, other = await two(api)
    answer = await merge(api, ada, other)
    assert (await api.call("POST", f"{CONTACTS}/{other}/restore")).status == 200

    refused = await undo(api, ada, answer)

    assert (refused.status, refused.json["code"]) == (409, "BIZ_CONFLICT")
    assert other in refused.json["detail"]


async def test_companies_keep_their_people_and_deals(api: Running) -> None:
    first = await made(api, COMPANIES, name="Acme")
    second = await made(api, COMPANIES, name="ACME Inc.", domain="acme.example")
    contact = await made(api, CONTACTS, first_name="Ada", company_id=second["id"])

    answer = await merge(api, first["id"], second["id"], path=COMPANIES)

    assert answer.json["record"]["domain"] == "acme.example"
    assert (await get(api, CONTACTS, contact["id"]))["company_id"] == first["id"]
    await undo(api, first["id"], answer, COMPANIES)
    assert (await get(api, CONTACTS, contact["id"]))["company_id"] == second["id"]
    assert (await get(api, COMPANIES, first["id"]))["domain"] is None


async def test_all_of_them_must_be_seen_and_as_they_were_read(api: Running, sql: Any) -> None:
    ada, other = await two(api)
    ann = await person(sql, "ann", Role.MEMBER, Visibility.OWN)
    own = (await ann.call(api, "POST", CONTACTS, json={"first_name": "Own"})).json["id"]

    unseen = await ann.call(api, "POST", f"{CONTACTS}/{own}/merge", json={"others": [{"id": other}]})
    stale = {"others": [{"id": other, "version": 7}]}
    answers = [
        await api.call("POST", f"{CONTACTS}/{ada}/merge", json=stale),
        await api.call(
            "POST", f"{CONTACTS}/{ada}/merge", json={"others": [{"id": other}]}, headers={"If-Match": '"7"'}
        ),
    ]

    assert (unseen.status, unseen.json["errors"][0]["pointer"]) == (404, "/others/0/id")
    assert {answer.status for answer in answers} == {412}
    assert (await get(api, CONTACTS, other))["version"] == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"others": []}, "/others"),
        ({"others": [{"id": "ada"}]}, "/others"),
        ({"others": [{"id": "other"}, {"id": "other"}]}, "/others"),
        ({"others": [{"id": "other"}], "fields": {"version": "other"}}, "/fields/version"),
        ({"others": [{"id": "other"}], "fields": {"email": str(uuid4())}}, "/fields/email"),
        ({"others": [{"id": "other", "x": 1}]}, "/others/0/x"),
    ],
)
async def test_what_cannot_be_merged_is_named(api: Running, body: dict[str, Any], pointer: str) -> None:
    ids = dict(zip(("ada", "other"), await two(api), strict=True))
    named = {**body, "others": [{**each, "id": ids[each["id"]]} for each in body["others"]]}
    named["fields"] = {name: ids.get(record, record) for name, record in body.get("fields", {}).items()}

    answer = await api.call("POST", f"{CONTACTS}/{ids['ada']}/merge", json=named)

    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, pointer)


async def test_two_merges_at_once_make_one(api: Running) -> None:
    ada, other = await two(api)

    answers = await asyncio.gather(merge(api, ada, other), merge(api, other, ada))

    assert sorted(answer.status for answer in answers) == [200, 404]


async def test_the_same_request_again_gets_the_same_answer(api: Running) -> None:
    ada, other = await two(api)
    key, body = {"Idempotency-Key": "merge-ada-once"}, {"others": [{"id": other}]}
    merges = [await api.call("POST", f"{CONTACTS}/{ada}/merge", json=body, headers=key) for _ in range(2)]
    path = f"{CONTACTS}/{ada}/merges/{merges[0].json['merge']}/undo"
    undone = [await api.call("POST", path, headers={"Idempotency-Key": "undo-ada-once"}) for _ in range(2)]

    assert (merges[0].status, merges[0].body) == (200, merges[1].body)
    assert (undone[0].status, undone[0].body) == (200, undone[1].body)


async def test_graphql_does_the_same(api: Running) -> None:
    ada, other = await two(api)

    async def asked(query: str, **variables: Any) -> Any:
        answer = await api.call("POST", "/graphql", json={"query": query, "variables": variables})
        assert "errors" not in answer.json, answer.text
        return answer.json["data"]

    query = (
        "mutation($a: UUID!, $b: UUID!, $f: JSON) {mergeContacts(id: $a, others: [{id: $b}], fields: $f)"
        " {merge moved record {email}}}"
    )
    merged = (await asked(query, a=ada, b=other, f={"email": other}))["mergeContacts"]
    assert merged["record"] == {"email": "ada@example.org"}
    [shown] = (await asked("query($a: UUID!) {contactMerges(id: $a) {id others}}", a=ada))["contactMerges"]
    assert shown == {"id": merged["merge"], "others": [other]}
    undo = "mutation($a: UUID!, $m: UUID!) {undoContactMerge(id: $a, merge: $m) {left record {email}}}"
    undone = (await asked(undo, a=ada, m=merged["merge"]))["undoContactMerge"]
    assert undone == {"left": [], "record": {"email": "ada@example.com"}}
