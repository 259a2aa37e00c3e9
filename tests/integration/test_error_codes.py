"""Every code of the catalogue is really answered, and every answer has the same shape."""

import asyncio
import gzip
import io
from typing import Any

import pytest
from tests.integration.application import CONTACTS, Running, running
from tests.integration.servers import Postgres
from tests.integration.triggers import (  # noqa: F401 - they register their triggers
    accounts,
    ai,
    edge,
    graphql,
    identity,
    pipelines,
    requests,
    resilience,
    workspaces,
)
from tests.integration.triggers.stage import TRIGGERS, Stage

from hastecrm.core.codes import Code

MEMBERS = {"type", "title", "status", "detail", "instance", "code", "request_id", "errors", "retryable"}


def test_there_is_a_trigger_for_every_code() -> None:
    assert set(TRIGGERS) == set(Code)


@pytest.mark.parametrize("code", list(Code), ids=lambda code: code.name)
async def test_the_code_is_answered_in_the_one_shape(
    code: Code, api: Running, sql: Any, postgres: Postgres, database: str
) -> None:
    answer = await TRIGGERS[code](Stage(api, sql, postgres.environment(database)))

    assert answer.headers["X-Request-ID"]
    if answer.headers["Content-Type"].startswith("text/html"):
        assert code.name in answer.text
        assert answer.headers["X-Request-ID"] in answer.text
        return
    body = answer.json
    if "code" not in body:  # GraphQL carries the same members in its own frame
        [error] = body["errors"]
        assert set(error["extensions"]) == MEMBERS - {"detail", "instance"}
        assert (error["extensions"]["code"], error["extensions"]["status"]) == (code.name, code.status)
        return
    assert (body["code"], body["title"]) == (code.name, code.title)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(body) - {"retry_after"} == MEMBERS
    assert body["status"] == answer.status
    assert body["request_id"] == answer.headers["X-Request-ID"]
    assert body["retryable"] == code.retryable
    assert body.get("retry_after") == (int(answer.headers.get("Retry-After", 0)) or None)


async def test_wrong_methods_name_the_right_ones(api: Running) -> None:
    answer = await api.call("PUT", CONTACTS, json={})

    assert answer.headers["Allow"] == "GET,HEAD,POST"
    assert answer.json["detail"] == "Use GET or HEAD or POST here, not PUT."


async def test_a_missing_token_is_asked_for_even_where_nothing_is(api: Running) -> None:
    answer = await api.call("GET", "/api/v1/nothing", headers={"Authorization": ""})

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_production_hides_what_development_shows(
    api: Running, sql: Any, postgres: Postgres, database: str
) -> None:
    development = {**postgres.environment(database), "HASTECRM_ENVIRONMENT": "development"}
    async with running("api", development) as developer:
        await sql.execute("ALTER TABLE contacts RENAME TO hidden")
        try:
            shown, hidden = await developer.call("GET", CONTACTS), await api.call("GET", CONTACTS)
        finally:
            await sql.execute("ALTER TABLE hidden RENAME TO contacts")

    assert shown.json["causes"] == ['UndefinedTableError: relation "contacts" does not exist']
    assert "UndefinedTable" not in hidden.text
    assert "relation" not in hidden.text


async def test_garbage_instead_of_http_gets_a_problem_too(api: Running) -> None:
    host, port = api.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET / HTTP/1.1\r\nbad header line\r\n\r\n")
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()

    assert head.split()[1] == b"400"
    assert b"application/problem+json" in head
    assert b"HTTP_BAD_REQUEST" in body


async def test_a_body_that_explodes_when_unpacked_is_too_large(api: Running) -> None:
    bomb = gzip.compress(b"A" * 60_000_000)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = await api.call("POST", CONTACTS, data=io.BytesIO(bomb), headers=headers)

    assert (answer.status, answer.json["code"]) == (413, "HTTP_TOO_LARGE")


async def test_unreadable_bytes_in_the_address_do_no_harm(api: Running) -> None:
    host, port = api.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /\xff\xfe%ff?\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()

    assert answer.split()[1] in {b"400", b"404"}
    assert b"application/problem+json" in answer
