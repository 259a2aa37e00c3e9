"""Codes that any request can meet."""

import asyncio
import io
from typing import Any
from uuid import UUID

from tests.integration.application import CONTACTS, Answer, running
from tests.integration.servers import free_port
from tests.integration.triggers.stage import Stage, triggers

from hastecrm.core.codes import Code

NOBODY = UUID("01a20dc5-be5d-7a3c-9fd7-e61cb3b322c8")


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
        await asyncio.sleep(3)  # longer than a busy machine may hold up the loop
        yield b'"Ada"}'

    async with running("api", {**stage.environment, "HASTECRM_REQUEST_BODY_TIMEOUT": "50ms"}) as api:
        headers = {"Content-Type": "application/json"}
        return await api.call("POST", CONTACTS, data=trickle(), headers=headers)


@triggers(Code.HTTP_TOO_LARGE)
async def _(stage: Stage) -> Answer:
    body = io.BytesIO(b'{"first_name": "' + b"A" * 1_100_000 + b'"}')
    return await stage.api.call("POST", CONTACTS, data=body, headers={"Content-Type": "application/json"})


async def _attachment(stage: Stage) -> str:
    made = await stage.api.call("POST", "/api/v1/attachments", json={"name": "a.txt"})
    path = f"{made.headers['Location']}/content"
    await stage.api.call("PUT", path, data=b"four")
    return path


@triggers(Code.HTTP_RANGE_NOT_SATISFIABLE)
async def _(stage: Stage) -> Answer:
    return await stage.api.call("GET", await _attachment(stage), headers={"Range": "bytes=4-"})


@triggers(Code.SYS_FILES_UNAVAILABLE)
async def _(stage: Stage) -> Answer:
    path = await _attachment(stage)
    await stage.sql.execute("DELETE FROM file_chunks")
    return await stage.api.call("GET", path)


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


@triggers(Code.SYS_MAINTENANCE)
async def _(stage: Stage) -> Answer:
    close = "UPDATE pg_database SET datallowconn = $1 WHERE datname = current_database()"
    await stage.sql.execute(close, False)
    try:
        await stage.sql.execute(
            "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return await stage.api.call("GET", CONTACTS)
    finally:
        await stage.sql.execute(close, True)


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
