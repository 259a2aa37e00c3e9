"""Summaries and drafts by a language model: what it is told, what comes of it, and what without one."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.integration.application import CONTACTS, Running, running
from tests.integration.model_server import ModelServer, model_server
from tests.integration.people import person
from tests.integration.servers import Postgres

from hastecrm.core.identity import Role

ADA = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@example.com",
    "phone": "+43 1 2345678",
    "title": "Head of Sales",
}
NOTE = "She writes from ada@example.com, her number is +43 1 2345678; a call on 2026-12-01."


@pytest.fixture
async def model() -> AsyncIterator[ModelServer]:
    async with model_server() as server:
        yield server


@pytest.fixture
async def clever(postgres: Postgres, database: str, model: ModelServer) -> AsyncIterator[Running]:
    """An API with a model."""
    async with running("api", {**postgres.environment(database), **model.settings}) as api:
        yield api


async def contact(api: Running) -> str:
    made = (await api.call("POST", CONTACTS, json=ADA)).json["id"]
    answer = await api.call("POST", "/api/v1/notes", json={"body": NOTE, "contact_id": made})
    assert answer.status == 201, answer.text
    return str(made)


async def test_a_summary_says_that_a_model_wrote_it(clever: Running, model: ModelServer) -> None:
    made = await contact(clever)

    answer = await clever.call("POST", f"{CONTACTS}/{made}/summary")

    assert answer.json == {"text": "They want a call.", "model": "small", "generated": True}
    assert model.keys == ["Bearer the-key"]
    assert model.asked[0]["model"] == "small"


async def test_a_model_is_told_what_was_written_but_no_addresses(clever: Running, model: ModelServer) -> None:
    made = await contact(clever)

    await clever.call("POST", f"{CONTACTS}/{made}/summary")

    rules, data = [each["content"] for each in model.asked[0]["messages"]]
    assert "Invent no names" in rules
    told = json.loads(data)
    assert told["record"] == {"first_name": "Ada", "title": "Head of Sales", "status": "active"}
    assert "a call on 2026-12-01" in data
    for secret in ("Lovelace", "ada@example.com", "2345678"):
        assert secret not in data


async def test_a_draft_follows_what_one_wishes_and_is_not_sent(
    clever: Running, model: ModelServer, sql: Any
) -> None:
    made = await contact(clever)

    answer = await clever.call("POST", f"{CONTACTS}/{made}/reply-draft", json={"instructions": "Be short."})

    assert answer.json["generated"] is True
    assert "Be short." in model.asked[0]["messages"][0]["content"]
    assert await sql.fetchval("SELECT count(*) FROM jobs WHERE kind LIKE 'send_mail%'") == 0


async def test_who_sent_what_to_the_model_is_in_the_history(clever: Running) -> None:
    made = await contact(clever)
    await clever.call("POST", f"{CONTACTS}/{made}/summary")

    newest = (await clever.call("GET", f"{CONTACTS}/{made}/history")).json["items"][0]

    assert newest["action"] == "contact.summarised"


async def test_graphql_does_the_same(clever: Running) -> None:
    made = await contact(clever)
    query = """mutation($id: UUID!) {summarizeContact(id: $id) {text generated}
        draftReply(contact: $id, instructions: "Be short.") {model}}"""

    answer = await clever.call("POST", "/graphql", json={"query": query, "variables": {"id": made}})

    assert answer.json["data"] == {
        "summarizeContact": {"text": "They want a call.", "generated": True},
        "draftReply": {"model": "small"},
    }


@pytest.mark.parametrize(
    ("status", "answer"),
    [(500, None), (401, None), (200, {}), (200, {"choices": [{"message": {"content": " "}}]}), (200, "x")],
    ids=["broken", "refused", "empty", "blank", "other"],
)
async def test_a_model_that_does_not_answer_well_is_said_to_be_away(
    clever: Running, model: ModelServer, status: int, answer: Any
) -> None:
    model.status, model.answer = status, answer
    made = await contact(clever)

    refused = await clever.call("POST", f"{CONTACTS}/{made}/summary")

    assert (refused.status, refused.json["code"]) == (503, "SYS_UPSTREAM_UNAVAILABLE")
    assert refused.headers["Retry-After"]


async def test_an_address_of_our_own_networks_is_not_called_unless_it_is_allowed(
    postgres: Postgres, database: str, model: ModelServer
) -> None:
    settings = {**model.settings, "HASTECRM_OUTBOUND_ALLOWED_NETWORKS": ""}
    async with running("api", {**postgres.environment(database), **settings}) as api:
        refused = await api.call("POST", f"{CONTACTS}/{await contact(api)}/summary")

    assert (refused.status, model.asked) == (503, [])


async def test_without_a_model_nothing_is_sent_and_the_answer_says_why(api: Running) -> None:
    made = await contact(api)

    answer = await api.call("POST", f"{CONTACTS}/{made}/summary")

    assert (answer.status, answer.json["code"]) == (503, "SYS_AI_UNAVAILABLE")


async def test_who_only_reads_asks_no_model(clever: Running, model: ModelServer, sql: Any) -> None:
    viewer = await person(sql, "Vera", Role.VIEWER)
    made = await contact(clever)

    answer = await viewer.call(clever, "POST", f"{CONTACTS}/{made}/summary")

    assert (answer.status, model.asked) == (403, [])
