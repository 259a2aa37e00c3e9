"""GraphQL does what REST does: the same use cases, rights, errors; and no more than one may ask for."""

import asyncio
from typing import Any

import pytest
import requests
import schemathesis
import strawberry
from hypothesis import HealthCheck, Phase, given, seed, settings
from tests.integration.application import TOKEN, Answer, Running, running
from tests.integration.served import NOTHING
from tests.integration.servers import Postgres
from tests.integration.triggers.identity import asking_as

from hastecrm.core.graphql.contract import MEDIA_TYPE, PATH
from hastecrm.core.graphql.rights import rights_of
from hastecrm.core.identity import Role
from hastecrm.core.policy import Right, Verb
from hastecrm.core.records.graph.build import graph_of
from hastecrm.main.graphql import schema_of

CREATE = "mutation Create($v: ContactInput!) {createContact(values: $v) {id firstName version}}"
VERBS = {"create": Verb.CREATE, "change": Verb.UPDATE, "delete": Verb.DELETE, "restore": Verb.DELETE}
ADA = {"firstName": "Ada", "email": "ada@example.com"}


async def ask(api: Running, query: str, variables: Any = None, **headers: str) -> Answer:
    return await api.call("POST", PATH, json={"query": query, "variables": variables}, headers=headers)


async def data(api: Running, query: str, variables: Any = None) -> Any:
    answer = await ask(api, query, variables)
    assert answer.status == 200
    assert "errors" not in answer.json, answer.text
    return answer.json["data"]


async def refusal(api: Running, query: str, variables: Any = None) -> Any:
    answer = await ask(api, query, variables)
    assert answer.status == 200
    [error] = answer.json["errors"]
    return error


async def test_a_contacts_whole_life(api: Running) -> None:
    made = (await data(api, CREATE, {"v": ADA}))["createContact"]
    assert made["firstName"] == "Ada"
    given = {"id": made["id"], "v": {"title": "Countess"}, "state": '"1"'}
    change = "mutation($id: UUID!, $v: ContactInput!, $state: String) {changeContact(id: $id, values: $v, ifMatch: $state) {title version}}"  # noqa: E501
    assert (await data(api, change, given))["changeContact"] == {"title": "Countess", "version": 2}
    assert (await data(api, "{contacts(limit: 5) {items {email} next}}"))["contacts"] == {
        "items": [{"email": "ada@example.com"}],
        "next": None,
    }
    assert (await data(api, "{contactCount {value capped}}"))["contactCount"]["value"] == 1
    await data(api, "mutation($id: UUID!) {deleteContact(id: $id)}", {"id": made["id"]})

    gone = await refusal(api, "query($id: UUID!) {contact(id: $id) {id}}", {"id": made["id"]})
    assert gone["extensions"]["code"] == "BIZ_NOT_FOUND"


async def test_an_error_says_what_rest_would_say(api: Running) -> None:
    error = await refusal(api, CREATE, {"v": {"firstName": "", "email": "nobody"}})

    told = error["extensions"]
    assert (told["code"], told["status"], told["retryable"]) == ("VALIDATION_FAILED", 422, False)
    assert {each["pointer"] for each in told["errors"]} == {"/first_name", "/email"}
    assert len(told["request_id"]) == 32
    assert error["path"] == ["createContact"]


async def test_one_failed_field_leaves_the_others_their_data(api: Running) -> None:
    await data(api, CREATE, {"v": ADA})
    nobody = "01a20dc5-be5d-7a3c-9fd7-e61cb3b322c8"
    answer = await ask(api, f'{{a: contactCount {{value}} b: contact(id: "{nobody}") {{id}}}}')

    # `contact` cannot be null, so its failure empties the answer; the error still names the field.
    assert [error["path"] for error in answer.json["errors"]] == [["b"]]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{contacts {", "VALIDATION_QUERY"),
        ("{nothing}", "VALIDATION_QUERY"),
        ("query A {contactCount {value}} query B {contactCount {value}}", "VALIDATION_QUERY"),
        ("query($n: Int!) {contacts(limit: $n) {next}}", "VALIDATION_QUERY"),
        ("{__schema {types {name}}}", "VALIDATION_QUERY"),
        ("{contacts(limit: 1000) {next}}", "VALIDATION_FAILED"),
        ("{" + " ".join(f"a{n}: contacts(limit: 100) {{items {{id}}}}" for n in range(30)) + "}",
         "VALIDATION_QUERY_TOO_COSTLY"),
        ("{" + " ".join(f"a{n}: contactCount {{value}}" for n in range(900)) + "}", "VALIDATION_QUERY"),
        ("{contacts " * 400 + "}" * 400, "VALIDATION_QUERY"),
    ],
    ids=["cut", "unknown", "ambiguous", "variable", "introspection", "limit", "aliases", "tokens", "nested"],
)  # fmt: skip
async def test_what_cannot_run_is_refused_with_a_reason(api: Running, query: str, code: str) -> None:
    answer = await ask(api, query)

    assert answer.status == 200
    assert {error["extensions"]["code"] for error in answer.json["errors"]} == {code}
    assert "data" not in answer.json or answer.json["data"] is None


async def test_clients_that_know_the_media_type_get_a_status_too(api: Running) -> None:
    refused = await ask(api, "{nothing}", Accept=MEDIA_TYPE)
    ran = await ask(api, "{contactCount {value}}", Accept=MEDIA_TYPE)

    assert (refused.status, ran.status) == (400, 200)
    assert ran.headers["Content-Type"] == MEDIA_TYPE


async def test_strangers_learn_nothing(api: Running) -> None:
    answer = await ask(api, "{contactCount {value}}", Authorization="")

    assert (answer.status, answer.json["code"]) == (401, "AUTH_REQUIRED")


async def test_a_bug_in_a_field_tells_nothing_in_production(api: Running, sql: Any) -> None:
    await sql.execute("ALTER TABLE contacts RENAME TO hidden")
    try:
        error = await refusal(api, "{contacts {next}}")
    finally:
        await sql.execute("ALTER TABLE hidden RENAME TO contacts")

    assert error["extensions"]["code"] == "SYS_UNEXPECTED"
    assert "relation" not in str(error)


def test_every_root_field_asks_for_its_right() -> None:
    for query, mutation in graph_of(NOTHING.records).roots:
        for right in rights_of(query).values():
            assert isinstance(right, Right)
            assert right.verb is Verb.READ
        for name, right in rights_of(mutation).items():
            assert isinstance(right, Right)
            assert right.verb is VERBS[name.partition("_")[0]]


async def test_who_may_only_read_changes_nothing(api: Running) -> None:
    with asking_as(Role.VIEWER):
        read = await ask(api, "{contactCount {value}}")
        error = await refusal(api, CREATE, {"v": ADA})

    assert "errors" not in read.json
    assert error["extensions"]["code"] == "AUTH_FORBIDDEN"


def test_a_field_without_a_right_is_noticed() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        async def open_to_all(self) -> int:
            return 1

    with pytest.raises(TypeError, match="open_to_all names no right"):
        rights_of(Query)


async def test_development_tells_its_schema(postgres: Postgres, database: str) -> None:
    development = {**postgres.environment(database), "HASTECRM_ENVIRONMENT": "development"}
    async with running("api", development) as api:
        assert (await data(api, "{__schema {queryType {name}}}"))["__schema"]["queryType"]["name"] == "Query"


def fuzz(url: str, field: tuple[str, str]) -> int:
    """Send generated operations for one root field; return how many ran without a server error."""
    described = {"data": schema_of(NOTHING).introspect()}
    strategy = schemathesis.graphql.from_dict(described["data"])[field[0]][field[1]].as_strategy()
    sent: list[int] = []

    @seed(20_260_101)
    @settings(max_examples=25, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=strategy)
    def probe(case: Any) -> None:
        answer = case.call(base_url=url + PATH, headers=headers, session=session, timeout=10)
        errors = answer.json().get("errors") or [] if answer.status_code == 200 else []
        assert answer.status_code in {200, 422}, answer.text
        assert not [e for e in errors if e["extensions"]["code"].startswith("SYS_")], errors
        sent.append(answer.status_code)

    headers = {"Authorization": f"Bearer {TOKEN}"}
    with requests.Session() as session:
        probe()
    return len(sent)


@pytest.mark.parametrize(
    "field",
    [("Query", "contact"), ("Query", "contacts"), ("Query", "contactCount"), ("Query", "search"),
     ("Mutation", "createContact"), ("Mutation", "changeContact"), ("Mutation", "deleteContact")],
    ids=lambda field: field[1],
)  # fmt: skip
async def test_generated_operations_never_break_it(api: Running, field: tuple[str, str]) -> None:
    assert await asyncio.to_thread(fuzz, api.url, field) >= 5
