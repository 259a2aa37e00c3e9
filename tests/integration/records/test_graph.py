"""GraphQL of records: relations, one statement a level, and the same filters as REST."""

from typing import Any

import pytest
from tests.integration.application import Running
from tests.integration.people import person

from hastecrm.core.graphql.contract import PATH
from hastecrm.core.identity import Role, Visibility

COMPANIES, CONTACTS = "/api/v1/companies", "/api/v1/contacts"


async def data(api: Running, query: str, **variables: Any) -> Any:
    answer = await api.call("POST", PATH, json={"query": query, "variables": variables})
    assert "errors" not in answer.json, answer.text
    return answer.json["data"]


async def company(api: Running, name: str, people: int = 0) -> str:
    made = await api.call("POST", COMPANIES, json={"name": name})
    for number in range(people):
        body = {"first_name": f"{name}{number}", "company_id": made.json["id"]}
        assert (await api.call("POST", CONTACTS, json=body)).status == 201
    return str(made.json["id"])


async def test_relations_lead_both_ways_and_page_by_page(api: Running) -> None:
    acme = await company(api, "Acme", people=3)

    found = await data(
        api,
        """query($id: UUID!) {company(id: $id) {
            contacts(limit: 2) {items {firstName companyRecord {name}} next}}}""",
        id=acme,
    )
    page = found["company"]["contacts"]
    rest = await data(
        api,
        "query($id: UUID!, $c: String) {company(id: $id) {contacts(cursor: $c) {items {firstName} next}}}",
        id=acme,
        c=page["next"],
    )

    assert page["items"] == [{"firstName": f"Acme{n}", "companyRecord": {"name": "Acme"}} for n in (2, 1)]
    assert rest["company"]["contacts"] == {"items": [{"firstName": "Acme0"}], "next": None}


EDGES = """query($a: String) {companies(first: 2, after: $a, orderBy: "name") {
    edges {cursor node {name contacts(first: 1) {edges {node {firstName}} pageInfo {hasNextPage}}}}
    pageInfo {hasNextPage hasPreviousPage startCursor endCursor}}}"""


async def test_relay_pages_through_the_same_records_by_edges(api: Running) -> None:
    for name in ("A", "B", "C"):
        await company(api, name, people=2)

    one = (await data(api, EDGES, a=None))["companies"]
    two = (await data(api, EDGES, a=one["pageInfo"]["endCursor"]))["companies"]
    middle = (await data(api, EDGES, a=one["edges"][0]["cursor"]))["companies"]

    assert [each["node"]["name"] for each in one["edges"]] == ["A", "B"]
    assert [each["node"]["name"] for each in middle["edges"]] == ["B", "C"]
    assert one["edges"][0]["node"]["contacts"] == {
        "edges": [{"node": {"firstName": "A1"}}],
        "pageInfo": {"hasNextPage": True},
    }
    assert [each["node"]["name"] for each in two["edges"]] == ["C"]
    assert two["pageInfo"]["startCursor"] == two["edges"][0]["cursor"] == two["pageInfo"]["endCursor"]
    assert [each["pageInfo"]["hasNextPage"] for each in (one, two)] == [True, False]


async def test_a_page_of_nothing_has_no_cursors(api: Running) -> None:
    found = await data(api, "{companies {edges {cursor} pageInfo {hasNextPage startCursor endCursor}}}")

    nothing = {"hasNextPage": False, "startCursor": None, "endCursor": None}
    assert found["companies"] == {"edges": [], "pageInfo": nothing}


async def test_lists_take_the_filters_and_orders_of_rest(api: Running) -> None:
    for name in ("B", "A", "C"):
        await company(api, name)

    found = await data(
        api, """{companies(filter: "name < C", orderBy: "name", limit: 1) {items {name custom tags} next}
        companyCount(filter: "name > A", exact: true) {value capped}}"""
    )  # fmt: skip

    assert found["companies"]["items"] == [{"name": "A", "custom": {}, "tags": []}]
    assert found["companies"]["next"]
    assert found["companyCount"] == {"value": 2, "capped": False}


async def test_a_reference_must_lead_to_what_one_sees(api: Running, sql: Any) -> None:
    ann = await person(sql, "Ann", visibility=Visibility.OWN)
    hidden = await company(api, "Hidden")

    answer = await ann.call(api, "POST", CONTACTS, json={"first_name": "A", "company_id": hidden})

    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/company_id")


async def test_what_one_does_not_see_is_null_or_missing(api: Running, sql: Any) -> None:
    ann, boss = await person(sql, "Ann", Role.MEMBER, Visibility.OWN), await person(sql, "Boss")
    made = (await boss.call(api, "POST", COMPANIES, json={"name": "Acme"})).json["id"]
    for owner in (ann, boss):
        body = {"first_name": "A", "company_id": made, "owner_id": str(owner.id)}
        await boss.call(api, "POST", CONTACTS, json=body)

    query = {"query": "{contacts {items {companyId companyRecord {name}}}}"}
    [shown] = (await ann.call(api, "POST", PATH, json=query)).json["data"]["contacts"]["items"]

    assert shown == {"companyId": made, "companyRecord": None}


@pytest.mark.parametrize("cursor", ["x", "AAAA"])
async def test_a_cursor_from_elsewhere_is_refused_in_a_relation_too(api: Running, cursor: str) -> None:
    made = await company(api, "Acme", people=1)
    query = "query($id: UUID!, $c: String) {company(id: $id) {contacts(cursor: $c) {next}}}"

    answer = await api.call("POST", PATH, json={"query": query, "variables": {"id": made, "c": cursor}})

    assert answer.json["errors"][0]["extensions"]["code"] == "VALIDATION_FAILED"
