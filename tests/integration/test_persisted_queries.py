"""Queries that clients name instead of sending them; and, where that is set, the only ones that run."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.application import Running, running
from tests.integration.servers import Postgres, Redis

from hastecrm.core.graphql.contract import PATH
from hastecrm.core.graphql.texts import digest

QUERY = "{contactCount {value}}"
ANSWER = {"data": {"contactCount": {"value": 0}}}


def named(text: str, **more: Any) -> Any:
    """A request that names a query as Apollo's clients do."""
    return {**more, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest(text)}}}


async def ask(api: Running, body: Any) -> Any:
    answer = await api.call("POST", PATH, json=body)
    assert answer.status == 200, answer.text
    return answer.json


async def code(api: Running, body: Any) -> str:
    [error] = (await ask(api, body))["errors"]
    return str(error["extensions"]["code"])


async def test_a_query_that_was_sent_once_is_named_from_then_on(api: Running) -> None:
    [unknown] = (await ask(api, named(QUERY)))["errors"]
    first = await ask(api, named(QUERY, query=QUERY))
    later = await ask(api, named(QUERY))

    # Apollo's clients look for this very message, and then send the text along.
    assert unknown["message"] == "PersistedQueryNotFound"
    assert unknown["extensions"]["code"] == "VALIDATION_QUERY_NOT_STORED"
    assert first == later == ANSWER


async def test_all_processes_know_what_one_was_sent(
    postgres: Postgres, redis_server: Redis, database: str
) -> None:
    environment = {**postgres.environment(database), **redis_server.environment()}
    async with running("api", environment) as one, running("api", environment) as other:
        await ask(one, named(QUERY, query=QUERY))

        assert await ask(other, named(QUERY)) == ANSWER


async def test_a_stored_query_takes_variables(api: Running) -> None:
    text = "query($n: Int!) {contacts(limit: $n) {next}}"
    await ask(api, named(text, query=text, variables={"n": 1}))

    assert await ask(api, named(text, variables={"n": 2})) == {"data": {"contacts": {"next": None}}}


async def test_what_is_no_valid_query_is_not_stored(api: Running) -> None:
    await ask(api, named("{nothing}", query="{nothing}"))

    assert await code(api, named("{nothing}")) == "VALIDATION_QUERY_NOT_STORED"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": QUERY, "extensions": {"persistedQuery": {"sha256Hash": digest("{other}")}}},
        {"extensions": {"persistedQuery": {"sha256Hash": 5}}},
        {"extensions": {"persistedQuery": {"sha256Hash": "no\nname"}}},
        {"extensions": {"persistedQuery": "x"}},
    ],
    ids=["nothing", "another text", "number", "no name", "no object"],
)
async def test_what_names_no_query_is_refused(api: Running, body: Any) -> None:
    assert await code(api, body) == "VALIDATION_QUERY"


MANIFEST = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [{"id": "count", "name": "Count", "type": "query", "body": QUERY}],
}


@pytest.fixture(params=[MANIFEST, {"count": QUERY}], ids=["apollo", "relay"])
async def strict(
    request: pytest.FixtureRequest, postgres: Postgres, database: str, tmp_path: Path
) -> AsyncIterator[Running]:
    """An API that runs the queries of one file only."""
    file = tmp_path / "queries.json"
    file.write_text(json.dumps(request.param))
    environment = {**postgres.environment(database), "HASTECRM_GRAPHQL_QUERIES": str(file)}
    async with running("api", environment) as api:
        yield api


async def test_only_queries_of_the_file_run_where_there_is_one(strict: Running) -> None:
    count = {"extensions": {"persistedQuery": {"sha256Hash": "count"}}}
    other = "{contacts {next}}"

    for body in (count, named(QUERY), {"query": QUERY}):
        assert await ask(strict, body) == ANSWER
    for body in ({"query": other}, named(other, query=other), named(other), {**count, "query": other}):
        assert await code(strict, body) == "VALIDATION_QUERY_NOT_ALLOWED"
