"""Codes that come from PostgreSQL's refusals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from tests.integration.application import CONTACTS, Answer
from tests.integration.triggers.stage import Stage, triggers

from hastecrm.core.codes import Code


@asynccontextmanager
async def refusing(stage: Stage, state: str) -> AsyncIterator[None]:
    """Let every change of a contact fail with this SQLSTATE."""
    await stage.sql.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$; "
        "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON contacts EXECUTE FUNCTION refuse()"
    )
    try:
        yield
    finally:
        await stage.sql.execute("DROP FUNCTION refuse CASCADE")


@triggers(Code.BIZ_CONFLICT)
async def _(stage: Stage) -> Answer:
    async with refusing(stage, "23503"):
        return await stage.api.call("POST", CONTACTS, json={"first_name": "Ada"})


@triggers(Code.SYS_CONFLICT)
async def _(stage: Stage) -> Answer:
    path = await stage.contact()
    async with refusing(stage, "40001"):
        return await stage.api.call("PATCH", path, json={"title": "Dr"})


@triggers(Code.BIZ_IDEMPOTENCY_KEY_REUSED)
async def _(stage: Stage) -> Answer:
    headers = {"Idempotency-Key": str(uuid4())}
    await stage.api.call("POST", CONTACTS, json={"first_name": "Ada"}, headers=headers)
    return await stage.api.call("POST", CONTACTS, json={"first_name": "Eve"}, headers=headers)


@triggers(Code.BIZ_IDEMPOTENCY_IN_PROGRESS)
async def _(stage: Stage) -> Answer:
    request = {"json": {"first_name": "Ada"}, "headers": {"Idempotency-Key": str(uuid4())}}
    async with stage.sql.transaction():
        await stage.sql.execute("LOCK TABLE contacts IN SHARE MODE")
        calls = [asyncio.create_task(stage.api.call("POST", CONTACTS, **request)) for _ in range(2)]
        done, first = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait(first)
    return done.pop().result()
