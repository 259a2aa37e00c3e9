"""Search through REST and GraphQL, on a real database."""

from typing import Any
from uuid import UUID

import pytest
from tests.integration.application import CONTACTS, Running

SEARCH = "/api/v1/search"


async def create(api: Running, **values: object) -> str:
    answer = await api.call("POST", CONTACTS, json={"first_name": "Ada", **values})
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


async def search(api: Running, text: str, **more: object) -> Any:
    answer = await api.call("GET", SEARCH, params={"q": text, **more})
    assert answer.status == 200, answer.text
    return answer.json


async def titles(api: Running, text: str, **more: object) -> list[str]:
    return [hit["title"] for hit in (await search(api, text, **more))["items"]]


@pytest.fixture
async def people(api: Running) -> Running:
    await create(
        api,
        first_name="Jürgen",
        last_name="Müller",
        email="juergen.mueller@kestrel.example",
        company="Acme GmbH",
    )
    await create(api, first_name="Anna", last_name="Schmidt", phone="+43 1 555 0100", title="Head of Sales")
    await create(api, first_name="Annabel", last_name="Acmeson", company="Kestrel Aviation", title="Buyer")
    return api


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("anna", ["Anna Schmidt", "Annabel Acmeson"]),  # the whole word first
        ("ann", ["Annabel Acmeson", "Anna Schmidt"]),  # then the newest
        ("acme", ["Jürgen Müller", "Annabel Acmeson"]),
        ("acm", ["Annabel Acmeson", "Jürgen Müller"]),  # a name before a company
        ("MULLER", ["Jürgen Müller"]),
        ("mueller", ["Jürgen Müller"]),
        ("schmitd", ["Anna Schmidt"]),
        ("anna schm", ["Anna Schmidt"]),
        ("schmidt head", ["Anna Schmidt"]),
        ("anna schmitd", ["Anna Schmidt"]),
        ("anna muller", []),
        ("juergen.mueller@kestrel.example", ["Jürgen Müller"]),
        ("01 5550100", ["Anna Schmidt"]),
        ("+43 1 5550", []),  # a number is known by its end
        ("5550100", ["Anna Schmidt"]),
        ("nobody", []),
        ("' OR 1=1 --", []),
        ("%%%% __", []),
    ],
)
async def test_people_are_found(people: Running, text: str, found: list[str]) -> None:
    answer = await people.call("GET", SEARCH, params={"q": text})

    assert answer.status in {200, 422}
    assert [hit["title"] for hit in answer.json.get("items", [])] == found


async def test_a_hit_says_what_it_is_and_where_the_words_are(people: Running) -> None:
    (hit,) = (await search(people, "schmi"))["items"]

    assert hit | {"id": None} == {
        "kind": "contact",
        "id": None,
        "title": "Anna Schmidt",
        "subtitle": "Head of Sales",
        "matches": [{"field": "last_name", "value": "Schmidt", "ranges": [[0, 5]]}],
    }


async def test_an_answer_says_that_it_has_other_words(people: Running) -> None:
    assert (await search(people, "schmidt"))["corrected"] is False
    assert (await search(people, "schmitd"))["corrected"] is True
    assert (await search(people, "nobodyatall"))["corrected"] is False


async def test_what_is_changed_or_deleted_is_found_as_it_is_now(people: Running) -> None:
    (hit,) = (await search(people, "schmidt"))["items"]
    await people.call("PATCH", f"{CONTACTS}/{hit['id']}", json={"last_name": "Lovelace"})

    assert await titles(people, "schmidt") == []
    assert await titles(people, "lovel") == ["Anna Lovelace"]

    await people.call("DELETE", f"{CONTACTS}/{hit['id']}")
    assert await titles(people, "lovel") == []


async def test_companies_are_found_among_people(people: Running, sql: Any) -> None:
    await sql.execute(
        "INSERT INTO companies (id, workspace_id, name, domain, city) VALUES (gen_random_uuid(), "
        "'00000000-0000-7000-8000-000000000001', 'Acme Holding', 'acme.example', 'Linz')"
    )

    both = await search(people, "acme")
    assert {hit["kind"] for hit in both["items"]} == {"contact", "company"}
    assert await titles(people, "acme", kinds="company") == ["Acme Holding"]
    assert await titles(people, "acme linz") == ["Acme Holding"]


async def test_deals_and_notes_are_found(people: Running, sql: Any) -> None:
    await sql.execute(
        "INSERT INTO deals (id, workspace_id, title, description, pipeline_id, stage_id, position) "
        "SELECT gen_random_uuid(), workspace_id, 'Zeppelin rollout', 'For the fleet', pipeline_id, id, 'V' "
        "FROM stages WHERE name = 'Lead' AND workspace_id = '00000000-0000-7000-8000-000000000001'"
    )
    await sql.execute(
        "INSERT INTO notes (id, workspace_id, body) VALUES (gen_random_uuid(), "
        "'00000000-0000-7000-8000-000000000001', 'Anna asked for a zeppelin.')"
    )

    found = (await search(people, "zeppelin"))["items"]
    assert [(hit["kind"], hit["title"]) for hit in found] == [
        ("deal", "Zeppelin rollout"),
        ("note", "Anna asked for a zeppelin."),
    ]
    assert found[1]["matches"][0]["ranges"] == [[17, 25]]
    assert await titles(people, "rollout fleet") == ["Zeppelin rollout"]
    assert await titles(people, "zepelin", kinds="deal") == ["Zeppelin rollout"]


async def test_what_is_in_a_workspaces_own_fields_is_found(people: Running) -> None:
    for key, type_ in {
        "number": "text",
        "seats": "number",
        "fair": "boolean",
        "plans": "multiselect",
    }.items():
        options = {"options": ["gold", "platinum"]} if type_ == "multiselect" else {}
        field = {"entity": "contact", "key": key, "label": key, "type": type_, **options}
        assert (await people.call("POST", "/api/v1/custom-fields", json=field)).status == 201
    custom = {"number": "K-4711", "seats": 1234, "fair": True, "plans": ["gold", "platinum"]}
    made = await create(people, last_name="Byron", custom=custom)

    (hit,) = (await search(people, "4711"))["items"]
    assert hit["matches"] == [{"field": "custom.number", "value": "K-4711", "ranges": [[2, 6]]}]
    for text in ("1234", "platin", "byron gold"):
        assert await titles(people, text) == ["Ada Byron"]
    assert await titles(people, "true") == []
    changed = await people.call("PATCH", f"{CONTACTS}/{made}", json={"custom": {"number": "K-4712"}})
    assert (changed.status, await titles(people, "4711")) == (200, [])
    assert await titles(people, "4712") == ["Ada Byron"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"q": ""}, "q"),
        ({"q": "a"}, "q"),
        ({"q": "x" * 201}, "q"),
        ({"q": "a\x00b"}, "q"),
        ({"q": "ada", "kinds": "person"}, "kinds"),
        ({"q": "ada", "kinds": ""}, "kinds"),
        ({"q": "ada", "limit": "0"}, "limit"),
        ({"q": "ada", "limit": "51"}, "limit"),
    ],
)
async def test_what_cannot_be_looked_for_is_refused(api: Running, asked: dict[str, str], field: str) -> None:
    answer = await api.call("GET", SEARCH, params=asked)

    assert (answer.status, answer.json["code"]) == (422, "VALIDATION_FAILED")
    assert answer.json["errors"][0]["parameter"] == field


async def test_graphql_finds_the_same(people: Running) -> None:
    query = '{search(q: "schmi", kinds: [CONTACT]) {items {kind id title matches {field ranges}} complete}}'

    answer = await people.call("POST", "/graphql", json={"query": query})
    (hit,) = answer.json["data"]["search"]["items"]
    assert (hit["kind"], hit["title"]) == ("CONTACT", "Anna Schmidt")
    assert hit["matches"] == [{"field": "last_name", "ranges": [[0, 5]]}]
    assert UUID(hit["id"])
