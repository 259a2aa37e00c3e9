"""Every code of the catalogue is really answered, and every answer has the same shape."""

import asyncio
import gzip
import io
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from tests.integration.application import CONTACTS, Answer, Running, running
from tests.integration.servers import Postgres, free_port

from hastecrm.core import http
from hastecrm.core.errors import Code

NOBODY = UUID("01a20dc5-be5d-7a3c-9fd7-e61cb3b322c8")
MEMBERS = {"type", "title", "status", "detail", "instance", "code", "request_id", "errors", "retryable"}


@dataclass
class Stage:
    """What a trigger may use."""

    api: Running
    sql: Any
    environment: dict[str, str]

    async def contact(self) -> str:
        """Add a contact and return its path."""
        answer = await self.api.call("POST", CONTACTS, json={"first_name": "Ada", "email": "ada@example.com"})
        return str(answer.headers["Location"])

    async def while_locked(self, **settings: str) -> Answer:
        """Change a contact that another transaction holds, under stricter settings."""
        path = await self.contact()
        async with running("api", {**self.environment, **settings}) as api, self.sql.transaction():
            await self.sql.execute("SELECT 1 FROM contacts FOR UPDATE")
            calls = [asyncio.create_task(api.call("PATCH", path, json={"title": "Dr"})) for _ in range(2)]
            done, waiting = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
            for call in waiting:
                call.cancel()
            return done.pop().result()


Trigger = Callable[[Stage], Awaitable[Answer]]
TRIGGERS: dict[Code, Trigger] = {}


def triggers(code: Code) -> Callable[[Trigger], Trigger]:
    def register(trigger: Trigger) -> Trigger:
        TRIGGERS[code] = trigger
        return trigger

    return register


@triggers(Code.VALIDATION_FAILED)
async def _(stage: Stage) -> Answer:
    return await stage.api.call("POST", CONTACTS, json={"first_name": ""})


@triggers(Code.VALIDATION_MALFORMED_JSON)
async def _(stage: Stage) -> Answer:
    headers = {"Content-Type": "application/json"}
    return await stage.api.call("POST", CONTACTS, data=b'{"first_name": "Ada",}', headers=headers)


@triggers(Code.BIZ_NOT_FOUND)
async def _(stage: Stage) -> Answer:
    return await stage.api.call("GET", f"{CONTACTS}/{NOBODY}")


@triggers(Code.BIZ_DUPLICATE)
async def _(stage: Stage) -> Answer:
    await stage.contact()
    return await stage.api.call("POST", CONTACTS, json={"first_name": "Eve", "email": "ADA@example.com"})


@triggers(Code.BIZ_VERSION_MISMATCH)
async def _(stage: Stage) -> Answer:
    return await stage.api.call("DELETE", await stage.contact(), headers={"If-Match": '"9"'})


@triggers(Code.AUTH_REQUIRED)
async def _(stage: Stage) -> Answer:
    return await stage.api.call("GET", CONTACTS, headers={"Authorization": "Bearer wrong"})


@triggers(Code.AUTH_CROSS_SITE)
async def _(stage: Stage) -> Answer:
    async with running("web", {"HASTECRM_API_URL": stage.api.url}) as web:
        return await web.call(
            "POST", "/login", data={"token": "x"}, headers={"Origin": "https://evil.example"}
        )


@triggers(Code.HTTP_BAD_REQUEST)
async def _(stage: Stage) -> Answer:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    return await stage.api.call("POST", CONTACTS, data=b"this is not gzip", headers=headers)


@triggers(Code.HTTP_NOT_FOUND)
async def _(stage: Stage) -> Answer:
    return await stage.api.call("GET", "/api/v1/nothing")


@triggers(Code.HTTP_METHOD_NOT_ALLOWED)
async def _(stage: Stage) -> Answer:
    return await stage.api.call("PUT", CONTACTS, json={})


@triggers(Code.HTTP_TIMEOUT)
async def _(stage: Stage) -> Answer:
    async def trickle() -> Any:
        yield b'{"first_name":'
        await asyncio.sleep(0.5)
        yield b'"Ada"}'

    with mock.patch.object(http, "BODY_SECONDS", 0.05):
        headers = {"Content-Type": "application/json"}
        return await stage.api.call("POST", CONTACTS, data=trickle(), headers=headers)


@triggers(Code.HTTP_TOO_LARGE)
async def _(stage: Stage) -> Answer:
    body = io.BytesIO(b'{"first_name": "' + b"A" * 1_100_000 + b'"}')
    return await stage.api.call("POST", CONTACTS, data=body, headers={"Content-Type": "application/json"})


@triggers(Code.HTTP_UNSUPPORTED_MEDIA_TYPE)
async def _(stage: Stage) -> Answer:
    return await stage.api.call("POST", CONTACTS, data={"first_name": "Ada"})


@triggers(Code.HTTP_REJECTED)
async def _(stage: Stage) -> Answer:
    return await stage.api.call("GET", CONTACTS, headers={"Expect": "the unexpected"})


@triggers(Code.SYS_UNEXPECTED)
async def _(stage: Stage) -> Answer:
    await stage.sql.execute("ALTER TABLE contacts RENAME TO hidden")
    try:
        return await stage.api.call("GET", CONTACTS)
    finally:
        await stage.sql.execute("ALTER TABLE hidden RENAME TO contacts")


@triggers(Code.SYS_DATABASE_UNAVAILABLE)
async def _(stage: Stage) -> Answer:
    nowhere = {**stage.environment, "HASTECRM_DATABASE_PORT": str(free_port())}
    async with running("api", nowhere, ready=False) as api:
        return await api.call("GET", CONTACTS)


@triggers(Code.SYS_OVERLOADED)
async def _(stage: Stage) -> Answer:
    one = {"HASTECRM_POOL_MIN_SIZE": "1", "HASTECRM_POOL_MAX_SIZE": "1", "HASTECRM_POOL_TIMEOUT": "100ms"}
    return await stage.while_locked(**one)


@triggers(Code.SYS_NOT_READY)
async def _(stage: Stage) -> Answer:
    nowhere = {**stage.environment, "HASTECRM_DATABASE_PORT": str(free_port())}
    async with running("api", nowhere, ready=False) as api:
        return await api.call("GET", "/health/ready")


@triggers(Code.SYS_UPSTREAM_UNAVAILABLE)
async def _(stage: Stage) -> Answer:
    nowhere = {"HASTECRM_API_URL": f"http://127.0.0.1:{free_port()}"}
    async with running("web", nowhere, ready=False) as web:
        return await web.call("POST", "/login", data={"token": "x"}, headers={"Origin": web.url})


@triggers(Code.SYS_DATABASE_TIMEOUT)
async def _(stage: Stage) -> Answer:
    return await stage.while_locked(HASTECRM_STATEMENT_TIMEOUT="200ms")


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


async def test_a_client_that_never_finishes_its_request_is_cut_off(
    postgres: Postgres, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hastecrm.core.protocol.HEADER_SECONDS", 0.2)
    async with running("api", postgres.environment(database)) as api:
        host, port = api.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")

        async with asyncio.timeout(5):
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()


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
