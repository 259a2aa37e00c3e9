"""Duplicates among contacts and companies, found by triggers and a worker's job on a real database."""

import asyncio
from typing import Any

import pytest
from tests.integration.application import CONTACTS, Running
from tests.integration.people import person

from hastecrm.core.identity import Role, Visibility
from hastecrm.features.duplicates.comparing import compare

COMPANIES = "/api/v1/companies"
PAIRS = "/api/v1/duplicates/contacts"
ADA = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada.lovelace@gmail.com",
    "phone": "+43 1 2345678",
}


async def made(api: Running, path: str = CONTACTS, **values: Any) -> str:
    answer = await api.call("POST", path, json=values)
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


async def alike(api: Running, record: str, path: str = CONTACTS) -> dict[str, Any]:
    answer = await api.call("GET", f"{path}/{record}/duplicates")
    assert answer.status == 200, answer.text
    return {each["record"]["id"]: each for each in answer.json["items"]}


async def pairs(
    api: Running, sql: Any, query: str = "", path: str = PAIRS, **more: Any
) -> list[dict[str, Any]]:
    await compare(sql)
    answer = await api.call("GET", f"{path}?{query}", **more)
    assert answer.status == 200, answer.text
    return list(answer.json["items"])


def facts(each: dict[str, Any]) -> dict[str, int]:
    return {one["fact"]: one["weight"] for one in each["facts"]}


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"first_name": "A.", "email": "AdaLovelace+crm@googlemail.com"}, {"email": 70}),
        ({"first_name": "X", "phone": "0043 (1) 234 56 78"}, {"phone": 40}),
        ({"first_name": "Lovelase", "last_name": "Adda"}, {"name": 30}),
        ({"first_name": "Ada", "last_name": "Lovelace", "phone": "01 2345678"}, {"phone": 40, "name": 30}),
        ({"first_name": "Ada", "last_name": "Lovelace", "company": "ACME, Inc."}, {"name": 30, "place": 25}),
        ({"first_name": "Ada", "last_name": "Byron", "phone": "12345"}, {}),
    ],
    ids=["address", "number", "name", "number and name", "name at a company", "nothing"],
)
async def test_it_says_what_two_contacts_have_in_common(
    api: Running, sql: Any, other: dict[str, Any], expected: dict[str, int]
) -> None:
    first = await made(api, **ADA, company="Acme GmbH")
    second = await made(api, **other)

    found = await alike(api, first)
    assert {key: facts(each) for key, each in found.items()} == ({second: expected} if expected else {})
    listed = [(facts(each), each["score"]) for each in await pairs(api, sql)]
    total = sum(expected.values())
    assert listed == ([(expected, total)] if total >= 50 else [])


async def test_companies_are_compared_without_their_legal_form(api: Running, sql: Any) -> None:
    first = await made(api, COMPANIES, name="Meyer & Söhne GmbH", city="Wien", domain="meyer.example")
    second = await made(
        api, COMPANIES, name="Maier und Söhne AG", city="Wien", website="https://www.meyer.example/x"
    )

    found = await alike(api, first, COMPANIES)
    assert {key: (facts(each), each["score"]) for key, each in found.items()} == {
        second: ({"name": 45, "place": 25, "domain": 60}, 100)
    }
    [pair] = await pairs(api, sql, path="/api/v1/duplicates/companies")
    assert {each["id"] for each in pair["records"]} == {first, second}


async def test_a_pair_comes_and_goes_with_what_its_records_are_like(api: Running, sql: Any) -> None:
    first, second = await made(api, **ADA), await made(api, first_name="X", email="adalovelace@gmail.com")

    async def number() -> int:
        return len(await pairs(api, sql))

    assert await number() == 1
    await api.call("PATCH", f"{CONTACTS}/{second}", json={"email": "x@example.com"})
    assert (await number(), await alike(api, first)) == (0, {})
    await api.call("PATCH", f"{CONTACTS}/{second}", json={"email": "adalovelace@gmail.com"})
    assert await number() == 1
    await api.call("DELETE", f"{CONTACTS}/{first}")
    assert await number() == 0
    await api.call("POST", f"{CONTACTS}/{first}/restore")
    assert await number() == 1


async def test_what_was_dismissed_is_remembered_and_can_be_taken_back(api: Running, sql: Any) -> None:
    first, second = await made(api, **ADA), await made(api, first_name="X", email="adalovelace@gmail.com")
    [pair] = await pairs(api, sql)

    said = await api.call("PATCH", f"{PAIRS}/{pair['id']}", json={"is_dismissed": True})
    await api.call("PATCH", f"{PAIRS}/{pair['id']}", json={"is_dismissed": True})
    await api.call("PATCH", f"{CONTACTS}/{second}", json={"email": "ada.lovelace+x@gmail.com"})

    assert (said.status, said.json["is_dismissed"]) == (200, True)
    assert await pairs(api, sql) == []
    assert [each["id"] for each in await pairs(api, sql, "dismissed=true")] == [pair["id"]]
    assert (await alike(api, first))[second]["is_dismissed"]
    told = "SELECT count(*) FROM audit_log WHERE action = 'contact.told_apart'"
    assert await sql.fetchval(told) == 1
    await api.call("PATCH", f"{PAIRS}/{pair['id']}", json={"is_dismissed": False})
    assert len(await pairs(api, sql)) == 1


async def test_pages_follow_one_another_the_likeliest_first(api: Running, sql: Any) -> None:
    for name, other in (("Ada", "Adda"), ("Bob", "Eve"), ("Ida", "Ita")):
        await made(api, first_name=name, email=f"{name}@example.com")
        await made(api, first_name=other, email=f"{name}+x@example.com")

    await compare(sql)
    scores, cursor = [], ""
    while True:
        answer = await api.call("GET", f"{PAIRS}?limit=1{cursor}")
        scores += [each["score"] for each in answer.json["items"]]
        if answer.json["next"] is None:
            break
        cursor = f"&cursor={answer.json['next']}"

    assert scores == [100, 100, 70]


async def test_a_pair_is_shown_to_those_only_who_see_both(api: Running, sql: Any) -> None:
    ann = await person(sql, "ann", Role.MEMBER, Visibility.OWN)
    own = await api.call("POST", CONTACTS, json=ADA, headers=ann.headers)
    await made(api, first_name="X", email="adalovelace@gmail.com")

    assert await pairs(api, sql, headers=ann.headers) == []
    answer = await api.call("GET", f"{CONTACTS}/{own.json['id']}/duplicates", headers=ann.headers)
    assert answer.json == {"items": []}
    [pair] = await pairs(api, sql)
    change = f"{PAIRS}/{pair['id']}"
    refused = await api.call("PATCH", change, json={"is_dismissed": True}, headers=ann.headers)
    assert (refused.status, refused.json["code"]) == (404, "BIZ_NOT_FOUND")


@pytest.mark.parametrize("query", ["min_score=49", "min_score=x", "cursor=x", "dismissed=x", "limit=0"])
async def test_what_cannot_be_asked_for_is_named(api: Running, query: str) -> None:
    answer = await api.call("GET", f"{PAIRS}?{query}")

    assert (answer.status, answer.json["code"]) == (422, "VALIDATION_FAILED")
    assert answer.json["errors"][0]["parameter"] == query.partition("=")[0]


async def test_graphql_shows_the_same(api: Running, sql: Any) -> None:
    first, second = await made(api, **ADA), await made(api, first_name="X", email="adalovelace@gmail.com")
    await compare(sql)
    query = (
        "query($id: UUID!) {duplicatesOfContact(id: $id) {record {id firstName} score facts {fact weight}}"
        " duplicateContacts {items {id records {id} isDismissed} next}}"
    )
    answer = await api.call("POST", "/graphql", json={"query": query, "variables": {"id": first}})

    data = answer.json["data"]
    email = {"fact": "email", "weight": 70}
    assert data["duplicatesOfContact"] == [
        {"record": {"id": second, "firstName": "X"}, "score": 70, "facts": [email]}
    ]
    [pair] = data["duplicateContacts"]["items"]
    assert {each["id"] for each in pair["records"]} == {first, second}
    change = "mutation($id: UUID!) {changeDuplicateContacts(id: $id, isDismissed: true) {isDismissed}}"
    said = await api.call("POST", "/graphql", json={"query": change, "variables": {"id": pair["id"]}})
    assert said.json["data"] == {"changeDuplicateContacts": {"isDismissed": True}}


async def test_what_is_stored_at_the_same_moment_is_compared_and_only_once(api: Running, sql: Any) -> None:
    await asyncio.gather(*(made(api, first_name="Ada", email=f"ada+{n}@example.com") for n in range(4)))

    assert await compare(sql) == 4
    assert await compare(sql) == 0
    assert len(await pairs(api, sql)) == 4 * 3 // 2
